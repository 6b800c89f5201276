import Foundation
import FoveaImage
import FoveaTestSupport
import Glibc
import Testing

/// Small files with great claims. Each must be refused before anything is paid for them.
@Suite(.serialized) struct DecodeLimitsTests {
  /// Decodes, expecting a refusal within 50 ms of this thread's time, and returns it.
  static func refusal(
    _ bytes: [UInt8], _ options: DecodeOptions = DecodeOptions(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ImageError {
    var refusal: ImageError?
    let start = threadTime()
    do throws(ImageError) { _ = try Image.decode(bytes, name: "bomb", options: options) } catch {
      refusal = error
    }
    // Where there is a sanitizer, its checks take time too.
    #expect(threadTime() - start < (faultsArePossible ? 0.05 : 0.5), sourceLocation: sourceLocation)
    return try #require(refusal, sourceLocation: sourceLocation)
  }

  /// In seconds. Unlike the clock, it does not count the time that other threads and programs take.
  private static func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  @Test(
    "A chunk of 2 GB in a file of 2 KB", arguments: ["IDAT", "tEXt", "iCCP", "eXIf", "IEND", "tRNS", "PLTE"])
  func hugeChunk(type: String) throws {
    let png = PNGWriter(width: 4, height: 4, .gray, depth: 8).encoded()
    let claim = [0x7F, 0xFF, 0xFF, 0xFF] + Array(type.utf8) + [UInt8](repeating: 0, count: 2000)
    let error = try Self.refusal(Array(png[..<33]) + claim)
    #expect(error.kind == .truncated)
    #expect(error.found.contains("the chunk \(type) claims 2147483647 bytes"))
  }

  @Test("Too many pixels, in either format")
  func pixels() throws {
    let jpeg = JPEGBytes.claiming(width: 60000, height: 60000, try Fixture.bytes("gray.jpg"))
    let error = try Self.refusal(jpeg)
    #expect(error.kind == .overLimit && error.found.contains("60000×60000 pixels"))
    var png = PNGWriter(width: 1, height: 1, .gray, depth: 1)
    png.width = 20_000
    png.height = 20_000
    var bytes = PNGWriter(width: 1, height: 1, .gray, depth: 1).encoded()
    let header = PNGWriter.bigEndian(20_000) + PNGWriter.bigEndian(20_000) + [1, 0, 0, 0, 0]
    bytes.replaceSubrange(8..<33, with: PNGWriter.chunk("IHDR", header))
    #expect(try Self.refusal(bytes).kind == .overLimit)
    // The limit itself is allowed, one less is not.
    let small = PNGWriter(width: 6, height: 7, .gray, depth: 8).encoded()
    _ = try Image.decode(small, name: "small", options: DecodeOptions(limits: DecodeLimits(pixels: 42)))
    #expect(try Self.refusal(small, DecodeOptions(limits: DecodeLimits(pixels: 41))).kind == .overLimit)
  }

  @Test("A side of more than a million pixels")
  func longSide() throws {
    var bytes = PNGWriter(width: 1, height: 1, .gray, depth: 1).encoded()
    for (width, height) in [(1_000_001, 1), (1, 2_147_483_647), (2_147_483_647, 2_147_483_647)] {
      let header = PNGWriter.bigEndian(UInt32(width)) + PNGWriter.bigEndian(UInt32(height)) + [1, 0, 0, 0, 0]
      bytes.replaceSubrange(8..<33, with: PNGWriter.chunk("IHDR", header))
      let limits = DecodeLimits(pixels: .max, memory: .max, scans: .max)
      let error = try Self.refusal(bytes, DecodeOptions(limits: limits))
      #expect(error.kind == .unsupported)
    }
  }

  @Test("20,000 scans")
  func scans() throws {
    let progressive = try Fixture.bytes("progressive.jpg")
    let first = try #require(JPEGBytes.segments(progressive).last).range
    // The last scan, from its marker to the end marker, again and again.
    let last = try #require(
      progressive.indices.dropLast().last { progressive[$0] == 0xFF && progressive[$0 + 1] == 0xDA })
    #expect(last > first.lowerBound)
    let scan = progressive[last..<(progressive.count - 2)]
    var bytes = Array(progressive.dropLast(2))
    for _ in 0..<20_000 { bytes += scan }
    bytes += [0xFF, 0xD9]
    let error = try Self.refusal(bytes)
    #expect(error.kind == .overLimit && error.found.contains("20010 scans, more than the limit of 100"))
    #expect(try Self.refusal(bytes, DecodeOptions(allowTruncated: true)).kind == .overLimit)
    // Ten scans are what the file has.
    _ = try Image.decode(progressive, name: "ten", options: DecodeOptions(limits: DecodeLimits(scans: 10)))
    #expect(try Self.refusal(progressive, DecodeOptions(limits: DecodeLimits(scans: 9))).kind == .overLimit)
  }

  @Test("Memory: the file, the pixels and the decoder's own, together")
  func memory() throws {
    // 89.5 million pixels of RGB are 256 MiB.
    let gray = try Fixture.bytes("gray.jpg")
    #expect(
      try Self.refusal(JPEGBytes.claiming(width: 9460, height: 9460, gray)).found.contains("limit of 256 MiB")
    )
    // Within the limit this one is refused for its missing data, at the first row.
    #expect(try Self.refusal(JPEGBytes.claiming(width: 9000, height: 9000, gray)).kind != .overLimit)
    // A progressive image keeps two bytes a coefficient besides.
    let progressive = JPEGBytes.claiming(width: 7000, height: 7000, try Fixture.bytes("progressive-444.jpg"))
    #expect(try Self.refusal(progressive).kind == .overLimit)
    // At an eighth, only its pixels shrink.
    let eighth = DecodeOptions(minimumSize: (8, 8))
    #expect(try Self.refusal(progressive, eighth).kind == .overLimit)
    #expect(
      try Self.refusal(JPEGBytes.claiming(width: 10_000, height: 10_000, gray), eighth).kind != .overLimit)

