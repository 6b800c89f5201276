import FoveaData
import FoveaNN

/// Watches the validation pass of every epoch, for reports that need more than its figures. It is told what was computed
/// anyway, so it can neither change a run nor cost it another pass.
///
/// An epoch whose validation was interrupted is told again from its beginning when the run goes on.
public protocol EpochRecorder: AnyObject {
  /// The run starts, or goes on. What is thrown becomes a warning, as it does below.
  func runBegins(_ folder: String) throws

  /// A validation pass begins.
  func validationBegins(_ plan: TrainingPlan)

  /// A batch has been through the network, with its attention recorded.
  func validated(_ batch: Batch, _ output: Predictor.Output)

  /// The epoch's files are written. What is thrown becomes a warning: a report is no reason to end a run.
  func epochEnded(_ epoch: RecordedEpoch) throws

  /// The run has ended, well or not, and its files are written; its folder is still locked.
  func runEnded(_ folder: String) throws
}

/// What is known at an epoch's end.
public struct RecordedEpoch {
  public let report: EpochReport
  public let evaluation: Evaluation
  /// With the weights that were evaluated.
  public let network: Network
  public let plan: TrainingPlan
  /// The run's folder.
  public let folder: String
}

extension Trainer {
  func tellRecorder(_ report: EpochReport, _ evaluation: Evaluation, _ network: Network) {
    tellRecorder {
      try $0.epochEnded(
        RecordedEpoch(
          report: report, evaluation: evaluation, network: network, plan: plan, folder: folder.path))
    }
  }

  func tellRecorder(_ tell: (any EpochRecorder) throws -> Void) {
    guard let recorder else { return }
    do {
      try tell(recorder)
    } catch {
      warn("report.html could not be written: \(error)")
    }
  }
}
