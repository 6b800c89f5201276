import FoveaFormats
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@testable import FoveaTrain

@Suite struct ResumeTests {
  /// What a run leaves: weights, optimiser and average of the last checkpoint, the best model's bytes, and rows.
  private struct Remains: Equatable {
    let last: [String: [UInt8]]
    let best: [UInt8]
    let rows: [String]

    init(_ folder: RunFolder) throws {
      last = try contents(of: folder.lastPath)
      best = Array(try Data(contentsOf: URL(fileURLWithPath: folder.bestPath)))
      rows = try timelessRows(of: folder.metricsPath)
    }
  }

  private func whole(_ tiny: TinyRun, _ overrides: String...) throws -> Remains {
    let trainer = try Trainer.start(try TrainingPlan(try tiny.configuration(runs: "whole", overrides)))
    _ = try trainer.run()
    return try Remains(trainer.folder)
  }

  /// Runs until a stop after a step, and returns the folder, which is then free.
  private func interrupted(_ tiny: TinyRun, after step: Int, _ overrides: String...) throws -> String {
    let recorder = Recorder(stopAfterStep: step)
    let trainer = try Trainer.start(
      try TrainingPlan(try tiny.configuration(runs: "part\(step)", overrides)), observer: recorder)
    guard case .interrupted(let summary) = try trainer.run(stop: recorder.stop) else {
      Issue.record("was not interrupted")
      return trainer.folder.path
    }
    #expect(summary.step == step)
    return trainer.folder.path
  }

