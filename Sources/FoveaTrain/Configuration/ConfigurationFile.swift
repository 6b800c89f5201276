#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reads configuration files, which anyone may have written.
enum ConfigurationFile {
  static func text(
    of path: String, limit: Int = ConfigurationNode.maximumBytes
  ) throws(ConfigurationError) -> String {
    func fail(_ message: String) -> ConfigurationError { ConfigurationError(place: path, message: message) }
    let tooLarge = fail("is too large (limit \(limit) bytes)")
    // Without waiting: the path may be that of a pipe.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      let reason = errno == ENOENT ? "there is no such file" : "cannot be opened: \(systemMessage())"
      throw fail("\(reason). Give the path of a YAML configuration")
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw fail("is not a file. Give the path of a YAML configuration")
    }
    guard information.st_size <= limit else { throw tooLarge }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size) + 1)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress! + filled, $0.count - filled)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw fail("cannot be read: \(systemMessage())") }
      if count == 0 { break }
      filled += count
    }
    if filled > limit { throw tooLarge }
    guard let text = String(validating: bytes[..<filled], as: UTF8.self) else {
      throw fail("is not a text file in UTF-8")
    }
    return text
  }
}
