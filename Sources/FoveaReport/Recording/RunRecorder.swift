import FoveaData
import FoveaExplain
import FoveaFormats
import FoveaImage
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTrain

/// Records what a run's report needs while the run validates, and writes `report.html` after every epoch.
public final class RunRecorder: EpochRecorder {
  /// Images whose gates are measured, at most: evenly spread over the validation images.
  static let measuredImages = 2048
  /// Mistakes and hits that are kept, each.
  static let exampleCount = 12
  static let filmImages = 6

  private var pass: ValidationPass?

  public init() {}

  public func runBegins(_ folder: String) throws { try RunReportPage.write(RunRecord(folder, isHeld: true)) }

  public func validationBegins(_ plan: TrainingPlan) {
    pass = ValidationPass(
      source: plan.split.validation, classes: plan.classes, preparation: plan.preparation)
  }

  public func validated(_ batch: Batch, _ output: Predictor.Output) { pass?.add(batch, output) }

  public func epochEnded(_ epoch: RecordedEpoch) throws {
    guard let pass else { return }
    self.pass = nil
    let files = ReportFiles(run: epoch.folder)
    try files.makeFolders()
    try writeFilm(pass, epoch.report.epoch, files)
    try HistoryFile.write(
      pass.attention.summaries.filter { $0.className == nil }, epoch: epoch.report.epoch, to: files.history)
    if epoch.report.isBest {
      try Self.writeBest(pass, epoch.network, epoch.plan.configuration.engineOptions, files)
    }
    try RunReportPage.write(RunRecord(epoch.folder, isHeld: true))
  }

  public func runEnded(_ folder: String) throws { try RunReportPage.write(RunRecord(folder, isHeld: false)) }

  /// What is known of the model that is carried away.
  static func writeBest(
    _ pass: ValidationPass, _ network: Network, _ engine: EngineOptions, _ files: ReportFiles
  ) throws {
    try PredictionsFile.write(pass.predictions, to: files.predictions)
    try AttentionFile.write(pass.attention.summaries, to: files.attention)
    try pass.examples(gradCAM: network, engine: engine).write(to: files.examples)
  }

  /// The film's images are chosen by the data alone, so a resumed run goes on with the same; their maps are added, and
  /// those that the rule drops go.
  private func writeFilm(_ pass: ValidationPass, _ epoch: Int, _ files: ReportFiles) throws(FormatError) {
    var frame = pass.film
    let old = try? PictureSet(contentsOf: files.filmImages)
    if old?.examples.map(\.name) != frame.examples.map(\.name) {
      var images = frame
      images.maps = []
      try images.write(to: files.filmImages)
    }
    frame.images = []
    try frame.write(to: files.film(epoch: epoch))
    for old in files.filmEpochs() where !FilmRule.keeps(old, latest: epoch) { files.removeFilm(epoch: old) }
  }
}
