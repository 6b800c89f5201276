/// The files below a folder, in a stable order: depth first, each folder's entries in bytewise order of their names.
///
/// One folder is listed at a time, when the walk comes to it, and of a large one a part after the other, so memory
/// depends on how deep a tree is and how many folders it has, not on the number of files. Hidden entries are passed by. Links are followed, but a link to a folder that the walk has seen
/// before is passed by, so links that go in circles end.
public struct FolderWalk: Sequence, IteratorProtocol {
  public enum Element: Equatable, Sendable {
    case file(RawPath, byteCount: Int)
    /// Not looked at, and rightly so: hidden, a pipe, a link that goes in a circle.
    case passedBy(RawPath, reason: String)
    /// Should have been looked at, but the system refuses.
    case failed(RawPath, reason: String)
  }

  /// The reason given for what `isHidden` tells.
  public static let hidden = "hidden"

  /// More nested folders than this are taken for a fault of the tree.
  public static let depthLimit = 128

  /// How many entries of a folder are known at a time. A larger folder is listed once for so many.
  static let partSize = 1 << 16

  private struct Level {
    let folder: RawPath
    var entries: ArraySlice<FileSystem.Entry>
    /// The last name of `entries` as they were listed; nil where no more come after it.
    var last: [UInt8]?
  }

  private var levels: [Level] = []
  private var pending: Element?
  private var seen: Set<FileSystem.Identity> = []
  private let partSize: Int

  public init(_ root: RawPath) { self.init(root, partSize: Self.partSize) }

  init(_ root: RawPath, partSize: Int) {
    self.partSize = partSize
    switch FileSystem.status(of: root) {
    case .failure(let error): pending = .failed(root, reason: error.message)
    case .success(let status):
      if status.kind == .folder {
        descend(into: root, status.identity)
      } else {
        pending = .failed(root, reason: "\(status.kind.noun), not a folder")
      }
    }
  }

  public mutating func next() -> Element? {
    while true {
      if let element = pending {
        pending = nil
        return element
      }
      guard let level = levels.last else { return nil }
      guard let entry = level.entries.first else {
        levels.removeLast()
        if let last = level.last { list(level.folder, after: last) }
        continue
      }
      levels[levels.count - 1].entries.removeFirst()
      if let element = visit(entry, in: level.folder) { return element }
    }
  }

  /// What the entry is to the caller; nil for a folder that was gone into.
  private mutating func visit(_ entry: FileSystem.Entry, in folder: RawPath) -> Element? {
    let path = folder.appending(entry.name)
    if Self.isHidden(entry.name) { return .passedBy(path, reason: Self.hidden) }
    switch entry.status {
    case .failure(let error):
      return .failed(path, reason: entry.isLink ? "a broken link: \(error.message)" : error.message)
    case .success(let status):
      switch status.kind {
      case .file: return .file(path, byteCount: status.byteCount)
      case .special(let noun): return .passedBy(path, reason: noun)
      case .folder:
        if entry.isLink, seen.contains(status.identity) {
          return .passedBy(path, reason: "a link to a folder that was seen before")
        }
        if levels.count >= Self.depthLimit {
          return .failed(path, reason: "more than \(Self.depthLimit) folders deep")
        }
        descend(into: path, status.identity)
        return nil
      }
    }
  }

  private mutating func descend(into folder: RawPath, _ identity: FileSystem.Identity) {
    seen.insert(identity)
    list(folder, after: nil)
  }

  private mutating func list(_ folder: RawPath, after last: [UInt8]?) {
    switch FileSystem.entries(of: folder, after: last, limit: partSize) {
    case .success(let (entries, areAll)):
      levels.append(Level(folder: folder, entries: entries[...], last: areAll ? nil : entries.last?.name))
    case .failure(let error): pending = .failed(folder, reason: error.message)
    }
  }

  /// Whether a name belongs to the system, a desktop or a notebook, and not to the user's data.
  public static func isHidden(_ name: [UInt8]) -> Bool {
    if name.first == UInt8(ascii: ".") { return true }
    return litter.contains { $0.utf8.elementsEqual(name) }
  }

  private static let litter = ["__MACOSX", "Thumbs.db", "desktop.ini", "lost+found", "@eaDir"]
}
