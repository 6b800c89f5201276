import CFoveaImage
import FoveaImage
import Foundation
import FoveaTestSupport
import Testing

/// The last of the limits: how long a decoder may work. And what is left of the picture's memory when it is resized.
@Suite(.serialized) struct DecodeTimeTests {
  /// A JPEG of gray blocks without a byte of data behind its scans. Arithmetic coding reads what is missing as zeros.
  static func emptyArithmetic(side: Int, scans: Int) -> [UInt8] {
    func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
      [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
    }
    let size = [UInt8(side >> 8), UInt8(side & 255)]
    var bytes: [UInt8] = [0xFF, 0xD8] + segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
    bytes += segment(0xCA, [8] + size + size + [1, 1, 0x11, 0])
    bytes += segment(0xDA, [1, 1, 0, 0, 0, 0])
    // Allowed to be damaged, a file may refine what was never there.
    for _ in 0..<scans { bytes += segment(0xDA, [1, 1, 0, 1, 63, 0x10]) }
    return bytes + [0xFF, 0xD9]
  }

  /// A deflate stream of blocks that each describe their codes, code nothing and end: 91 bits a block.
  static func emptyBlocks(_ count: Int) -> [UInt8] {
    // Dynamic codes; 257 lengths of literals (one for the first, one for the end) and 1 of distances, run-length coded.
    let fields: [(value: Int, bits: Int)] =
      [(0, 1), (2, 2), (0, 5), (0, 5), (14, 4)]
      + [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1].map { ($0, 3) }
    // 1 is coded as 0, 18 (so many zeros) as 1.
    let lengths: [(value: Int, bits: Int)] =
      [(0, 1), (1, 1), (127, 7), (1, 1), (106, 7), (0, 1), (0, 1)]
    let end: [(value: Int, bits: Int)] = [(1, 1)]
    let block = (fields + lengths + end).flatMap { field in
      (0..<field.bits).map { field.value >> $0 & 1 == 1 }
    }
    // Eight blocks come to whole bytes.
    let bits = (0..<8).flatMap { _ in block }
    let bytes = stride(from: 0, to: bits.count, by: 8).map { start in
      (0..<8).reduce(UInt8(0)) { $0 | (bits[start + $1] ? 1 << UInt8($1) : 0) }
    }
    return (0..<(count + 7) / 8).flatMap { _ in bytes }
  }

  /// A PNG of one gray pixel behind so many blocks of nothing.
  static func blocksPNG(_ count: Int) -> [UInt8] {
    let stored: [UInt8] = [1, 2, 0, 0xFD, 0xFF, 0, 200]
    let data = [0x78, 0x01] + emptyBlocks(count) + stored + PNGWriter.bigEndian(Checksums.adler32([0, 200]))
    let header = PNGWriter.bigEndian(1) + PNGWriter.bigEndian(1) + [8, 0, 0, 0, 0]
    return PNGWriter.signature + PNGWriter.chunk("IHDR", header) + PNGWriter.chunk("IDAT", data)
      + PNGWriter.chunk("IEND", [])
  }

  private func options(seconds: Double, lenient: Bool = false) -> DecodeOptions {
    DecodeOptions(allowTruncated: lenient, limits: DecodeLimits(seconds: seconds))
  }

  private func expectOverTime(
    _ bytes: [UInt8], _ options: DecodeOptions, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ImageError.self, sourceLocation: sourceLocation) {
      try Image.decode(bytes, name: "slow", options: options)
    }
    #expect(error?.kind == .overLimit && error?.name == "slow", sourceLocation: sourceLocation)
    #expect(error?.found.contains("seconds of CPU time") == true, sourceLocation: sourceLocation)
  }

  @Test("No time at all is too little for any image, damaged ones too")
  func noTime() throws {
    for name in ["rgb.png", "gray16.png", "420.jpg", "progressive.jpg", "arithmetic.jpg"] {
      let bytes = try Fixture.bytes(name)
      for lenient in [false, true] {
        for seconds in [0, -1, .nan] { expectOverTime(bytes, options(seconds: seconds, lenient: lenient)) }
      }
      _ = try Image.decode(bytes, name: name, options: options(seconds: .infinity))
    }
    var interlaced = PNGWriter(width: 9, height: 9, .gray, depth: 8)
    interlaced.isInterlaced = true
    expectOverTime(interlaced.encoded(), options(seconds: 0, lenient: true))
  }

  @Test("Scans without end over a picture that is not there are stopped")
  func scans() throws {
    let bytes = Self.emptyArithmetic(side: 4000, scans: 99)
    #expect(bytes.count < 1500)
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    expectOverTime(bytes, options(seconds: 0.05, lenient: true))
    var end = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
    let seconds = Double(end.tv_sec - time.tv_sec) + Double(end.tv_nsec - time.tv_nsec) * 1e-9
    // Where there is a sanitizer, its checks take time too.
    #expect(seconds < (faultsArePossible ? 0.5 : 5))
  }

  @Test("Compressed data that makes no pixels is stopped")
  func blocks() throws {
    _ = try Image.decode(Self.blocksPNG(100), name: "few")
    #expect(try Image.decode(Self.blocksPNG(100), name: "few").image[0, 0] == RGB(200, 200, 200))
    // A megabyte of it is a tenth of a second's work.
    expectOverTime(Self.blocksPNG(100_000), options(seconds: 0.01))
  }
}
