import ArgumentParser
import FoveaCheck
import FoveaData
import FoveaTrain

struct CheckCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look through a data set before training on it.",
    discussion: """
      Reads every image once and tells what is wrong with it: unreadable and damaged files, copies and near copies, \
      also across the parts (leaks) and across classes (contradicting labels), classes that a part lacks or that are \
      out of balance, hidden folders with images, blurred, dark and constant images, names that claim another format. \
      The data is never changed.

      Exit code 0 if there are notes at most, 3 if something needs attention.
      """)

  @Argument(
    help: ArgumentHelp(
      "Whatever training takes: a folder with train and test, a folder of class folders, IDX or CIFAR files, or a training configuration.",
      valueName: "data"), completion: .file())
  var data: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Change a setting of the configuration: --set data.path=FOLDER.", valueName: "key=value"),
    completion: .settings)
  var settings: [String] = []

  @Option(
    help: ArgumentHelp("Also write a page with thumbnails: one HTML file.", valueName: "file"),
    completion: .file())
  var html: String?

  @Flag(help: "Print the result as JSON, with every image that was found.")
  var json = false

  @OptionGroup var general: GeneralOptions

  func run(_ console: Console) throws {
    if let html { try CheckPageFile.examine(html) }
    let settings = try configuration()
    let source = try DataSource(
      settings.path, format: settings.data.format, classNames: settings.data.classNames)
    let rule = try HashSplit(fraction: settings.data.validationShare, seed: settings.data.splitSeed)
    let check = try DataSetCheck(source, validation: settings.data.validation, rule: rule)
    console.note("checking \(counted(check.imageCount, "image")) of \(source.root)")
    let report = CheckProgress(console).run(check)
    try console.print(json ? CheckJSON(report).value.pretty : CheckTable(report, console).text)
    if let html {
      try CheckPageFile.write(CheckPage(report).html, to: html)
      console.note("page      \(html)")
    }
    if report.needsAttention { throw CommandFailure(.skipped, CheckTable.verdict(report)) }
  }

  /// The data's path and settings: from a configuration, or the defaults.
  private func configuration() throws -> (path: RawPath, data: TrainingConfiguration.Data) {
    let isConfiguration = data.hasSuffix(".yaml") || data.hasSuffix(".yml")
    guard isConfiguration, PathKind(of: ProcessArguments.path(data)) != .folder else {
      guard settings.isEmpty else {
        throw CommandFailure(.usage, "--set changes a configuration, and \(printable(data)) is none")
      }
      return (ProcessArguments.path(data), TrainingConfiguration().data)
    }
    let configuration = try TrainingConfiguration(contentsOf: data, overrides: settings)
    guard let path = configuration.data.path else {
      throw CommandFailure(
        .usage, "\(data): data.path is not set. Set it there, or with --set data.path=FOLDER")
    }
    return (RawPath(path), configuration.data)
  }
}

/// Shows how far a check has come, one bar for each of its phases.
struct CheckProgress {
  private let console: Console

  init(_ console: Console) { self.console = console }

  func run(_ check: DataSetCheck) -> CheckReport {
    var bar: Progress?
    var phase: DataSetCheck.Progress.Phase?
    var start = Progress.monotonicSeconds()
    let report = check.run { step in
      if step.phase != phase {
        bar?.clear()
        let now = Progress.monotonicSeconds()
        if let phase { console.detail("\(phase.rawValue) took \(fixed(now - start, 2)) s") }
        (phase, start) = (step.phase, now)
        bar = Progress(console, noun: Self.noun(step.phase), total: step.total)
      }
      bar?.update(step.done)
    }
    bar?.clear()
    if let phase {
      console.detail("\(phase.rawValue) took \(fixed(Progress.monotonicSeconds() - start, 2)) s")
    }
    return report
  }

  private static func noun(_ phase: DataSetCheck.Progress.Phase) -> String {
    switch phase {
    case .reading: "images read"
    case .searching: "images compared"
    case .verifying: "pairs verified"
    }
  }
}
