import ArgumentParser
import FoveaData
import FoveaExplain
import FoveaTrain

struct EvaluateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on labelled images.",
    discussion: """
      Prints loss, accuracy, per-class figures, the confusion matrix and the calibration error. Classes are matched by \
      name; one that the model does not know is an error.
      """)

  @Argument(
    help: ArgumentHelp(
      "A model file, or the folder of a run, whose best model is taken.", valueName: "model"),
    completion: .file())
  var model: String

  @Argument(
    help: ArgumentHelp(
      "A data set: folders of classes, or the files of MNIST and its kin or of CIFAR-10. With a run's folder it may be left out.",
      valueName: "data"), completion: .file())
  var data: String?

  @Option(
    help:
      "Which part of the data set: auto (test, else val, else all, or with a run and its own data what it set aside to validate), train, val, test or split."
  )
  var part: DataPart = .auto

  @Option(
    help: ArgumentHelp(
      "Take data.class_names and the like from this training configuration.", valueName: "file"),
    completion: .configuration)
  var config: String?

  @Option(
    help: ArgumentHelp(
      "The share of files that may be unreadable; by default the run's, or 0.01.", valueName: "share"))
  var maxBad: Double?

  @Flag(help: "Accept what can be read of damaged images.")
  var allowTruncated = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var engine: EngineArguments

  @OptionGroup var general: GeneralOptions

  func validate() throws {
    if let maxBad, !(0...1).contains(maxBad) {
      throw ValidationError("--max-bad \(maxBad): expected a share from 0 to 1.")
    }
  }

  func run(_ console: Console) throws {
    let argument = ModelArgument(model)
    let model = try argument.load()
    let settings = try (config ?? argument.configurationPath).map {
      try TrainingConfiguration(contentsOf: $0)
    }
    guard let path = data ?? settings?.data.path else {
      throw CommandFailure(.usage, "name the data set to evaluate on, or the folder of a run as the model")
    }
    let source = try source(path, model, settings)
    console.note("evaluating \(counted(source.count, "image")) of \(source.name)")
    let loader = LoaderConfiguration(
      batchSize: model.batchSize(atMost: min(128, source.count)), cacheBudget: 0,
      maxBad: maxBad ?? settings?.data.maxBad ?? 0.01,
      allowsTruncated: allowTruncated || settings?.data.allowTruncated == true)
    var progress = Progress(console, noun: "images", total: source.count)
    let evaluation = try Evaluator.evaluate(
      Predictor(model, engine: try engine.options()), on: source, loader: loader,
      progress: { done, _ in progress.update(done) }, skipped: { console.warn("\($0.error)") })
    progress.clear()
    guard let evaluation else { throw CommandFailure(.failed, "the evaluation was stopped") }
    try console.print(json ? evaluation.json : EvaluationReport.text(evaluation))
    if evaluation.skipped > 0 {
      throw CommandFailure(.skipped, "\(counted(evaluation.skipped, "file")) could not be read and passed by")
    }
  }

  private func source(
    _ path: String, _ model: ModelFile, _ settings: TrainingConfiguration?
  ) throws -> ImageSource {
    let format = settings?.data.format ?? .auto
    let names = settings?.data.classNames
    let rule = try HashSplit(
      fraction: settings?.data.validationShare ?? 0.2, seed: settings?.data.splitSeed ?? 0)
    let isOwn = settings?.data.path.flatMap { FileIdentity($0) }.map { $0 == FileIdentity(path) } ?? false
    return try DataSource(RawPath(path), format: format, classNames: names)
      .evaluation(part, classes: model.classes, rule, trainedOnRest: isOwn)
  }
}

extension DataPart: ExpressibleByArgument {}
