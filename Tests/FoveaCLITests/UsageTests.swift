import Foundation
import FoveaCLI
import Testing

/// Mistakes on the command line: exit code 2, nothing on standard output, and what to do about it.
@Suite struct UsageTests {
  static let mistakes: [(arguments: [String], words: [String])] = [
    (["trian"], ["there is no command 'trian'. Did you mean 'train'?"]),
    (["dataset", "shape"], ["Did you mean 'shapes'?"]),
    (["train"], ["Give a config file, or --resume"]),
    (["train", "--sett", "x"], ["Unknown option '--sett'. Did you mean '--set'?"]),
    (["train", "nowhere.yaml"], ["nowhere.yaml: there is no such file"]),
    (["train", "--resume", "runs/x", "--dry-run"], ["--dry-run is for a config file"]),
    (["classify"], ["Missing expected argument '<model>'"]),
    (["classify", "model"], ["<paths>"]),
    (["classify", "model", "x", "--top", "0"], ["--top 0: expected at least 1"]),
    (["classify", "model", "x", "--format", "xml"], ["'xml'", "'jsonl'"]),
    (["explain", "model", "x"], ["--output"]),
    (["explain", "model", "x", "-o", "y", "--opacity", "2"], ["expected 0 to 1"]),
    (["explain", "model", "x", "-o", "y", "--color-map", "rainbow"], ["'viridis'"]),
    (["evaluate", "model", "--max-bad", "7"], ["expected a share from 0 to 1"]),
    (["info", "model", "--classes", "3"], ["a model has its network already"]),
    (["info", "a.yaml", "--classes", "0"], ["expected a number from 1"]),
    (["info", "model", "--threads", "0"], ["expected a number from 1 to 256"]),
    (["import", "weights"], ["--config"]),
    (["dataset", "shapes"], ["--out"]),
    (["dataset", "shapes", "--out", "x", "--size", "3"], ["--size"]),
  ]

  @Test func areRefused() {
    for (arguments, words) in Self.mistakes {
      let run = CommandRun(arguments)
      let line = arguments.joined(separator: " ")
      #expect(run.status == 2, "\(line)")
      #expect(run.output == "", "\(line)")
      #expect(run.errors.hasPrefix("error: "), "\(line): \(run.errors)")
      for word in words { #expect(run.errors.contains(word), "\(line): \(run.errors)") }
    }
  }

  @Test func aNameThatLooksLikeAnOptionIsExplained() throws {
    try withScratchFolder { folder in
      let name = "-\(UInt64.random(in: 0 ... .max)).png"
      let before = CommandRun("classify", "model", name)
      #expect(before.status == 2 && !before.errors.contains("is a file here"))
      // Relative names alone can begin with a dash.
      try #require(FileManager.default.createFile(atPath: name, contents: nil))
      defer { try? FileManager.default.removeItem(atPath: name) }
      let run = CommandRun("classify", "model", name)
      #expect(run.status == 2)
      #expect(
        run.errors.contains("'\(name)' is a file here: name it './\(name)', or put '--' before all names."))
      try write("no model", to: folder + "/model")
      #expect(CommandRun("classify", folder + "/model", "--", name).status == 1)
    }
  }

  @Test func aConfigurationsMistakesHaveTheirLine() throws {
    try withScratchFolder { folder in
      try write("data: {path: .}\ntrain:\n  epoch: 3\n", to: folder + "/a.yaml")
      for command in [["train"], ["info"], ["train", "--dry-run"]] {
        let run = CommandRun(command + [folder + "/a.yaml"])
        #expect(run.status == 2 && run.output == "")
        #expect(
          run.errors == "error: \(folder)/a.yaml:3: unknown key 'epoch' in 'train'. Did you mean 'epochs'?\n")
      }
    }
  }

  @Test func whatIsNoModelIsSaid() throws {
    try withScratchFolder { folder in
      try write("# A title\n", to: folder + "/README.md")
      func errors(_ model: String) -> String {
        let run = CommandRun("classify", model, folder)
        #expect(run.status == 1 && run.output == "")
        return run.errors
      }
      #expect(errors(folder).contains("a folder without checkpoints/best.safetensors"))
      #expect(errors(folder + "/README.md").contains("is no safetensors file"))
      #expect(errors(folder + "/none").contains("No such file"))
      let run = CommandRun("evaluate", folder + "/none")
      #expect(run.status == 1 && run.errors.contains("/none: cannot be opened"))
    }
  }

  @Test func theVersion() {
    let run = CommandRun("--version")
    #expect(run.status == 0 && run.output == foveaVersion + "\n")
  }
}
