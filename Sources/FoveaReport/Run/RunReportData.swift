import FoveaTrain

/// The numbers of `report.html`, for programs: JSON in the page's element `report-data`.
struct RunReportData: Encodable {
  struct Epoch: Encodable {
    let epoch: Int
    let learningRate: Double
    let training: Metrics
    let validation: Metrics
    let imagesPerSecond: Double?
    let seconds: Double?

    enum CodingKeys: String, CodingKey {
      case epoch, training, validation, seconds
      case learningRate = "learning_rate"
      case imagesPerSecond = "images_per_second"
    }
  }

  let run: String
  /// As `RunState.name` has it.
  let state: String
  let epochs: [Epoch]
  let bestEpoch: Int?
  let evaluation: Evaluation?
  let attention: [GateSummary]
  let examples: [Example]?

  enum CodingKeys: String, CodingKey {
    case run, state, epochs, evaluation, attention, examples
    case bestEpoch = "best_epoch"
  }

  init(_ record: RunRecord) {
    run = record.name
    state = record.state.name
    epochs = record.metrics.rows.map {
      Epoch(
        epoch: $0.epoch, learningRate: $0.learningRate, training: $0.training, validation: $0.validation,
        imagesPerSecond: $0.imagesPerSecond, seconds: $0.seconds)
    }
    bestEpoch = record.best?.epoch
    evaluation = record.evaluation
    attention = record.attention
    examples = record.examples?.examples
  }
}
