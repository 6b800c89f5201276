import FoveaTensor

/// Why extents do not describe a convolution or a pooling.
public enum GeometryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The input is not [N, H, W, C].
  case rank(found: Shape)
  /// An extent that must be at least 1 (at least 0 for a padding) is not.
  case extent(name: String, found: Int, minimum: Int)
  /// The channels do not divide into the groups.
  case groups(name: String, channels: Int, groups: Int)
  /// The kernel, spread by its dilation, is larger than the padded input, so that there is no output pixel.
  case kernelExceedsInput(axis: String, kernel: Int, paddedInput: Int)
  /// A tensor of the convolution would have more elements than can be addressed.
  case tooLarge(name: String, extents: [Int])

  public var description: String {
    switch self {
    case .rank(let found):
      "the input has shape \(found); a convolution takes [batch, height, width, channels]"
    case .extent(let name, let found, let minimum):
      "\(name) is \(found); it must be at least \(minimum)"
    case .groups(let name, let channels, let groups):
      "\(channels) \(name) do not divide into \(groups) groups; choose groups that divide them"
    case .kernelExceedsInput(let axis, let kernel, let paddedInput):
      "the kernel spans \(kernel) pixels of \(axis), but the padded input has \(paddedInput); "
        + "use a larger image, more padding or a smaller kernel"
    case .tooLarge(let name, let extents):
      "\(name) would have \(extents.map(String.init).joined(separator: " × ")) elements, more than can be "
        + "addressed; use a smaller batch, image or kernel"
    }
  }
}
