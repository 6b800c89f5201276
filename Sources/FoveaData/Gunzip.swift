import CFoveaImage

/// gzip (RFC 1952), within memory that is known before it is taken.
enum Gunzip {
  /// Deflate makes at most so many bytes of one (zlib's documentation): what claims more is refused unread.
  static let highestRatio = 1032

  static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The first bytes of the unpacked file, at most `count`.
  static func prefix(_ packed: [UInt8], count: Int, name: String) throws(DataError) -> [UInt8] {
    try unpack(packed, capacity: count, name: name).bytes
  }

  /// The whole unpacked file, which must have so many bytes.
  static func exactly(_ count: Int, of packed: [UInt8], name: String) throws(DataError) -> [UInt8] {
    let (bytes, isWhole) = try unpack(packed, capacity: count, name: name)
    guard isWhole else {
      throw DataError(
        .malformed, name, found: "more than \(count) bytes unpacked", expected: "\(count), by its header",
        remedy: "Fetch the file again.")
    }
    guard bytes.count == count else {
      throw DataError(
        .truncated, name, found: "\(bytes.count) bytes unpacked", expected: "\(count), by its header",
        remedy: "Fetch the file again.")
    }
    return bytes
  }

  private static func unpack(
    _ packed: [UInt8], capacity: Int, name: String
  ) throws(DataError) -> (bytes: [UInt8], isWhole: Bool) {
    var status = FI_GUNZIP_CORRUPT
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      status = packed.withUnsafeBufferPointer { input in
        // An empty array may have no address, and zlib takes none.
        var nothing: UInt8 = 0
        return withUnsafeMutablePointer(to: &nothing) { spare in
          fi_gunzip(
            input.baseAddress ?? UnsafePointer(spare), input.count, buffer.baseAddress ?? spare, capacity,
            &count)
        }
      }
    }
    switch status {
    case FI_GUNZIP_DONE: return (bytes, true)
    case FI_GUNZIP_FULL: return (bytes, false)
    case FI_GUNZIP_TRUNCATED:
      throw DataError(
        .truncated, name, found: "a gzip file that ends too early", remedy: "Fetch the file again.")
    case FI_GUNZIP_NO_MEMORY:
      throw DataError(.tooLarge, name, found: "too little memory to unpack it", remedy: "Free some memory.")
    default:
      throw DataError(
        .malformed, name, found: "not a whole gzip file, or its checksum is wrong",
        remedy: "Fetch the file again.")
    }
  }
}
