import ArgumentParser

struct ManualCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual",
    abstract: "Print the manual page, as man reads it.",
    discussion: """
      `make install` puts it into its place; without: fovea manual | man -l -
      """)

  @OptionGroup var general: GeneralOptions

  func run(_ console: Console) throws {
    try console.output.write(Array(ManualPage(try CommandDescription.ofFovea()).text.utf8))
  }
}
