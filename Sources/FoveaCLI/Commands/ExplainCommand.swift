import ArgumentParser
import FoveaData
import FoveaExplain
import FoveaImage
import FoveaNN
import FoveaTrain

struct ExplainCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Write attention maps as PNG overlays.",
    discussion: """
      For each image, below the output folder: panels/NAME.png with everything on one sheet, overlays/NAME/BLOCK.png \
      with a block's spatial gate over the original, maps/NAME/BLOCK.png with the gate as it is (16-bit gray, one pixel \
      a cell), the same for Grad-CAM, and a line for each map in attention.csv. The inputs' folders are mirrored. \
      index.html shows all of them, to sort and filter.
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

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp(
      "The blocks to draw: all, stages (the last of each), last, or names such as layer1.0,layer3.2.",
      valueName: "blocks"))
  var blocks: String = "all"

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp("The class that Grad-CAM asks about; by default the predicted one.", valueName: "name")
  )
  var explainedClass: String?

  @Option(
    help:
      "What the colours' ends stand for: fixed (0 and 1), image (each map's range) or run (each block's range)."
  )
  var normalize: Normalization = .fixed

  @Option(help: "The colours: viridis, jet, gray or diverging.")
  var colorMap: ColorMap = .viridis

  @Option(help: "How maps are enlarged: bilinear, nearest or bicubic.")
  var interpolation: ResizeFilter = .bilinear

  @Option(help: ArgumentHelp("How much of the map's colour covers the image, 0 to 1.", valueName: "share"))
  var opacity: Float = 0.55

  @Option(
    help: ArgumentHelp(
      "Overlays of larger images are made smaller, to so many pixels on the longer side; 0 keeps every size.",
      valueName: "pixels"))
  var maxSide: Int = 2048

  @Option(
    help: ArgumentHelp(
      "Masks of the objects, as 'fovea dataset shapes' makes them: score all maps against them.",
      valueName: "folder"), completion: .directory)
  var masks: String?

  @Flag(
    help:
      "Score how faithful the maps are: deletion and insertion curves against a random order, and whether they change when the weights are shuffled. Some hundred passes an image."
  )
  var score = false

  @Flag(help: "Write no pictures, only attention.csv and the scores.")
  var noPictures = false

  @Flag(
    name: [.customShort("0"), .long],
    help: "Paths on standard input end in zero bytes, as 'find -print0' writes them.")
  var null = false

  @Flag(help: "Accept what can be read of damaged images.")
  var allowTruncated = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var engine: EngineArguments

  @OptionGroup var general: GeneralOptions

  func validate() throws {
    if paths.isEmpty { throw ValidationError("Name at least one image or folder.") }
    if !(opacity >= 0 && opacity <= 1) { throw ValidationError("--opacity \(opacity): expected 0 to 1.") }
    if maxSide < 0 { throw ValidationError("--max-side \(maxSide): expected 0 or more.") }
  }

  func run(_ console: Console) throws {
    let argument = ModelArgument(model)
    let model = try argument.load()
    let settings = ExplainSettings(
      blocks: try BlockChoice.indices(blocks, of: model.network),
      explainedClass: try explainedClass.map { try Self.index(of: $0, in: model.classes) },
      normalization: normalize,
      style: OverlayStyle(colorMap: colorMap, opacity: opacity, filter: interpolation),
      longestSide: maxSide == 0 ? nil : maxSide, masks: masks.map { MaskFolder(RawPath($0)) },
      writesPictures: !noPictures, scoresMaps: score, modelName: argument.name)
    let inputs = try ExplainInputs(
      PathSource(paths, zeroSeparated: null), roots: paths.filter { $0 != "-" }.map(ProcessArguments.path),
      output: output)
    var job = try ExplainJob(
      model: model, engine: try engine.options(), settings: settings, inputs: inputs, output: output,
      allowsTruncated: allowTruncated, console: console)
    let summary = try job.run()
    try report(summary, console)
  }

  private func report(_ summary: ExplainSummary, _ console: Console) throws {
    if json {
      try console.print(summary.json.pretty)
    } else {
      let tables = [
        summary.scores.isEmpty ? nil : summary.scoreTable,
        summary.faithfulness.isEmpty ? nil : summary.faithfulnessTable,
      ].compactMap { $0 }
      if !tables.isEmpty { try console.print(tables.joined(separator: "\n\n")) }
    }
    if summary.read + summary.skipped == 0 { console.warn("no files in \(paths.joined(separator: ", "))") }
    if masks != nil, summary.read > 0, summary.scores.isEmpty {
      throw CommandFailure(.failed, "no image has a mask in \(masks ?? "")")
    }
    if summary.withoutMask > 0, !summary.scores.isEmpty {
      console.warn(
        "\(counted(summary.withoutMask, "image")) without a mask \(summary.withoutMask == 1 ? "is" : "are") not in the scores"
      )
    }
    if summary.read > 0 {
      let pictures = noPictures ? "" : "; look at \(output)/index.html"
      console.note("\(counted(summary.read, "image")) explained in \(output)/attention.csv\(pictures)")
    }
    if summary.skipped > 0 {
      throw CommandFailure(
        .skipped,
        "\(grouped(summary.skipped)) of \(counted(summary.read + summary.skipped, "input")) could not be read"
      )
    }
  }

  private static func index(of name: String, in classes: [String]) throws -> Int {
    if let index = classes.firstIndex(of: name) { return index }
    let hint = NearestName.hint(name, in: classes)
    throw CommandFailure(
      .usage, "the model has no class '\(printable(name))'.\(hint) It has \(listed(classes)).")
  }
}

extension Normalization: ExpressibleByArgument {}
extension ColorMap: ExpressibleByArgument {}
extension ResizeFilter: ExpressibleByArgument {}
