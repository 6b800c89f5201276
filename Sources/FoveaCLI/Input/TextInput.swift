#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Small text files that a person names.
enum TextInput {
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// The whole of a regular file of at most 16 MB, if it is UTF-8.
  static func read(_ path: String) -> Result<String, Problem> {
    let limit = 16 << 20
    // Not blocking, or opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(Problem(description: String(cString: strerror(errno)))) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      return .failure(Problem(description: "not a regular file"))
    }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while content.count <= limit {
      let count = chunk.withUnsafeMutableBytes { readSome(descriptor, $0.baseAddress!, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .failure(Problem(description: String(cString: strerror(errno)))) }
      if count == 0 { break }
      content += chunk[..<count]
    }
    guard content.count <= limit else { return .failure(Problem(description: "more than 16 MB of text")) }
    guard let text = String(validating: content, as: UTF8.self) else {
      return .failure(Problem(description: "not a text file in UTF-8"))
    }
    return .success(text)
  }

  private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    // The method's own name hides the system's function.
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer, count)
    #else
      Musl.read(descriptor, buffer, count)
    #endif
  }
}
