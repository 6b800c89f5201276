import ArgumentParser
import FoveaData
import FoveaExplain
import FoveaFormats
import FoveaTrain

struct ImportCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a model of weights that were trained elsewhere.",
    discussion: """
      Takes a safetensors file with PyTorch's names, also with 'module.' before each, or with timm's names for CBAM. \
      The configuration says what network they are of ('model'), and how images are prepared ('input', of which mean \
      and std must be given). A missing, superfluous or misshapen tensor is named, and nothing is written.
      """)

  @Argument(help: ArgumentHelp("The weights, a safetensors file.", valueName: "weights"), completion: .file())
  var weights: String

  @Option(
    help: ArgumentHelp("A training configuration (YAML).", valueName: "file"), completion: .configuration)
  var config: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "model"),
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "The classes' names in the order of the logits: cat,dog or @FILE with one a line; by default data.class_names, else those of the data.",
      valueName: "names"))
  var classes: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a setting of the configuration, as for train.", valueName: "key=value"),
    completion: .settings)
  var overrides: [String] = []

  @OptionGroup var general: GeneralOptions

  func run(_ console: Console) throws {
    let settings = try TrainingConfiguration(contentsOf: config, overrides: overrides)
    let names = try classes.map(Self.names) ?? settings.data.classNames ?? classNames(settings)
    guard Set(names).count == names.count, !names.isEmpty else {
      throw CommandFailure(.usage, "the class names are not all different, or there are none")
    }
    let model = try ModelFile.importing(weights, configuration: settings, classes: names)
    try refuseToReplace(output, by: weights)
    try model.save(to: output)
    try console.print(output)
    console.note("\(names.count) classes: \(listed(names))")
  }

  /// `cat,dog` or, after an @, a file with a name a line.
  private static func names(_ text: String) throws -> [String] {
    if text.hasPrefix("@") { return try lines(of: String(text.dropFirst())) }
    return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// A file's lines without their ends, empty ones at the end left out.
  private static func lines(of path: String) throws -> [String] {
    let text = try WholeFile.text(of: path, limit: 16 << 20)
    var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    while lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// Refuses to write a command's output over its input.
func refuseToReplace(_ output: String, by input: String) throws {
  guard let written = FileIdentity(output), written == FileIdentity(input) else { return }
  throw CommandFailure(.usage, "\(output) is the input itself. Choose another name")
}
