import FoveaImage
import Testing

/// Files that are cut off or have bits flipped.
@Suite struct DamagedImagesTests {
  static let lenient = DecodeOptions(allowTruncated: true)

  @Test("A PNG cut at any byte is an error; allowed, its first rows are right", arguments: [false, true])
  func cutPNG(interlaced: Bool) throws {
    let png = PNGWriter(width: 11, height: 6, .rgb, depth: 8, interlaced: interlaced)
    let whole = png.encoded()
    let expected = try Image.decode(whole, name: "whole").image
    var best = 0
    for count in 0..<whole.count {
      let cut = Array(whole[..<count])
      let error = #expect(throws: ImageError.self) { try Image.decode(cut, name: "cut") }
      let kind: ImageError.Kind = count == 0 ? .empty : count < 8 ? .notAnImage : .truncated
      #expect(error?.kind == kind, "at \(count): \(error?.description ?? "")")
      guard let decoded = try? Image.decode(cut, name: "cut", options: Self.lenient) else { continue }
      #expect(!decoded.warnings.isEmpty || decoded.image == expected)
      let same = zip(decoded.image.pixels, expected.pixels).prefix { $0 == $1 }.count / 33
      #expect(interlaced || same >= best, "fewer rows from more bytes")
      best = max(best, same)
    }
    #expect(best == 6)
  }

  @Test("What is missing of a plain PNG is background; of an interlaced one, the coarser passes")
  func missingPart() throws {
    var png = PNGWriter(width: 16, height: 16, .gray, depth: 8)
    png.samples = (0..<256).map { $0 % 16 < 8 ? 50 : 200 }
    let options = DecodeOptions(background: RGB(1, 2, 3), allowTruncated: true)
    let plain = png.encoded()
    let cut = try Image.decode(Array(plain[..<(plain.count - 130)]), name: "cut", options: options)
    #expect(cut.image[15, 3] == RGB(200, 200, 200))
    #expect(cut.image[15, 15] == RGB(1, 2, 3))
    #expect(cut.warnings.count == 1)
    png.isInterlaced = true
    let passes = png.encoded()
    let coarse = try Image.decode(Array(passes[..<(passes.count - 190)]), name: "cut", options: options)
    #expect(coarse.image == (try Image.decode(passes, name: "whole").image))
  }

  @Test("Every flipped bit of a PNG without ancillary chunks is found")
  func flippedPNG() throws {
    var png = PNGWriter(width: 5, height: 3, .palette, depth: 4)
    png.transparency = [9, 99]
    png.pieces = 2
    let whole = png.encoded()
    for bit in 0..<8 * whole.count {
      var damaged = whole
      damaged[bit / 8] ^= 1 << (bit % 8)
      // tRNS with a small first letter is a chunk that PNG lets go by; its own flipped letters make it another.
      let name = "byte \(bit / 8), bit \(bit % 8)"
      let decoded = try? Image.decode(damaged, name: name)
      #expect(decoded == nil || decoded?.hasAlpha == false, "\(name)")
      _ = try? Image.decode(damaged, name: name, options: Self.lenient)
    }
  }

  @Test(
    "A JPEG cut at any byte is an error; allowed, it gives what it has",
    arguments: ["420.jpg", "progressive.jpg", "arithmetic.jpg", "restarts.jpg", "ycck-adobe.jpg"])
  func cutJPEG(name: String) throws {
    let whole = try Fixture.bytes(name)
    let expected = try Image.decode(whole, name: "whole").image
    var decodedCuts = 0
    for count in 0..<whole.count {
      let cut = Array(whole[..<count])
      let error = #expect(throws: ImageError.self, "at \(count)") { try Image.decode(cut, name: "cut") }
      #expect(error?.found.isEmpty == false)
      guard let decoded = try? Image.decode(cut, name: "cut", options: Self.lenient) else { continue }
      decodedCuts += 1
      #expect(!decoded.warnings.isEmpty)
      #expect(decoded.image.width == expected.width && decoded.image.height == expected.height)
    }
    #expect(decodedCuts > 50)
    let almost = try Image.decode(Array(whole.dropLast(2)), name: "cut", options: Self.lenient)
    #expect(almost.image == expected)
  }

