import FoveaImage
import Foundation
import Testing

@Suite struct ImageEncodingTests {
  /// A PNG's chunks, with every checksum verified.
  static func chunks(_ png: [UInt8]) throws -> [(type: String, data: [UInt8])] {
    try #require(Array(png.prefix(8)) == PNGWriter.signature)
    var result: [(type: String, data: [UInt8])] = []
    var at = 8
    while at < png.count {
      let length = png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      let body = png[at + 4..<at + 8 + length]
      #expect(Array(png[at + 8 + length..<at + 12 + length]) == PNGWriter.bigEndian(Checksums.crc32(body)))
      result.append((String(decoding: body.prefix(4), as: UTF8.self), Array(body.dropFirst(4))))
      at += 12 + length
    }
    return result
  }

  static let picture = Image(
    width: 23, height: 17, pixels: (0..<3 * 23 * 17).map { UInt8(truncatingIfNeeded: $0 * $0 / 7 + $0) })

  @Test("RGB as PNG comes back as it was")
  func rgb() throws {
    for image in [Self.picture, Image(width: 1, height: 1, fill: RGB(1, 2, 3)), Image(width: 300, height: 1)]
    {
      let png = try image.pngData()
      #expect(try Image.decode(png, name: "back").image == image)
      let header = try Self.chunks(png)[0]
      #expect(header.type == "IHDR" && Array(header.data[8...]) == [8, 2, 0, 0, 0])
      #expect(try image.pngData() == png)
    }
  }

  @Test("8- and 16-bit gray as PNG come back as they were")
  func gray() throws {
    let eight = Gray8Image(width: 16, height: 16, pixels: (0..<256).map { UInt8($0) })
    let png8 = try eight.pngData()
    #expect(Array(try Self.chunks(png8)[0].data[8...]) == [8, 0, 0, 0, 0])
    let raw8 = try Image.decodeRaw(png8, name: "back").bytes
    #expect(raw8 == eight.pixels.flatMap { [$0, $0, $0, 255] })

    let sixteen = Gray16Image(width: 256, height: 256, pixels: (0...65535).map { UInt16($0) })
    let png16 = try sixteen.pngData()
    #expect(Array(try Self.chunks(png16)[0].data[8...]) == [16, 0, 0, 0, 0])
    let raw16 = try Image.decodeRaw(png16, name: "back").bytes
    for value in 0..<65536 { #expect(Int(raw16[4 * value]) == (value + 128) / 257) }
  }

  @Test("Texts are tEXt where Latin-1 holds them, iTXt otherwise")
  func text() throws {
    let png = try Self.picture.pngData(text: [("Title", "Café ½"), ("Comment", "猫 → cat"), ("Empty", "")])
    let texts = try Self.chunks(png).filter {
      $0.type.hasSuffix("Xt") || $0.type.hasSuffix("Xt".uppercased())
    }
    try #require(texts.count == 3)
    #expect(texts[0].type == "tEXt" && texts[0].data == Array("Title\0Caf".utf8) + [0xE9, 0x20, 0xBD])
    #expect(texts[1].type == "iTXt" && texts[1].data == Array("Comment\0\0\0\0\0猫 → cat".utf8))
    #expect(texts[2].type == "tEXt" && texts[2].data == Array("Empty\0".utf8))
    #expect(try Image.decode(png, name: "back").image == Self.picture)
    let sixteen = try Gray16Image(width: 1, height: 1, pixels: [7]).pngData(text: [("Block", "layer1.0")])
    #expect(
      try Self.chunks(sixteen).contains { $0.type == "tEXt" && $0.data == Array("Block\0layer1.0".utf8) })
  }

  @Test(
    "Keywords and texts that PNG cannot hold are errors",
    arguments: ["", " a", "a ", "a  b", "猫", "a\nb", "a\0b", String(repeating: "k", count: 80)])
  func badText(keyword: String) {
    let error = #expect(throws: ImageError.self) { try Self.picture.pngData(text: [(keyword, "text")]) }
    #expect(error?.kind == .cannotEncode)
    #expect(throws: ImageError.self) { try Self.picture.pngData(text: [("Title", "a\0b")]) }
    #expect(throws: Never.self) { try Self.picture.pngData(text: [(String(repeating: "k", count: 79), "")]) }
  }

  @Test("JPEG is 4:2:0, near the picture, and nearer with more quality")
  func jpeg() throws {
    var smooth = Image(width: 67, height: 45)
    for y in 0..<45 { for x in 0..<67 { smooth[x, y] = RGB(UInt8(3 * x), UInt8(5 * y), UInt8(x + y)) } }
    var errors: [Double] = []
    for quality in [10, 50, 90, 100] {
      let jpeg = try smooth.jpegData(quality: quality)
      let frame = try #require(JPEGBytes.segments(jpeg).first { $0.marker == 0xC0 }).range
      #expect(
        [jpeg[frame.lowerBound + 11], jpeg[frame.lowerBound + 14], jpeg[frame.lowerBound + 17]] == [
          0x22, 0x11, 0x11,
        ])
      let back = try Image.decode(jpeg, name: "back").image
      let squares = zip(back.pixels, smooth.pixels).map { ($0, $1) }.reduce(0.0) {
        $0 + pow(Double($1.0) - Double($1.1), 2)
      }
      errors.append((squares / Double(smooth.pixels.count)).squareRoot())
    }
    #expect(errors == errors.sorted(by: >), "\(errors)")
    #expect(errors.last! < 1.5)
  }

  @Test("Images that a format cannot hold are errors")
  func impossible() {
    let empty = Image(width: 0, height: 5)
    #expect(throws: ImageError.self) { try empty.pngData() }
    #expect(throws: ImageError.self) { try empty.jpegData() }
    #expect(throws: ImageError.self) { try Gray8Image(width: 3, height: 0, pixels: []).pngData() }
    #expect(throws: ImageError.self) { try Image(width: 65_501, height: 1).jpegData() }
    #expect(throws: Never.self) { try Image(width: 65_501, height: 1).pngData() }
  }

  @Test("Files are written whole, by their extension, over what was there")
  func files() throws {
    try Fixture.withFolder { folder in
      for name in ["a.png", "b.JPG", "c.jpeg", "a.png"] {
        try Self.picture.write(to: folder + "/" + name, text: [("Title", "t")])
        let back = try Image.decode(contentsOf: folder + "/" + name)
        #expect(back.format == (name == "a.png" ? .png : .jpeg))
        #expect(back.image == Self.picture || back.format == .jpeg)
      }
      try Gray8Image(width: 1, height: 1, pixels: [9]).write(to: folder + "/gray8.png")
      try Gray16Image(width: 1, height: 1, pixels: [9]).write(to: folder + "/gray16.png")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["a.png", "b.JPG", "c.jpeg", "gray16.png", "gray8.png"])

      let format = #expect(throws: ImageError.self) { try Self.picture.write(to: folder + "/a.tiff") }
      #expect(format?.kind == .cannotEncode)
      let missing = #expect(throws: ImageError.self) { try Self.picture.write(to: folder + "/none/a.png") }
      #expect(missing?.kind == .unwritable && missing?.remedy == "Create the folder first")
      let onFolder = #expect(throws: ImageError.self) {
        try Self.picture.write(to: folder + "/none/../x.png/")
      }
      #expect(onFolder != nil)
      mkdir(folder + "/folder.png", 0o755)
      #expect(throws: ImageError.self) { try Self.picture.write(to: folder + "/folder.png") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 6)
    }
  }
}
