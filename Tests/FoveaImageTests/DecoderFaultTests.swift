import CFoveaFaults
import CFoveaImage
import Foundation
import FoveaTestSupport
import Testing

@testable import FoveaImage

/// What the decoders and encoders do where the system fails them, and where they are asked for what cannot be.
@Suite struct DecoderFaultTests {
  /// One of each road through the libraries.
  static let fixtures = [
    "rgb.png", "gray.jpg", "420.jpg", "progressive.jpg", "arithmetic.jpg", "arithmetic-progressive.jpg",
    "ycck-adobe.jpg", "restarts.jpg",
  ]

  static let request = fi_request(
    orientation: 1, denominator: 1, raw: false, lenient: false, background: (255, 255, 255), scans: 100,
    memory: 64 << 20, nanoseconds: 0)

  static func header(_ bytes: [UInt8]) throws -> fi_header {
    var header = fi_header()
    var report = fi_report()
    try #require(fi_read_header(bytes, bytes.count, false, &header, &report) == 0)
    return header
  }

  static func decode(
    _ bytes: [UInt8], _ request: fi_request = request, _ header: fi_header? = nil, pixelBytes: Int? = nil
  ) throws -> (code: Int32, message: String, pixels: [UInt8]) {
    var header = try header ?? Self.header(bytes)
    var request = request
    let channels = request.raw ? Int(header.raw_channels) : 3
    var pixels = [UInt8](repeating: 7, count: pixelBytes ?? Int(header.width) * Int(header.height) * channels)
    var report = fi_report()
    let code = fi_decode(bytes, bytes.count, &header, &request, &pixels, pixels.count, &report)
    return (code, ImageDecoder.text(report.message), pixels)
  }

  // MARK: - Memory

  /// Calls `body` with 1, 2, … until that many allocations are not made, and expects a refusal for want of memory each time
  /// but the last. libjpeg asks again for less where it can, and then nothing is missing.
  static func withoutMemory(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (_ at: Int32, _ met: inout Bool) -> (code: Int32, message: String)
  ) {
    var (at, refusals): (Int32, Int) = (0, 0)
    var met = true
    while met {
      at += 1
      let (code, message) = body(at, &met)
      if code == FI_OK.rawValue { continue }
      refusals += 1
      #expect(met, "\(what): \(message)", sourceLocation: sourceLocation)
      // libpng has these words for texts that it found no memory for.
      let isShort = code == FI_NO_MEMORY.rawValue && !message.isEmpty || message == "too many text chunks"
      #expect(isShort, "\(what), \(at): \(message)", sourceLocation: sourceLocation)
    }
    #expect(refusals > 0, "\(what) is never refused", sourceLocation: sourceLocation)
  }

  @Test(
    "Whichever allocation of a decoder fails, it says so", .enabled(if: faultsArePossible),
    arguments: fixtures)
  func memory(name: String) throws {
    let bytes = try Fixture.bytes(name)
    var header = try Self.header(bytes)
    for (orientation, lenient) in [(1, false), (6, true)] as [(Int32, Bool)] {
      var request = Self.request
      request.orientation = orientation
      request.lenient = lenient
      var pixels = [UInt8](repeating: 0, count: Int(header.width) * Int(header.height) * 3)
      Self.withoutMemory(name) { at, met in
        var report = fi_report()
        let code = fovea_decode_without_memory(
          at, &met, bytes, bytes.count, &header, &request, &pixels, pixels.count, &report)
        return (code, ImageDecoder.text(report.message))
      }
    }
    guard header.format == FI_JPEG.rawValue else { return }
    Self.withoutMemory("\(name), header") { at, met in
      var header = fi_header()
      var report = fi_report()
      let code = fovea_read_header_without_memory(at, &met, bytes, bytes.count, &header, &report)
      return (code, ImageDecoder.text(report.message))
    }
  }

  @Test("Whichever allocation of an encoder fails, it says so", .enabled(if: faultsArePossible))
  func memoryForEncoding() {
    let pixels = (0..<100 * 90 * 3).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    Self.withoutMemory("PNG") { at, met in
      var report = fi_report()
      let code = fovea_encode_png_without_memory(at, &met, pixels, 100, 90, &report)
      return (code, ImageDecoder.text(report.message))
    }
    Self.withoutMemory("JPEG") { at, met in
      var report = fi_report()
      let code = fovea_encode_jpeg_without_memory(at, &met, pixels, 100, 90, &report)
      return (code, ImageDecoder.text(report.message))
    }
  }