  @Test(
    "Flipped bits of a JPEG never crash", arguments: ["gray.jpg", "progressive-gray.jpg", "arithmetic.jpg"])
  func flippedJPEG(name: String) throws {
    let whole = try Fixture.bytes(name)
    var refused = 0
    for bit in 0..<8 * whole.count {
      var damaged = whole
      damaged[bit / 8] ^= 1 << (bit % 8)
      if (try? Image.decode(damaged, name: "flipped")) == nil { refused += 1 }
      if bit % 5 == 0 { _ = try? Image.decode(damaged, name: "flipped", options: Self.lenient) }
    }
    #expect(refused > whole.count)
  }

  @Test("Errors of structure say what is wrong")
  func structure() throws {
    var png = PNGWriter(width: 4, height: 4, .gray, depth: 8)
    let good = png.encoded()
    let (header, end) = (Array(good[8..<33]), Array(good.suffix(12)))
    let data = Array(good[33..<(good.count - 12)])
    let signature = PNGWriter.signature
    func refusal(_ parts: [UInt8]...) -> String {
      do throws(ImageError) {
        _ = try Image.decode(parts.flatMap { $0 }, name: "odd.png")
        return "decoded"
      } catch {
        return "\(error.kind): \(error.found)"
      }
    }
    #expect(refusal(signature, header, data, end) == "decoded")
    #expect(refusal(signature, data, end).contains("the first chunk is IDAT, not IHDR"))
    #expect(refusal(signature, header, header, data, end).contains("second IHDR"))
    #expect(
      refusal(signature, header, end)
        == "corrupt: a damaged PNG file (there is no image data (no IDAT chunk))")
    #expect(refusal(signature, header, data).contains("without an IEND"))
    #expect(
      refusal(signature, header, PNGWriter.chunk("ABCD", []), data, end).contains("critical chunk, ABCD"))
    #expect(refusal(signature, header, PNGWriter.chunk("a1cd", []), data, end).contains("chunk type"))
    #expect(refusal(signature, PNGWriter.chunk("CgBI", [0, 0, 0, 0]), header, data, end).contains("Apple"))
    #expect(refusal(signature, PNGWriter.chunk("IHDR", [0]), data, end).contains("IHDR of 1 bytes"))
    png.pieces = 2
    let two = png.encoded()
    let split = 33 + 12 + data.count / 2 - 6
    let text = PNGWriter.chunk("tEXt", [65, 0])
    #expect(refusal(Array(two[..<split]), text, Array(two[split...])).contains("not consecutive"))
    // Where damage is accepted, the data goes on behind what stands between.
    let apart = Array(two[..<split]) + text + two[split...]
    let whole = try Image.decode(apart, name: "apart.png", options: DecodeOptions(allowTruncated: true))
    #expect(whole.image == (try Image.decode(good, name: "good.png").image))
    png.width = 0
    #expect(refusal(png.encoded()).contains("a size of 0x4"))
    (png.width, png.height) = (4, 0)
    #expect(refusal(png.encoded()).contains("a size of 4x0"))
    png = PNGWriter(width: 4, height: 4, .gray, depth: 3)
    #expect(refusal(png.encoded()).contains("Invalid IHDR data: Invalid bit depth in IHDR"))
    // One row too few, with sound checksums.
    png = PNGWriter(width: 4, height: 3, .gray, depth: 8)
    var short = png.encoded()
    short.replaceSubrange(8..<33, with: header)
    #expect(refusal(short).hasPrefix("corrupt: a damaged PNG file"))
  }

  @Test("Bytes to spare after the last pixel are a warning")
  func padding() throws {
    let png = PNGWriter(width: 4, height: 4, .gray, depth: 8)
    let good = png.encoded()
    let data = PNGWriter.chunk("IDAT", Array(good[41..<(good.count - 16)]) + [0, 0, 0, 0])
    let decoded = try Image.decode(Array(good[..<33]) + data + good.suffix(12), name: "padded")
    #expect(decoded.image == (try Image.decode(good, name: "good").image))
    #expect(decoded.warnings.count == 1)
  }
}
