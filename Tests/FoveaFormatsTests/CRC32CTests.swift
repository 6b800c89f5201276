import Testing

@testable import FoveaFormats

@Suite struct CRC32CTests {
  /// Vectors of RFC 3720, appendix B.4, and the customary check of "123456789".
  static let vectors: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E),
    ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    ([], 0),
  ]

  @Test(arguments: vectors)
  func publishedVectors(_ bytes: [UInt8], _ expected: UInt32) {
    #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == expected)
    var bytewise = CRC32C()
    bytewise.update(bytes)
    #expect(bytewise.value == expected)
    // As on CPUs without the instruction.
    var tabled = CRC32C()
    bytes.withUnsafeBytes { tabled.updateByTables($0) }
    #expect(tabled.value == expected)
  }

  @Test func piecesGiveTheSameAsTheWhole() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let whole = bytes.withUnsafeBytes { CRC32C.checksum($0) }
    for cut in [1, 7, 8, 9, 500, 999] {
      var crc = CRC32C()
      bytes.withUnsafeBytes {
        crc.update(UnsafeRawBufferPointer(rebasing: $0[..<cut]))
        crc.update(UnsafeRawBufferPointer(rebasing: $0[cut...]))
      }
      #expect(crc.value == whole)
    }
  }

  @Test func checksOfTwoRunsAreJoined() {
    let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 >> 8) }
    bytes.withUnsafeBytes { bytes in
      let whole = CRC32C.checksum(bytes)
      for cut in [0, 1, 8, 4_095, 65_536, 70_000] {
        let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
        let second = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[cut...]))
        #expect(CRC32C.joined(first, second, count: bytes.count - cut) == whole, "cut at \(cut)")
      }
    }
  }
}
