import FoveaAutodiff
import FoveaData
import FoveaNN
import FoveaOps
import FoveaTensor

extension TrainingPlan {
  /// Refuses a run that this machine has not the memory for: better now, with the numbers, than by the system's hand
  /// in the middle of the first step.
  ///
  /// What is known without running anything settles most cases: outputs of convolutions must be kept until backward
  /// comes to them, so less than their sum is never enough, and ten times the outputs of all layers always is. Only in
  /// between is a step measured.
  ///
  /// - Parameter available: bytes; nil where nothing is known of them.
  func checkMemory(available: Int? = SystemMemory.available) throws(TrainingError) {
    guard let available else { return }
    let fixed = fixedBytes
    let batchSize = min(configuration.train.batchSize, split.training.count)
    let layers: [LayerSummary]
    do throws(GeometryError) {
      layers = try network.summary(inputHeight: preparation.height, inputWidth: preparation.width)
    } catch {
      throw .network("\(error)")
    }
    func outputs(_ layers: [LayerSummary]) -> Int {
      4 * batchSize * layers.reduce(0) { $0 + $1.outputShape.count }
    }
    let least = fixed + outputs(layers.filter { $0.convolution != nil })
    if least > available { throw tooLittleMemory("at least \(Self.text(least))", available) }
    if fixed + 10 * outputs(layers) < available { return }
    let estimate = try memoryEstimate()
    // Decoded images are kept only as long as there is room.
    let needed = estimate.total - estimate.images
    if needed > available {
      throw tooLittleMemory(
        "about \(Self.text(needed)): weights \(Self.text(estimate.weights)), optimiser "
          + "\(Self.text(estimate.optimizer)), a step \(Self.text(estimate.step)), batches ahead "
          + "\(Self.text(estimate.batches))", available)
    }
  }

  /// Weights, gradients, the optimiser's state, averages and batches ahead: exact.
  private var fixedBytes: Int {
    let state = 4 * network.averagedValues.reduce(0) { $0 + $1.count }
    let parameters = 4 * network.parameters.reduce(0) { $0 + $1.value.count }
    let settings = configuration.optimizer
    let moments = settings.name == .adamw ? 2 : settings.momentum == 0 ? 0 : 1
    let batches = max(
      trainingLoaderConfiguration.prefetchedBytes(preparation),
      validationLoaderConfiguration.prefetchedBytes(preparation))
    return (configuration.train.ema == nil ? 1 : 3) * state + (1 + moments) * parameters + batches
  }

  private func tooLittleMemory(_ needed: String, _ available: Int) -> TrainingError {
    .configuration(
      ConfigurationError(
        place: "train.batch_size",
        message:
          "\(configuration.train.batchSize) images of \(preparation.width)×\(preparation.height) need \(needed), "
          + "and this process can get \(Self.text(available)). Lower train.batch_size or the input's size, take a "
          + "smaller network, or free memory"))
  }

  private static func text(_ bytes: Int) -> String { "\(decimal(Double(bytes) / 1e6, 0)) MB" }
}
