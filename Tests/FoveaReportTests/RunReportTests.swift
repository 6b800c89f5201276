import FoveaData
import FoveaFormats
import FoveaOps
import FoveaTrain
import Foundation
import Testing

@testable import FoveaReport

@Suite struct RunReportTests {
  /// The numbers of the page against what `evaluate` and a model loaded anew compute.
  @Test func theNumbersAreThoseOfTheModel() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let path = try hostile.train("run")
      let page = try pageData(text(of: path + "/report.html"), "report-data")
      let epochs = try #require(page["epochs"] as? [[String: Any]])
      let rows = try text(of: path + "/metrics.csv").split(separator: "\n").dropFirst().map {
        $0.split(separator: ",").compactMap { Double($0) }
      }
      #expect(epochs.count == 3 && rows.count == 3)
      for (epoch, row) in zip(epochs, rows) {
        #expect(epoch["epoch"] as? Double == row[0])
        #expect((epoch["validation"] as? [String: Double])?["loss"] == row[6])
        #expect((epoch["training"] as? [String: Double])?["top1"] == row[4])
      }
      let model = try ModelFile.load(path + "/checkpoints/best.safetensors")
      let source = try DataSource(RawPath(root + "/data")).evaluation(.val, classes: model.classes)
      let predictor = Predictor(model)
      var right = 0
      let predictions = try PredictionsFile.read(path + "/report/predictions.csv")
      #expect(predictions.count == source.count && source.count == 18)
      for (index, sample) in source.samples.enumerated() {
        let answer = predictor.predict([try source.image(at: index, model.preparation.request())])
          .predictions[0]
        let said = predictions[index]
        #expect(said.name == sample.name.description)
        #expect(said.truth == model.classes[sample.label])
        #expect(said.predicted == model.classes[answer.best])
        #expect(said.confidence == Double(answer.probabilities[answer.best]))
        #expect(abs(said.loss + log(Double(answer.probabilities[sample.label]))) < 1e-4)
        right += answer.best == sample.label ? 1 : 0
      }
      let evaluation = try #require(page["evaluation"] as? [String: Any])
      // Foundation reads the last bit of a JSON number as it likes.
      let top1 = try #require((evaluation["metrics"] as? [String: Double])?["top1"])
      #expect(abs(top1 - Double(right) / 18) < 1e-12)
      let told = try #require(page["examples"] as? [[String: Any]]).compactMap { $0["confidence"] as? Double }
      let wrong = predictions.filter { !$0.isRight }.map(\.confidence).sorted(by: >).prefix(12)
      let hits = predictions.filter(\.isRight).map(\.confidence).sorted().prefix(12)
      #expect(told.count == wrong.count + hits.count)
      #expect(zip(told, wrong + hits).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  @Test func namesFromOutsideStayText() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let path = try hostile.train("run")
      let html = try text(of: path + "/report.html")
      #expect(!html.contains("<script>alert") && !html.contains("<img src=x"))
      #expect(html.contains("a&amp;b &quot;quoted&quot; &#39;single&#39;"))
      // One script for the data, one of the frame.
      #expect(html.components(separatedBy: "</script>").count == 3)
      let names = try PredictionsFile.read(path + "/report/predictions.csv").map(\.name)
      #expect(names.contains { $0.hasSuffix("<img src=x onerror=alert(1)>\\n.png") })
      #expect(names.contains { $0.hasSuffix("\\xff.png") })
    }
  }

  /// A run that is recorded, interrupted or not, has the bits of one that is not, and its film.
  @Test func recordingChangesNothingAndResumes() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let bare = try hostile.train("bare", recorded: false)
      let whole = try hostile.train("whole")
      // Three steps an epoch: in the middle of the second.
      let part = try hostile.train("part", stopAfter: 5)
      try hostile.resume(part)
      #expect(!FileManager.default.fileExists(atPath: bare + "/report.html"))
      func weights(_ path: String) throws -> [String: [UInt8]] {
        try tensors(path + "/checkpoints/last.safetensors")
      }
      #expect(try weights(whole) == weights(bare))
      #expect(try weights(part) == weights(bare))
      for file in [
        "predictions.csv", "attention.csv", "history.csv", "film/images.safetensors",
        "film/epoch-0001.safetensors", "film/epoch-0003.safetensors",
      ] {
        #expect(try bytes(of: "\(whole)/report/\(file)") == bytes(of: "\(part)/report/\(file)"), "\(file)")
      }
      let record = try RunRecord(part)
      #expect(record.film?.frames.map(\.epoch) == [1, 2, 3])
      #expect(record.film?.images.examples.map(\.truth) == HostileRun.classes.sorted())
      #expect(record.history.map(\.epoch) == [1, 1, 2, 2, 3, 3])
      #expect(record.problems.isEmpty)
    }
  }

  /// The page says how the run stands while it goes, once it was interrupted, and in the end.
  @Test func thePageTellsHowTheRunStands() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      func told(_ path: String) throws -> (badge: Bool, state: String?) {
        let html = try text(of: path + "/report.html")
        let state = try pageData(html, "report-data")["state"] as? String
        return (html.contains(">\(state ?? "")"), state)
      }
      let path = try hostile.train("run", stopAfter: 5)
      #expect(try told(path) == (true, "interrupted"))
      let watcher = PageWatcher(page: path + "/report.html")
      do {
        // Holds the folder as long as it lives.
        let trainer = try Trainer.resume(path)
        trainer.recorder = watcher
        _ = try trainer.run()
      }
      // When the run went on, and after each of the epochs that were left.
      #expect(watcher.states == ["running", "running", "running"])
      #expect(try told(path) == (true, "finished"))
      let diverged = root + "/runs/diverged"
      #expect(throws: TrainingError.self) {
        try hostile.train(
          "diverged", "optimizer.learning_rate=1000", "optimizer.momentum=0.999",
          "optimizer.weight_decay=10", "train.epochs=200", "train.clip_norm=null", "schedule.warmup_epochs=0")
      }
      #expect(try told(diverged) == (true, "diverged"))
      #expect(try text(of: diverged + "/report.html").contains("Training diverged in epoch "))
      // Another process sees the same by the folder alone.
      #expect(try RunRecord(path).state == .finished)
      #expect(try RunRecord(diverged).state.name == "diverged")
    }
  }

  /// Every epoch that was kept is on the page once, with what the model answered, and what plays them.
  @Test func theFilmHasEveryKeptEpoch() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let page = try text(of: hostile.train("run", "train.epochs=20") + "/report.html")
      // After 20 epochs: the first, every second, and the last.
      for epoch in [1, 2, 4, 18, 20] { #expect(page.contains("<th>epoch \(epoch)</th>"), "\(epoch)") }
      #expect(!page.contains("<th>epoch 3</th>"))
      #expect(page.components(separatedBy: "<th>epoch 20</th>").count == 1 + HostileRun.classes.count)
      #expect(page.contains("id=\"film-player\" hidden") && page.contains("<details id=\"film-strip\" open>"))
      let answers = try PictureSet(contentsOf: root + "/runs/run/report/film/epoch-0020.safetensors").examples
      #expect(answers.count == 3)
      let row = try #require(page.components(separatedBy: "<tr class=\"answer\">").dropFirst().first)
      #expect(row.components(separatedBy: "</tr>")[0].components(separatedBy: "<td class=").count == 1 + 11)
      // One epoch is no film.
      let short = try text(of: hostile.train("short", "train.epochs=1") + "/report.html")
      #expect(!short.contains("id=\"film-player\"") && short.contains("id=\"film-strip\""))
    }
  }

  @Test func aPageThatCannotBeWrittenOnlyWarns() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let stopper = Stopper(nil)
      let trainer = try Trainer.start(
        try TrainingPlan(try hostile.configuration("run")), observer: stopper)
      trainer.recorder = RunRecorder()
      try FileManager.default.createDirectory(
        atPath: trainer.folder.path + "/report.html", withIntermediateDirectories: false)
      guard case .completed = try trainer.run() else {
        Issue.record("not completed")
        return
      }
      // At the beginning, after each of three epochs, and at the end.
      #expect(stopper.warnings.count == 5)
      #expect(stopper.warnings.allSatisfy { $0.contains("report.html") })
    }
  }

  /// What `fovea report RUN --evaluate` records of a run that recorded nothing is what training records.
  @Test func evaluatingAnewRecordsTheSame() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let recorded = try hostile.train("recorded")
      let bare = try hostile.train("bare", recorded: false)
      let model = try ModelFile.load(bare + "/checkpoints/best.safetensors")
      let source = try DataSource(RawPath(root + "/data")).evaluation(.val, classes: model.classes)
      try RunEvaluation.record(
        RunFolder.open(bare), model: model, on: source, loader: LoaderConfiguration(batchSize: 7),
        engine: EngineOptions())
      for file in [
        "evaluation.json", "report/predictions.csv", "report/attention.csv", "report/examples.safetensors",
      ] {
        #expect(try bytes(of: "\(recorded)/\(file)") == bytes(of: "\(bare)/\(file)"), "\(file)")
      }
      let html = try RunReportPage.html(RunRecord(bare))
      #expect(html.contains("Not recorded: training records it as it goes."))
    }
  }

  @Test func damagedFilesAreNamedAndTheRestIsShown() throws {
    try withScratchFolder { root in
      let path = try HostileRun(root).train("run")
      for file in [
        "report/predictions.csv", "report/examples.safetensors", "report/history.csv", "evaluation.json",
      ] {
        try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
      }
      let record = try RunRecord(path)
      #expect(record.problems.count == 4)
      #expect(record.predictions == nil && record.examples == nil && record.evaluation == nil)
      let html = try RunReportPage.html(record)
      #expect(html.contains("evaluation.json: is not an evaluation"))
      #expect(html.contains("id=\"curves\"") && html.contains("film-0"))
      #expect(throws: (any Error).self) { try RunRecord(root) }
    }
  }
}

func tensors(_ path: String) throws -> [String: [UInt8]] {
  let file = try SafetensorsFile(contentsOf: path)
  return try Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, try file.bytes($0.name)) })
}

/// Records as training does, and reads what the page says after each time.
private final class PageWatcher: EpochRecorder {
  private let recorder = RunRecorder()
  private let page: String
  private(set) var states: [String?] = []

  init(page: String) { self.page = page }

  private func look() throws {
    states.append(try pageData(text(of: page), "report-data")["state"] as? String)
  }

  func runBegins(_ folder: String) throws {
    try recorder.runBegins(folder)
    try look()
  }

  func validationBegins(_ plan: TrainingPlan) { recorder.validationBegins(plan) }

  func validated(_ batch: Batch, _ output: Predictor.Output) { recorder.validated(batch, output) }

  func epochEnded(_ epoch: RecordedEpoch) throws {
    try recorder.epochEnded(epoch)
    try look()
  }

  func runEnded(_ folder: String) throws { try recorder.runEnded(folder) }
}
