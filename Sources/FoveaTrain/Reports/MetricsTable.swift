/// The rows of a run's `metrics.csv`.
public struct MetricsTable: Hashable, Sendable {
  /// What is plotted of an epoch.
  public struct Row: Hashable, Sendable {
    /// From 1.
    public var epoch: Int
    /// Optimiser steps since the run began.
    public var step: Int
    public var learningRate: Double
    public var training: Metrics
    public var validation: Metrics
    /// Training images a second; nil in a file of before there was such a column.
    public var imagesPerSecond: Double?
    /// Share of the training time that was spent waiting for data.
    public var dataWaitShare: Double?
    /// Seconds that the epoch took, validation included.
    public var seconds: Double?
  }

  public var rows: [Row]

  /// The best epoch's row, by the run's own measure; nil where no epoch's loss is a number.
  public static func best(of rows: [Row], by measure: TrainingConfiguration.Train.BestBy) -> Row? {
    rows.reduce(nil) { best, row in
      row.validation.isBetter(than: best?.validation, by: measure) ? row : best
    }
  }

  /// - Parameter csv: the file's text. Lines that are no rows are passed by.
  public init(csv: String) {
    rows = csv.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      guard fields.count >= 9, let epoch = fields[0], epoch >= 1, epoch < 1e9 else { return nil }
      guard let step = fields[1], step >= 0, step < 1e15 else { return nil }
      let values = fields[2...8].compactMap { $0 }
      guard values.count == 7 else { return nil }
      // A loss may be no number, where a run diverged; a share of images always is one.
      guard [values[2], values[3], values[5], values[6]].allSatisfy((0...1).contains) else { return nil }
      return Row(
        epoch: Int(epoch), step: Int(step), learningRate: values[0],
        training: Metrics(loss: values[1], top1: values[2], top5: values[3]),
        validation: Metrics(loss: values[4], top1: values[5], top5: values[6]),
        imagesPerSecond: fields.count > 9 ? fields[9] : nil,
        dataWaitShare: fields.count > 10 ? fields[10] : nil, seconds: fields.count > 11 ? fields[11] : nil)
    }
  }
}
