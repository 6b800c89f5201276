import FoveaData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Paths from standard input, one a line, or ended by zero bytes.
///
/// Reading that fails, and bytes that go on and on without an end of a line, are an input with a problem, which is the
/// last one.
struct PathReader: Sequence, IteratorProtocol {
  private let descriptor: Int32
  private let separator: UInt8
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  private var problem: String?

  /// Far beyond any path that a system takes, so that a file of another kind does not fill the memory.
  private static let lengthLimit = 1 << 16

  init(descriptor: Int32 = STDIN_FILENO, zeroSeparated: Bool) {
    self.descriptor = descriptor
    separator = zeroSeparated ? 0 : UInt8(ascii: "\n")
  }

  mutating func next() -> Input? {
    while true {
      if let end = buffer[position...].firstIndex(of: separator) {
        let line = buffer[position..<end]
        position = end + 1
        if !line.isEmpty { return Input(RawPath(bytes: line)) }
      } else if let reason = problem {
        problem = nil
        position = buffer.count
        return Input(RawPath("-"), problem: reason)
      } else if isAtEnd {
        let line = buffer[position...]
        position = buffer.count
        return line.isEmpty ? nil : Input(RawPath(bytes: line))
      } else if buffer.count - position > Self.lengthLimit {
        end("standard input: \(grouped(Self.lengthLimit)) bytes without the end of a path; no more is read")
      } else {
        fill()
      }
    }
  }

  private mutating func fill() {
    buffer.removeSubrange(..<position)
    position = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
    if count > 0 {
      buffer += chunk[..<count]
    } else if count == 0 {
      isAtEnd = true
    } else if errno != EINTR {
      end("standard input: \(String(cString: strerror(errno)))")
    }
  }

  private mutating func end(_ reason: String) {
    problem = reason
    isAtEnd = true
  }

  /// Whether asking for the next path would wait: then rows that are ready are better written first.
  var wouldWait: Bool {
    if isAtEnd || buffer[position...].contains(separator) { return false }
    var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&query, 1, 0) == 0
  }
}
