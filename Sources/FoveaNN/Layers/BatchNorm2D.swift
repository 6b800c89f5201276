import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// Batch normalisation over N, H and W, with the running statistics that inference uses.
public struct BatchNorm2D {
  public let gamma, beta: Parameter  // [C]
  public let runningMean, runningVariance: Buffer  // [C], never differentiated
  public let batchesTracked: Counter
  /// Weight of the new statistic: running ← (1 − m)·running + m·batch.
  public let momentum: Float
  public let epsilon: Float

  public init(
    _ scope: Scope, channels: Int, gammaStart: Float = 1, momentum: Float = 0.1, epsilon: Float = 1e-5
  ) {
    gamma = scope.parameter("weight", shape: [channels], .constant(gammaStart), decays: false)
    beta = scope.parameter("bias", shape: [channels], .constant(0), decays: false)
    runningMean = scope.buffer("running_mean", value: Tensor(zeros: [channels]))
    runningVariance = scope.buffer("running_var", value: Tensor(repeating: 1, shape: [channels]))
    batchesTracked = scope.counter("num_batches_tracked")
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// x [N, H, W, C] → the same shape.
  ///
  /// - Parameters:
  ///   - statistics: of `x`, where what made it gathered them; used in training.
  ///   - relu: whether max(0, ·) follows.
  public func callAsFunction(
    _ x: Variable, statistics: ChannelStatistics? = nil, relu: Bool, _ context: Context
  ) -> Variable {
    let tape = context.tape
    guard context.isTraining else {
      return tape.batchNormInference(
        x, gamma: tape.leaf(gamma), beta: tape.leaf(beta), mean: runningMean.value,
        variance: runningVariance.value, epsilon: epsilon, relu: relu)
    }
    let statistics = statistics ?? BatchNorm.statistics(x.value)
    updateRunning(statistics)
    return tape.batchNorm(
      x, gamma: tape.leaf(gamma), beta: tape.leaf(beta), statistics: statistics, epsilon: epsilon, relu: relu)
  }

  /// For an operation that normalises its input: with these statistics of it, which move the running ones.
  func variables(_ statistics: ChannelStatistics, _ context: Context) -> FeatureNormVariables {
    updateRunning(statistics)
    return FeatureNormVariables(
      gamma: context.tape.leaf(gamma), beta: context.tape.leaf(beta), epsilon: epsilon, statistics: statistics
    )
  }

  /// Moves the running statistics towards a batch's: its mean, and its unbiased variance.
  func updateRunning(_ statistics: ChannelStatistics) {
    let unbiasing = statistics.unbiasing
    for channel in 0..<statistics.mean.count {
      runningMean.value[channel] =
        momentum * statistics.mean[channel] + (1 - momentum) * runningMean.value[channel]
      runningVariance.value[channel] =
        momentum * (statistics.variance[channel] * unbiasing)
        + (1 - momentum) * runningVariance.value[channel]
    }
    batchesTracked.value += 1
  }
}