  // 4 steps an epoch: the middle of the first, the end of one, the middle of the last, the very last step.
  @Test(arguments: [1, 4, 10, 12])
  func aResumedRunHasTheSameBits(_ step: Int) throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let expected = try whole(tiny)
      let path = try interrupted(tiny, after: step)
      let recorder = Recorder()
      let trainer = try Trainer.resume(path, observer: recorder)
      guard case .completed = try trainer.run() else {
        Issue.record("not completed")
        return
      }
      #expect(recorder.warnings.isEmpty)
      #expect(recorder.start?.resumedStep == step)
      #expect(try Remains(trainer.folder) == expected)
      #expect(expected.rows.count == 4)
    }
  }

  @Test func adamResumesToo() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let expected = try whole(tiny, "optimizer.name=adamw", "optimizer.learning_rate=0.01", "train.ema=null")
      let path = try interrupted(
        tiny, after: 5, "optimizer.name=adamw", "optimizer.learning_rate=0.01", "train.ema=null")
      let trainer = try Trainer.resume(path)
      _ = try trainer.run()
      #expect(try Remains(trainer.folder) == expected)
    }
  }

  @Test func aStopDuringValidationIsRepeated() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let expected = try whole(tiny)
      let path = try stoppedInValidation(tiny)
      let trainer = try Trainer.resume(path)
      _ = try trainer.run()
      #expect(try Remains(trainer.folder) == expected)
    }
  }

  private func stoppedInValidation(_ tiny: TinyRun) throws -> String {
    let recorder = Recorder()
    recorder.onValidation = { [stop = recorder.stop] in stop.request() }
    let trainer = try tiny.trainer(runs: "part", observer: recorder, "train.evaluation_batch_size=10")
    guard case .interrupted = try trainer.run(stop: recorder.stop) else {
      Issue.record("was not interrupted")
      return trainer.folder.path
    }
    #expect(trainer.progress.batch == 4 && trainer.progress.epoch == 0)
    return trainer.folder.path
  }

  /// A kill is a run whose folder is looked at while it goes on: everything written so far and nothing else.
  @Test(arguments: [2, 6, 11])
  func aKilledRunHasNoDoubledAndNoMissingRow(_ step: Int) throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let expected = try whole(tiny)
      let recorder = Recorder()
      let copy = "\(root)/killed/tiny"
      let running = try tiny.trainer(runs: "running", observer: recorder, "output.checkpoint_steps=2")
      recorder.onStep = { report in
        guard report.step == step + 1 else { return }
        try? FileManager.default.createDirectory(atPath: "\(root)/killed", withIntermediateDirectories: true)
        try? FileManager.default.copyItem(atPath: running.folder.path, toPath: copy)
        // Rows that the run wrote after its checkpoint, the last one cut off by the kill.
        let rows = (try? text(of: copy + "/metrics.csv")) ?? ""
        try? write(rows + "1,2,3,4,5,6,7,8,9\n2,3", to: copy + "/metrics.csv")
      }
      _ = try running.run()
      let resumed = try Trainer.resume(copy)
      _ = try resumed.run()
      #expect(try Remains(resumed.folder) == expected)
    }
  }

  @Test func aRunKilledBeforeItsFirstCheckpointStartsAgain() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let expected = try whole(tiny)
      var path = ""
      do { path = try tiny.trainer(runs: "part").folder.path }
      let recorder = Recorder()
      let trainer = try Trainer.resume(path, observer: recorder)
      _ = try trainer.run()
      #expect(recorder.warnings == [] || recorder.warnings.contains { $0.contains("no checkpoint") })
      #expect(try Remains(trainer.folder) == expected)
    }
  }

  @Test func aDamagedCheckpointIsNamedAndTheOneBeforeUsed() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let expected = try whole(tiny)
      let path = try interrupted(tiny, after: 10)
      let last = path + "/checkpoints/last.safetensors"
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: last)))
      for place in [100, bytes.count / 2, bytes.count - 3] {
        var flipped = bytes
        flipped[place] ^= 4
        try write(flipped, to: last)
        let recorder = Recorder()
        let trainer = try Trainer.resume(path, observer: recorder)
        #expect(recorder.warnings.contains { $0.contains(last) && $0.contains("is used") })
        #expect(trainer.progress.step == 8)
      }
      bytes.removeLast(1000)
      try write(bytes, to: last)
      do {
        let trainer = try Trainer.resume(path)
        _ = try trainer.run()
        #expect(try Remains(trainer.folder) == expected)
      }
      // With both damaged there is nothing to go on from.
      try write(Array("nonsense".utf8), to: last)
      try write(Array("nonsense".utf8), to: path + "/checkpoints/last.previous.safetensors")
      #expect { try Trainer.resume(path) } throws: { "\($0)".contains("last.safetensors") }
    }
  }

  @Test func differencesAreToldOrRefused() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let path = try interrupted(tiny, after: 5)
      do {
        let recorder = Recorder()
        let trainer = try Trainer.resume(path, overrides: ["train.epochs=4"], observer: recorder)
        #expect(recorder.warnings == ["train.epochs is 4, the checkpoint has 3"])
        #expect(try trainer.run().summary.epochs == 4)
      }
      // Another batch size: the epoch's batches are others.
      do {
        let recorder = Recorder()
        let path = try interrupted(tiny, after: 6)
        let trainer = try Trainer.resume(path, overrides: ["train.batch_size=10"], observer: recorder)
        #expect(recorder.warnings.contains { $0.contains("starts again") })
        #expect(trainer.progress.batch == 0 && trainer.progress.epoch == 1)
      }
      // Another network.
      #expect { try Trainer.resume(path, overrides: ["model.widths=[4, 16]"]) } throws: {
        "\($0)".contains("last.safetensors: ")
      }
      // Other data.
      _ = try TinyRun(root, images: 80)
      let recorder = Recorder()
      _ = try Trainer.resume(path, observer: recorder)
      #expect(recorder.warnings.contains { $0.contains("training images are not those") })
      // Other classes.
      #expect { try Trainer.resume(path, overrides: ["data.class_names=[a, b, c]"]) } throws: {
        "\($0)".contains("gone: 0, 1, 2; new: a, b, c")
      }
    }
  }

  @Test func twoRunsCannotShareAFolder() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let running = try tiny.trainer(runs: "runs")
      let path = running.folder.path
      #expect { try Trainer.resume(path) } throws: { "\($0)".contains("in use by process \(getpid())") }
      #expect { try tiny.trainer(runs: "runs") } throws: { "\($0)".contains("in use by process \(getpid())") }
      withExtendedLifetime(running) {}
    }
  }

  @Test func aFolderThatHoldsARunIsLeftAlone() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      do { _ = try tiny.trainer(runs: "runs") }
      #expect { try tiny.trainer(runs: "runs") } throws: {
        "\($0)".contains("holds a run already") && "\($0)".contains("--resume")
      }
      // Without a name of its own, a run gets the next number.
      let names = try (0..<3).map { _ in try tiny.trainer(runs: "runs", "output.name=null").folder.name }
      #expect(names == ["run", "run-2", "run-3"])
      #expect { try Trainer.resume(root) } throws: { "\($0)".contains("no config.yaml") }
      #expect { try Trainer.resume(root + "/none") } throws: { "\($0)".contains("is no folder") }
    }
  }
}
