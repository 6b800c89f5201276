import FoveaFormats

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Checkpoint {
  /// A checkpoint that was read and found whole.
  struct Loaded {
    let file: SafetensorsFile
    let state: State
    let classes: [String]
  }

  /// The newest whole checkpoint of a run, and what is wrong with newer ones. None where the run has saved none.
  ///
  /// - Throws: where there are checkpoints, but none that can be used.
  static func newest(in folder: RunFolder) throws(TrainingError) -> (checkpoint: Loaded?, warnings: [String])
  {
    var damaged: [FormatError] = []
    for path in [folder.lastPath, folder.previousPath] where FileManager.default.fileExists(atPath: path) {
      do throws(FormatError) {
        let checkpoint = try load(path)
        let used = "The checkpoint before it, of step \(checkpoint.state.progress.step), is used"
        return (checkpoint, damaged.map { "\($0.path): \($0.problem). \(used)" })
      } catch {
        damaged.append(error)
      }
    }
    if let first = damaged.first { throw .format(first) }
    return (nil, ["the run has no checkpoint yet and starts from the beginning"])
  }

  /// Reads all of a checkpoint, with all its checksums.
  static func load(_ path: String) throws(FormatError) -> Loaded {
    func damaged(_ problem: String) -> FormatError {
      FormatError(path: path, problem: problem, remedy: "The checkpoint is damaged: start the run anew.")
    }
    let file = try SafetensorsFile(contentsOf: path)
    guard file.hasChecksums, let text = file.metadata[stateKey],
      let names = file.metadata[ModelFile.Key.classes]
    else { throw damaged("is no checkpoint, or has lost its metadata") }
    let decoder = JSONDecoder()
    guard let state = try? decoder.decode(State.self, from: Data(text.utf8)), state.isPlausible,
      let classes = try? decoder.decode([String].self, from: Data(names.utf8))
    else { throw damaged("has a state that cannot be read") }
    // Reading verifies the checksum of each.
    for tensor in file.tensors { _ = try file.bytes(tensor.name) }
    return Loaded(file: file, state: state, classes: classes)
  }
}

extension Checkpoint.State {
  /// Whether every count is one that a run can have: they index and are added to.
  var isPlausible: Bool {
    let counts = [
      progress.epoch, progress.batch, progress.step, progress.rows, optimizerSteps, stepsPerEpoch,
      progress.sums.images,
      progress.sums.top1, progress.sums.top5, progress.best?.epoch ?? 0,
    ]
    let times = [progress.seconds, progress.secondsWaited, progress.sums.loss]
    return counts.allSatisfy { (0...(1 << 40)).contains($0) } && times.allSatisfy(\.isFinite)
  }
}

extension RunFolder {
  /// Reads a checkpoint as resuming does, all of it, with all its checksums.
  ///
  /// - Returns: the optimiser steps after which it was saved.
  /// - Throws: what is wrong with it.
  public static func checkCheckpoint(_ path: String) throws(FormatError) -> Int {
    try Checkpoint.load(path).state.progress.step
  }
}
