import ArgumentParser
import FoveaFormats
import FoveaReport
import FoveaTrain

struct CompareCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Set two or more runs side by side.",
    discussion: """
      Prints where their settings differ, how well each does, whether the difference is more than chance (McNemar's \
      exact test on the validation images), which classes differ most, and, where set-ups were trained with the same \
      seeds, the difference paired over them. -o writes the same as a page, with the curves on one chart and the \
      images whose answer changed.
      """)

  @Argument(
    help: ArgumentHelp(
      "Folders of runs, two or more; the first is what others are compared with.", valueName: "run"),
    completion: .directory)
  var runs: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write an HTML page to this file.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var general: GeneralOptions

  func validate() throws {
    if runs.count < 2 { throw ValidationError("Name two runs at least.") }
  }

  func run(_ console: Console) throws {
    let records = try runs.map { try RunRecord($0) }
    for record in records {
      for problem in record.problems { console.warn(printable(problem)) }
    }
    let comparison = RunComparison(records)
    try console.print(json ? comparison.json : ComparisonText.text(comparison))
    for problem in comparison.pairs.compactMap(\.problem) { console.warn(printable(problem)) }
    if let output {
      try DurableFile.write(Array(ComparisonPage.html(comparison).utf8), to: output)
      console.note("page written to \(output)")
    }
  }
}

/// A comparison for a terminal.
enum ComparisonText {
  /// Classes that are listed.
  private static let classesShown = 12

  static func text(_ comparison: RunComparison) -> String {
    [runs(comparison), settings(comparison), tests(comparison), seeds(comparison), classes(comparison)]
      .compactMap { $0 }.joined(separator: "\n\n")
  }

  private static func runs(_ comparison: RunComparison) -> String {
    var table = TextTable(
      ["run", "state", "seed", "epochs", "best", "top-1", "loss", "macro F1", "calibration error"],
      [.left, .left, .right, .right, .right, .right, .right, .right, .right])
    for (label, run) in zip(comparison.labels, comparison.runs) {
      table.add([
        label, run.state.words, "\(run.configuration.train.seed)", "\(run.metrics.rows.last?.epoch ?? 0)",
        run.best.map { "\($0.epoch)" } ?? "–", run.best.map { percent($0.validation.top1) } ?? "–",
        run.best.map { fixed($0.validation.loss, 4) } ?? "–",
        run.evaluation.map { percent($0.macroF1) } ?? "–",
        run.evaluation.map { percent($0.calibrationError) } ?? "–",
      ])
    }
    return table.text
  }

  private static func settings(_ comparison: RunComparison) -> String? {
    guard !comparison.settings.isEmpty else { return "settings: the same" }
    var table = TextTable(
      ["setting"] + comparison.labels, [.left] + comparison.labels.map { _ in .left })
    for setting in comparison.settings { table.add([setting.key] + setting.values) }
    return table.text
  }

  private static func tests(_ comparison: RunComparison) -> String? {
    let tested = comparison.pairs.filter { $0.problem == nil }
    guard !tested.isEmpty else { return nil }
    var table = TextTable(
      [
        "first", "second", "images", "both right", "only first", "only second", "both wrong", "changed",
        "McNemar p",
      ], [.left, .left, .right, .right, .right, .right, .right, .right, .right])
    for pair in tested {
      table.add([
        comparison.labels[pair.first], comparison.labels[pair.second], grouped(pair.images),
        grouped(pair.bothRight), grouped(pair.test.onlyFirst), grouped(pair.test.onlySecond),
        grouped(pair.bothWrong), grouped(pair.changes.count), significant(pair.test.pValue),
      ])
    }
    return table.text
  }

  private static func seeds(_ comparison: RunComparison) -> String? {
    guard !comparison.seeded.isEmpty else { return nil }
    func points(_ share: Double) -> String { fixed(100 * share, 2) }
    return comparison.seeded.map { seeded in
      func names(_ group: Int) -> String {
        comparison.groups[group].members.map { comparison.labels[$0] }.joined(separator: ", ")
      }
      let difference = seeded.top1
      var line =
        "paired over \(counted(seeded.seeds.count, "seed")): \(names(seeded.second)) against "
        + "\(names(seeded.first)): top-1 \(points(difference.mean)) points on average"
      if let interval = difference.interval, let p = difference.pValue {
        line += ", 95 % interval \(points(interval.lowerBound)) to \(points(interval.upperBound)), p "
        line += p == 0 ? "0" : significant(p)
      }
      return line
    }.joined(separator: "\n")
  }

  private static func classes(_ comparison: RunComparison) -> String? {
    let rows = comparison.classRows
    guard !rows.isEmpty else { return nil }
    var table = TextTable(
      ["recall of"] + comparison.labels, [.left] + comparison.labels.map { _ in .right })
    for row in rows.prefix(classesShown) {
      table.add([row.name] + row.recall.map { $0.map(percent) ?? "–" })
    }
    let more = rows.count - min(rows.count, classesShown)
    return table.text + (more > 0 ? "\n… and \(grouped(more)) more that differ less" : "")
  }
}