  @Test("Pixels and files that the system gives no memory for", .enabled(if: faultsArePossible))
  func noMemoryForPixels() throws {
    let large = try Image(width: 1000, height: 800).pngData()
    let pixels = #expect(throws: ImageError.self) {
      try withFault(FOVEA_MMAP, ENOMEM) { try Image.decode(large, name: "large.png") }
    }
    #expect(pixels?.kind == .outOfMemory && pixels?.name == "large.png")
    #expect(pixels?.found.contains("2400000 bytes") == true)
    try Fixture.withFolder { folder in
      // Random pixels compress to no less than a megabyte.
      var noise = Image(width: 800, height: 600)
      var state: UInt32 = 1
      for y in 0..<600 {
        for x in 0..<800 {
          state = state &* 1_664_525 &+ 1_013_904_223
          noise[x, y] = RGB(UInt8(state >> 24), UInt8(state >> 16 & 255), UInt8(state >> 8 & 255))
        }
      }
      let path = folder + "/noise.png"
      try noise.write(to: path)
      let file = #expect(throws: ImageError.self) {
        try withFault(FOVEA_MMAP, ENOMEM) { try Image.decode(contentsOf: path) }
      }
      #expect(file?.kind == .outOfMemory && file?.name == path)
    }
  }

  // MARK: - Requests that cannot be met

  @Test(
    "Room of another size than the pixels' is refused, and not written to", arguments: ["rgb.png", "420.jpg"])
  func wrongRoom(name: String) throws {
    let bytes = try Fixture.bytes(name)
    for count in [0, 1, 3 * 37 * 29 - 1, 3 * 37 * 29 + 1] {
      let result = try Self.decode(bytes, pixelBytes: count)
      #expect(result.code == FI_CORRUPT.rawValue && result.message.contains("expected size"))
      #expect(result.pixels.allSatisfy { $0 == 7 })
    }
  }

  @Test("A header that names no format decodes to nothing")
  func noFormat() throws {
    let bytes = try Fixture.bytes("rgb.png")
    var header = try Self.header(bytes)
    header.format = 0
    #expect(try Self.decode(bytes, Self.request, header).code == FI_NOT_AN_IMAGE.rawValue)
  }

  @Test("The decoder itself keeps to the limits, whatever was said before")
  func limitsWithin() throws {
    let bytes = try Fixture.bytes("progressive.jpg")
    for lenient in [false, true] {
      var request = Self.request
      request.lenient = lenient
      request.scans = 3
      let scans = try Self.decode(bytes, request)
      #expect(scans.code == FI_TOO_MANY_SCANS.rawValue && scans.message == "more than 3 scans")
      request.scans = 100
      request.memory = 1
      // Of a small image libjpeg keeps all, whatever the limit.
      let large = JPEGBytes.claiming(width: 2000, height: 2000, bytes)
      #expect(try Self.decode(large, request).code == FI_OVER_MEMORY_LIMIT.rawValue)
    }
    var request = Self.request
    request.memory = .max
    #expect(try Self.decode(bytes, request).code == FI_OK.rawValue)
  }

  @Test("Raw pixels are turned as they are: four channels of ink, none mixed")
  func rawTurned() throws {
    let bytes = try Fixture.bytes("ycck-adobe.jpg")
    var request = Self.request
    request.raw = true
    let upright = try Self.decode(bytes, request).pixels
    request.orientation = 3
    let turned = try Self.decode(bytes, request).pixels
    let count = upright.count / 4
    for pixel in 0..<count {
      #expect(
        turned[4 * pixel..<4 * pixel + 4].elementsEqual(
          upright[4 * (count - 1 - pixel)..<4 * (count - pixel)]))
    }
  }

  @Test("Every code of the decoders has words: the kind, and the file's name")
  func words() throws {
    let decoder = try ImageDecoder(Fixture.bytes("gray.jpg"), name: "a.jpg", options: DecodeOptions())
    let kinds: [(fi_code, ImageError.Kind, String)] = [
      (FI_TRUNCATED, .truncated, "cut short (why)"), (FI_CORRUPT, .corrupt, "damaged JPEG file (why)"),
      (FI_UNSUPPORTED, .unsupported, "not read here (why)"), (FI_TOO_MANY_SCANS, .overLimit, "a JPEG of why"),
      (FI_OVER_MEMORY_LIMIT, .overLimit, "limit of 256 MiB"), (FI_NO_MEMORY, .outOfMemory, "no memory"),
      (FI_OVER_TIME_LIMIT, .overLimit, "10.0 seconds"), (FI_NOT_AN_IMAGE, .notAnImage, "starts with FF D8"),
    ]
    for (code, kind, words) in kinds {
      var report = fi_report()
      report.code = Int32(code.rawValue)
      withUnsafeMutableBytes(of: &report.message) { $0.copyBytes(from: Array("why".utf8)) }
      let error = decoder.error(report)
      #expect(error.kind == kind && error.name == "a.jpg" && error.found.contains(words), "\(error)")
      #expect(!error.remedy.isEmpty)
    }
  }

  // MARK: - Encoders

  /// Writes a one-pixel PNG with this run of text entries.
  private func encodePNG(text: [UInt8]) -> (code: Int32, message: String, warnings: Int32) {
    var buffer = fi_buffer()
    var report = fi_report()
    let code = fi_encode_png([1, 2, 3] as [UInt8], 1, 1, 3, 8, text, text.count, &buffer, &report)
    defer { fi_buffer_free(&buffer) }
    #expect((buffer.data == nil) == (code != 0))
    return (code, ImageDecoder.text(report.message), report.warnings)
  }

  @Test("What the encoders cannot write is an error with the library's reason")
  func encoders() {
    let endless = encodePNG(text: Array("tTitle".utf8))
    #expect(endless.code == FI_CANNOT_ENCODE.rawValue && endless.message.contains("without an end"))
    #expect(encodePNG(text: Array("tTitle\0text".utf8)).message.contains("without an end"))
    #expect(encodePNG(text: Array("t".utf8)).message.contains("without an end"))
    #expect(encodePNG(text: Array("t\0text\0".utf8)).code == FI_CANNOT_ENCODE.rawValue)
    // Two spaces are one too many; libpng says so and writes one.
    let spaces = encodePNG(text: Array("ta  b\0text\0".utf8))
    #expect(spaces.code == FI_OK.rawValue && spaces.warnings > 0)
    var buffer = fi_buffer()
    var report = fi_report()
    let pixels = [UInt8](repeating: 0, count: 3 * 70_000)
    #expect(fi_encode_jpeg(pixels, 70_000, 1, 90, &buffer, &report) == FI_CANNOT_ENCODE.rawValue)
    #expect(ImageDecoder.text(report.message).contains("65500") && buffer.data == nil)
  }

  @Test("An encoder's failure names the file")
  func encoderWords() {
    let image = Image(width: 1, height: 1)
    let error = #expect(throws: ImageError.self) { try image.pngData(text: [("a\u{7F}", "text")]) }
    #expect(error?.kind == .cannotEncode && error?.name == "PNG image")
    #expect(throws: ImageError.self) { try Image(width: 65_501, height: 1).jpegData() }
  }
}

