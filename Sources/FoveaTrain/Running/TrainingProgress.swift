/// How far a run is: with the weights and the optimiser's state, all that its next step depends on. Random numbers
/// need no state, since they are functions of seed, epoch, sample and step.
struct TrainingProgress: Codable, Hashable, Sendable {
  /// The epoch under way, from 0.
  var epoch = 0
  /// Batches of it that are done.
  var batch = 0
  /// Optimiser steps since the run began.
  var step = 0
  /// Loss and accuracy of the epoch so far.
  var sums = MetricSums()
  /// Time that the epoch's training has taken so far, and how much of it was spent waiting for data.
  var seconds = 0.0
  var secondsWaited = 0.0
  var learningRate = 0.0
  /// Rows of metrics.csv.
  var rows = 0
  /// The best epoch so far.
  var best: EpochReport?

  /// Forgets what was done of the epoch under way.
  mutating func restartEpoch() {
    batch = 0
    sums = MetricSums()
    seconds = 0
    secondsWaited = 0
  }

  /// Epochs since the best one; as many as are done if none was evaluated.
  var epochsSinceBest: Int { epoch - (best?.epoch ?? 0) }
}

extension Metrics {
  /// Whether these are better; of equal ones the lower loss, or the higher accuracy, decides.
  public func isBetter(than other: Metrics?, by measure: TrainingConfiguration.Train.BestBy) -> Bool {
    guard let other else { return true }
    switch measure {
    case .top1: return (top1, -loss) > (other.top1, -other.loss)
    case .loss: return (-loss, top1) > (-other.loss, other.top1)
    }
  }
}
