/// A tensor as a safetensors header declares it.
public struct TensorEntry: Hashable, Sendable {
  public let name: String
  public let elementType: ElementType
  /// Extents, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where its bytes lie, counted from the first byte after the header.
  public let range: Range<Int>
}

/// The names that Fovea's checksums have in `__metadata__`.
///
/// The format has no checksum of its own. Here each tensor has one, and the header too: it covers all of the
/// header's bytes, with its own eight digits read as zeros. Either all of them are there or none, so that no flipped
/// bit can hide a checksum without being noticed.
enum Checksums {
  static let headerKey = "fovea.crc32c"
  static let tensorPrefix = "fovea.crc32c."

  static func text(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// The parsed and checked header of a safetensors file.
struct SafetensorsHeader {
  /// In the order of their bytes.
  var tensors: [TensorEntry] = []
  /// Without the checksums.
  var metadata: [String: String] = [:]
  /// Tensor name → checksum; nil where the file has none.
  var checksums: [String: UInt32]?

  /// The format's own limit on the header.
  static let maximumByteCount = 100_000_000
  /// More extents than any framework has.
  static let maximumRank = 64

  typealias Failure = HeaderScanner.Failure

  /// - Parameters:
  ///   - bytes: the header, from `{` on.
  ///   - dataByteCount: the bytes that follow it in the file, all of which it must account for.
  init(_ bytes: [UInt8], dataByteCount: Int) throws(Failure) {
    guard bytes.first == 0x7B else {
      throw Failure(offset: 0, problem: "the header does not start with '{'")
    }
    var scanner = HeaderScanner(bytes)
    var strings: [String: String] = [:]
    var headerChecksumAt: Int?
    var tensors: [TensorEntry] = []
    try scanner.object { (scanner, name) throws(Failure) in
      if name == "__metadata__" {
        try scanner.object { (scanner, key) throws(Failure) in
          strings[key] = try scanner.string()
          if key == Checksums.headerKey { headerChecksumAt = scanner.offset - 9 }
        }
      } else {
        tensors.append(try Self.entry(name, &scanner))
      }
    }
    try scanner.expectEnd()
    self.tensors = tensors.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try checkThatRangesTouch(dataByteCount)
    try takeChecksums(from: &strings, bytes: bytes, headerChecksumAt: headerChecksumAt)
    metadata = strings
  }

  private static func entry(_ name: String, _ scanner: inout HeaderScanner) throws(Failure) -> TensorEntry {
    let start = scanner.offset
    var type: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(Failure) in
      let at = scanner.offset
      switch key {
      case "dtype":
        let text = try scanner.string()
        type = ElementType(rawValue: text)
        if type == nil {
          throw Failure(offset: at, problem: "tensor '\(name)' has the unknown dtype '\(text.prefix(40))'")
        }
      case "shape": shape = try scanner.integers(limit: maximumRank)
      case "data_offsets": offsets = try scanner.integers(limit: 2)
      default:
        throw Failure(offset: at, problem: "tensor '\(name)' has the unknown key '\(key.prefix(80))'")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw Failure(offset: start, problem: "tensor '\(name)' lacks its dtype, shape or both data_offsets")
    }
    guard offsets[0] <= offsets[1] else {
      throw Failure(
        offset: start, problem: "tensor '\(name)' ends at \(offsets[1]), before it starts at \(offsets[0])")
    }
    var byteCount = type.byteCount
    for extent in shape {
      let (product, overflowed) = byteCount.multipliedReportingOverflow(by: extent)
      if overflowed {
        throw Failure(offset: start, problem: "tensor '\(name)' of shape \(shape) is too large")
      }
      byteCount = product
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw Failure(
        offset: start,
        problem: "tensor '\(name)' of shape \(shape) and dtype \(type.rawValue) takes \(byteCount) bytes, "
          + "but its data_offsets span \(offsets[1] - offsets[0])")
    }
    return TensorEntry(name: name, elementType: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  private func checkThatRangesTouch(_ dataByteCount: Int) throws(Failure) {
    var end = 0
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        throw Failure(
          offset: 0,
          problem: "tensor '\(tensor.name)' starts at byte \(tensor.range.lowerBound) of the data, "
            + "not at \(end), where the one before it ends")
      }
      end = tensor.range.upperBound
    }
    guard end == dataByteCount else {
      throw Failure(
        offset: 0, problem: "its tensors take \(end) bytes, but \(dataByteCount) follow the header")
    }
  }

  private mutating func takeChecksums(
    from strings: inout [String: String], bytes: [UInt8], headerChecksumAt: Int?
  ) throws(Failure) {
    let keys = strings.keys.filter { $0.hasPrefix(Checksums.tensorPrefix) }
    let header = strings.removeValue(forKey: Checksums.headerKey)
    if keys.isEmpty && header == nil { return }
    guard let header, let at = headerChecksumAt, header.utf8.count == 8, UInt32(header, radix: 16) != nil
    else {
      throw Failure(offset: 0, problem: "its checksums are damaged")
    }
    var zeroed = bytes
    for digit in at..<at + 8 { zeroed[digit] = 0x30 }
    let found = Checksums.text(zeroed.withUnsafeBytes { CRC32C.checksum($0) })
    guard found == header else {
      throw Failure(offset: at, problem: "the header is damaged: its checksum is \(found), not \(header)")
    }
    var checksums: [String: UInt32] = [:]
    for key in keys {
      let text = strings.removeValue(forKey: key)!
      guard text.utf8.count == 8, let value = UInt32(text, radix: 16) else {
        throw Failure(offset: 0, problem: "the checksum '\(key.prefix(80))' is damaged")
      }
      checksums[String(key.dropFirst(Checksums.tensorPrefix.count))] = value
    }
    guard checksums.count == tensors.count, tensors.allSatisfy({ checksums[$0.name] != nil }) else {
      throw Failure(offset: 0, problem: "its checksums are not those of its tensors")
    }
    self.checksums = checksums
  }
}
