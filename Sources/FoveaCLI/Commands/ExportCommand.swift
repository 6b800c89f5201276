import ArgumentParser
import FoveaTrain

struct ExportCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model's weights alone, for PyTorch and other programs.",
    discussion: "The tensors have PyTorch's names and layout, and the bits that were trained or imported.")

  @Argument(
    help: ArgumentHelp(
      "A model file, or the folder of a run, whose best model is taken.", valueName: "model"),
    completion: .file())
  var model: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The safetensors file to write.", valueName: "file"),
    completion: .file())
  var output: String

  @OptionGroup var general: GeneralOptions

  func run(_ console: Console) throws {
    let argument = ModelArgument(model)
    let loaded = try argument.load()
    try refuseToReplace(output, by: argument.path)
    try loaded.exportWeights(to: output)
    try console.print(output)
  }
}
