import FoveaData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One thing that was asked for: a file, or what stands in a file's place and why it cannot be read.
struct Input: Equatable, Sendable {
  let path: RawPath
  /// Nil for what looks like a file.
  let problem: String?

  init(_ path: RawPath, problem: String? = nil) {
    self.path = path
    self.problem = problem
  }
}

/// All files that paths lead to, one after the other: files as they are named, folders with all that is in them, in
/// the order of their names' bytes. Hidden files and folders within folders are passed by. Each file is an input,
/// whatever its name ends in, and what cannot be followed is an input with a problem.
struct InputWalk: Sequence, IteratorProtocol {
  private var named: any IteratorProtocol<Input>
  private var folder: FolderWalk?
  /// The next input of the folder that the walk is in.
  private var upcoming: Input?

  init(_ named: any IteratorProtocol<Input>) {
    self.named = named
  }

  /// Whether the next input is known already, so that asking for it waits for nobody.
  var isWithinFolder: Bool { upcoming != nil }

  mutating func next() -> Input? {
    if let input = upcoming {
      upcoming = nextInFolder()
      return input
    }
    while let input = named.next() {
      guard input.problem == nil else { return input }
      switch PathKind(of: input.path) {
      case .file: return input
      case .problem(let reason): return Input(input.path, problem: reason)
      case .folder:
        folder = FolderWalk(input.path)
        guard let first = nextInFolder() else { continue }
        upcoming = nextInFolder()
        return first
      }
    }
    return nil
  }

  private mutating func nextInFolder() -> Input? {
    while let element = folder?.next() {
      if let input = Self.input(element) { return input }
    }
    folder = nil
    return nil
  }

  private static func input(_ element: FolderWalk.Element) -> Input? {
    switch element {
    case .file(let path, _): Input(path)
    case .failed(let path, let reason): Input(path, problem: reason)
    case .passedBy(let path, let reason): reason == FolderWalk.hidden ? nil : Input(path, problem: reason)
    }
  }
}

/// What is at a path that a person gave, links followed.
enum PathKind: Equatable {
  case file
  case folder
  case problem(String)

  init(of path: RawPath) {
    var information = stat()
    guard path.withCString({ stat($0, &information) }) == 0 else {
      guard errno == ENOENT else {
        self = .problem(String(cString: strerror(errno)))
        return
      }
      let fromWindows = path.bytes.last == UInt8(ascii: "\r")
      self = .problem(
        "no such file or folder"
          + (fromWindows ? "; the name ends with a carriage return, as lines of files from Windows do" : ""))
      return
    }
    switch information.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .problem("a pipe, not a file")
    case S_IFCHR, S_IFBLK: self = .problem("a device, not a file")
    default: self = .problem("neither a file nor a folder")
    }
  }
}
