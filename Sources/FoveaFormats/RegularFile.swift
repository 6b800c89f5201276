#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A regular file open for reading, at the size that it had when it was opened.
final class RegularFile: Sendable {
  let path: String
  let byteCount: Int
  private let descriptor: Int32

  init(path: String) throws(FormatError) {
    self.path = path
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .system(path, doing: "cannot be opened", remedy: "Check the path and the permissions.")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FormatError(path: path, problem: "not a regular file", remedy: "Give the path of a file.")
    }
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from byte `offset` on.
  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
    var filled = 0
    while filled < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(path, doing: "cannot be read", remedy: "Check the disk, or use another copy.")
      }
      guard count > 0 else {
        throw FormatError(
          path: path, problem: "became shorter while it was read, it ends at byte \(offset + filled)",
          remedy: "Wait until whatever writes it has finished, and try again.")
      }
      filled += count
    }
  }

  /// `count` bytes from `offset` on. The caller has checked that they lie within the file.
  func bytes(_ count: Int, at offset: Int) throws(FormatError) -> [UInt8] {
    var failure: FormatError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(FormatError) {
        try read(UnsafeMutableRawBufferPointer(buffer), at: offset)
        filled = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }
}

extension FormatError {
  /// The failure of the system call just made: reads `errno`.
  static func system(_ path: String, doing problem: String, remedy: String) -> FormatError {
    let code = errno
    return FormatError(
      path: path, problem: "\(problem): \(String(cString: strerror(code)))", remedy: remedy,
      systemError: code)
  }
}
