import CFoveaFaults
import Foundation
import FoveaFormats
import FoveaNN
import FoveaTensor
import FoveaTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@testable import FoveaTrain

/// Whatever is wrong with a run's files, the error says which and why.
@Suite struct CheckpointFaultTests {
  /// The folder of a run that was stopped in its second epoch.
  private func stopped(_ tiny: TinyRun, _ overrides: String...) throws -> String {
    let recorder = Recorder(stopAfterStep: 6)
    let trainer = try Trainer.start(
      try TrainingPlan(try tiny.configuration(runs: "runs", overrides)), observer: recorder)
    _ = try trainer.run(stop: recorder.stop)
    return trainer.folder.path
  }

  private func refusal(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws -> String {
    "\(try #require(#expect(throws: TrainingError.self, sourceLocation: sourceLocation) { try body() }))"
  }

  /// Writes a safetensors file anew, changed, with checksums that hold.
  private func rewrite(
    _ path: String, _ change: (inout [(name: String, content: TensorContent)], inout [String: String]) -> Void
  ) throws {
    let file = try SafetensorsFile(contentsOf: path)
    var tensors: [(name: String, content: TensorContent)] = try file.tensors.map { entry in
      entry.elementType == .float32
        ? (entry.name, .floats(try file.tensor(entry.name)))
        : (entry.name, .integers(try file.integers(entry.name), shape: Shape(entry.shape)))
    }
    var metadata = file.metadata
    change(&tensors, &metadata)
    try SafetensorsWriter.write(tensors, metadata: metadata, checksums: true, to: path)
  }

  @Test func twoDamagedCheckpointsAreNoCheckpoint() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root))
      let folder = path + "/checkpoints/"
      try write("nonsense", to: folder + "last.safetensors")
      try write("more of it", to: folder + "last.previous.safetensors")
      let message = try refusal { _ = try Trainer.resume(path) }
      #expect(message.hasPrefix(folder + "last.safetensors: "))
      #expect(try text(of: folder + "last.safetensors") == "nonsense")
    }
  }

  @Test func aFileThatIsNoCheckpointIsNoneThoughItIsWhole() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root))
      let last = path + "/checkpoints/last.safetensors"
      func problem(_ change: (inout [String: String]) -> Void) throws -> String {
        let before = try Data(contentsOf: URL(fileURLWithPath: last))
        defer { try? before.write(to: URL(fileURLWithPath: last)) }
        try rewrite(last) { _, metadata in change(&metadata) }
        let error = #expect(throws: FormatError.self) { try RunFolder.checkCheckpoint(last) }
        #expect(error?.path == last && error?.remedy.contains("start the run anew") == true)
        return error?.problem ?? ""
      }
      #expect(try problem { $0["fovea.run"] = nil } == "is no checkpoint, or has lost its metadata")
      #expect(try problem { $0["fovea.classes"] = nil } == "is no checkpoint, or has lost its metadata")
      #expect(try problem { $0["fovea.run"] = "{}" } == "has a state that cannot be read")
      #expect(try problem { $0["fovea.classes"] = "[1]" } == "has a state that cannot be read")
      for (key, value) in [
        ("optimizerSteps", "-1"), ("stepsPerEpoch", "1099511627777"), ("optimizerSteps", "1.5"),
      ] {
        let bad = try problem { metadata in
          let state = metadata["fovea.run"]!
          let range = state.range(of: "\"\(key)\":")!
          let end = state[range.upperBound...].firstIndex { ",}".contains($0) }!
          metadata["fovea.run"] = state.replacingCharacters(in: range.upperBound..<end, with: value)
        }
        #expect(bad == "has a state that cannot be read", "\(key)")
      }
      #expect(try RunFolder.checkCheckpoint(last) == 6)
    }
  }

  @Test func aCheckpointOfAnotherOptimizerIsRefused() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root))
      let last = path + "/checkpoints/last.safetensors"
      let sound = try Data(contentsOf: URL(fileURLWithPath: last))
      let name = try #require(
        try SafetensorsFile(contentsOf: last).tensors.first { $0.name.hasPrefix("optimizer.") }?.name)
      try rewrite(last) { tensors, _ in
        tensors = tensors.map { $0.name == name ? (name, .floats(Tensor(zeros: [1, 1, 1]))) : $0 }
      }
      let shape = try refusal { _ = try Trainer.resume(path) }
      #expect(shape.hasPrefix("\(last): the optimiser's \(name.dropFirst(10)) is [1, 1, 1], expected"))
      try sound.write(to: URL(fileURLWithPath: last))
      try rewrite(last) { tensors, _ in tensors.removeAll { $0.name == name } }
      #expect(try refusal { _ = try Trainer.resume(path) }.contains("has no tensor '\(name)'"))
    }
  }

  @Test func anAverageThatTheRunDidNotHaveBeginsWithTheWeights() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root), "train.ema=null")
      let recorder = Recorder()
      let trainer = try Trainer.resume(path, overrides: ["train.ema=0.9"], observer: recorder)
      #expect(recorder.warnings == ["train.ema is 0.9, the checkpoint has null"])
      let average = try #require(trainer.average)
      #expect(average.values.count == trainer.plan.network.averagedValues.count)
      #expect(
        zip(average.values, trainer.plan.network.averagedValues).allSatisfy { $0.scalars == $1.scalars })
    }
  }

  @Test func otherClassesAreRefusedAndNamed() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root))
      try rewrite(path + "/checkpoints/last.safetensors") { _, metadata in
        metadata["fovea.classes"] = #"["0","1","owl"]"#
      }
      let message = try refusal { _ = try Trainer.resume(path) }
      #expect(message.contains("the classes are not those") && message.contains("gone: owl; new: 2"))
    }
  }

  @Test func aBrokenConfigurationIsNamed() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root))
      try write("data: [", to: path + "/config.yaml")
      #expect(try refusal { _ = try Trainer.resume(path) }.contains("\(path)/config.yaml"))
    }
  }

  @Test func missingRowsAreRefused() throws {
    try withScratchFolder { root in
      let path = try stopped(try TinyRun(root))
      let rows = try text(of: path + "/metrics.csv").split(separator: "\n")
      try write(rows[0] + "\n", to: path + "/metrics.csv")
      let message = try refusal { _ = try Trainer.resume(path) }
      #expect(message.hasPrefix("\(path)/metrics.csv: has 0 rows, but the checkpoint was saved after 1."))
    }
  }

  @Test func foldersThatAreNoRunsAreNamed() throws {
    try withScratchFolder { root in
      #expect(try refusal { _ = try RunFolder.open(root + "/none") }.contains("is no folder"))
      #expect(try refusal { _ = try RunFolder.open(root) }.contains("has no config.yaml"))
      try write("", to: root + "/config.yaml")
      try write("", to: root + "/checkpoints")
      #expect(
        try refusal { _ = try RunFolder.open(root + "/") }.hasPrefix("\(root)/checkpoints: cannot be made"))
      // A folder where the lock should be.
      try FileManager.default.createDirectory(
        atPath: root + "/locked/.lock", withIntermediateDirectories: true)
      try write("", to: root + "/locked/config.yaml")
      #expect(
        try refusal { _ = try RunFolder.open(root + "/locked") }
          == "\(root)/locked: cannot be written to: Is a directory. Give another folder with --set output.runs=…"
      )
      // A file where the folder of runs should be.
      let tiny = try TinyRun(root)
      #expect(try refusal { _ = try tiny.trainer(runs: "config.yaml") }.hasPrefix("\(root)/config.yaml"))
    }
  }

  /// As another user, whom permissions bind: they do not bind root.
  @Test func foldersThatMayNotBeWrittenToAreNamed() async {
    await #expect(processExitsWith: .success) {
      let root = NSTemporaryDirectory() + "/fovea-nobody-\(UInt64.random(in: 0 ... .max))"
      try FileManager.default.createDirectory(
        atPath: root + "/checkpoints", withIntermediateDirectories: true)
      try write("", to: root + "/config.yaml")
      for path in [root, root + "/checkpoints", root + "/config.yaml"] { chown(path, 65_534, 65_534) }
      if getuid() == 0 { try #require(setgid(65_534) == 0 && setuid(65_534) == 0) }
      chmod(root + "/checkpoints", 0o555)
      let checkpoints = #expect(throws: TrainingError.self) { try RunFolder.open(root) }
      #expect(
        checkpoints.map { "\($0)" }?.hasPrefix("\(root)/checkpoints: cannot be written to: Perm") == true)
      unlink(root + "/.lock")
      chmod(root, 0o555)
      let lock = #expect(throws: TrainingError.self) { try RunFolder.open(root) }
      #expect(lock.map { "\($0)" }?.hasPrefix("\(root): cannot be written to: Permission denied") == true)
      chmod(root, 0o755)
      chmod(root + "/checkpoints", 0o755)
      try FileManager.default.removeItem(atPath: root)
    }
  }
}

