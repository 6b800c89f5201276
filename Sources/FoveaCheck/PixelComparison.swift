import FoveaImage

/// Compares two images' pixels, after both were scaled to 32×32: what makes a pair of similar hashes a pair of near
/// duplicates.
struct PixelComparison: Sendable {
  /// Of the luma at 16×16, where small shifts and compression hardly show, and at 32×32.
  let coarse: Double
  let fine: Double
  /// The mean difference of the two chroma channels, in levels; 0 where one of the images is gray.
  let chroma: Double

  /// - Parameters: two images of 32×32.
  init(_ a: Image, _ b: Image) {
    let (x, y) = (Luma.values(a), Luma.values(b))
    fine = Self.correlation(x, y)
    coarse = Self.correlation(Self.halved(x), Self.halved(y))
    chroma = Self.chromaDifference(a.pixels, b.pixels)
  }

  /// Whether they are one picture: alike up to brightness and contrast, in much the same colours.
  ///
  /// - Parameter isStrict: for sets whose images are much alike.
  func isSamePicture(isStrict: Bool) -> Bool {
    chroma <= 12 && (isStrict ? coarse >= 0.995 && fine >= 0.98 : coarse >= 0.985 && fine >= 0.92)
  }

  /// Pearson's: 1 for equal up to brightness and contrast; 0 where one is flat.
  static func correlation(_ a: [Float], _ b: [Float]) -> Double {
    let count = Double(a.count)
    let (meanA, meanB) = (a.reduce(0) { $0 + Double($1) } / count, b.reduce(0) { $0 + Double($1) } / count)
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      let (u, v) = (Double(x) - meanA, Double(y) - meanB)
      aa += u * u
      bb += v * v
      ab += u * v
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
  }

  /// 16×16 from 32×32.
  private static func halved(_ values: [Float]) -> [Float] {
    let side = PerceptualHash.side
    let half = side / 2
    return (0..<half * half).map { place in
      let i = 2 * (place / half) * side + 2 * (place % half)
      return (values[i] + values[i + 1] + values[i + side] + values[i + side + 1]) / 4
    }
  }

  private static func chromaDifference(_ a: [UInt8], _ b: [UInt8]) -> Double {
    var sum = 0
    var (colorA, colorB) = (0, 0)
    for i in stride(from: 0, to: a.count, by: 3) {
      let x = (Int(a[i]) - Int(a[i + 1]), Int(a[i + 2]) - Int(a[i + 1]))
      let y = (Int(b[i]) - Int(b[i + 1]), Int(b[i + 2]) - Int(b[i + 1]))
      sum += abs(x.0 - y.0) + abs(x.1 - y.1)
      colorA += abs(x.0) + abs(x.1)
      colorB += abs(y.0) + abs(y.1)
    }
    let pixels = a.count / 3
    // A copy turned gray is a copy; JPEG leaves a trace of colour in it.
    if colorA < 4 * pixels || colorB < 4 * pixels { return 0 }
    return Double(sum) / Double(2 * pixels)
  }
}
