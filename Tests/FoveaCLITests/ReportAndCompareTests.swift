import Foundation
import Testing

/// `report`, `compare` and the pages of `train` and `explain`, as a person runs them.
@Suite struct ReportAndCompareTests {
  private func json(_ text: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }

  @Test func trainingWritesTheReportAndReportRewritesIt() throws {
    let model = try TrainedModel.shared()
    let written = try text(of: model.run + "/report.html")
    #expect(written.hasPrefix("<!DOCTYPE html>") && written.contains("id=\"report-data\""))
    let run = CommandRun("report", model.run)
    #expect(run.status == 0 && run.output == model.run + "/report.html\n" && run.errors == "")
    #expect(try text(of: model.run + "/report.html") == written)
    let anew = CommandRun("report", model.run, "--evaluate")
    #expect(anew.status == 0, "\(anew.errors)")
    #expect(try text(of: model.run + "/report.html") == written)
  }

  @Test func whatIsNoRunIsNamed() throws {
    try withScratchFolder { folder in
      let run = CommandRun("report", folder)
      #expect(run.status == 1 && run.errors.contains("has no config.yaml"))
      #expect(CommandRun("compare", folder).status == 2)
    }
  }

  @Test func comparesTwoRuns() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let trained = CommandRun(
        "train", model.configuration, "--set", "output.runs=\(folder)", "--set", "output.name=other", "--set",
        "optimizer.learning_rate=0.01")
      #expect(trained.status == 0, "\(trained.errors)")
      let page = folder + "/compare.html"
      let run = CommandRun("compare", model.run, folder + "/other", "-o", page)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("optimizer.learning_rate") && run.output.contains("McNemar p"))
      #expect(try text(of: page).contains("id=\"compare-data\""))
      let told = try json(CommandRun("compare", model.run, folder + "/other", "--json").output)
      let test = try #require((told["mcnemar"] as? [[String: Any]])?.first)
      // 4 validation images of each of 8 classes.
      #expect(test["images"] as? Int == 32)
      let counts = ["both_right", "only_first_right", "only_second_right", "both_wrong"]
        .compactMap { test[$0] as? Int }
      #expect(counts.count == 4 && counts.reduce(0, +) == 32)
      #expect((told["settings"] as? [String: [String]])?.keys.sorted() == ["optimizer.learning_rate"])
    }
  }

  @Test func theGalleryHasEveryImageAndItsPictures() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let tree = folder + "/in"
      let source = try #require(try files(below: model.data + "/test/star").first)
      let image = try bytes(of: model.data + "/test/star/" + source)
      // The second name would end the script and the tag, if it could.
      for name in ["star/a.png", "star/<script>alert(1)<script>'\".png", "other/b.png"] {
        try write(image, to: tree + "/" + name)
      }
      let run = CommandRun("explain", model.run, tree, "-o", folder + "/out")
      #expect(run.status == 0 && run.errors.contains("index.html"), "\(run.errors)")
      let html = try text(of: folder + "/out/index.html")
      let start = "<script type=\"application/json\" id=\"gallery-data\">"
      let data = try json(html.components(separatedBy: start)[1].components(separatedBy: "</script>")[0])
      let items = try #require(data["items"] as? [[String: Any]])
      #expect(items.count == 3 && data["blocks"] as? [String] == TrainedModel.blocks)
      for item in items {
        let name = try #require(item["n"] as? String)
        for file in ["panels/\(name).png", "thumbs/\(name).jpg", "thumbs/\(name).maps.jpg"] {
          #expect(FileManager.default.fileExists(atPath: "\(folder)/out/\(file)"), "\(file)")
        }
        #expect((item["s"] as? [Any])?.count == 3)
      }
      // The folder 'star' is a class, 'other' is none.
      #expect(items.filter { $0["t"] is Int }.count == 2)
      #expect(!html.contains("<script>alert"))
    }
  }

  @Test func scoresAreTold() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let run = CommandRun(
        "explain", model.run, model.data + "/test/star", "-o", folder, "--score", "--no-pictures", "--json")
      #expect(run.status == 0, "\(run.errors)")
      let told = try json(run.output)
      let maps = try #require(told["faithfulness"] as? [[String: Any]])
      #expect(maps.compactMap { $0["map"] as? String } == TrainedModel.blocks + ["grad-cam", "random order"])
      let firsts = maps.compactMap { ($0["deletion"] as? [Double])?.first }
      // Nothing is deleted yet: all maps start from the same probability.
      #expect(firsts.count == 4 && Set(firsts).count == 1)
      let lasts = maps.compactMap { ($0["insertion"] as? [Double])?.last }
      #expect(lasts == firsts)
      #expect(maps.allSatisfy { $0["images"] as? Int == 3 })
      #expect(!FileManager.default.fileExists(atPath: folder + "/index.html"))
    }
  }
}
