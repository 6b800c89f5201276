import FoveaImage

/// A number of 128 bits for an image's size and pixels: equal pixels have equal digests, and others differ but for a
/// chance in 2¹²⁸. Not meant to withstand someone who builds two images with one digest.
struct PixelDigest: Hashable, Sendable {
  let first: UInt64
  let second: UInt64

  /// - Parameters:
  ///   - width: of the original, where `image` may be a fraction of it.
  ///   - height: of the original.
  init(_ image: Image, width: Int, height: Int) {
    var a = Self.mixed(0x9E37_79B9_7F4A_7C15 ^ UInt64(width))
    var b = Self.mixed(0xD1B5_4A32_D192_ED03 ^ UInt64(height))
    image.pixels.withUnsafeBytes { bytes in
      let words = bytes.count / 8
      for i in 0..<words {
        let word = bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
        a = (a ^ word) &* 0xFF51_AFD7_ED55_8CCD
        a ^= a >> 32
        b = (b &+ word) &* 0xC4CE_B9FE_1A85_EC53
        b ^= b >> 29
      }
      var rest: UInt64 = UInt64(bytes.count) << 56
      for i in (8 * words)..<bytes.count { rest = rest << 8 | UInt64(bytes[i]) }
      a = (a ^ rest) &* 0xFF51_AFD7_ED55_8CCD
      b = (b &+ rest) &* 0xC4CE_B9FE_1A85_EC53
    }
    first = Self.mixed(a)
    second = Self.mixed(b)
  }

  /// SplitMix64's finalizer (Steele et al., OOPSLA 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
