import FoveaTestSupport
import Foundation
import Testing

/// What `--help` prints, word for word: it is read more often than any other page, and a change of it should be meant.
///
/// To take over a change: `fovea COMMAND --help > Tests/FoveaCLITests/Help/COMMAND.txt`.
@Suite struct HelpTests {
  static let commands: [[String]] = [
    [], ["check"], ["train"], ["evaluate"], ["classify"], ["explain"], ["serve"], ["report"], ["compare"],
    ["info"],
    ["import"], ["export"], ["dataset"], ["doctor"], ["manual"], ["dataset", "shapes"],
  ]

  @Test(arguments: commands) func isTheSnapshot(_ command: [String]) throws {
    let name = command.isEmpty ? "fovea" : command.joined(separator: "-")
    let expected = try text(of: Bundle.module.resourcePath! + "/Help/\(name).txt")
    let run = CommandRun(command + ["--help"])
    #expect(run.status == 0 && run.errors == "")
    let (found, wanted) = (run.output.split(separator: "\n"), expected.split(separator: "\n"))
    let difference = found.difference(from: wanted)
    #expect(difference.isEmpty && run.output == expected, "Help/\(name).txt: \(difference.map { "\($0)" })")
  }

  /// Every command that there is has a snapshot.
  @Test func noCommandIsLeftOut() {
    let listed = CommandRun().output.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See") }
      .map { String($0.split(separator: " ")[0]) }
    #expect(!listed.isEmpty)
    #expect(listed == Self.commands.filter { $0.count == 1 }.map { $0[0] })
  }

  @Test func theKeysOfAConfiguration() {
    let run = CommandRun("train", "--help-config")
    #expect(run.status == 0)
    #expect(run.output.contains("\n  epochs: 30\n"))
  }
}
