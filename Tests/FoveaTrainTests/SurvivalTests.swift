import FoveaFormats
import FoveaTensor
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@testable import FoveaTrain

/// What a run outlasts beside interruptions (see ResumeTests).
@Suite struct SurvivalTests {
  /// The folder of a run that was stopped after some steps of its three epochs of four.
  private func stopped(_ tiny: TinyRun, after step: Int, _ overrides: String...) throws -> String {
    let recorder = Recorder(stopAfterStep: step)
    let trainer = try Trainer.start(
      try TrainingPlan(try tiny.configuration(runs: "runs", overrides)), observer: recorder)
    _ = try trainer.run(stop: recorder.stop)
    return trainer.folder.path
  }

  @Test func aDamagedCheckpointNeverReplacesTheOneBefore() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let path = try stopped(tiny, after: 10)
      let checkpoints = path + "/checkpoints"
      try write(Array("nonsense".utf8), to: checkpoints + "/last.safetensors")
      do {
        let trainer = try Trainer.resume(path)
        #expect(trainer.progress.step == 8)
        // A save that fails now must not cost the only whole checkpoint.
        try FileManager.default.createDirectory(
          atPath: checkpoints + "/last.safetensors", withIntermediateDirectories: false)
        trainer.savePeriodically()
        try FileManager.default.removeItem(atPath: checkpoints + "/last.safetensors")
        #expect(try RunFolder.checkCheckpoint(trainer.folder.previousPath) == 8)
        // One that succeeds leaves it in place too.
        trainer.savePeriodically()
        #expect(try RunFolder.checkCheckpoint(trainer.folder.lastPath) == 8)
        #expect(try RunFolder.checkCheckpoint(trainer.folder.previousPath) == 8)
        #expect(try text(of: trainer.folder.damagedPath) == "nonsense")
        #expect(try trainer.run().summary.step == 12)
      }
    }
  }

  @Test func aFailedSaveLeavesBothCheckpointsAsTheyWere() throws {
    try withScratchFolder { root in
      let trainer = try TinyRun(root).trainer(runs: "runs")
      _ = try trainer.run()
      let paths = [trainer.folder.lastPath, trainer.folder.previousPath]
      let before = try paths.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
      // More than a file may have: the system refuses in the middle of the file.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      var small = rlimit(rlim_cur: 4096, rlim_max: limit.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
      let contents = Checkpoint.Contents(
        tensors: [("t", .bytes([UInt8](repeating: 7, count: 100_000), shape: [100_000]))], metadata: [:])
      let error = #expect(throws: FormatError.self) { try Checkpoint.save(contents, in: trainer.folder) }
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #expect(error?.systemError == EFBIG)
      #expect(try paths.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) } == before)
      let names = try FileManager.default.contentsOfDirectory(atPath: trainer.folder.checkpointsPath)
      #expect(names.sorted() == ["best.safetensors", "last.previous.safetensors", "last.safetensors"])
    }
  }

  /// As a kill leaves it between giving the old checkpoint its second name and the new one the first.
  @Test func bothNamesMayStandForOneCheckpoint() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root), after: 10)
      let folder = path + "/checkpoints"
      unlink(folder + "/last.previous.safetensors")
      link(folder + "/last.safetensors", folder + "/last.previous.safetensors")
      let trainer = try Trainer.resume(path)
      trainer.savePeriodically()
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["best.safetensors", "last.previous.safetensors", "last.safetensors"])
    }
  }

  @Test func aFolderOfARunKilledBeforeItsConfigurationIsFree() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      try FileManager.default.createDirectory(atPath: root + "/runs/tiny", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(
        atPath: root + "/runs/tiny/checkpoints", withIntermediateDirectories: true)
      // Of this process's number: a number may be in use again.
      try write("half", to: root + "/runs/tiny/.config.yaml.\(getpid())-1.partial")
      let trainer = try tiny.trainer(runs: "runs")
      let names = try FileManager.default.contentsOfDirectory(atPath: trainer.folder.path)
      #expect(!names.contains { $0.hasSuffix(".partial") })
    }
  }

  @Test func resumingRestoresTheListsOfAKilledRun() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let path = try stopped(tiny, after: 5)
      let manifest = try text(of: path + "/manifest.tsv")
      unlink(path + "/classes.txt")
      unlink(path + "/manifest.tsv")
      try write("", to: path + "/checkpoints/.last.safetensors.1-77.partial")
      let recorder = Recorder()
      let trainer = try Trainer.resume(path, observer: recorder)
      #expect(recorder.warnings.isEmpty)
      #expect(try text(of: trainer.folder.classesPath) == "0\n1\n2\n")
      #expect(try text(of: trainer.folder.manifestPath) == manifest)
      #expect(!FileManager.default.fileExists(atPath: path + "/checkpoints/.last.safetensors.1-77.partial"))
    }
  }

  @Test func imagesThatHaveChangedAreNamed() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let path = try stopped(tiny, after: 5)
      let images = root + "/train-images-idx3-ubyte"
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: images)))
      bytes[16 + 64 * 7 + 3] ^= 1
      try write(bytes, to: images)
      do {
        let recorder = Recorder()
        _ = try Trainer.resume(path, observer: recorder)
        let expected =
          "the training images are not those of the checkpoint (1 with other contents "
          + "(train-images-idx3-ubyte#7)): the run goes on, but is not repeatable"
        #expect(recorder.warnings == [expected])
      }
      // What was told is the new beginning.
      let recorder = Recorder()
      _ = try Trainer.resume(path, observer: recorder)
      #expect(recorder.warnings.isEmpty)
    }
  }

  @Test func manifestsTellWhatHasBecomeOfEachFile() throws {
    let before = try #require(
      DataManifest(
        text: "part\tbytes\thash\tname\ntrain\t5\taa\ta\ntrain\t5\tbb\tb\ntrain\t5\tcc\tc\nval\t1\t-\td\n"))
    let now = try #require(
      DataManifest(
        text: "part\tbytes\thash\tname\ntrain\t6\taa\ta\ntrain\t5\tbx\tb\ntrain\t5\tcc\te\nval\t1\tdd\td\n"))
    #expect(
      now.differences(from: before, part: "train")
        == "1 gone (c), 1 new (e), 1 of another size (a), 1 with other contents (b)")
    #expect(now.differences(from: before, part: "val") == nil)
    #expect(DataManifest(text: now.text) == now)
    for text in [
      "", "part\n", "part\tbytes\thash\tname\ntrain\t5\n", "part\tbytes\thash\tname\na\tb\tc\td\n",
    ] {
      #expect(DataManifest(text: text) == nil, "\(text)")
    }
    try withScratchFolder { root in
      let split = try TrainingPlan(try TinyRun(root).configuration(runs: "runs")).split
      #expect(DataManifest(split).entries.allSatisfy { $0.hash.count == 16 })
      #expect(DataManifest(split, contentLimit: 10).entries.allSatisfy { $0.hash == "-" })
    }
  }

  @Test func aRunThatCannotFitIsRefusedWithNumbers() throws {
    try withScratchFolder { root in
      let plan = try TrainingPlan(try TinyRun(root).configuration(runs: "runs"))
      func message(_ available: Int?) -> String {
        do {
          try plan.checkMemory(available: available)
          return "fits"
        } catch {
          return "\(error)"
        }
      }
      #expect(message(nil) == "fits")
      #expect(message(1 << 40) == "fits")
      #expect(
        message(50_000).contains("train.batch_size: 16 images of 8×8 need at least 0 MB, and this process"))
      // In between a step is measured.
      let estimate = try plan.memoryEstimate()
      let needed = estimate.total - estimate.images
      #expect(message(needed) == "fits")
      #expect(message(needed - 1).contains(": weights 0 MB, optimiser 0 MB, a step "))
      #expect((SystemMemory.available ?? 1) > 0)
    }
  }

  @Test func noModelWithoutAFiniteLossIsTheBest() {
    let sound = Metrics(loss: 2, top1: 0.5, top5: 1)
    for loss in [Double.nan, .infinity] {
      let bad = Metrics(loss: loss, top1: 0.9, top5: 1)
      #expect(!bad.isBetter(than: nil, by: .top1))
      #expect(!bad.isBetter(than: sound, by: .top1))
      #expect(sound.isBetter(than: bad, by: .loss))
    }
  }
}
