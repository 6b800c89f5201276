import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// A residual block: convolutions, each with batch normalisation, attention, the shortcut's sum, ReLU.
///
/// He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, figure 5; attention as in Woo et al., ECCV 2018,
/// figure 3.
public protocol ResidualBlock {
  /// "layer1.0"
  var name: String { get }
  /// Each with the batch normalisation that follows it; ReLU follows all but the last.
  var convolutions: [(convolution: Conv2DLayer, norm: BatchNorm2D)] { get }
  var attention: CBAM? { get }
  var shortcut: Shortcut { get }
}

extension ResidualBlock {
  /// x [N, H, W, C] → [N, H', W', O]
  ///
  /// - Parameter isLast: whether the block ends its stage. Outputs within a stage are cheap to compute again on the way
  ///   back, one from the other, so that training keeps the stages' alone.
  public func callAsFunction(_ x: Variable, isLast: Bool = true, _ context: Context) -> Variable {
    var features = x
    for layer in convolutions.dropLast() {
      features = layer.convolution(features, normalizedBy: layer.norm, relu: true, context)
    }
    let keepsOutput = isLast || context.engine.memory == .recompute
    let output = end(features, shortcut: shortcut(x, context), keepsOutput: keepsOutput, context)
    return context.retain(output, of: name)
  }

  /// The last convolution and its batch normalisation, attention, the sum, ReLU.
  private func end(
    _ x: Variable, shortcut: Variable, keepsOutput: Bool, _ context: Context
  ) -> Variable {
    let last = convolutions[convolutions.count - 1]
    // In training all that follows the convolution is one operation, where it can be.
    if context.isTraining && context.gatePath == .fused && attention?.isFusable != false {
      let (features, statistics) = last.convolution.withStatistics(x, context)
      let normalization = last.norm.variables(statistics, context)
      guard let attention else {
        return context.tape.cbamGate(
          features, normalization: normalization, residual: shortcut, relu: true, channel: nil, spatial: nil,
          keepsOutput: keepsOutput
        ).output
      }
      return attention.fused(features, normalization, shortcut, name, context, keepsOutput: keepsOutput)
    }
    let features = last.convolution(x, normalizedBy: last.norm, relu: false, context)
    return attention.map { $0(features, shortcut: shortcut, block: name, context) }
      ?? context.tape.add(features, shortcut, relu: true)
  }
}

/// What a block is built from.
public struct BlockShape: Hashable, Sendable {
  public let inChannels: Int
  /// The stage's width.
  public let width: Int
  public let stride: Int
  public let hasAttention: Bool

  public init(inChannels: Int, width: Int, stride: Int, hasAttention: Bool) {
    self.inChannels = inChannels
    self.width = width
    self.stride = stride
    self.hasAttention = hasAttention
  }
}

/// Two 3×3 convolutions, the first with the stride.
public struct BasicBlock: ResidualBlock {
  public let name: String
  public let convolutions: [(convolution: Conv2DLayer, norm: BatchNorm2D)]
  public let attention: CBAM?
  public let shortcut: Shortcut

  public init(
    _ scope: Scope, _ shape: BlockShape, _ architecture: Architecture, _ configuration: NetworkConfiguration
  ) {
    name = scope.path
    let width = shape.width
    convolutions = [
      (
        Conv2DLayer(
          scope["conv1"], inChannels: shape.inChannels, outChannels: width, kernel: Size2D(3),
          stride: Size2D(shape.stride)), BatchNorm2D(scope["bn1"], channels: width)
      ),
      (
        Conv2DLayer(scope["conv2"], inChannels: width, outChannels: width, kernel: Size2D(3)),
        BatchNorm2D(scope["bn2"], channels: width, gammaStart: configuration.zeroInitLastGamma ? 0 : 1)
      ),
    ]
    shortcut = Shortcut(
      scope, architecture.shortcut, inChannels: shape.inChannels, outChannels: width, stride: shape.stride)
    attention =
      shape.hasAttention ? configuration.attention.map { CBAM(scope["cbam"], channels: width, $0) } : nil
  }
}

/// 1×1, 3×3 with the stride and the groups, and 1×1 to four times the stage's width.
public struct Bottleneck: ResidualBlock {
  public let name: String
  public let convolutions: [(convolution: Conv2DLayer, norm: BatchNorm2D)]
  public let attention: CBAM?
  public let shortcut: Shortcut

  public init(
    _ scope: Scope, _ shape: BlockShape, _ architecture: Architecture, _ configuration: NetworkConfiguration
  ) {
    name = scope.path
    let inner = architecture.innerChannels(width: shape.width)
    let out = architecture.outChannels(width: shape.width)
    convolutions = [
      (
        Conv2DLayer(scope["conv1"], inChannels: shape.inChannels, outChannels: inner, kernel: .one),
        BatchNorm2D(scope["bn1"], channels: inner)
      ),
      (
        Conv2DLayer(
          scope["conv2"], inChannels: inner, outChannels: inner, kernel: Size2D(3),
          stride: Size2D(shape.stride), groups: architecture.groups),
        BatchNorm2D(scope["bn2"], channels: inner)
      ),
      (
        Conv2DLayer(scope["conv3"], inChannels: inner, outChannels: out, kernel: .one),
        BatchNorm2D(scope["bn3"], channels: out, gammaStart: configuration.zeroInitLastGamma ? 0 : 1)
      ),
    ]
    shortcut = Shortcut(
      scope, architecture.shortcut, inChannels: shape.inChannels, outChannels: out, stride: shape.stride)
    attention =
      shape.hasAttention ? configuration.attention.map { CBAM(scope["cbam"], channels: out, $0) } : nil
  }
}
