import Foundation
import Testing

@testable import FoveaTrain

@Suite struct RunStateTests {
  /// Rows of so many epochs of ten steps, whose losses are given.
  private func rows(_ losses: Double...) -> [MetricsTable.Row] {
    losses.enumerated().map { place, loss in
      MetricsTable.Row(
        epoch: place + 1, step: 10 * (place + 1), learningRate: 0.1,
        training: Metrics(loss: loss, top1: 0.5, top5: 1),
        validation: Metrics(loss: loss, top1: 0.5, top5: 1))
    }
  }

  private func state(
    _ rows: [MetricsTable.Row], _ overrides: String..., isHeld: Bool = false, divergence: String? = nil
  ) throws -> RunState {
    RunState(
      isHeld: isHeld, try TrainingConfiguration(yaml: "train: {epochs: 3}", overrides: overrides), rows: rows,
      divergence: divergence)
  }

  @Test func followsFromTheFolder() throws {
    #expect(try state(rows(2, 1, 0.5)) == .finished)
    #expect(try state(rows(2, 1, 0.5), isHeld: true) == .running)
    #expect(try state([]) == .interrupted)
    #expect(try state(rows(2, 1)) == .interrupted)
    #expect(try state(rows(2, 1), isHeld: true) == .running)
    #expect(try state(rows(2, 1), "train.steps=20") == .finished)
    #expect(try state(rows(2, 1, 0.5), "train.steps=31") == .interrupted)
    // The best was the first; two epochs since.
    #expect(try state(rows(1, 2, 3), "train.epochs=9", "train.early_stopping=2") == .stoppedEarly)
    #expect(try state(rows(1, 2, 3), "train.epochs=9", "train.early_stopping=3") == .interrupted)
    #expect(try state([], "train.early_stopping=2") == .interrupted)
  }

  @Test func divergenceCountsForTheEpochUnderWay() throws {
    let told = "training diverged in epoch 3, step 24: the loss is nan"
    #expect(try state(rows(2, 1), divergence: told) == .diverged(epoch: 3))
    #expect(try state(rows(2, 1), isHeld: true, divergence: told) == .running)
    #expect(try state(rows(2, 1, 0.5), divergence: told) == .finished)
    #expect(try state(rows(2, 1), divergence: "anything else") == .interrupted)
  }

  @Test func aRunHoldsItsFolder() throws {
    try withScratchFolder { root in
      let trainer = try TinyRun(root).trainer(runs: "runs")
      withExtendedLifetime(trainer) {
        #expect(RunLock.isHeld(folder: trainer.folder.path))
        #expect(!RunLock.isHeld(folder: root) && !RunLock.isHeld(folder: root + "/nowhere"))
      }
    }
  }

  /// Whoever looks takes nothing away from whoever trains.
  @Test func lookingIsInNobodysWay() throws {
    try withScratchFolder { root in
      let folder = root + "/run"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      _ = try RunLock(folder: folder)
      #expect(!RunLock.isHeld(folder: folder))
      let stop = StopFlag()
      let looker = Thread {
        while !stop.isRequested {
          _ = RunLock.isHeld(folder: folder)
          usleep(200)
        }
      }
      looker.start()
      defer { stop.request() }
      for _ in 0..<200 { _ = try RunLock(folder: folder) }
      let held = try RunLock(folder: folder)
      _ = withExtendedLifetime(held) { #expect(throws: TrainingError.self) { try RunLock(folder: folder) } }
    }
  }

  @Test func goingOnForgetsTheDivergence() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let path = try {
        let trainer = try tiny.trainer(
          runs: "runs", "optimizer.learning_rate=1000", "schedule.warmup_epochs=0", "train.clip_norm=null",
          "optimizer.momentum=0.999", "train.epochs=200", "optimizer.weight_decay=10")
        #expect(throws: TrainingError.self) { try trainer.run() }
        return trainer.folder.path
      }()
      let told = try text(of: path + "/divergence.txt")
      let rows = MetricsTable(csv: try text(of: path + "/metrics.csv")).rows
      #expect(Divergence.epoch(in: told) == (rows.last?.epoch ?? 0) + 1)
      let trainer = try Trainer.resume(
        path, overrides: ["optimizer.learning_rate=0.01", "train.clip_norm=1"])
      withExtendedLifetime(trainer) {
        #expect(!FileManager.default.fileExists(atPath: path + "/divergence.txt"))
      }
    }
  }
}
