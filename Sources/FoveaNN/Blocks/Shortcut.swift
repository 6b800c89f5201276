import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// How a residual block's input reaches its sum.
public enum Shortcut {
  case identity
  /// A 1×1 convolution with the block's stride, and batch normalisation.
  case projection(Conv2DLayer, BatchNorm2D)
  /// Every `stride`-th pixel, with channels of zeros: no parameters.
  case padding(stride: Int, outChannels: Int)

  /// The shortcut that a block of this size needs.
  public init(
    _ scope: Scope, _ kind: NetworkConfiguration.ShortcutKind, inChannels: Int, outChannels: Int, stride: Int
  ) {
    if inChannels == outChannels && stride == 1 {
      self = .identity
    } else if kind == .padding {
      self = .padding(stride: stride, outChannels: outChannels)
    } else {
      let downsample = scope["downsample"]
      self = .projection(
        Conv2DLayer(
          downsample["0"], inChannels: inChannels, outChannels: outChannels, kernel: .one,
          stride: Size2D(stride)), BatchNorm2D(downsample["1"], channels: outChannels))
    }
  }

  /// x [N, H, W, C] → [N, H', W', O]
  func callAsFunction(_ x: Variable, _ context: Context) -> Variable {
    switch self {
    case .identity: x
    case .projection(let convolution, let norm):
      convolution(x, normalizedBy: norm, relu: false, context)
    case .padding(let stride, let outChannels):
      context.tape.paddingShortcut(x, stride: stride, outChannels: outChannels)
    }
  }
}
