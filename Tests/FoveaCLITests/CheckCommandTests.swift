import FoveaData
import FoveaImage
import Foundation
import Testing

@testable import FoveaCLI

/// `fovea check` as a person and a program see it.
@Suite struct CheckCommandTests {
  static func leaky(_ folder: String) throws {
    let drawn = CommandRun(
      "dataset", "shapes", "--out", folder, "--size", "48", "--train", "10", "--val", "3", "--test", "2")
    try #require(drawn.status == 0, "\(drawn.errors)")
    let file = try #require(
      try files(below: folder).first { $0.hasPrefix("train/star/") }, "no star was drawn")
    try write(try bytes(of: "\(folder)/\(file)"), to: "\(folder)/val/star/copy.png")
    try write("no image", to: "\(folder)/train/star/broken.png")
  }

  @Test func aTableSaysWhatIsWrong() throws {
    try withScratchFolder { folder in
      try Self.leaky(folder + "/data")
      let run = CommandRun("check", folder + "/data")
      #expect(run.status == 3)
      for part in [
        "error    the same image in several parts", "= val/star/copy.png", "train/star/broken.png",
        "star", "81", "25",
      ] {
        #expect(run.output.contains(part), "\(part): \(run.output)")
      }
      #expect(!run.output.contains("\u{1B}"), "no colours where there is no terminal")
      #expect(run.errors.contains("needs attention") || run.errors.contains("need attention"))
      let colored = CommandRun("check", folder + "/data", "--color", "always")
      #expect(colored.output.contains("\u{1B}[1;31merror\u{1B}[0m"))
      let quiet = CommandRun("check", folder + "/data", "--quiet")
      #expect(quiet.errors.split(separator: "\n").count == 1 && quiet.output == run.output)
    }
  }

  @Test func jsonIsWholeAndTheSame() throws {
    try withScratchFolder { folder in
      try Self.leaky(folder + "/data")
      let run = CommandRun("check", folder + "/data", "--json")
      let parsed = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
      let json = try #require(parsed)
      #expect(json["images"] as? Int == 8 * 15 + 2 && json["needs_attention"] as? Bool == true)
      let findings = try #require(json["findings"] as? [[String: Any]])
      #expect(Set(findings.compactMap { $0["kind"] as? String }).isSuperset(of: ["leak", "unreadable"]))
      #expect(run.output == CommandRun("check", folder + "/data", "--json", "--threads", "1").output)
    }
  }

  @Test func aConfigurationNamesTheData() throws {
    try withScratchFolder { folder in
      try Self.leaky(folder + "/data")
      try write("data: {path: data, validation: split}\n", to: folder + "/a.yaml")
      let run = CommandRun("check", folder + "/a.yaml")
      #expect(run.status == 3 && run.output.contains("20 % of the training images, by name"))
      #expect(CommandRun("check", folder + "/data", "--set", "data.path=x").status == 2)
      #expect(CommandRun("check", folder + "/nowhere").status == 1)
      try write("train: {epochs: 1}\n", to: folder + "/b.yaml")
      #expect(CommandRun("check", folder + "/b.yaml").status == 2)
    }
  }

  @Test func thePageIsWholeAndReplacesOnlyItself() throws {
    try withScratchFolder { folder in
      try Self.leaky(folder + "/data")
      let page = folder + "/check.html"
      for _ in 0..<2 {
        let run = CommandRun("check", folder + "/data", "--html", page)
        #expect(run.status == 3, "\(run.errors)")
      }
      let html = try text(of: page)
      #expect(html.contains("data:image/png;base64,") && html.contains("val/star/copy.png"))
      for foreign in ["http://", "https://"] { #expect(!html.contains(foreign)) }
      let image = "\(folder)/data/val/star/copy.png"
      let before = try bytes(of: image)
      let refused = CommandRun("check", folder + "/data", "--html", image)
      #expect(refused.status == 2 && refused.errors.contains("no page of a check"))
      #expect(try bytes(of: image) == before)
      #expect(CommandRun("check", folder + "/data", "--html", folder).status == 2)
    }
  }
}
