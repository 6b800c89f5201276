import Glibc

/// Files as bytes, without waiting on what is no file.
enum ImageFile {
  /// Reads a regular file of at most `limit` bytes.
  static func bytes(of path: String, limit: Int) throws(ImageError) -> [UInt8] {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    let descriptor = retrying { open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ImageError(
        .notAFile, name: path, found: "\(kind(of: status.st_mode)), not a file",
        remedy: "Name a PNG or JPEG file")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      throw ImageError(
        .empty, name: path, found: "an empty file", remedy: "Get a whole copy, or leave it out")
    }
    guard size <= limit else {
      throw ImageError(
        .overLimit, name: path, found: "a file of \(size) bytes, more than the memory limit of \(limit)",
        remedy: "Raise the limit, or leave it out")
    }
    return try bytes(of: descriptor, size: size, path)
  }

  private static func bytes(of descriptor: Int32, size: Int, _ path: String) throws(ImageError) -> [UInt8] {
    guard canAllocate(size) else { throw outOfMemory(path, size) }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = retrying { read(descriptor, buffer.baseAddress! + count, size - count) }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        count += got
      }
    }
    guard failure == 0 else { throw unreadable(path, failure) }
    return bytes
  }

  /// Writes a file so that at every moment either the old one or the whole new one is there.
  static func save(_ bytes: [UInt8], to path: String) throws(ImageError) {
    let temporary = "\(path).partial-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let descriptor = retrying { open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw unwritable(path, errno) }
    var failure = writeAll(bytes, to: descriptor)
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    if failure == 0 && rename(temporary, path) != 0 { failure = errno }
    if failure != 0 {
      unlink(temporary)
      throw unwritable(path, failure)
    }
  }

  /// 0, or the error number.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let wrote = retrying { write(descriptor, buffer.baseAddress! + done, buffer.count - done) }
        if wrote < 0 { return errno }
        done += wrote
      }
      return 0
    }
  }

  /// Whether the system would give so much memory. An array that cannot be allocated ends the process.
  static func canAllocate(_ bytes: Int) -> Bool {
    guard bytes > 1 << 20 else { return true }
    // Not malloc and free: the optimiser takes such a pair away and assumes that it went well.
    let probe = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard probe != MAP_FAILED else { return false }
    munmap(probe, bytes)
    return true
  }

  static func outOfMemory(_ name: String, _ bytes: Int) -> ImageError {
    ImageError(
      .outOfMemory, name: name, found: "it needs \(bytes) bytes of memory, which the system does not give",
      remedy: "Close other programs, or leave it out")
  }

  private static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private static func kind(of mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "something special"
    }
  }

  private static func unreadable(_ path: String, _ error: Int32) -> ImageError {
    let remedy =
      switch error {
      case ENOENT, ENOTDIR: "Check the path"
      case EACCES, EPERM: "Allow reading it, or leave it out"
      case ENXIO: "Name a PNG or JPEG file"
      default: "Try again, or leave it out"
      }
    return ImageError(.unreadable, name: path, found: "it cannot be read (\(message(error)))", remedy: remedy)
  }

  private static func unwritable(_ path: String, _ error: Int32) -> ImageError {
    let remedy =
      switch error {
      case ENOENT, ENOTDIR: "Create the folder first"
      case EACCES, EPERM, EROFS: "Choose a folder that you may write to"
      case ENOSPC, EDQUOT: "Make room on the disk"
      default: "Choose another place"
      }
    return ImageError(
      .unwritable, name: path, found: "it cannot be written (\(message(error)))", remedy: remedy)
  }

  private static func message(_ error: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      buffer[0] = 0
      guard strerror_r(error, buffer.baseAddress!, buffer.count) == 0 else { return "error \(error)" }
      return String(cString: buffer.baseAddress!)
    }
  }
}