// MARK: - Files

@Suite(.enabled(if: faultsArePossible)) struct ImageFileFaultTests {
  private func refusal(
    _ call: fovea_call, _ error: Int32, at: Int = 1, _ body: () throws -> Void
  ) throws -> ImageError {
    try #require(#expect(throws: ImageError.self) { try withFault(call, error, at: at, body) })
  }

  @Test("A file that the disk does not give is named, with the system's reason")
  func reading() throws {
    let path = Fixture.path("rgb.png")
    for call in [FOVEA_READ, FOVEA_FSTAT] {
      let error = try refusal(call, EIO) { _ = try Image.decode(contentsOf: path) }
      #expect(error.kind == .unreadable && error.name == path && error.found.contains("Input/output error"))
    }
    // It shrinks between the question for its size and the reading.
    #expect(try refusal(FOVEA_READ, 0) { _ = try Image.decode(contentsOf: path) }.kind == .empty)
    // An interruption is none.
    #expect(try withFault(FOVEA_READ, EINTR) { try Image.decode(contentsOf: path) }.image.width == 37)
  }

  @Test("A file that cannot be written is named, with what to do, and nothing is left beside the old one")
  func writing() throws {
    try Fixture.withFolder { folder in
      let path = folder + "/a.png"
      try Image(width: 1, height: 1).write(to: path)
      let before = FileManager.default.contents(atPath: path)
      let image = Image(width: 9, height: 9)
      let faults: [(fovea_call, Int32, String)] = [
        (FOVEA_WRITE, ENOSPC, "Make room"), (FOVEA_WRITE, EIO, "another place"),
        (FOVEA_CLOSE, EDQUOT, "Make room"),
        (FOVEA_RENAME, EACCES, "you may write to"), (FOVEA_RENAME, EROFS, "you may write to"),
      ]
      for (call, code, remedy) in faults {
        let error = try refusal(call, code) { try image.write(to: path) }
        #expect(error.kind == .unwritable && error.name == path && error.remedy.contains(remedy), "\(error)")
        #expect(FileManager.default.contents(atPath: path) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
      }
      try withFault(FOVEA_WRITE, EINTR) { try image.write(to: path) }
      #expect(try Image.decode(contentsOf: path).image.width == 9)
    }
  }
}
