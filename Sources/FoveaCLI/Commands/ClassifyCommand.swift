import ArgumentParser
import FoveaData
import FoveaTrain

struct ClassifyCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Classify images: one row for each.",
    discussion: """
      Each file that a path leads to gets exactly one row, in a stable order, as soon as it is known. Folders are \
      searched with all that is in them, except for hidden files. What cannot be read gets a row too, with the \
      reason; the exit code is then 3.
      """)

  @Argument(
    help: ArgumentHelp(
      "A model file, or the folder of a run, whose best model is taken.", valueName: "model"),
    completion: .file())
  var model: String

  @Argument(
    help: "Image files and folders of images; '-' reads paths from standard input, one a line.",
    completion: .file())
  var paths: [String]

  @Option(help: "How rows are written: table, csv or jsonl (a JSON object a line).")
  var format: RowFormat = .table

  @Option(help: ArgumentHelp("How many of the likeliest classes a row names.", valueName: "count"))
  var top: Int = 1

  @Flag(help: "Also write the logit of every class.")
  var logits = false

  @Flag(
    name: [.customShort("0"), .long],
    help: "Paths on standard input end in zero bytes, as 'find -print0' writes them.")
  var null = false

  @Flag(help: "Accept what can be read of damaged images; their status is then 'partial'.")
  var allowTruncated = false

  @OptionGroup var engine: EngineArguments

  @OptionGroup var general: GeneralOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top \(top): expected at least 1.") }
    if paths.isEmpty { throw ValidationError("Name at least one image or folder.") }
  }

  func run(_ console: Console) throws {
    let predictor = try ModelArgument(model).predictor(engine: try engine.options())
    let job = ClassifyJob(
      predictor: predictor,
      preparer: ImagePreparer(preparation: predictor.preparation, allowsTruncated: allowTruncated),
      writer: PredictionRowWriter(format: format, classes: predictor.classes, top: top, logits: logits))
    let counts = try job.run(PathSource(paths, zeroSeparated: null), total: total(console), console)
    if counts.read + counts.skipped == 0 { console.warn("no files in \(paths.joined(separator: ", "))") }
    guard counts.skipped > 0 else { return }
    let all = counts.read + counts.skipped
    throw CommandFailure(
      .skipped, "\(grouped(counts.skipped)) of \(counted(all, "input")) could not be read; their rows say why"
    )
  }
}

extension ClassifyCommand {
  /// How many inputs there will be, where a bar is going to show it: counting them first would keep others waiting.
  private func total(_ console: Console) -> Int? {
    guard console.errorsAreTerminal, !console.outputIsTerminal, !console.isQuiet, !paths.contains("-") else {
      return nil
    }
    return InputWalk(PathSource(paths, zeroSeparated: null)).reduce(0) { count, _ in count + 1 }
  }
}

extension RowFormat: ExpressibleByArgument {}

/// Classifies all files that paths lead to, batch by batch, and writes each batch's rows.
struct ClassifyJob {
  let predictor: Predictor
  let preparer: ImagePreparer
  let writer: PredictionRowWriter

  /// - Parameter total: how many inputs there will be, where that is known.
  func run(_ paths: PathSource, total: Int?, _ console: Console) throws -> (read: Int, skipped: Int) {
    if !writer.header.isEmpty { try console.output.write(Array(writer.header.utf8)) }
    var walk = InputWalk(paths)
    var counts = (read: 0, skipped: 0)
    var progress = Progress(console, noun: "images", total: total, writesRows: true)
    var batch: [Input] = []
    let batchSize = predictor.batchSize(atMost: preparer.batchSize)
    while let input = walk.next() {
      batch.append(input)
      // Whoever writes paths one by one and waits for the row must get it.
      guard batch.count >= batchSize || !walk.isWithinFolder && paths.wouldWait else { continue }
      try classify(batch, console, &counts)
      batch = []
      progress.update(counts.read + counts.skipped)
    }
    try classify(batch, console, &counts)
    progress.clear()
    return counts
  }

  private func classify(_ inputs: [Input], _ console: Console, _ counts: inout (read: Int, skipped: Int))
    throws
  {
    guard !inputs.isEmpty else { return }
    let outcomes = preparer.prepare(inputs)
    let images = outcomes.compactMap { outcome in
      if case .ready(let prepared) = outcome { prepared.image } else { nil }
    }
    var predictions: ArraySlice<Prediction> = []
    if !images.isEmpty {
      predictions = predictor.predict(predictor.preparation.tensor(images)).predictions[...]
    }
    var lines = ""
    for (input, outcome) in zip(inputs, outcomes) {
      switch outcome {
      case .ready(let prepared):
        let prediction = predictions.removeFirst()
        guard prediction.isFinite else {
          lines += writer.line(
            PredictionRow(path: input.path, outcome: .unreadable(Prediction.notFinite)))
          counts.skipped += 1
          continue
        }
        lines += writer.line(
          PredictionRow(path: input.path, outcome: .classified(prediction, remark: prepared.remark)))
        counts.read += 1
      case .failed(let reason):
        lines += writer.line(PredictionRow(path: input.path, outcome: .unreadable(reason)))
        counts.skipped += 1
      }
    }
    try console.output.write(Array(lines.utf8))
  }
}
