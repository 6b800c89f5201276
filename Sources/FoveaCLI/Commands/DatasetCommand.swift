import ArgumentParser
import FoveaData

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Make a data set.", subcommands: [ShapesCommand.self])
}

struct ShapesCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapes",
    abstract: "Make the embedded data set: objects on cluttered grounds, with a mask of each.",
    discussion: """
      Writes DIR/train, DIR/val and DIR/test with a folder for each of \(ShapesDataset.classes.count) classes, and \
      DIR/masks with a picture for each image that is white on the object. The same seed gives the same bytes. A folder \
      that holds anything but such a data set is refused.
      """)

  @Option(
    name: [.customLong("out"), .customShort("o")],
    help: ArgumentHelp("The folder to make.", valueName: "folder"), completion: .directory)
  var output: String

  @Option(help: ArgumentHelp("Another number gives other pictures.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Images of each class to train on.", valueName: "count"))
  var train: Int = ShapesDataset.Options().trainPerClass

  @Option(help: ArgumentHelp("Images of each class to validate with.", valueName: "count"))
  var val: Int = ShapesDataset.Options().validationPerClass

  @Option(help: ArgumentHelp("Images of each class to test with.", valueName: "count"))
  var test: Int = ShapesDataset.Options().testPerClass

  @Option(help: ArgumentHelp("Pixels along each side of an image.", valueName: "pixels"))
  var size: Int = ShapesDataset.Options().imageSize

  @OptionGroup var general: GeneralOptions

  private var options: ShapesDataset.Options {
    ShapesDataset.Options(trainPerClass: train, validationPerClass: val, testPerClass: test, imageSize: size)
  }

  func validate() throws {
    do throws(DataError) { try options.validate() } catch { throw ValidationError("\(error)") }
  }

  func run(_ console: Console) throws {
    var progress = Progress(console, noun: "images", total: options.imageCount)
    try ShapesDataset.generate(to: output, seed: seed, options: options) { done, _ in progress.update(done) }
    progress.clear()
    console.note(
      "\(grouped(options.imageCount)) images of \(ShapesDataset.classes.count) classes: \(listed(ShapesDataset.classes))"
    )
    try console.print(output)
  }
}
