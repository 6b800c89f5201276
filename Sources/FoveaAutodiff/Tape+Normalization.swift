import FoveaOps
import FoveaTensor

// Batch normalisation, with ReLU in the same pass over memory where it follows.
extension Tape {
  /// `BatchNorm.forward`: normalises a training batch.
  ///
  /// - Parameters:
  ///   - x: [N, H, W, C].
  ///   - gamma: [C].
  ///   - beta: [C].
  ///   - statistics: of `x`.
  public func batchNorm(
    _ x: Variable, gamma: Variable, beta: Variable, statistics: ChannelStatistics, epsilon: Float, relu: Bool
  ) -> Variable {
    let scale = gamma.value
    let (output, saved) = BatchNorm.forward(
      x.value, gamma: scale, beta: beta.value, statistics: statistics, epsilon: epsilon, relu: relu)
    return record(output, inputs: [x, gamma, beta]) { dOutput, _ in
      let gradients = BatchNorm.backward(dOutput, saved, gamma: scale)
      return [gradients.dInput, gradients.dGamma, gradients.dBeta]
    }
  }

  /// `BatchNorm.inference`: normalises with constant statistics.
  public func batchNormInference(
    _ x: Variable, gamma: Variable, beta: Variable, mean: Tensor, variance: Tensor, epsilon: Float,
    relu: Bool
  ) -> Variable {
    let scale = gamma.value
    let (output, saved) = BatchNorm.inference(
      x.value, gamma: scale, beta: beta.value, mean: mean, variance: variance, epsilon: epsilon, relu: relu)
    return record(output, inputs: [x, gamma, beta]) { dOutput, _ in
      let gradients = BatchNorm.backward(dOutput, saved, gamma: scale)
      return [gradients.dInput, gradients.dGamma, gradients.dBeta]
    }
  }
}
