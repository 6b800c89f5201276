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

    func write(to path: String) throws(FormatError) {
      try SafetensorsWriter.write(tensors, metadata: metadata, checksums: true, to: path)
    }
  }

  static let stateKey = "fovea.run"
  static let optimizerPrefix = "optimizer."
  static let averagePrefix = "average."

  /// Saves to the folder's `last`, and keeps the one before under its own name.
  ///
  /// At every moment there is a whole checkpoint under one of the two names: the old one gets its second name first,
  /// and the new one takes the first name only once it is on the disk.
  static func save(_ contents: Contents, in folder: RunFolder) throws(FormatError) {
    keepPrevious(folder)
    try contents.write(to: folder.lastPath)
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

  /// Removes what a killed process may have left.
  static func removeLeftovers(_ folder: RunFolder) {
    for path in [folder.lastPath, folder.bestPath, folder.configurationPath] {
      DurableFile.removeLeftovers(of: path)
    }
    unlink(folder.previousPath + ".link")
  }
}
