import FoveaTensor

/// The extents of a two-dimensional convolution, validated once.
///
/// As products of matrices, with the patch matrix addressed and never written:
///
/// | product | rows | summed over | columns |
/// |---|---|---|---|
/// | output = patches · weight | N·H'·W' | kh·kw·C/groups | O |
/// | dWeight = patchesᵀ · dOutput | kh·kw·C/groups | N·H'·W' | O |
/// | dInput = turned patches of dOutput · weightᵀ | N·H·W | kh·kw·O/groups | C |
public struct Conv2DGeometry: Hashable, Sendable {
  public let batch, inHeight, inWidth, inChannels, outChannels: Int
  public let kernel, stride, padding, dilation: Size2D
  public let groups: Int
  public let outHeight, outWidth: Int

  /// - Parameters:
  ///   - input: [N, H, W, C].
  ///   - outChannels: O.
  ///   - padding: zeros on each side.
  ///   - dilation: distance between neighbouring taps of the kernel, in input pixels; 1 for a dense kernel.
  ///   - groups: the number of groups that input and output channels are divided into; each output channel
  ///     sees the input channels of its own group only.
  public init(
    input: Shape, outChannels: Int, kernel: Size2D, stride: Size2D = .one, padding: Size2D = .zero,
    dilation: Size2D = .one, groups: Int = 1
  ) throws(GeometryError) {
    guard input.rank == 4 else { throw .rank(found: input) }
    for (name, extent) in [
      ("batch", input[0]), ("input height", input[1]), ("input width", input[2]),
      ("input channels", input[3]), ("output channels", outChannels), ("kernel height", kernel.height),
      ("kernel width", kernel.width), ("stride", min(stride.height, stride.width)),
      ("dilation", min(dilation.height, dilation.width)), ("groups", groups),
    ] {
      guard extent >= 1 else { throw .extent(name: name, found: extent, minimum: 1) }
    }
    for extent in [padding.height, padding.width] {
      guard extent >= 0 else { throw .extent(name: "padding", found: extent, minimum: 0) }
    }
    for (name, channels) in [("input channels", input[3]), ("output channels", outChannels)] {
      guard channels % groups == 0 else { throw .groups(name: name, channels: channels, groups: groups) }
    }
    batch = input[0]
    inHeight = input[1]
    inWidth = input[2]
    inChannels = input[3]
    self.outChannels = outChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    outHeight = try Self.outExtent(
      "height", input: input[1], kernel: kernel.height, stride: stride.height, padding: padding.height,
      dilation: dilation.height)
    outWidth = try Self.outExtent(
      "width", input: input[2], kernel: kernel.width, stride: stride.width, padding: padding.width,
      dilation: dilation.width)
    try checkSizes()
  }

  /// The same convolution of another number of images.
  public func batched(_ images: Int) throws(GeometryError) -> Conv2DGeometry {
    try Conv2DGeometry(
      input: [images, inHeight, inWidth, inChannels], outChannels: outChannels, kernel: kernel,
      stride: stride,
      padding: padding, dilation: dilation, groups: groups)
  }

  private static func outExtent(
    _ axis: String, input: Int, kernel: Int, stride: Int, padding: Int, dilation: Int
  ) throws(GeometryError) -> Int {
    let (border, borderOverflow) = padding.multipliedReportingOverflow(by: 2)
    let (padded, paddedOverflow) = input.addingReportingOverflow(border)
    let (reach, reachOverflow) = dilation.multipliedReportingOverflow(by: kernel - 1)
    guard !borderOverflow, !paddedOverflow, !reachOverflow, reach < Int.max else {
      throw .tooLarge(name: "the padded \(axis)", extents: [input, padding, dilation, kernel])
    }
    guard reach < padded else {
      throw .kernelExceedsInput(axis: axis, kernel: reach + 1, paddedInput: padded)
    }
    return (padded - reach - 1) / stride + 1
  }

  /// Every product of extents that the engine forms fits an Int with room for the bytes of a float.
  private func checkSizes() throws(GeometryError) {
    let padded = [
      batch, inHeight + 2 * padding.height, inWidth + 2 * padding.width, max(inChannels, outChannels),
    ]
    let products: [(String, [Int])] = [
      ("the padded input", padded),
      ("the output", [batch, outHeight, outWidth, outChannels]),
      ("the weight", [kernel.height, kernel.width, inChannels / groups, outChannels]),
      (
        "the patch matrix",
        [batch, outHeight, outWidth, kernel.height, kernel.width, inChannels / groups, outChannels]
      ),
    ]
    for (name, extents) in products {
      guard let count = Shape.checkedCount(extents), count <= Int.max >> 8 else {
        throw .tooLarge(name: name, extents: extents)
      }
    }
  }

  /// [N, H, W, C]
  public var inputShape: Shape { [batch, inHeight, inWidth, inChannels] }
  /// [N, H', W', O]
  public var outputShape: Shape { [batch, outHeight, outWidth, outChannels] }
  /// [kh, kw, C/groups, O]
  public var weightShape: Shape { [kernel.height, kernel.width, inChannels / groups, outChannels] }

  /// Multiplications of the forward product, those with the padding's zeros among them.
  public var multiplyAdds: Int { outputShape.count * patchLength }

  /// kh·kw·C/groups: how many products each output element sums.
  public var patchLength: Int { kernel.height * kernel.width * (inChannels / groups) }

  /// Whether the patch matrix *is* the input, so that the convolution is a plain product.
  public var isPointwise: Bool {
    kernel == .one && stride == .one && padding == .zero && groups == 1
  }

  /// Whether each channel is convolved on its own, with one filter.
  public var isDepthwise: Bool { groups == inChannels && groups == outChannels && groups > 1 }
}
