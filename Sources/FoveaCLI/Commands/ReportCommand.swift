import ArgumentParser
import FoveaData
import FoveaReport
import FoveaTrain

struct ReportCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a run's report: one HTML page.",
    discussion: """
      Writes RUN/report.html from what the run has recorded so far: curves, confusion, classes, calibration, mistakes, \
      the attention film and the gates. Training writes it too, after every epoch. The page needs nothing else: it can \
      be copied and sent.
      """)

  @Argument(
    help: ArgumentHelp("The folder of a run, such as runs/shapes.", valueName: "run"), completion: .directory)
  var run: String

  @Flag(
    help:
      "Evaluate the best model anew on the run's own validation images first: for a run that recorded nothing."
  )
  var evaluate = false

  @OptionGroup var general: GeneralOptions

  func run(_ console: Console) throws {
    var skipped = 0
    if evaluate { skipped = try record(console) }
    let record = try RunRecord(run)
    for problem in record.problems { console.warn(printable(problem)) }
    try RunReportPage.write(record)
    try console.print(RunReportPage.path(record))
    if skipped > 0 {
      throw CommandFailure(.skipped, "\(counted(skipped, "file")) could not be read and passed by")
    }
  }

  /// How many files were passed by.
  private func record(_ console: Console) throws -> Int {
    let folder = try RunFolder.open(run)
    let configuration = try TrainingConfiguration(contentsOf: folder.configurationPath)
    let model = try ModelFile.load(folder.bestPath)
    guard let path = configuration.data.path else {
      throw CommandFailure(.usage, "\(folder.configurationPath) does not say where the data are (data.path)")
    }
    let rule = try HashSplit(
      fraction: configuration.data.validationShare, seed: configuration.data.splitSeed)
    let source = try DataSource(
      RawPath(path), format: configuration.data.format, classNames: configuration.data.classNames
    ).split(validation: configuration.data.validation, rule).validation.relabelled(to: model.classes)
    let loader = LoaderConfiguration(
      batchSize: model.batchSize(atMost: min(128, source.count)), cacheBudget: 0,
      maxBad: configuration.data.maxBad,
      allowsTruncated: configuration.data.allowTruncated)
    var progress = Progress(console, noun: "images", total: source.count)
    var skipped = 0
    try RunEvaluation.record(
      folder, model: model, on: source, loader: loader, engine: configuration.engineOptions,
      progress: { done, _ in progress.update(done) },
      skipped: {
        skipped += 1
        console.warn("\($0.error)")
      })
    progress.clear()
    return skipped
  }
}
