import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// What turns an image into the first features.
public struct Stem {
  public let convolution: Conv2DLayer
  public let norm: BatchNorm2D
  /// The max pool of the ImageNet stem.
  public let pool: Pool2D.Window?

  public init(
    _ scope: Scope, _ kind: NetworkConfiguration.StemKind, inChannels: Int, outChannels: Int
  ) {
    let isLarge = kind == .imagenet
    convolution = Conv2DLayer(
      scope["conv1"], inChannels: inChannels, outChannels: outChannels, kernel: Size2D(isLarge ? 7 : 3),
      stride: Size2D(isLarge ? 2 : 1))
    norm = BatchNorm2D(scope["bn1"], channels: outChannels)
    pool = isLarge ? Pool2D.Window(3, stride: 2, padding: 1) : nil
  }

  /// Images [N, H, W, inChannels] → [N, H', W', outChannels]
  public func callAsFunction(_ images: Variable, _ context: Context) -> Variable {
    let features = convolution(images, normalizedBy: norm, relu: true, context)
    return pool.map { context.tape.maxPool(features, $0) } ?? features
  }
}
