import FoveaData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Paths from standard input, one a line, or ended by zero bytes.
struct PathReader: Sequence, IteratorProtocol {
  private let descriptor: Int32
  private let separator: UInt8
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  init(descriptor: Int32 = STDIN_FILENO, zeroSeparated: Bool) {
    self.descriptor = descriptor
    separator = zeroSeparated ? 0 : UInt8(ascii: "\n")
  }

  mutating func next() -> RawPath? {
    while true {
      if let end = buffer[position...].firstIndex(of: separator) {
        let line = buffer[position..<end]
        position = end + 1
        if !line.isEmpty { return RawPath(bytes: line) }
      } else if isAtEnd {
        let line = buffer[position...]
        position = buffer.count
        return line.isEmpty ? nil : RawPath(bytes: line)
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
    } else if count == 0 || errno != EINTR {
      isAtEnd = true
    }
  }

  /// Whether asking for the next path would wait: then rows that are ready are better written first.
  var wouldWait: Bool {
    if isAtEnd || buffer[position...].contains(separator) { return false }
    var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&query, 1, 0) == 0
  }
}
