/// JPEG files taken apart and put together, for tests.
enum JPEGBytes {
  /// Where the segments lie before the entropy-coded data: marker, and the range from its 0xFF to its end.
  static func segments(_ jpeg: [UInt8]) -> [(marker: UInt8, range: Range<Int>)] {
    var result: [(marker: UInt8, range: Range<Int>)] = []
    var at = 2
    while at + 4 <= jpeg.count, jpeg[at] == 0xFF {
      let end = at + 2 + Int(jpeg[at + 2]) << 8 + Int(jpeg[at + 3])
      result.append((jpeg[at + 1], at..<end))
      if jpeg[at + 1] == 0xDA { break }
      at = end
    }
    return result
  }

  /// With an APP1 segment right after the start marker.
  static func inserting(exif: [UInt8], into jpeg: [UInt8]) -> [UInt8] {
    let data = Array("Exif\0\0".utf8) + exif
    let length = data.count + 2
    return Array(jpeg[..<2]) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + data + jpeg[2...]
  }

  /// With another size in its frame header.
  static func claiming(width: Int, height: Int, _ jpeg: [UInt8]) -> [UInt8] {
    var result = jpeg
    for segment in segments(jpeg) where (0xC0...0xC2).contains(segment.marker) {
      let at = segment.range.lowerBound + 5
      result[at..<at + 4] = [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)]
    }
    return result
  }

  /// A TIFF block whose first directory holds an orientation, and another entry before it.
  static func exif(orientation: Int, bigEndian: Bool, type: Int = 3) -> [UInt8] {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
      let little = (0..<count).map { UInt8(value >> (8 * $0) & 255) }
      return bigEndian ? little.reversed() : little
    }
    let size = [1: 1, 3: 2, 4: 4][type] ?? 2
    let value = bytes(orientation, size) + [UInt8](repeating: 0, count: 4 - size)
    let start: [UInt8] = bigEndian ? [0x4D, 0x4D] : [0x49, 0x49]
    let other = bytes(0x0100, 2) + bytes(4, 2) + bytes(1, 4) + bytes(640, 4)
    let entry = bytes(0x0112, 2) + bytes(type, 2) + bytes(1, 4) + value
    return start + bytes(42, 2) + bytes(8, 4) + bytes(2, 2) + other + entry + bytes(0, 4)
  }
}
