import FoveaData
import FoveaFormats
import FoveaOps
import FoveaTrain

/// Evaluates a run's best model anew and records what its report needs: for a run that was not recorded, or whose data
/// have changed.
public enum RunEvaluation {
  /// Writes `evaluation.json` and the files below `report/`. The film and the history of the gates can only be recorded
  /// while training.
  ///
  /// - Parameters:
  ///   - folder: the run's, which nobody else may be writing to.
  ///   - source: its labels are the model's.
  public static func record(
    _ folder: RunFolder, model: ModelFile, on source: ImageSource, loader: LoaderConfiguration,
    engine: EngineOptions, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    skipped: (BadSample) -> Void = { _ in }
  ) throws {
    var pass = ValidationPass(source: source, classes: model.classes, preparation: model.preparation)
    let evaluation = try Evaluator.evaluate(
      Predictor(model, engine: engine), on: source, loader: loader, watch: { pass.add($0, $1) },
      progress: progress, skipped: skipped)
    guard let evaluation else { preconditionFailure("an evaluation that nobody stops") }
    let files = ReportFiles(run: folder.path)
    try files.makeFolders()
    try DurableFile.write(Array((evaluation.json + "\n").utf8), to: folder.evaluationPath)
    try RunRecorder.writeBest(pass, model.network, engine, files)
  }
}
