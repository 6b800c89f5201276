import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// Where the features matter: a number in 0…1 for each pixel of each image.
///
/// sigmoid(BN(convolution of [max, mean] over the channels)). In place of the two pools there can be a learned 1×1
/// convolution to one channel.
///
/// - Note: Woo et al., "CBAM", ECCV 2018, eq. 3; the input order is [max, mean], as in the authors' code.
public struct SpatialGate {
  /// [1, 1, C, 1]; nil for the pools.
  public let reduce: Conv2DLayer?
  /// [k, k, 2, 1], or [k, k, 1, 1] after `reduce`.
  public let convolution: Conv2DLayer
  /// Nil in the `paper` variant.
  public let norm: BatchNorm2D?

  public init(_ scope: Scope, channels: Int, _ configuration: CBAMConfiguration) {
    let isLearned = configuration.spatialPools == .learned
    // One channel comes out of many: what keeps the scale is the fan-in.
    reduce =
      isLearned
      ? Conv2DLayer(
        scope["reduce"]["conv"], inChannels: channels, outChannels: 1, kernel: .one,
        initialization: .uniform(fanIn: channels)) : nil
    convolution = Conv2DLayer(
      scope["spatial"]["conv"], inChannels: isLearned ? 1 : 2, outChannels: 1,
      kernel: Size2D(configuration.spatialKernel))
    norm =
      configuration.hasSpatialNormalization
      ? BatchNorm2D(
        scope["spatial"]["bn"], channels: 1, gammaStart: configuration.resolvedSpatialGammaStart,
        momentum: configuration.spatialMomentum) : nil
  }

  /// For the fused operation, which knows no `reduce`.
  func variables(_ context: Context) -> SpatialGateVariables {
    let tape = context.tape
    let normalization = norm.map { norm in
      SpatialGateVariables.Normalization(
        gamma: tape.leaf(norm.gamma), beta: tape.leaf(norm.beta), epsilon: norm.epsilon,
        statistics: context.isTraining
          ? .batch : .running(mean: norm.runningMean.value, variance: norm.runningVariance.value))
    }
    return SpatialGateVariables(weight: tape.leaf(convolution.weight), normalization: normalization)
  }

  /// The map of features [N, H, W, C]: [N, H, W, 1], from single operations.
  func map(_ x: Variable, _ context: Context) -> Variable {
    let pooled = reduce.map { $0(x, context) } ?? context.tape.poolChannels(x)
    guard let norm else { return context.tape.sigmoid(convolution(pooled, context)) }
    return context.tape.sigmoid(convolution(pooled, normalizedBy: norm, relu: false, context))
  }
}
