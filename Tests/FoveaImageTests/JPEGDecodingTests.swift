import FoveaImage
import Testing

@Suite struct JPEGDecodingTests {
  @Test(
    "Every kind of JPEG decodes to what another program reads, upright", arguments: try Fixture.expectations()
  )
  func fixtures(expected: Fixture.Expectation) throws {
    var options = DecodeOptions()
    if expected.denominator > 1 { options.minimumSize = (expected.width, expected.height) }
    let decoded = try Image.decode(contentsOf: Fixture.path(expected.name), options: options)
    #expect(decoded.scaleDenominator == expected.denominator)
    #expect(decoded.image.width == expected.width && decoded.image.height == expected.height)
    #expect(Checksums.crc32(decoded.image.pixels) == expected.crc)
    #expect(decoded.warnings.isEmpty)
    #expect(decoded.format == (expected.name.hasSuffix(".png") ? .png : .jpeg))
  }

  @Test("The strongest reduction that leaves the size wanted, upright")
  func minimumSize() throws {
    let plain = try Fixture.bytes("420.jpg")  // 37×29
    let turned = try Fixture.bytes("orientation-6.jpg")  // 29×37 upright
    func reduction(_ bytes: [UInt8], _ width: Int, _ height: Int) throws -> (Int, Int, Int) {
      let decoded = try Image.decode(
        bytes, name: "small", options: DecodeOptions(minimumSize: (width, height)))
      #expect(decoded.originalWidth * decoded.originalHeight == 37 * 29)
      return (decoded.scaleDenominator, decoded.image.width, decoded.image.height)
    }
    #expect(try reduction(plain, 1, 1) == (8, 5, 4))
    #expect(try reduction(plain, 5, 4) == (8, 5, 4))
    #expect(try reduction(plain, 6, 4) == (4, 10, 8))
    #expect(try reduction(plain, 5, 9) == (2, 19, 15))
    #expect(try reduction(plain, 19, 15) == (2, 19, 15))
    #expect(try reduction(plain, 20, 1) == (1, 37, 29))
    #expect(try reduction(plain, 1000, 1000) == (1, 37, 29))
    #expect(try reduction(turned, 4, 5) == (8, 4, 5))
    #expect(try reduction(turned, 5, 4) == (4, 8, 10))
    let png = try Fixture.bytes("rgb.png")
    #expect(try reduction(png, 1, 1) == (1, 37, 29))
  }

  @Test("A reduced picture is the full one, smaller, in every orientation")
  func reducedOrientations() throws {
    let plain = try Fixture.bytes("444.jpg")
    let small = DecodeOptions(minimumSize: (8, 8))
    let stored = try Image.decode(plain, name: "stored", options: small).image
    for orientation in Orientation.allCases {
      let exif = JPEGBytes.exif(orientation: orientation.rawValue, bigEndian: false)
      let turned = try Image.decode(
        JPEGBytes.inserting(exif: exif, into: plain), name: "turned", options: small)
      #expect(turned.image == OrientationTests.upright(stored, orientation))
    }
  }

  @Test("Raw pixels are CMYK as stored, and RGB otherwise")
  func raw() throws {
    let cmyk = try Image.decodeRaw(Fixture.bytes("cmyk-adobe.jpg"), name: "raw")
    #expect(cmyk.channels == 4 && cmyk.bytes.count == 4 * 37 * 29)
    // Adobe stores how much light is left, the other file how much ink: the same numbers, read the other way round.
    #expect(try Image.decodeRaw(Fixture.bytes("cmyk-plain.jpg"), name: "raw").bytes == cmyk.bytes)
    let adobe = try Image.decode(Fixture.bytes("cmyk-adobe.jpg"), name: "image").image
    for i in 0..<37 * 29 {
      for c in 0..<3 {
        let light = Double(cmyk.bytes[4 * i + c]) * Double(cmyk.bytes[4 * i + 3]) / 255
        #expect(adobe.pixels[3 * i + c] == UInt8(light.rounded()))
      }
    }
    #expect(try Image.decodeRaw(Fixture.bytes("gray.jpg"), name: "raw").channels == 3)
  }

  @Test("The header alone")
  func probe() throws {
    let header = try Image.probe(Fixture.path("orientation-8.jpg"))
    #expect(header.width == 29 && header.height == 37 && header.format == .jpeg)
    #expect(header.orientation == .rotated270 && !header.hasAlpha)
    let png = try Image.probe(Fixture.path("orientation-6.png"))
    #expect(png.width == 29 && png.height == 37 && png.format == .png && png.orientation == .rotated90)
    #expect(throws: ImageError.self) { try Image.probe(Fixture.path("pixels.tsv")) }
  }
}
