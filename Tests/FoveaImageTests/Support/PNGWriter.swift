/// A PNG encoder for tests, written from the specification: every colour type, depth, filter and interlacing, and
/// whatever chunks a test wants, right or wrong. Its deflate streams only store.
struct PNGWriter {
  enum ColorType: UInt8, CaseIterable {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgba = 6

    var channels: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }

    var depths: [Int] {
      switch self {
      case .gray: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      default: [8, 16]
      }
    }
  }

  var width: Int
  var height: Int
  var colorType = ColorType.gray
  var depth = 8
  var isInterlaced = false
  /// RGB triples.
  var palette: [UInt8] = []
  /// The data of a tRNS chunk.
  var transparency: [UInt8]?
  /// One value per pixel and channel, rows from the top.
  var samples: [Int]
  /// Chunks before and after the image data.
  var early: [(type: String, data: [UInt8])] = []
  var late: [(type: String, data: [UInt8])] = []
  /// The image data is cut into this many IDAT chunks.
  var pieces = 1

  /// The whole file.
  func encoded() -> [UInt8] {
    let header =
      Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height))
      + [UInt8(depth), colorType.rawValue, 0, 0, isInterlaced ? 1 : 0]
    var file = Self.signature + Self.chunk("IHDR", header)
    for chunk in early { file += Self.chunk(chunk.type, chunk.data) }
    if !palette.isEmpty { file += Self.chunk("PLTE", palette) }
    if let transparency { file += Self.chunk("tRNS", transparency) }
    let data = Self.stored(filteredRows())
    for piece in 0..<pieces {
      file += Self.chunk("IDAT", Array(data[data.count * piece / pieces..<data.count * (piece + 1) / pieces]))
    }
    for chunk in late { file += Self.chunk(chunk.type, chunk.data) }
    return file + Self.chunk("IEND", [])
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(Checksums.crc32(body))
  }

  /// A zlib stream of stored blocks.
  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var at = 0
    repeat {
      let count = min(65535, bytes.count - at)
      let length = UInt16(count)
      let isLast: UInt8 = at + count == bytes.count ? 1 : 0
      stream += [isLast, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
      stream += bytes[at..<at + count]
      at += count
    } while at < bytes.count
    return stream + bigEndian(Checksums.adler32(bytes))
  }

  /// The rows of the image or of Adam7's seven, each behind its filter's number; the filters take turns.
  private func filteredRows() -> [UInt8] {
    var result: [UInt8] = []
    let passes =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    var filter = 0
    for (left, top, stepX, stepY) in passes {
      let columns = Array(stride(from: left, to: width, by: stepX))
      if columns.isEmpty { continue }
      var above = [UInt8](repeating: 0, count: (columns.count * colorType.channels * depth + 7) / 8)
      for y in stride(from: top, to: height, by: stepY) {
        let row = packed(columns, y)
        result += [UInt8(filter)] + filtered(row, above, filter)
        above = row
        filter = (filter + 1) % 5
      }
    }
    return result
  }

  /// The samples of some columns of a row, packed into bytes.
  private func packed(_ columns: [Int], _ y: Int) -> [UInt8] {
    var bits: [UInt8] = []
    var used = 8
    for x in columns {
      for c in 0..<colorType.channels {
        let value = samples[(y * width + x) * colorType.channels + c]
        if depth == 16 {
          bits += [UInt8(value >> 8), UInt8(value & 255)]
          continue
        }
        if used == 8 {
          bits.append(0)
          used = 0
        }
        bits[bits.count - 1] |= UInt8(value << (8 - depth - used))
        used += depth
      }
    }
    return bits
  }

  /// PNG, third edition, section 9.
  private func filtered(_ row: [UInt8], _ above: [UInt8], _ filter: Int) -> [UInt8] {
    let step = max(1, colorType.channels * depth / 8)
    return row.indices.map { i in
      let a = i >= step ? Int(row[i - step]) : 0
      let b = Int(above[i])
      let c = i >= step ? Int(above[i - step]) : 0
      let predicted =
        switch filter {
        case 1: a
        case 2: b
        case 3: (a + b) / 2
        case 4: Self.paeth(a, b, c)
        default: 0
        }
      return UInt8((Int(row[i]) - predicted) & 255)
    }
  }

  private static func paeth(_ a: Int, _ b: Int, _ c: Int) -> Int {
    let p = a + b - c
    let (toA, toB, toC) = (abs(p - a), abs(p - b), abs(p - c))
    return toA <= toB && toA <= toC ? a : toB <= toC ? b : c
  }
}

extension PNGWriter {
  /// Samples without pattern, within the depth or the palette.
  init(width: Int, height: Int, _ colorType: ColorType, depth: Int, interlaced: Bool = false) {
    var state: UInt64 = UInt64(width * 131 + height * 31 + depth) | 1
    func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 40)
    }
    let colors = 1 << min(depth, 8)
    self.init(
      width: width, height: height, colorType: colorType, depth: depth, isInterlaced: interlaced,
      palette: colorType == .palette ? (0..<3 * colors).map { _ in UInt8(next() & 255) } : [],
      samples: (0..<width * height * colorType.channels).map { _ in next() & ((1 << depth) - 1) })
  }

  /// What the file must decode to, from the definition: RGBA, 16 bits scaled to 8 and rounded.
  func expectedRGBA() -> [UInt8] {
    let largest = (1 << depth) - 1
    func scaled(_ value: Int) -> UInt8 { UInt8((value * 255 * 2 + largest) / (2 * largest)) }
    var result: [UInt8] = []
    for pixel in 0..<width * height {
      let values = samples[pixel * colorType.channels..<(pixel + 1) * colorType.channels]
      let first = values.first!
      switch colorType {
      case .gray: result += [scaled(first), scaled(first), scaled(first), isKeyed(values) ? 0 : 255]
      case .grayAlpha: result += [scaled(first), scaled(first), scaled(first), scaled(values.last!)]
      case .rgb: result += values.map(scaled) + [isKeyed(values) ? 0 : 255]
      case .rgba: result += values.map(scaled)
      case .palette:
        let alpha = transparency.map { first < $0.count ? $0[first] : 255 } ?? 255
        result += palette[3 * first..<3 * first + 3] + [alpha]
      }
    }
    return result
  }

  /// Whether a pixel is the one colour that tRNS makes transparent.
  private func isKeyed(_ values: ArraySlice<Int>) -> Bool {
    guard let transparency else { return false }
    let key = stride(from: 0, to: transparency.count, by: 2).map {
      Int(transparency[$0]) << 8 | Int(transparency[$0 + 1])
    }
    return Array(values) == key
  }
}
