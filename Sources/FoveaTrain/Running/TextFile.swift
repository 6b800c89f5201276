import FoveaFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A text file that grows by whole lines: `metrics.csv` and `log.txt`.
final class TextFile {
  let path: String
  private var descriptor: Int32
  /// Whether its name may still be lost with the power.
  private var isNew: Bool

  /// Opens the file for appending and makes it if it is not there.
  init(path: String) throws(TrainingError) {
    self.path = path
    isNew = access(path, F_OK) != 0
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw .file(path, "cannot be opened for writing: \(systemMessage())") }
  }

  deinit { close(descriptor) }

  /// Appends lines in one write, where the system takes it in one.
  func append(_ lines: String) throws(TrainingError) {
    let bytes = Array((lines + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .file(path, "cannot be written to: \(systemMessage())")
      }
      written += count
    }
  }

  /// Returns once what was appended is on the disk.
  func sync() throws(TrainingError) {
    guard fsync(descriptor) == 0 else {
      throw .file(path, "cannot be written to the disk: \(systemMessage())")
    }
    guard isNew else { return }
    do throws(FormatError) {
      try DurableFile.sync(folder: DurableFile.folder(of: path))
    } catch {
      throw .format(error)
    }
    isNew = false
  }

  /// Cuts the file after so many whole lines; a last line without its end is cut off in any case.
  ///
  /// - Returns: how many lines are left.
  @discardableResult
  func keep(lines limit: Int) throws(TrainingError) -> Int {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var (position, lines, end) = (0, 0, 0)
    while position < size, lines < limit {
      let count = chunk.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress!, $0.count, off_t(position))
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { throw .file(path, "cannot be read: \(systemMessage())") }
      for (offset, byte) in chunk[..<count].enumerated() where byte == UInt8(ascii: "\n") && lines < limit {
        lines += 1
        end = position + offset + 1
      }
      position += count
    }
    guard ftruncate(descriptor, off_t(end)) == 0 else {
      throw .file(path, "cannot be cut to \(lines) lines: \(systemMessage())")
    }
    return lines
  }
}
