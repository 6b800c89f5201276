import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes a file so that its name stands for the old contents or for the new, whole, whatever happens in between:
/// a kill, a full disk, a power cut.
///
/// A temporary file in the same folder is written, synced to the disk, and renamed; then the folder is synced, which
/// makes the new name last.
public struct DurableFile: ~Copyable {
  /// Where the file will be.
  public let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  /// What is still to be written: a checkpoint has hundreds of tensors of a few bytes, and a call for each costs more
  /// than it writes.
  private var pending: [UInt8] = []

  private static let pendingLimit = 1 << 14
  private static let serial = Atomic<Int>(0)
  private static let temporarySuffix = ".partial"
  private static let remedy = "Check the free space and the permissions there."

  /// Writes the file at `path` with what `body` gives it, replacing what is there.
  ///
  /// On an error nothing has changed, except that a failure to sync the folder, which comes last, leaves the new
  /// file in place. A process that may meet a limit on file sizes should ignore SIGXFSZ, so that it becomes an error.
  ///
  /// - Parameter beforeReplacing: called once the new file is whole and on the disk, before it takes its name: the
  ///   moment to give the old one another.
  public static func write(
    to path: String, beforeReplacing: () -> Void = {}, _ body: (inout DurableFile) throws(FormatError) -> Void
  ) throws(FormatError) {
    var file = try DurableFile(path: path)
    do throws(FormatError) {
      try body(&file)
      try file.sync()
      beforeReplacing()
      try file.takeName()
    } catch {
      file.discard()
      throw error
    }
    do throws(FormatError) {
      try sync(folder: split(path).folder)
    } catch {
      // The file is what the caller knows.
      throw FormatError(
        path: path, problem: "is written, but \(error.problem)", remedy: error.remedy,
        systemError: error.systemError)
    }
  }

  /// Writes these bytes.
  public static func write(_ bytes: [UInt8], to path: String) throws(FormatError) {
    try write(to: path) { (file) throws(FormatError) in try file.append(bytes) }
  }

  public mutating func append(_ bytes: [UInt8]) throws(FormatError) {
    pending += bytes
    if pending.count >= Self.pendingLimit { try flush() }
  }

  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard pending.count + bytes.count >= Self.pendingLimit else {
      pending += bytes
      return
    }
    try flush()
    try write(bytes)
  }

  private mutating func flush() throws(FormatError) {
    let bytes = pending
    pending = []
    var failure: FormatError?
    bytes.withUnsafeBytes { buffer in
      do throws(FormatError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    var written = 0
    while written < bytes.count {
      // Linux writes at most 2 GiB a call.
      let count = Self.writeSome(
        descriptor, bytes.baseAddress! + written, min(bytes.count - written, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(path, doing: "cannot be written", remedy: Self.remedy)
      }
      written += count
    }
  }

  /// Removes what killed processes left beside `path`: temporary files for it whose process is gone.
  ///
  /// - Parameter isLocked: whether the caller has made sure that no other process writes this file. All temporary
  ///   files are leftovers then: a process number may be in use again.
  /// - Returns: the paths of the removed files.
  @discardableResult
  public static func removeLeftovers(of path: String, isLocked: Bool = false) -> [String] {
    let (folder, name) = split(path)
    return remove(in: folder) { $0 == name && (isLocked || isGone($1)) }
  }

  /// Removes what killed processes left in a folder: temporary files whose process is gone.
  ///
  /// - Returns: the paths of the removed files.
  @discardableResult
  public static func removeLeftovers(in folder: String) -> [String] {
    remove(in: folder) { isGone($1) }
  }

  /// Removes a folder's temporary files for which `isLeftover` holds, given the file's name and the process.
  private static func remove(in folder: String, where isLeftover: (String, Int32) -> Bool) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var removed: [String] = []
    while let entry = readdir(listing) {
      let other = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let (name, process) = parts(ofTemporary: other), isLeftover(name, process) else { continue }
      let leftover = "\(folder)/\(other)"
      if unlink(leftover) == 0 { removed.append(leftover) }
    }
    return removed.sorted()
  }

  /// The file and the process that a temporary file's name tells of: `.NAME.PROCESS-NUMBER.partial`.
  private static func parts(ofTemporary other: String) -> (name: String, process: Int32)? {
    guard other.hasPrefix("."), other.hasSuffix(temporarySuffix) else { return nil }
    let stem = other.dropFirst().dropLast(temporarySuffix.count)
    guard let dot = stem.lastIndex(of: ".") else { return nil }
    let numbers = stem[stem.index(after: dot)...].split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 2, let process = Int32(numbers[0]), Int(numbers[1]) != nil, process > 0 else {
      return nil
    }
    return (String(stem[..<dot]), process)
  }

  private static func isGone(_ process: Int32) -> Bool {
    process != getpid() && kill(process, 0) != 0 && errno == ESRCH
  }

  private init(path: String) throws(FormatError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw FormatError(
        path: path, problem: "is there and is not a regular file", remedy: "Give the path of a file.")
    }
    let (folder, name) = Self.split(path)
    let number = Self.serial.add(1, ordering: .relaxed).newValue
    let temporaryPath = "\(folder)/.\(name).\(getpid())-\(number)\(Self.temporarySuffix)"
    // A file of that name can only be the leftover of an earlier process with the same number.
    unlink(temporaryPath)
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw .system(path, doing: "cannot be created", remedy: Self.remedy) }
    self.path = path
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
  }

  private mutating func sync() throws(FormatError) {
    try flush()
    // A failed fsync is never tried again: the system may have dropped the pages that it could not write.
    guard fsync(descriptor) == 0 else {
      throw .system(path, doing: "cannot be written to the disk", remedy: Self.remedy)
    }
    let status = close(descriptor)
    descriptor = -1
    guard status == 0 else { throw .system(path, doing: "cannot be written", remedy: Self.remedy) }
  }

  private func takeName() throws(FormatError) {
    guard rename(temporaryPath, path) == 0 else {
      throw .system(path, doing: "cannot be replaced", remedy: Self.remedy)
    }
  }

  private mutating func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    unlink(temporaryPath)
  }

  /// Makes the names in a folder last: of files and folders that were made there, renamed or removed.
  public static func sync(folder path: String) throws(FormatError) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder that one may write to but not read cannot be synced.
    guard folder >= 0 else { return }
    defer { close(folder) }
    // Some file systems cannot sync a folder and say so with EINVAL.
    guard fsync(folder) == 0 || errno == EINVAL else {
      throw .system(path, doing: "may not outlast a power cut", remedy: remedy)
    }
  }

  /// The folder that a path leads into.
  public static func folder(of path: String) -> String { split(path).folder }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    return (folder, String(path[path.index(after: slash)...]))
  }

  private static func writeSome(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int) -> Int {
    // Inside the type the method `write` would hide the system's function.
    #if canImport(Glibc)
      Glibc.write(descriptor, base, count)
    #elseif canImport(Musl)
      Musl.write(descriptor, base, count)
    #endif
  }
}
