import ArgumentParser
import FoveaData
import FoveaImage
import FoveaNN
import FoveaOps
import FoveaTrain

struct InfoCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show a model's or a configuration's network, layer by layer.")

  @Argument(
    help: ArgumentHelp(
      "A model file, the folder of a run, or a training configuration (YAML).", valueName: "model|config"),
    completion: .file())
  var subject: String

  @Option(
    help: ArgumentHelp(
      "How many classes a configuration's network has; by default as many as its data.", valueName: "count"))
  var classes: Int?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a setting of the configuration, as for train.", valueName: "key=value"),
    completion: .settings)
  var overrides: [String] = []

  @Flag(
    help: ArgumentHelp(
      "Show also how the engine computes each convolution: a configuration's in training, a model's for one image."
    ))
  var plan = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var general: GeneralOptions

  private var isConfiguration: Bool { subject.hasSuffix(".yaml") || subject.hasSuffix(".yml") }

  func validate() throws {
    if let classes, !(1...1_000_000).contains(classes) {
      throw ValidationError("--classes \(classes): expected a number from 1 to 1000000.")
    }
    if !isConfiguration, classes != nil || !overrides.isEmpty {
      throw ValidationError("--classes and --set go with a configuration; a model has its network already.")
    }
  }

  func run(_ console: Console) throws {
    let description = isConfiguration ? try describeConfiguration() : try describeModel()
    try console.print(json ? description.json.pretty : description.text)
  }

  private func describeModel() throws -> NetworkDescription {
    let argument = ModelArgument(subject)
    let model = try argument.load()
    var facts: [(String, String, JSONText)] = [
      ("model", argument.path, .string(argument.path)),
      (
        "classes", "\(model.classes.count): \(listed(model.classes))",
        .array(model.classes.map(JSONText.string))
      ),
    ]
    facts += NetworkDescription.facts(of: model.configuration)
    facts += NetworkDescription.facts(of: model.preparation)
    if let training = model.training {
      let result = training.validation.map { ", validation top-1 \(fixed(100 * $0.top1, 2)) %" } ?? ""
      facts.append(
        (
          "trained", "\(training.run), epoch \(training.epoch), step \(grouped(training.step))\(result)",
          .object([
            ("run", .string(training.run)), ("epoch", .int(training.epoch)), ("step", .int(training.step)),
            ("validation_top1", training.validation.map { .double($0.top1) } ?? .null),
          ])
        ))
    }
    let layers = try model.network.summary(
      inputHeight: model.preparation.height, inputWidth: model.preparation.width)
    var description = NetworkDescription(facts: facts, layers: layers)
    if plan {
      description.plans = try model.network.plans(
        inputHeight: model.preparation.height, inputWidth: model.preparation.width, batch: 1,
        engine: EngineOptions(), isTraining: false)
    }
    return description
  }

  private func describeConfiguration() throws -> NetworkDescription {
    let settings = try TrainingConfiguration(contentsOf: subject, overrides: overrides)
    let count = try classes ?? classNames(settings).count
    let configuration = settings.networkConfiguration(classes: count)
    let network = try Network(configuration, seed: nil)
    var facts: [(String, String, JSONText)] = [
      ("config", subject, .string(subject)), ("classes", "\(count)", .int(count)),
    ]
    facts += NetworkDescription.facts(of: configuration)
    let input = settings.input
    facts.append(
      (
        "input", "\(input.width)×\(input.height), \(input.resize.rawValue)",
        .object([
          ("width", .int(input.width)), ("height", .int(input.height)),
          ("resize", .string(input.resize.rawValue)),
        ])
      ))
    var description = NetworkDescription(
      facts: facts, layers: try network.summary(inputHeight: input.height, inputWidth: input.width))
    if plan {
      description.plans = try network.plans(
        inputHeight: input.height, inputWidth: input.width, batch: settings.train.batchSize,
        engine: settings.engineOptions, isTraining: true)
    }
    return description
  }
}

/// The classes that a configuration's data have.
func classNames(_ settings: TrainingConfiguration) throws -> [String] {
  if let names = settings.data.classNames {
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
  let hint = "Say how many there are with --classes"
  guard let path = settings.data.path else {
    throw CommandFailure(.usage, "the configuration names no data set, so its classes are not known. \(hint)")
  }
  do {
    return try DataSource(RawPath(path), format: settings.data.format)
      .split(validation: settings.data.validation, HashSplit()).training.classes
  } catch {
    throw CommandFailure(.failed, "\(error) The network's classes are those of its data. \(hint)")
  }
}

/// What `fovea info` shows.
struct NetworkDescription {
  /// Name, text, and the same for programs.
  let facts: [(String, String, JSONText)]
  let layers: [LayerSummary]
  /// Empty where nobody asked for them.
  var plans: [LayerPlan] = []

  var text: String {
    let width = facts.map { $0.0.count }.max() ?? 0
    let lines = facts.map { padded($0.0, to: width) + "  " + $0.1 }
    return lines.joined(separator: "\n") + "\n\n" + NetworkTable(layers).text
      + (plans.isEmpty ? "" : "\n" + PlanTable(plans).text)
  }

  var json: JSONText {
    .object(
      facts.map { ($0.0, $0.2) } + [("network", NetworkTable(layers).json)]
        + (plans.isEmpty ? [] : [("plan", PlanTable(plans).json)]))
  }

  static func facts(of configuration: NetworkConfiguration) -> [(String, String, JSONText)] {
    let variant = configuration.attention.map { "CBAM, \($0.variant.rawValue)" } ?? "none"
    return [
      ("architecture", configuration.architecture, .string(configuration.architecture)),
      ("attention", variant, configuration.attention.map { .string($0.variant.rawValue) } ?? .null),
    ]
  }

  static func facts(of preparation: Preparation) -> [(String, String, JSONText)] {
    let fraction =
      preparation.resize == .crop && preparation.cropFraction < 1
      ? ", the middle \(fixed(100 * preparation.cropFraction, 1)) %" : ""
    func list(_ values: [Float]) -> String { values.map { fixed(Double($0), 4) }.joined(separator: ", ") }
    return [
      (
        "input",
        "\(preparation.width)×\(preparation.height), \(preparation.resize.rawValue)\(fraction), "
          + "\(preparation.filter.rawValue)",
        .object([
          ("width", .int(preparation.width)), ("height", .int(preparation.height)),
          ("resize", .string(preparation.resize.rawValue)),
          ("crop_fraction", .double(preparation.cropFraction)),
          ("filter", .string(preparation.filter.rawValue)),
          ("decode_scale", .double(preparation.decodeScale)),
          ("mean", .array(preparation.mean.map(JSONText.float))),
          ("std", .array(preparation.std.map(JSONText.float))),
        ])
      ),
      ("mean", list(preparation.mean), .array(preparation.mean.map(JSONText.float))),
      ("std", list(preparation.std), .array(preparation.std.map(JSONText.float))),
    ]
  }
}
