import FoveaAutodiff
import FoveaData
import FoveaFormats
import FoveaNN
import FoveaTensor
import FoveaTestSupport
import Foundation
import Testing

@testable import FoveaTrain

@Suite struct TrainerTests {
  @Test func aRunLearnsAndLeavesItsFolder() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let recorder = Recorder()
      let trainer = try tiny.trainer(
        runs: "runs", observer: recorder, "train.epochs=8", "train.mixup=0", "train.cutmix=0",
        "augment.erasing=0",
        "augment.pad_and_crop=0", "train.ema=null")
      guard case .completed(let summary) = try trainer.run() else {
        Issue.record("not completed")
        return
      }
      #expect(summary.epochs == 8 && summary.step == 32)
      let best = try #require(summary.best)
      #expect(best.validation.top1 > 0.9)
      #expect(best.validation.top5 == 1)
      #expect(recorder.reports.count == 8)
      #expect(recorder.steps.count == 32)
      #expect(recorder.steps.last?.stepInEpoch == 4)
      #expect(recorder.start?.totalSteps == 32)
      for name in [
        "config.yaml", "classes.txt", "metrics.csv", "log.txt", "curves.png", "confusion.png",
        "evaluation.json",
        "checkpoints/last.safetensors", "checkpoints/best.safetensors",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(summary.folder)/\(name)"), "\(name)")
      }
      #expect(try text(of: trainer.folder.classesPath) == "0\n1\n2\n")
      let table = MetricsTable(csv: try text(of: trainer.folder.metricsPath))
      #expect(table.rows.map(\.epoch) == Array(1...8))
      // The resolved configuration is read back to what the run used, with the measured normalisation.
      let resolved = try TrainingConfiguration(contentsOf: trainer.folder.configurationPath)
      #expect(resolved.input.mean != nil)
      #expect(resolved.yaml() == trainer.plan.configuration.yaml())
    }
  }

  @Test func theModelFileIsWhatWasEvaluated() throws {
    try withScratchFolder { root in
      let trainer = try TinyRun(root).trainer(runs: "runs")
      let summary = try trainer.run().summary
      let model = try ModelFile.load(summary.modelPath)
      #expect(model.classes == ["0", "1", "2"])
      #expect(model.preparation == trainer.plan.preparation)
      #expect(model.training?.isAverage == true)
      let best = try #require(summary.best)
      #expect(model.training?.validation == best.validation)
      let loader = LoaderConfiguration(batchSize: 7)
      let evaluation = try #require(
        try Evaluator.evaluate(Predictor(model), on: trainer.plan.split.validation, loader: loader))
      #expect(evaluation.metrics == best.validation)
      // The checkpoint can be used as a model as well, and its averaged weights are taken.
      let last = try ModelFile.load(trainer.folder.lastPath)
      #expect(
        last.network.parameters[0].value.scalars == trainer.evaluatedNetwork.parameters[0].value.scalars)
    }
  }

  @Test func predictionsDoNotDependOnTheBatch() throws {
    try withScratchFolder { root in
      let plan = try TrainingPlan(try TinyRun(root).configuration(runs: "runs"))
      let predictor = Predictor(network: plan.network, classes: plan.classes, preparation: plan.preparation)
      let images = Tensor.random([9, 8, 8, 3], seed: 3)
      let together = predictor.predict(images, recordsAttention: true)
      #expect(together.attention.count == 2)
      for index in 0..<9 {
        let alone = predictor.predict(images.slice(index..<(index + 1)))
        #expect(alone.predictions[0] == together.predictions[index])
        #expect(alone.attention.isEmpty)
      }
    }
  }

  @Test func aBatchLargerThanTheDataIsTold() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let notices = try TrainingPlan(try tiny.configuration(runs: "runs", "train.batch_size=71")).notices
      #expect(notices.contains { $0.contains("batch_size is 71") && $0.contains("70 training images") })
      #expect(try TrainingPlan(try tiny.configuration(runs: "runs", "train.batch_size=70")).notices.isEmpty)
    }
  }

  /// The end of an epoch saves already; saving at the end once more would push out the checkpoint before it.
  @Test func theEndIsSavedOnceAndToldInWords() throws {
    try withScratchFolder { root in
      let trainer = try TinyRun(root).trainer(runs: "runs", "train.epochs=2")
      _ = try trainer.run()
      let log = try text(of: trainer.folder.logPath)
      #expect(log.split(separator: "\n").count { $0.contains("saved after epoch") } == 2)
      #expect(log.contains("done after 2 epochs, 8 steps; the best was epoch"))
      #expect(try contents(of: trainer.folder.lastPath) != contents(of: trainer.folder.previousPath))
    }
  }

  @Test func stepsInPlaceOfEpochs() throws {
    try withScratchFolder { root in
      let trainer = try TinyRun(root).trainer(runs: "runs", "train.steps=6")
      #expect(try trainer.run().summary.step == 6)
      #expect(try timelessRows(of: trainer.folder.metricsPath).count == 3)
    }
  }

  @Test func earlyStoppingCountsEpochsWithoutABest() throws {
    try withScratchFolder { root in
      let recorder = Recorder()
      let trainer = try TinyRun(root).trainer(
        runs: "runs", observer: recorder, "train.epochs=60", "train.early_stopping=2",
        "optimizer.learning_rate=0.5")
      guard case .stoppedEarly(let summary) = try trainer.run() else {
        Issue.record("ran to the end")
        return
      }
      let best = try #require(summary.best)
      #expect(summary.epochs == best.epoch + 2)
      #expect(recorder.reports.suffix(2).allSatisfy { !$0.isBest })
      // What was best stays the best.
      #expect(recorder.reports.allSatisfy { !$0.validation.isBetter(than: best.validation, by: .top1) })
    }
  }

  @Test func divergenceStopsBeforeTheOptimizer() throws {
    try withScratchFolder { root in
      let trainer = try TinyRun(root).trainer(
        runs: "runs", "optimizer.learning_rate=1000", "schedule.warmup_epochs=0", "train.clip_norm=null",
        "optimizer.momentum=0.999", "train.epochs=200", "optimizer.weight_decay=10")
      do throws(TrainingError) {
        _ = try trainer.run()
        Issue.record("did not diverge")
      } catch {
        guard case .diverged(let divergence) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(divergence.step == trainer.progress.step + 1)
        #expect(divergence.images.count == 16)
        #expect(divergence.images[0].hasPrefix("train-images"))
        #expect(divergence.gradientNorms.count == trainer.parameters.count)
        #expect(divergence.firstBadOutput != nil || divergence.firstBadGradient != nil)
        let report = try text(of: try #require(divergence.reportPath))
        #expect(report.contains(divergence.images[5]))
        #expect(report.contains("layer1.0.conv1.weight"))
        #expect(error.description.contains("learning_rate"))
      }
      // Nothing bad was saved, and what was saved can be gone on from.
      if FileManager.default.fileExists(atPath: trainer.folder.lastPath) {
        #expect(try RunFolder.checkCheckpoint(trainer.folder.lastPath) > 0)
      }
      for path in [trainer.folder.lastPath, trainer.folder.bestPath]
      where FileManager.default.fileExists(atPath: path) {
        let file = try SafetensorsFile(contentsOf: path)
        for tensor in file.tensors where tensor.elementType == .float32 {
          #expect(try file.tensor(tensor.name).scalars.allSatisfy(\.isFinite), "\(path) \(tensor.name)")
        }
      }
    }
  }

  @Test func weightsAreTakenFromAFile() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let first = try TrainingPlan(try tiny.configuration(runs: "runs"))
      try ModelFile(network: first.network, classes: first.classes, preparation: first.preparation)
        .save(to: root + "/w.safetensors")
      let second = try TrainingPlan(
        try tiny.configuration(runs: "runs", "model.weights=\(root)/w.safetensors", "train.seed=99"))
      #expect(second.network.parameters[3].value.scalars == first.network.parameters[3].value.scalars)
    }
  }

  @Test func errorsNameTheCulprit() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      func message(_ overrides: String...) -> String {
        do {
          _ = try TrainingPlan(try tiny.configuration(runs: "runs", overrides))
          return "no error"
        } catch {
          return "\(error)"
        }
      }
      #expect(message("data.path=/nowhere/at/all").hasPrefix("/nowhere/at/all:"))
      #expect(message("data.path=/nowhere/at/all").contains("--set data.path="))
      #expect(message("data.validation=val").contains("no 'val' part"))
      #expect(message("data.path=null").contains("data.path: is not set"))
      #expect(message("model.weights=\(root)/none").contains("\(root)/none"))
    }
  }

  /// Not 32-bit floats in silence; and where the emulation is asked for, the run works.
  @Test func bf16IsAnErrorWhereTheKernelsLackIt() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let configuration = try tiny.configuration(runs: "runs", "engine.precision=bf16", "train.epochs=1")
      try withEachInstructionSet { set in
        let emulates = InstructionSet.emulatesBF16
        defer { InstructionSet.emulatesBF16 = emulates }
        InstructionSet.emulatesBF16 = false
        if set != .avx512 {
          let error = #expect(throws: TrainingError.self) { try TrainingPlan(configuration) }
          let text = error.map { "\($0)" } ?? ""
          #expect(text.hasPrefix("engine.precision: bf16 products need AVX-512 BF16"), "\(text)")
          #expect(text.hasSuffix("Set engine.precision: fp32"), "\(text)")
        }
        InstructionSet.emulatesBF16 = true
        let trainer = try Trainer.start(
          try TrainingPlan(
            try tiny.configuration(
              runs: "\(set)", "engine.precision=bf16", "engine.winograd=off", "train.epochs=1")))
        #expect(try #require(trainer.run().summary.best).validation.loss.isFinite)
      }
    }
  }
}
