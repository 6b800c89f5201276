import CFoveaKernels

/// The Castagnoli cyclic redundancy check (RFC 3720, appendix B.4): finds every flipped bit and every damaged run of
/// up to 32 bits, which is what a disk or a cut-off copy does to a file.
public struct CRC32C: Sendable {
  private var state: UInt32 = ~0

  public init() {}

  /// The check of all bytes so far.
  public var value: UInt32 { ~state }

  public mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      state = state >> 8 ^ Self.tables[Int(UInt8(truncatingIfNeeded: state) ^ byte)]
    }
  }

  /// By the CPU's own instruction where it has one.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if fk_has_crc32c() {
      state = fk_crc32c(state, bytes.baseAddress, bytes.count)
    } else {
      updateByTables(bytes)
    }
  }

  /// Eight bytes at a time: the tables hold the effect of a byte followed by 0 to 7 others.
  mutating func updateByTables(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    var offset = 0
    Self.tables.withUnsafeBufferPointer { table in
      while offset + 8 <= bytes.count {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
        crc =
          table[Int(7 << 8 | word & 0xFF)] ^ table[Int(6 << 8 | word >> 8 & 0xFF)]
          ^ table[Int(5 << 8 | word >> 16 & 0xFF)] ^ table[Int(4 << 8 | word >> 24 & 0xFF)]
          ^ table[Int(3 << 8 | word >> 32 & 0xFF)] ^ table[Int(2 << 8 | word >> 40 & 0xFF)]
          ^ table[Int(1 << 8 | word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
        offset += 8
      }
    }
    state = crc
    update(bytes[offset...])
  }

  /// The check of one run of bytes.
  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes)
    return crc.value
  }

  /// The check of two runs, one behind the other, from those of each.
  ///
  /// Checks are polynomials over GF(2) modulo the generator: `count` bytes behind the first run multiply its check by
  /// x^(8·count).
  static func joined(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
    var power: UInt32 = 1 << 31  // x⁰: the highest bit is the lowest power
    var square: UInt32 = 1 << 23  // x⁸
    var remaining = count
    while remaining > 0 {
      if remaining & 1 == 1 { power = product(power, square) }
      square = product(square, square)
      remaining >>= 1
    }
    return product(power, first) ^ second
  }

  /// a · b modulo the generator.
  private static func product(_ a: UInt32, _ b: UInt32) -> UInt32 {
    var (sum, shifted) = (UInt32(0), b)
    for power in 0..<32 {
      if a << UInt32(power) & 1 << 31 != 0 { sum ^= shifted }
      shifted = shifted >> 1 ^ (shifted & 1 == 1 ? generator : 0)
    }
    return sum
  }

  private static let generator: UInt32 = 0x82F6_3B78

  /// Table `t`, entry `b`: the remainder of byte `b` followed by `t` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? generator : 0) }
      tables[byte] = remainder
    }
    for table in 1..<8 {
      for byte in 0..<256 {
        let shorter = tables[(table - 1) << 8 | byte]
        tables[table << 8 | byte] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
      }
    }
    return tables
  }()
}