    let limits = DecodeOptions(limits: DecodeLimits(memory: 1000))
    #expect(
      try Self.refusal(PNGWriter(width: 40, height: 40, .gray, depth: 8).encoded(), limits).kind == .overLimit
    )
    #expect(try Self.refusal(gray, DecodeOptions(limits: DecodeLimits(memory: -1))).kind == .overLimit)
    #expect(try Self.refusal(gray, DecodeOptions(limits: DecodeLimits(memory: .min))).kind == .overLimit)
  }

  @Test("Refusing takes no memory, however large the claim", .enabled(if: memoryIsTheProgramsOwn))
  func peak() async {
    // In a process of its own, where nothing else runs.
    await #expect(processExitsWith: .success) {
      let gray = try Fixture.bytes("gray.jpg")
      let before = try OddImagesTests.peakMemory()
      _ = try DecodeLimitsTests.refusal(JPEGBytes.claiming(width: 9000, height: 9000, gray))
      _ = try DecodeLimitsTests.refusal(JPEGBytes.claiming(width: 60000, height: 2900, gray))
      #expect(try OddImagesTests.peakMemory() - before < 32)
    }
  }

  @Test(
    "The largest image within the default limits takes what they say, and hardly more",
    .enabled(if: memoryIsTheProgramsOwn))
  func largest() async {
    await #expect(processExitsWith: .success) {
      let side = 9400
      let header = PNGWriter.bigEndian(9400) + PNGWriter.bigEndian(9400) + [1, 0, 0, 0, 0]
      let png =
        PNGWriter.signature + PNGWriter.chunk("IHDR", header)
        + PNGWriter.chunk("IDAT", DecodeLimitsTests.deflatedZeros(side * (1 + side / 8)))
        + PNGWriter.chunk("IEND", [])
      #expect(png.count < 100_000)
      let before = try OddImagesTests.peakMemory()
      let decoded = try Image.decode(png, name: "large")
      #expect(decoded.image.width == side && decoded.image[side - 1, side - 1] == .black)
      #expect(try OddImagesTests.peakMemory() - before < 270)
    }
  }

  @Test("Memory that the system does not give is an error, not the end of the process")
  func noMemory() async {
    await #expect(processExitsWith: .success) {
      let gray = try Fixture.bytes("gray.jpg")
      // Addresses for 200 MB more than there are now.
      let status = try #require(FileManager.default.contents(atPath: "/proc/self/statm"))
      let pages = try #require(Int(String(decoding: status.prefix { $0 != 0x20 }, as: UTF8.self)))
      let bytes = rlim_t(pages) * 4096 + 200_000_000
      var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      let error = try DecodeLimitsTests.refusal(JPEGBytes.claiming(width: 9000, height: 9000, gray))
      #expect(error.kind == .outOfMemory)
    }
  }

  /// A zlib stream of zeros: one literal, then matches of 258 or fewer at distance 1, in fixed Huffman codes
  /// (RFC 1951, section 3.2.6).
  static func deflatedZeros(_ count: Int) -> [UInt8] {
    var bits: [Bool] = []
    func code(_ value: Int, _ length: Int) { bits += (0..<length).reversed().map { value >> $0 & 1 == 1 } }
    bits += [true, true, false]
    // Zeros that fill no match of 258 are literals.
    for _ in 0..<1 + (count - 1) % 258 { code(0b0011_0000, 8) }
    for _ in 0..<(count - 1) / 258 { code(0b1100_0101, 8); code(0, 5) }
    code(0, 7)
    var bytes: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: bits.count, by: 8) {
      bytes.append(
        (start..<min(start + 8, bits.count)).reduce(0) { $0 | (bits[$1] ? 1 << UInt8($1 - start) : 0) })
    }
    // Adler-32 of zeros: the low half stays 1, the high half counts.
    return bytes + PNGWriter.bigEndian(UInt32(count % 65521) << 16 | 1)
  }
}
