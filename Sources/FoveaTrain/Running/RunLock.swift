#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Keeps a run folder to one process.
///
/// An `flock` on a file in the folder: the system lets go of it when the process ends, however it ends. The file
/// says who holds it and stays behind, unlocked.
public final class RunLock {
  private static let fileName = ".lock"

  private let descriptor: Int32

  /// - Throws: `TrainingError` that names the process holding the folder, or why it cannot be locked.
  init(folder: String) throws(TrainingError) {
    let path = folder + "/" + Self.fileName
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .folder(
        folder, "cannot be written to: \(systemMessage()). Give another folder with --set output.runs=…")
    }
    guard Self.lock(descriptor) else {
      let reason = errno
      let holder = Self.contents(of: descriptor)
      close(descriptor)
      guard reason == EWOULDBLOCK else {
        throw .folder(folder, "cannot be locked: \(systemMessage(reason))")
      }
      let who = holder.isEmpty ? "another process" : holder
      throw .folder(folder, "is in use by \(who). Wait for that run to end, or stop it first")
    }
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    let text = Array("process \(getpid()) on \(host)\n".utf8)
    if ftruncate(descriptor, 0) == 0 {
      _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress!, $0.count, 0) }
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Whether a process holds the folder: a run is under way.
  public static func isHeld(folder: String) -> Bool {
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return false }
    defer { close(directory) }
    return isHeld(in: directory)
  }

  /// - Parameter directory: a descriptor of the folder.
  public static func isHeld(in directory: Int32) -> Bool {
    let descriptor = openat(directory, fileName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Shared, so that those who look are not in each other's way; closing lets go of it.
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Somebody who only looks whether the folder is held has it for a moment, which is no reason to give up.
  private static func lock(_ descriptor: Int32) -> Bool {
    for _ in 0..<4 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK else { return false }
      usleep(20_000)
    }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }

  private static func contents(of descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 400)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress!, $0.count, 0) }
    let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    return text.split(separator: "\n").first.map(String.init) ?? ""
  }
}

/// The text of a system error.
func systemMessage(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
