import FoveaImage

/// What an image looks like in 128 bits: copies that were scaled, compressed anew, brightened or turned gray differ in a
/// few bits, other images in about half.
///
/// The image is scaled to 32×32, its luma transformed by a discrete cosine transform, and each of the 128 lowest
/// frequencies but the constant one gives the sign of its coefficient (after Zauner, "Implementation and benchmarking of
/// perceptual image hash functions", 2010, who takes 64 coefficients and compares with their median).
public struct PerceptualHash: Hashable, Sendable {
  /// Of the scaled image.
  public static let side = 32
  public static let bitCount = 128
  static let chunkCount = 8

  public let low: UInt64
  public let high: UInt64

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// - Parameter image: of 32×32 pixels.
  public init(_ image: Image) {
    precondition(image.width == Self.side && image.height == Self.side, "\(image.width)×\(image.height)")
    self.init(luma: Luma.values(image))
  }

  /// - Parameter luma: 32 rows of 32 values.
  init(luma: [Float]) {
    let side = Self.side
    let count = Self.frequencies
    // Rows first, then columns, of the lowest frequencies only.
    var rows = [Float](repeating: 0, count: side * count)
    for y in 0..<side {
      for u in 0..<count {
        var sum: Float = 0
        for x in 0..<side { sum += luma[y * side + x] * Self.cosines[u * side + x] }
        rows[y * count + u] = sum
      }
    }
    var bits: (UInt64, UInt64) = (0, 0)
    for (bit, (u, v)) in Self.order.enumerated() {
      var sum: Float = 0
      for y in 0..<side { sum += rows[y * count + u] * Self.cosines[v * side + y] }
      // A symmetric image has coefficients of zero, whose signs would be those of rounding errors.
      guard sum > 1 else { continue }
      if bit & 1 == 0 { bits.0 |= 1 << (bit >> 1) } else { bits.1 |= 1 << (bit >> 1) }
    }
    self.init(low: bits.0, high: bits.1)
  }

  /// In how many bits two hashes differ.
  public func distance(to other: PerceptualHash) -> Int {
    (low ^ other.low).nonzeroBitCount + (high ^ other.high).nonzeroBitCount
  }

  /// The hash in eight pieces of 16 bits.
  func chunk(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? low : high) >> (16 * UInt64(index & 3)))
  }

  /// Frequencies along each axis that the lowest 128 need.
  private static let frequencies = 16

  private static let cosines: [Float] = (0..<frequencies).flatMap { u in
    (0..<side).map { x in Cosine.of(Double(2 * x + 1) * Double(u) / Double(2 * side)) }
  }

  /// The lowest frequencies, by their sum along both axes, without the constant.
  private static let order: [(Int, Int)] = {
    var pairs: [(Int, Int)] = []
    for sum in 1..<(2 * frequencies) {
      for u in 0...sum where u < frequencies && sum - u < frequencies { pairs.append((u, sum - u)) }
    }
    return Array(pairs.prefix(bitCount))
  }()
}

/// cos(π·t), by its symmetries and Taylor's series: the same bits with every C library.
private enum Cosine {
  static func of(_ turns: Double) -> Float {
    var t = turns.truncatingRemainder(dividingBy: 2)
    if t > 1 { t = 2 - t }
    let isNegative = t > 0.5
    if isNegative { t = 1 - t }
    let x = Double.pi * t
    var term = 1.0
    var sum = 1.0
    for n in 1...12 {
      term *= -x * x / Double((2 * n - 1) * 2 * n)
      sum += term
    }
    return Float(isNegative ? -sum : sum)
  }
}

enum Luma {
  /// Rec. 601's weights, as Pillow's conversion to "L".
  static func values(_ image: Image) -> [Float] {
    let count = image.width * image.height
    return image.pixels.withUnsafeBufferPointer { pixels in
      [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        for i in 0..<count {
          let sum =
            Int(pixels[3 * i]) * 19_595 + Int(pixels[3 * i + 1]) * 38_470 + Int(pixels[3 * i + 2]) * 7_471
          buffer[i] = Float(sum) * 0x1p-16
        }
        initialized = count
      }
    }
  }
}
