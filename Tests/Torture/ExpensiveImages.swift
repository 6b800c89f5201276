import Foundation

/// Small files that are as much work for a decoder as the limits allow, written without any library: the most expensive of
/// each kind that were found.
enum ExpensiveImages {
  static func write(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, bytes) in all() { try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
  }

  /// Name, bytes.
  private static func all() -> [(name: String, bytes: [UInt8])] {
    let turned = pngChunk(
      "eXIf", [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0])
    return [
      // 16-bit RGBA whose every row is predicted, seven passes, turned while it is stored.
      ("interlaced.png", zeros(9150, 9150, interlaced: true, early: turned)),
      ("turned.png", zeros(9150, 9150, interlaced: false, early: turned)),
      ("wide.png", zeros(1_000_000, 78, interlaced: false, early: turned)),
      ("tall.png", zeros(78, 1_000_000, interlaced: true, early: [])),
      // Files of the largest size that decode to next to nothing.
      ("blocks.png", emptyBlocks(megabytes: 230)),
      ("chunks.png", emptyChunks(20_000_000)),
      ("segments.jpg", jpeg(side: 64, marker: 0xC0, scans: [(0, 63, 0)], comments: 60_000_000)),
      // 99 passes over coefficients that take most of the memory.
      ("scans.jpg", jpeg(side: 10_900, marker: 0xC2, scans: refinements)),
      ("arithmetic.jpg", jpeg(side: 10_900, marker: 0xCA, scans: refinements)),
      ("arithmetic-wide.jpg", jpeg(side: 13_000, marker: 0xC9, scans: [(0, 63, 0)])),
    ]
  }

  // MARK: - PNG

  private static let crcTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func pngChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    let crc = ~body.reduce(~UInt32(0)) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    return bigEndian(data.count) + body + bigEndian(Int(crc))
  }

  private static func png(_ width: Int, _ height: Int, _ kind: [UInt8], early: [UInt8], data: [UInt8])
    -> [UInt8]
  {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + pngChunk("IHDR", bigEndian(width) + bigEndian(height) + kind) + early + pngChunk("IDAT", data)
      + pngChunk("IEND", [])
  }

  /// Bits, the lowest first, as deflate has them; codes of Huffman the highest first.
  private struct Bits {
    var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var count = 0

    mutating func put(_ value: Int, _ bits: Int) {
      pending |= UInt64(value) << UInt64(count)
      count += bits
      while count >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: pending))
        pending >>= 8
        count -= 8
      }
    }

    mutating func code(_ value: Int, _ bits: Int) {
      for bit in (0..<bits).reversed() { put(value >> bit & 1, 1) }
    }

    mutating func end() { if count > 0 { put(0, 8 - count) } }
  }

  /// Black 16-bit RGBA in which each row has the filter Paeth. One block of fixed codes (RFC 1951, section 3.2.6).
  private static func zeros(_ width: Int, _ height: Int, interlaced: Bool, early: [UInt8]) -> [UInt8] {
    let passes =
      interlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var bits = Bits()
    bits.put(0b011, 3)
    var (low, high) = (1, 0)
    for (left, top, stepX, stepY) in passes {
      let bytes = (width - left + stepX - 1) / stepX * 8
      for _ in stride(from: top, to: height, by: stepY) where bytes > 0 {
        bits.code(0b0011_0100, 8)
        // A zero, and copies of it.
        for _ in 0..<1 + (bytes - 1) % 258 { bits.code(0b0011_0000, 8) }
        for _ in 0..<(bytes - 1) / 258 { bits.code(0b1100_0101_00000, 13) }
        low = (low + 4) % 65_521
        high = (high + low * (bytes + 1)) % 65_521
      }
    }
    bits.code(0, 7)
    bits.end()
    let data = [0x78, 0x01] + bits.bytes + bigEndian(high << 16 | low)
    return png(width, height, [16, 6, 0, 0, interlaced ? 1 : 0], early: early, data: data)
  }

  /// One gray pixel behind blocks that each describe their codes, code nothing and end.
  private static func emptyBlocks(megabytes: Int) -> [UInt8] {
    var bits = Bits()
    for _ in 0..<8 {
      for (value, count) in [(0, 1), (2, 2), (0, 5), (0, 5), (14, 4)] { bits.put(value, count) }
      for place in 0..<18 { bits.put(place == 2 || place == 17 ? 1 : 0, 3) }
      for (value, count) in [(0, 1), (1, 1), (127, 7), (1, 1), (106, 7), (0, 1), (0, 1), (1, 1)] {
        bits.put(value, count)
      }
    }
    var data: [UInt8] = [0x78, 0x01]
    data.reserveCapacity(megabytes << 20)
    while data.count < megabytes << 20 { data += bits.bytes }
    data += [1, 2, 0, 0xFD, 0xFF, 0, 200] + bigEndian((1 + 201) << 16 | 201)
    return png(1, 1, [8, 0, 0, 0, 0], early: [], data: data)
  }

  private static func emptyChunks(_ count: Int) -> [UInt8] {
    let empty = pngChunk("IDAT", [])
    var early: [UInt8] = []
    early.reserveCapacity(count * empty.count)
    for _ in 0..<count { early += empty }
    return png(
      1, 1, [8, 0, 0, 0, 0], early: early,
      data: [0x78, 1, 1, 2, 0, 0xFD, 0xFF, 0, 200] + bigEndian(202 << 16 | 201))
  }

  // MARK: - JPEG

  /// First and last coefficient, and the two numbers of the successive approximation.
  typealias Scan = (first: UInt8, last: UInt8, approximation: UInt8)

  /// Refining what was never there is damage, which `--allow-truncated` accepts.
  private static let refinements: [Scan] = [(0, 0, 0)] + [Scan](repeating: (1, 63, 0x10), count: 99)

  private static func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
    [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
  }

  /// Gray blocks whose scans say that there is nothing.
  private static func jpeg(side: Int, marker: UInt8, scans: [Scan], comments: Int = 0) -> [UInt8] {
    let size = [UInt8(side >> 8), UInt8(side & 255)]
    var bytes: [UInt8] = [0xFF, 0xD8]
    bytes.reserveCapacity(4 * comments + 1 << 20)
    for _ in 0..<comments { bytes += [0xFF, 0xFE, 0, 2] }
    bytes += segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
    bytes += segment(marker, [8] + size + size + [1, 1, 0x11, 0])
    let isProgressive = marker == 0xC2
    // One code, 0: no difference for DC; the end of the block, of 16,384 blocks where progressive, for AC.
    for table in [(0x00, 0), (0x10, isProgressive ? 0xE0 : 0)] as [(UInt8, UInt8)] {
      bytes += segment(0xC4, [table.0, 1] + [UInt8](repeating: 0, count: 15) + [table.1])
    }
    let blocks = (side + 7) / 8 * ((side + 7) / 8)
    for scan in scans {
      bytes += segment(0xDA, [1, 1, 0, scan.first, scan.last, scan.approximation])
      // Arithmetic coding reads what is missing as zeros.
      guard marker == 0xC0 || isProgressive else { continue }
      let bits = scan.last == 0 ? blocks : isProgressive ? 15 * (blocks / 16_384 + 1) : 2 * blocks
      bytes += [UInt8](repeating: 0, count: bits / 8 + 1)
    }
    return bytes + [0xFF, 0xD9]
  }
}