/// The same where a system call fails.
@Suite(.enabled(if: faultsArePossible)) struct RunFileFaultTests {
  private func refusal(
    _ call: fovea_call, _ error: Int32, at: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) throws -> String {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try withFault(call, error, at: at, sourceLocation: sourceLocation, body)
    }
    return "\(try #require(error))"
  }

  @Test func filesOfLinesNameThemselves() throws {
    try withScratchFolder { root in
      let path = root + "/metrics.csv"
      let file = try TextFile(path: path)
      try withFault(FOVEA_WRITE, EINTR) { try file.append("header\nrow") }
      #expect(try text(of: path) == "header\nrow\n")
      #expect(
        try refusal(FOVEA_WRITE, ENOSPC) { try file.append("x") }
          == "\(path): cannot be written to: No space left on device")
      #expect(
        try refusal(FOVEA_FSYNC, EIO) { try file.sync() }
          == "\(path): cannot be written to the disk: Input/output error")
      #expect(
        try refusal(FOVEA_PREAD, EIO) { try file.keep(lines: 1) }
          == "\(path): cannot be read: Input/output error")
      #expect(
        try refusal(FOVEA_FTRUNCATE, EIO) { try file.keep(lines: 1) }
          == "\(path): cannot be cut to 1 lines: Input/output error")
      #expect(try withFault(FOVEA_PREAD, EINTR) { try file.keep(lines: 1) } == 1)
      #expect(try text(of: path) == "header\n")
      let missing = #expect(throws: TrainingError.self) { try TextFile(path: root + "/no/file") }
      #expect(
        missing.map { "\($0)" } == "\(root)/no/file: cannot be opened for writing: No such file or directory")
    }
  }

  @Test func locksThatCannotBeHadSayWhy() throws {
    try withScratchFolder { root in
      #expect(
        try refusal(FOVEA_FLOCK, ENOLCK) { _ = try RunLock(folder: root) }
          == "\(root): cannot be locked: No locks available")
      let first = try RunLock(folder: root)
      // Whoever has it has not said so yet.
      #expect(truncate(root + "/.lock", 0) == 0)
      let second = #expect(throws: TrainingError.self) { try RunLock(folder: root) }
      #expect(second.map { "\($0)" }?.hasPrefix("\(root): is in use by another process.") == true)
      withExtendedLifetime(first) {}
    }
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    try withScratchFolder { root in
      let tiny = try TinyRun(root)
      let plan = try TrainingPlan(try tiny.configuration(runs: "runs", "output.name=null"))
      // The folder of runs is there, so that the run's own is the first to be made.
      try FileManager.default.createDirectory(atPath: root + "/runs", withIntermediateDirectories: true)
      let message = try refusal(FOVEA_MKDIR, ENOSPC) { _ = try RunFolder.create(for: plan.configuration) }
      #expect(
        message.hasPrefix("\(root)/runs/") && message.hasSuffix("cannot be made: No space left on device"))
    }
  }

  /// A file system without links: at every moment there is a whole checkpoint under one of the names.
  @Test func withoutLinksThePreviousCheckpointIsKeptAllTheSame() throws {
    try withScratchFolder { root in
      let recorder = Recorder(stopAfterStep: 6)
      let trainer = try TinyRun(root).trainer(runs: "runs", observer: recorder)
      _ = try trainer.run(stop: recorder.stop)
      let last = try Data(contentsOf: URL(fileURLWithPath: trainer.folder.lastPath))
      withFault(FOVEA_LINK, EPERM) { trainer.savePeriodically() }
      #expect(recorder.warnings.isEmpty)
      #expect(try Data(contentsOf: URL(fileURLWithPath: trainer.folder.previousPath)) == last)
      #expect(try RunFolder.checkCheckpoint(trainer.folder.lastPath) == 6)
    }
  }

  /// A save that fails at any of its steps costs nothing: the checkpoints are as before, the user is told, and the next save
  /// succeeds.
  @Test func aSaveMayFailAtAnyStep() throws {
    try withScratchFolder { root in
      let recorder = Recorder(stopAfterStep: 6)
      let trainer = try TinyRun(root).trainer(runs: "runs", observer: recorder)
      _ = try trainer.run(stop: recorder.stop)
      let paths = [trainer.folder.lastPath, trainer.folder.previousPath]
      let before = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
      for (call, code) in [(FOVEA_WRITE, ENOSPC), (FOVEA_FSYNC, EIO), (FOVEA_CLOSE, EIO)] {
        recorder.warnings = []
        withFault(call, code) { trainer.savePeriodically() }
        let warning = try #require(recorder.warnings.first)
        #expect(
          warning.hasPrefix(trainer.folder.lastPath) && warning.contains(String(cString: strerror(code))))
        #expect(warning.contains("The checkpoint before is untouched"))
        #expect(try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == before)
      }
      recorder.warnings = []
      trainer.savePeriodically()
      #expect(recorder.warnings.isEmpty)
      #expect(try RunFolder.checkCheckpoint(trainer.folder.lastPath) == 6)
    }
  }
}
