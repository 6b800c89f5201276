import FoveaImage
import Testing

@Suite struct PNGDecodingTests {
  static let kinds: [(PNGWriter.ColorType, Int)] = PNGWriter.ColorType.allCases.flatMap { type in
    type.depths.map { (type, $0) }
  }

  /// Sizes at which some of Adam7's passes are empty, rows end within a byte, or all is usual.
  static let sizes = [(1, 1), (2, 5), (3, 2), (4, 4), (5, 3), (7, 9), (8, 8), (9, 1), (1, 9), (33, 21)]

  @Test("Every colour type and depth, plain and interlaced", arguments: kinds)
  func allKinds(type: PNGWriter.ColorType, depth: Int) throws {
    for (width, height) in Self.sizes {
      for interlaced in [false, true] {
        let png = PNGWriter(width: width, height: height, type, depth: depth, interlaced: interlaced)
        let expected = png.expectedRGBA()
        let raw = try Image.decodeRaw(png.encoded(), name: "raw")
        #expect(raw.width == width && raw.height == height && raw.channels == 4)
        #expect(raw.bytes == expected, "\(width)×\(height) interlaced \(interlaced)")

        let decoded = try Image.decode(png.encoded(), name: "image")
        #expect(decoded.image == Self.over(.white, expected, width, height))
        #expect(decoded.format == .png && decoded.hasAlpha == (type == .rgba || type == .grayAlpha))
        #expect(decoded.warnings.isEmpty && decoded.orientation == .upright && decoded.scaleDenominator == 1)
      }
    }
  }

  @Test("A transparent colour or palette entry (tRNS)", arguments: [false, true])
  func transparency(interlaced: Bool) throws {
    for (type, depth) in Self.kinds where ![.grayAlpha, .rgba].contains(type) {
      var png = PNGWriter(width: 19, height: 7, type, depth: depth, interlaced: interlaced)
      if type == .palette {
        png.transparency = [0, 128]
      } else {
        png.transparency = png.samples[0..<type.channels].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
      }
      let expected = png.expectedRGBA()
      try #require(stride(from: 3, to: expected.count, by: 4).contains { expected[$0] < 255 })
      #expect(try Image.decodeRaw(png.encoded(), name: "raw").bytes == expected, "\(type) \(depth)")
      let ground = RGB(200, 30, 90)
      let decoded = try Image.decode(png.encoded(), name: "image", options: DecodeOptions(background: ground))
      #expect(decoded.image == Self.over(ground, expected, 19, 7) && decoded.hasAlpha)
    }
  }

  @Test("16 bits are scaled and rounded, not cut")
  func sixteenBits() throws {
    var png = PNGWriter(width: 256, height: 256, .gray, depth: 16)
    png.samples = Array(0..<65536)
    let raw = try Image.decodeRaw(png.encoded(), name: "raw").bytes
    for value in 0..<65536 { #expect(Int(raw[4 * value]) == (value + 128) / 257, "\(value)") }
  }

  @Test("Every alpha over every level")
  func alpha() throws {
    var png = PNGWriter(width: 256, height: 256, .grayAlpha, depth: 8)
    png.samples = (0..<65536).flatMap { [$0 & 255, $0 >> 8] }
    let image = try Image.decode(png.encoded(), name: "", options: DecodeOptions(background: RGB(0, 77, 255)))
      .image
    for i in 0..<65536 {
      let (level, alpha) = (Double(i & 255), Double(i >> 8) / 255)
      let expected = [0, 77, 255].map { UInt8((alpha * level + (1 - alpha) * Double($0)).rounded()) }
      #expect(Array(image.pixels[3 * i..<3 * i + 3]) == expected, "level \(level), alpha \(alpha)")
    }
  }

  @Test("Several IDAT chunks, some of them empty")
  func manyPieces() throws {
    var png = PNGWriter(width: 9, height: 5, .rgb, depth: 8)
    png.pieces = 500
    #expect(try Image.decodeRaw(png.encoded(), name: "raw").bytes == png.expectedRGBA())
  }

  @Test("Text, profiles and unknown ancillary chunks are passed over, whatever is in them")
  func ancillaryChunks() throws {
    var png = PNGWriter(width: 5, height: 5, .rgb, depth: 8)
    let bomb = Array("Comment\0\0".utf8) + PNGWriter.stored([UInt8](repeating: 0, count: 100_000)).dropLast(7)
    png.early = [
      ("gAMA", [0, 0]), ("iCCP", [1, 2, 3]), ("zTXt", bomb), ("sRGB", [9]),
      ("juNK", [UInt8](repeating: 7, count: 9)),
    ]
    png.late = [("tIME", []), ("iTXt", [0xFF, 0xFE]), ("tRNS", [1])]
    let decoded = try Image.decode(png.encoded(), name: "image")
    #expect(decoded.image == Self.over(.white, png.expectedRGBA(), 5, 5))
    #expect(decoded.warnings.isEmpty && !decoded.hasAlpha)
  }

  @Test("eXIf turns the picture, before or after the image data; with a wrong checksum it does not")
  func exif() throws {
    let exif = JPEGBytes.exif(orientation: 6, bigEndian: true)
    var png = PNGWriter(width: 9, height: 4, .rgb, depth: 8)
    let stored = try Image.decode(png.encoded(), name: "stored").image
    png.late = [("eXIf", exif)]
    for interlaced in [false, true] {
      png.isInterlaced = interlaced
      let decoded = try Image.decode(png.encoded(), name: "turned")
      #expect(decoded.orientation == .rotated90 && decoded.originalWidth == 4 && decoded.originalHeight == 9)
      #expect(decoded.image == OrientationTests.upright(stored, .rotated90))
    }
    png.early = png.late
    png.late = []
    var bytes = png.encoded()
    #expect(try Image.decode(bytes, name: "early").orientation == .rotated90)
    // The value's low byte.
    let at = try #require(
      bytes.indices.first { bytes[$0...].starts(with: [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]) })
    bytes[at + 9] = 3
    let decoded = try Image.decode(bytes, name: "damaged")
    #expect(decoded.image == stored && decoded.warnings.count == 1)
  }

  /// Pixels over a background, in floating point.
  static func over(_ ground: RGB, _ rgba: [UInt8], _ width: Int, _ height: Int) -> Image {
    let grounds = [ground.red, ground.green, ground.blue].map(Double.init)
    let pixels = (0..<3 * width * height).map { i in
      let alpha = Double(rgba[4 * (i / 3) + 3]) / 255
      return UInt8((alpha * Double(rgba[4 * (i / 3) + i % 3]) + (1 - alpha) * grounds[i % 3]).rounded())
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
