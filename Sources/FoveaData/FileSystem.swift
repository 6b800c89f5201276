#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reading files and folders whose names, sizes and kinds nobody vouches for.
enum FileSystem {
  /// The most bytes that an image file may have: as many as decoding one may take, of which its file is a part.
  static let imageFileLimit = 256 << 20

  enum Kind: Equatable {
    case file
    case folder
    /// A pipe, a device or a socket: opening one may block for ever or have effects.
    case special(String)
  }

  struct Status {
    let kind: Kind
    let byteCount: Int
    /// Device and file number: what tells whether two paths are one folder.
    let identity: Identity
  }

  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  static func status(of path: RawPath) -> Result<Status, SystemError> {
    var information = stat()
    guard path.withCString({ stat($0, &information) }) == 0 else { return .failure(SystemError()) }
    return .success(status(information))
  }

  /// Whether there is a folder at the path.
  static func isFolder(_ path: RawPath) -> Bool {
    if case .success(let status) = status(of: path) { return status.kind == .folder }
    return false
  }

  static func isFile(_ path: RawPath) -> Bool {
    if case .success(let status) = status(of: path) { return status.kind == .file }
    return false
  }

  /// The whole file.
  ///
  /// - Parameter limit: longer files are refused before they are read.
  static func read(_ path: RawPath, limit: Int) throws(DataError) -> [UInt8] {
    try read(path, limit: limit, prefix: nil)
  }

  /// At most the first `count` bytes of the file.
  static func readPrefix(_ path: RawPath, count: Int) throws(DataError) -> [UInt8] {
    try read(path, limit: .max, prefix: count)
  }

  private static func read(_ path: RawPath, limit: Int, prefix: Int?) throws(DataError) -> [UInt8] {
    // O_NONBLOCK: a pipe that took the file's place since it was listed must not hang us.
    let descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
    guard descriptor >= 0 else { throw SystemError().dataError(path) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw SystemError().dataError(path) }
    let status = status(information)
    guard status.kind == .file else {
      throw DataError(
        .notARegularFile, path.description, found: status.kind.noun, expected: "a file", remedy: "Remove it.")
    }
    guard status.byteCount <= limit else {
      throw DataError(
        .tooLarge, path.description, found: "\(status.byteCount) bytes", expected: "at most \(limit)",
        remedy: "Remove it, or make it smaller.")
    }
    let wanted = min(status.byteCount, prefix ?? .max)
    guard hasMemory(for: wanted) else {
      throw DataError(
        .tooLarge, path.description, found: "\(wanted) bytes", expected: "as much free memory",
        remedy: "Remove it, or make it smaller.")
    }
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      while count < wanted {
        let got = Self.read(descriptor, buffer.baseAddress! + count, wanted - count)
        if got > 0 {
          count += got
        } else if got == 0 {
          break
        } else if errno != EINTR {
          failure = SystemError()
          break
        }
      }
    }
    if let failure { throw failure.dataError(path) }
    return bytes
  }

  /// Whether the system would give so much memory: an array that asks in vain ends the process.
  static func hasMemory(for count: Int) -> Bool {
    guard count > 1 << 24 else { return true }
    // Not malloc and free: the optimiser takes such a pair away and assumes that it went well.
    let probe = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard probe != MAP_FAILED else { return false }
    munmap(probe, count)
    return true
  }

  private static func read(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer, count)
    #else
      Musl.read(descriptor, buffer, count)
    #endif
  }

  struct Entry {
    let name: [UInt8]
    let status: Result<Status, SystemError>
    let isLink: Bool
  }

  /// What is in a folder, in bytewise order of names; links are followed.
  static func entries(of folder: RawPath) -> Result<[Entry], SystemError> {
    entries(of: folder, after: nil, limit: .max).map(\.entries)
  }

  /// The first entries of a folder whose names come after one, in bytewise order of names; links are followed.
  ///
  /// A system lists a folder in any order, so each call reads all of it; but it keeps no more than twice `limit` names,
  /// however many there are.
  ///
  /// - Returns: at most `limit` entries, and whether they are all that there are.
  static func entries(
    of folder: RawPath, after last: [UInt8]?, limit: Int
  ) -> Result<(entries: [Entry], areAll: Bool), SystemError> {
    guard let stream = folder.withCString({ opendir($0) }) else { return .failure(SystemError()) }
    defer { closedir(stream) }
    var names = SmallestNames(after: last, limit: limit)
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { return .failure(SystemError()) }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      names.add(name, type: Int(entry.pointee.d_type))
    }
    let descriptor = dirfd(stream)
    let found = names.sorted.map { entry($0.name, in: descriptor, type: $0.type) }
    return .success((found, !names.leftSomeOut))
  }

  private static func entry(_ name: [UInt8], in folder: CInt, type: Int) -> Entry {
    var information = stat()
    let path = RawPath(bytes: name)
    var isLink = type == Int(DT_LNK)
    if type == Int(DT_UNKNOWN),
      path.withCString({ fstatat(folder, $0, &information, AT_SYMLINK_NOFOLLOW) }) == 0
    {
      isLink = information.st_mode & S_IFMT == S_IFLNK
    }
    guard path.withCString({ fstatat(folder, $0, &information, 0) }) == 0 else {
      return Entry(name: name, status: .failure(SystemError()), isLink: isLink)
    }
    return Entry(name: name, status: .success(status(information)), isLink: isLink)
  }

  private static func status(_ information: stat) -> Status {
    let kind: Kind =
      switch information.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFIFO: .special("a pipe")
      case S_IFCHR, S_IFBLK: .special("a device")
      case S_IFSOCK: .special("a socket")
      default: .special("neither a file nor a folder")
      }
    return Status(
      kind: kind, byteCount: Int(information.st_size),
      identity: Identity(device: UInt64(information.st_dev), number: UInt64(information.st_ino)))
  }
}

extension FileSystem.Kind {
  var noun: String {
    switch self {
    case .file: "a file"
    case .folder: "a folder"
    case .special(let noun): noun
    }
  }
}

/// What the system said when a call failed.
struct SystemError: Error, Equatable {
  let code: CInt

  init() { code = errno }

  var message: String {
    switch code {
    case ENOENT: "no such file or folder"
    case ENOTDIR: "not a folder"
    case EACCES, EPERM: "permission denied"
    case ELOOP: "a symbolic link that leads to itself"
    default:
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        strerror_r(code, buffer.baseAddress!, buffer.count) == 0
          ? String(cString: buffer.baseAddress!) : "system error \(code)"
      }
    }
  }

  func dataError(_ path: RawPath) -> DataError {
    code == ENOENT || code == ENOTDIR
      ? DataError(.missing, path.description, found: message, remedy: "Check the path.")
      : DataError(
        .unreadable, path.description, found: message, remedy: "Make it readable, or remove it.")
  }
}
