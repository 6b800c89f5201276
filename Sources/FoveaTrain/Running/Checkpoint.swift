import FoveaFormats
import FoveaTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What `last.safetensors` holds: a model file with everything else that a resumed run needs.
///
/// Tensors besides the model's own: `optimizer.*`, the optimiser's state, in the layout of the weights in memory, and
/// with an average of the weights `average.*`, under the names and in the layout of the model's.
struct Checkpoint {
  /// The part of it that is text, in the metadata under `fovea.run`.
  struct State: Codable {
    var progress: TrainingProgress
    /// Steps that the optimiser counts.
    var optimizerSteps: Int
    var stepsPerEpoch: Int
    /// The resolved configuration.
    var configuration: String
    var trainingFingerprint: String
    var validationFingerprint: String
  }

  /// A file to be written: what it holds does not change while training goes on.
  struct Contents {
    var tensors: [(name: String, content: TensorContent)]
    var metadata: [String: String]

    func write(to path: String, beforeReplacing: () -> Void = {}) throws(FormatError) {
      try SafetensorsWriter.write(
        tensors, metadata: metadata, checksums: true, to: path, beforeReplacing: beforeReplacing)
    }
  }

  static let stateKey = "fovea.run"
  static let optimizerPrefix = "optimizer."
  static let averagePrefix = "average."

  /// Saves to the folder's `last`, and keeps the one before under its own name.
  ///
  /// At every moment there is a whole checkpoint under one of the two names, and where saving fails there are as many
  /// as before: only once the new one is on the disk does the old one get its second name, and then the new one the
  /// first.
  static func save(_ contents: Contents, in folder: RunFolder) throws(FormatError) {
    try contents.write(to: folder.lastPath) { keepPrevious(folder) }
  }

  /// Moves a damaged `last` out of the way: the next save would otherwise put it in the place of the one before,
  /// which is the only whole one.
  static func setAsideDamaged(_ folder: RunFolder) {
    _ = rename(folder.lastPath, folder.damagedPath)
  }

  private static func keepPrevious(_ folder: RunFolder) {
    guard access(folder.lastPath, F_OK) == 0 else { return }
    let temporary = folder.previousPath + ".link"
    unlink(temporary)
    if link(folder.lastPath, temporary) == 0 {
      if rename(temporary, folder.previousPath) != 0 { unlink(temporary) }
      return
    }
    // A file system without links: the old one moves, and for a moment has the second name only.
    _ = rename(folder.lastPath, folder.previousPath)
  }

  /// Removes what a killed process may have left. The folder is ours alone.
  static func removeLeftovers(_ folder: RunFolder) {
    for path in folder.durablePaths { DurableFile.removeLeftovers(of: path, isLocked: true) }
    unlink(folder.previousPath + ".link")
  }
}
