import FoveaAutodiff
import FoveaOps
import FoveaTensor

extension Network {
  /// About how many bytes a training step takes: the parameters with their gradients and `optimizerSlots` more values
  /// each, and what the forward pass keeps for the backward one.
  ///
  /// - Parameters:
  ///   - optimizerSlots: 1 for momentum, 2 for Adam; one more with an average of the weights.
  /// - Throws: `GeometryError` where the size is none.
  public func estimatedTrainingBytes(
    batchSize: Int, inputHeight: Int, inputWidth: Int, optimizerSlots: Int = 1
  ) throws(GeometryError) -> Int {
    let layers = try summary(inputHeight: inputHeight, inputWidth: inputWidth)
    // Each layer's output is kept once, by the layer that takes it; the gradient that flows back is about as large as
    // the largest of them, twice.
    let outputs = layers.map(\.outputShape.count)
    let kept = outputs.reduce(0, +) + inputHeight * inputWidth * configuration.inputChannels
    let flowing = 3 * (outputs.max() ?? 0)
    let values = parameters.reduce(0) { $0 + $1.value.count }
    return 4 * (batchSize * (kept + flowing) + values * (2 + optimizerSlots))
  }
}
