/// A path as the file system has it: bytes, without the last NUL.
///
/// File names on Linux are bytes, not text: they may hold newlines or be no UTF-8 at all. A `String` would repair
/// them and then name no file. So paths are kept as bytes, and `description` gives a text for people and tables.
public struct RawPath: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]

  /// - Parameter bytes: cut at the first NUL, which no path can hold.
  public init(bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes.prefix { $0 != 0 })
  }

  public init(_ string: String) {
    self.init(bytes: string.utf8)
  }

  /// Bytewise, as `LC_ALL=C sort` has it: the same on every machine.
  public static func < (a: RawPath, b: RawPath) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  /// The path in printable text, one line, different for different paths: a backslash is written as `\\`, control
  /// characters as `\n`, `\t` or `\x1b`, and bytes that are no UTF-8 as `\xff`.
  public var description: String { Self.printable(bytes) }

  /// The description of the part below a folder; of the whole path where it is not below it.
  public func description(below folder: RawPath) -> String {
    let start = folder.appending([]).bytes
    return bytes.starts(with: start) ? Self.printable(bytes[start.count...]) : description
  }

  /// The path as text if it is UTF-8.
  public var utf8String: String? { String(validating: bytes, as: UTF8.self) }

  public func appending(_ component: [UInt8]) -> RawPath {
    if bytes.isEmpty { return RawPath(bytes: component) }
    return RawPath(bytes: bytes.last == Self.slash ? bytes + component : bytes + [Self.slash] + component)
  }

  public func appending(_ component: String) -> RawPath { appending(Array(component.utf8)) }

  /// The bytes after the last slash; slashes at the end do not count.
  public var lastComponent: [UInt8] {
    let trimmed = bytes[..<endWithoutSlashes]
    guard let slash = trimmed.lastIndex(of: Self.slash) else { return Array(trimmed) }
    return Array(trimmed[(slash + 1)...])
  }

  /// The path up to the last slash; `.` where there is none.
  public var parent: RawPath {
    let trimmed = bytes[..<endWithoutSlashes]
    guard let slash = trimmed.lastIndex(of: Self.slash) else { return RawPath(".") }
    return slash == 0 ? RawPath("/") : RawPath(bytes: trimmed[..<slash])
  }

  /// The last component's extension without its dot, in lower case; empty where there is none.
  public var lowercasedExtension: String {
    let name = lastComponent
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return "" }
    return Self.printable(name[(dot + 1)...].map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
  }

  public func withCString<Result, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return try terminated.withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
      try body(buffer.baseAddress!)
    }
  }

  static let slash = UInt8(ascii: "/")

  private var endWithoutSlashes: Int {
    var end = bytes.count
    while end > 1, bytes[end - 1] == Self.slash { end -= 1 }
    return end
  }

  /// See `description`.
  static func printable(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    var rest = Array(bytes)[...]
    while let first = rest.first {
      guard let (scalar, length) = leadingScalar(rest) else {
        text += escape(first)
        rest.removeFirst()
        continue
      }
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where changesTheLine(scalar): text += rest.prefix(length).map(escape).joined()
      default: text.unicodeScalars.append(scalar)
      }
      rest = rest.dropFirst(length)
    }
    return text
  }

  private static func escape(_ byte: UInt8) -> String {
    "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }

  /// Control characters, line and paragraph separators, and those that turn the direction of writing: a terminal
  /// or a table would not show what is there.
  private static func changesTheLine(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  private static func leadingScalar(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, length: Int)? {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
  }
}
