import FoveaImage
import Testing

@Suite struct OrientationTests {
  /// EXIF's definition: where the stored row 0 and column 0 are seen.
  static func upright(_ stored: Image, _ orientation: Orientation) -> Image {
    let (width, height) = (stored.width, stored.height)
    var result =
      orientation.swapsSides ? Image(width: height, height: width) : Image(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let (right, bottom) = (width - 1 - x, height - 1 - y)
        let place =
          switch orientation {
          case .upright: (x, y)
          case .mirrored: (right, y)
          case .rotated180: (right, bottom)
          case .flipped: (x, bottom)
          case .transposed: (y, x)
          case .rotated90: (bottom, x)
          case .transversed: (bottom, right)
          case .rotated270: (y, right)
          }
        result[place.0, place.1] = stored[x, y]
      }
    }
    return result
  }

  @Test(
    "All eight, in both byte orders and the three types that writers use", arguments: Orientation.allCases)
  func jpeg(orientation: Orientation) throws {
    let plain = try Fixture.bytes("420.jpg")
    let expected = Self.upright(try Image.decode(plain, name: "stored").image, orientation)
    for bigEndian in [false, true] {
      for type in [1, 3, 4] {
        let exif = JPEGBytes.exif(orientation: orientation.rawValue, bigEndian: bigEndian, type: type)
        let decoded = try Image.decode(JPEGBytes.inserting(exif: exif, into: plain), name: "turned")
        #expect(decoded.orientation == orientation)
        #expect(decoded.image == expected)
        #expect(decoded.originalWidth == expected.width && decoded.originalHeight == expected.height)
      }
    }
  }

  @Test("All eight for CMYK, alpha and interlaced pixels too", arguments: Orientation.allCases)
  func otherPixels(orientation: Orientation) throws {
    let exif = JPEGBytes.exif(orientation: orientation.rawValue, bigEndian: true)
    let cmyk = try Fixture.bytes("cmyk-adobe.jpg")
    let stored = try Image.decode(cmyk, name: "stored").image
    let turned = try Image.decode(JPEGBytes.inserting(exif: exif, into: cmyk), name: "turned").image
    #expect(turned == Self.upright(stored, orientation))
    for interlaced in [false, true] {
      var png = PNGWriter(width: 13, height: 6, .rgba, depth: 8, interlaced: interlaced)
      let stored = try Image.decode(png.encoded(), name: "stored").image
      png.early = [("eXIf", exif)]
      #expect(try Image.decode(png.encoded(), name: "turned").image == Self.upright(stored, orientation))
    }
  }

  @Test("What states no orientation, or nonsense, stands upright")
  func nonsense() throws {
    let plain = try Fixture.bytes("420.jpg")
    let good = JPEGBytes.exif(orientation: 6, bigEndian: false)
    var blocks = [[], [0x49], Array("II*\0".utf8), [UInt8](repeating: 0xFF, count: 64)]
    for orientation in [0, 9, 255, 65535] {
      blocks.append(JPEGBytes.exif(orientation: orientation, bigEndian: true))
    }
    blocks.append(JPEGBytes.exif(orientation: 6, bigEndian: false, type: 2))
    // A directory at the end, past the end, and as far away as 32 bits reach.
    for offset in [UInt8(good.count - 1), 200] {
      blocks.append(Array(good[..<4]) + [offset, 0, 0, 0] + good[8...])
    }
    blocks.append(Array(good[..<4]) + [0xFF, 0xFF, 0xFF, 0xFF] + good[8...])
    // Every cut that loses the value.
    for count in 0..<good.count - 6 { blocks.append(Array(good[..<count])) }
    for block in blocks {
      let decoded = try Image.decode(JPEGBytes.inserting(exif: block, into: plain), name: "odd")
      #expect(decoded.orientation == .upright, "\(block)")
    }
    // A directory that claims 65,535 entries still gives those it has.
    var many = good
    many[8...9] = [0xFF, 0xFF]
    #expect(
      try Image.decode(JPEGBytes.inserting(exif: many, into: plain), name: "many").orientation == .rotated90)
  }

  @Test("Every bit of an EXIF block flipped: no crash, and an orientation that exists")
  func flippedBits() throws {
    let plain = try Fixture.bytes("gray.jpg")
    let exif = JPEGBytes.exif(orientation: 5, bigEndian: true)
    for bit in 0..<8 * exif.count {
      var damaged = exif
      damaged[bit / 8] ^= 1 << (bit % 8)
      _ = try Image.decode(JPEGBytes.inserting(exif: damaged, into: plain), name: "flipped")
    }
  }

  @Test("EXIF that ends too early states nothing, and is no reason to refuse the picture")
  func cutEXIF() throws {
    let plain = try Fixture.bytes("420.jpg")
    func orientation(_ exif: [UInt8]) throws -> Orientation {
      try Image.decode(JPEGBytes.inserting(exif: exif, into: plain), name: "cut").orientation
    }
    for bigEndian in [false, true] {
      for type in [1, 3, 4] {
        let exif = JPEGBytes.exif(orientation: 6, bigEndian: bigEndian, type: type)
        // The value lies at byte 30.
        for length in 0..<exif.count {
          let size = type == 1 ? 1 : type == 3 ? 2 : 4
          let expected = length >= 30 + size ? Orientation.rotated90 : .upright
          #expect(try orientation(Array(exif[..<length])) == expected, "type \(type), \(length) bytes")
        }
      }
    }
    var png = PNGWriter(width: 3, height: 2, .gray, depth: 8)
    for length in 0..<8 {
      png.early = [("eXIf", Array(JPEGBytes.exif(orientation: 6, bigEndian: true)[..<length]))]
      #expect(try Image.decode(png.encoded(), name: "cut").orientation == .upright)
    }
  }

  @Test("Of several the first counts, and only before the picture's data")
  func several() throws {
    let (first, second) = (
      JPEGBytes.exif(orientation: 3, bigEndian: true), JPEGBytes.exif(orientation: 6, bigEndian: false)
    )
    let plain = try Fixture.bytes("progressive.jpg")
    let two = JPEGBytes.inserting(exif: first, into: JPEGBytes.inserting(exif: second, into: plain))
    #expect(try Image.decode(two, name: "two").orientation == .rotated180)
    // Bytes that fill, a segment too short for any, and the block itself behind the first scan.
    let filled =
      Array(plain[..<2]) + [0xFF, 0xFF, 0xFF] + JPEGBytes.inserting(exif: first, into: plain)[3...]
    #expect(try Image.decode(filled, name: "filled").orientation == .rotated180)
    let short = Array(plain[..<2]) + [0xFF, 0xE1, 0, 4, 0x45, 0x78] + plain[2...]
    #expect(try Image.decode(short, name: "short").orientation == .upright)
    let last = try #require(plain.indices.dropLast().last { plain[$0] == 0xFF && plain[$0 + 1] == 0xDA })
    let segment = JPEGBytes.inserting(exif: first, into: [0xFF, 0xD8])[2...]
    let late = Array(plain[..<last]) + segment + plain[last...]
    #expect(try Image.decode(late, name: "late").orientation == .upright)

    var png = PNGWriter(width: 3, height: 2, .gray, depth: 8)
    png.early = [("eXIf", first), ("eXIf", second)]
    #expect(try Image.decode(png.encoded(), name: "two").orientation == .rotated180)
    // More than a JPEG can hold is no EXIF.
    png.early = [("eXIf", first + [UInt8](repeating: 0, count: 0x10000))]
    #expect(try Image.decode(png.encoded(), name: "long").orientation == .upright)
  }
}
