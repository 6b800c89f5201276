import FoveaData
import FoveaExplain

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// All that `fovea explain` is to look at, known before anything is written: names of pictures depend on all inputs,
/// and no picture may be written over one of them, nor be taken for one in the next run.
struct ExplainInputs {
  let inputs: [Input]
  /// Where each input's pictures go, in the order of the inputs.
  let names: [String]
  let identities: Set<FileIdentity>

  /// - Parameters:
  ///   - roots: the paths on the command line.
  ///   - output: the folder that is written to; files in it are no inputs.
  init(_ paths: PathSource, roots: [RawPath], output: String) throws {
    let outputPath = Self.real(RawPath(output))
    for root in roots {
      guard let outputPath, PathKind(of: root) == .folder, Self.real(root) == outputPath else { continue }
      throw CommandFailure(
        .usage,
        "\(output) is the input folder itself: the pictures would be inputs of the next run. Choose another")
    }
    var kept: [Input] = []
    var identities: Set<FileIdentity> = []
    var folders: [RawPath: Bool] = [:]
    for input in InputWalk(paths) {
      let parent = input.path.parent
      if let outputPath {
        let isWithin =
          folders[parent] ?? Self.real(parent).map { Self.lies($0, within: outputPath) } ?? false
        folders[parent] = isWithin
        if isWithin { continue }
      }
      kept.append(input)
      if let identity = input.path.withCString({ FileIdentity($0) }) { identities.insert(identity) }
    }
    inputs = kept
    self.identities = identities
    var names = OutputNames(
      roots: Self.folders(of: roots, inputs: kept), workingFolder: Self.real(RawPath(".")) ?? RawPath("/"))
    self.names = kept.map { names.claim($0.path) }
  }

  /// The folders that were named, and those of the files that were; with nothing but paths from standard input, those
  /// of all inputs.
  private static func folders(of roots: [RawPath], inputs: [Input]) -> [RawPath] {
    if roots.isEmpty { return inputs.map(\.path.parent) }
    return roots.map { PathKind(of: $0) == .folder ? $0 : $0.parent }
  }

  private static func lies(_ path: RawPath, within folder: RawPath) -> Bool {
    path == folder || path.bytes.starts(with: folder.appending([UInt8]()).bytes)
  }

  /// The absolute path without links; nil where there is nothing.
  private static func real(_ path: RawPath) -> RawPath? {
    guard let resolved = path.withCString({ realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return RawPath(
      bytes: UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map { UInt8(bitPattern: $0) })
  }
}
