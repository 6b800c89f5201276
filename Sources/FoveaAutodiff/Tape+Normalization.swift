import FoveaOps
import FoveaTensor

// Batch normalisation, with ReLU in the same pass over memory where it follows.
extension Tape {
  /// `BatchNorm.forward` with the statistics of a training batch.
  ///
  /// - Parameters:
  ///   - x: [N, H, W, C].
  ///   - gamma: [C].
  ///   - beta: [C].
  ///   - statistics: of `x`.
  public func batchNorm(
    _ x: Variable, gamma: Variable, beta: Variable, statistics: ChannelStatistics, epsilon: Float, relu: Bool
  ) -> Variable {
    batchNorm(
      x, gamma, beta,
      BatchNorm.Transform(
        gamma: gamma.value, beta: beta.value, statistics: statistics, epsilon: epsilon, relu: relu))
  }

  /// `BatchNorm.forward` with constant statistics.
  public func batchNormInference(
    _ x: Variable, gamma: Variable, beta: Variable, mean: Tensor, variance: Tensor, epsilon: Float,
    relu: Bool
  ) -> Variable {
    batchNorm(
      x, gamma, beta,
      BatchNorm.Transform(
        gamma: gamma.value, beta: beta.value, mean: mean, variance: variance, epsilon: epsilon, relu: relu))
  }

  /// The output is computed again for backward: one sweep, for which a layer's input need not be kept.
  private func batchNorm(
    _ x: Variable, _ gamma: Variable, _ beta: Variable, _ transform: BatchNorm.Transform
  ) -> Variable {
    let input = x.saved
    let saved = SavedValue { BatchNorm.forward(input.activations, transform) }
    return record(BatchNorm.forward(x.activations, transform), inputs: [x, gamma, beta], saved: saved) {
      dOutput, _ in
      let gradients = BatchNorm.backward(dOutput, input: input.activations, transform)
      return [gradients.dInput, gradients.dGamma, gradients.dBeta]
    }
  }
}
