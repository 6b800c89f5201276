import FoveaOps
import FoveaTensor

extension Tape {
  /// `Dropout.forward`: x [N, ...] with a share `rate` of zeros.
  public func dropout(_ x: Variable, rate: Float, key: Dropout.Key) -> Variable {
    record(Dropout.forward(x.value, rate: rate, key: key), inputs: [x]) { dOutput, _ in
      [Dropout.backward(dOutput, rate: rate, key: key)]
    }
  }

  /// `SoftmaxCrossEntropy.forward`: logits [N, K] → the mean loss, a scalar of shape [], and the weight that it carries
  /// in a mean over batches.
  public func crossEntropy(
    _ logits: Variable, targets: SoftmaxCrossEntropy.Targets, labelSmoothing: Float = 0,
    classWeights: Tensor? = nil
  ) -> (loss: Variable, weight: Double) {
    let (loss, weight, saved) = SoftmaxCrossEntropy.forward(
      logits.value, targets: targets, labelSmoothing: labelSmoothing, classWeights: classWeights)
    let variable = record(loss, inputs: [logits]) { dLoss, _ in
      [SoftmaxCrossEntropy.backward(dLoss, saved)]
    }
    return (variable, weight)
  }
}
