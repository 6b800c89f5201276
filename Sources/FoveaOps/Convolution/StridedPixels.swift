import FoveaTensor

/// The pixels that a 1×1 convolution with a stride looks at, copied together: the convolution is then a plain product.
///
/// Where they lie they would be read pixel by pixel, in rows too short for the inner loop's tiles.
struct StridedPixels {
  /// Of the product over the copied pixels.
  let geometry: Conv2DGeometry
  private let input: Conv2DGeometry

  /// Nil for other convolutions.
  init?(_ geometry: Conv2DGeometry) {
    guard geometry.kernel == .one, geometry.stride != .one, geometry.padding == .zero, geometry.groups == 1
    else { return nil }
    input = geometry
    // Smaller than what was validated before.
    self.geometry = try! Conv2DGeometry(
      input: [geometry.batch, geometry.outHeight, geometry.outWidth, geometry.inChannels],
      outChannels: geometry.outChannels, kernel: .one)
  }

  /// x [N, H, W, C] → [N, H', W', C], or units [N, H, W, C/2] likewise.
  func gather(_ x: Tensor) -> Tensor {
    let channels = x.lastExtent
    return Tensor(filling: [input.batch, input.outHeight, input.outWidth, channels]) { gathered in
      x.withFloats { x in
        WorkerPool.shared.forEach(input.batch * input.outHeight) { line in
          let (image, row) = line.quotientAndRemainder(dividingBy: input.outHeight)
          let source = x + (image * input.inHeight + row * input.stride.height) * input.inWidth * channels
          let target = gathered + line * input.outWidth * channels
          for column in 0..<input.outWidth {
            (target + column * channels).update(
              from: source + column * input.stride.width * channels, count: channels)
          }
        }
      }
    }
  }
}
