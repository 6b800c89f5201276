import FoveaImage

/// Statistics of an image's pixels.
struct PixelStatistics {
  let mean: Float
  /// Of the luma.
  let deviation: Float
  /// The largest of the three channels'.
  let channelDeviation: Float
  /// 99 of 100 pixels have at most this luma.
  let bright: Int
  let isGray: Bool

  init(_ image: Image) {
    var counts = [Int](repeating: 0, count: 256)
    var sums = (0, 0, 0)
    var squares = (0, 0, 0)
    var colored = 0
    let count = image.width * image.height
    image.pixels.withUnsafeBufferPointer { pixels in
      for i in 0..<count {
        let (r, g, b) = (Int(pixels[3 * i]), Int(pixels[3 * i + 1]), Int(pixels[3 * i + 2]))
        counts[(r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16] += 1
        sums = (sums.0 + r, sums.1 + g, sums.2 + b)
        squares = (squares.0 + r * r, squares.1 + g * g, squares.2 + b * b)
        colored |= (r ^ g) | (g ^ b)
      }
    }
    func deviation(_ sum: Int, _ square: Int) -> Float {
      let mean = Double(sum) / Double(count)
      return Float(max(0, Double(square) / Double(count) - mean * mean).squareRoot())
    }
    let sum = counts.enumerated().reduce(0) { $0 + $1.offset * $1.element }
    let square = counts.enumerated().reduce(0) { $0 + $1.offset * $1.offset * $1.element }
    mean = Float(Double(sum) / Double(count))
    self.deviation = deviation(sum, square)
    channelDeviation = max(
      deviation(sums.0, squares.0), deviation(sums.1, squares.1), deviation(sums.2, squares.2))
    var below = 0
    bright = counts.firstIndex { below += $0; return below * 100 >= count * 99 } ?? 255
    isGray = colored == 0
  }
}

/// How sharp an image is, whatever it shows.
enum Sharpness {
  /// The longer side at which it is measured: what lies below a pixel there is of no use to a network either.
  static let side = 512

  /// The variance of the luma's Laplacian over the variance of the luma (after Pech-Pacheco et al., "Diatom autofocusing
  /// in brightfield microscopy", ICPR 2000, who take the former alone): 0 for what has no detail at all. Contrast and
  /// brightness leave it as it is.
  static func share(_ image: Image) -> Float {
    let (width, height) = (image.width, image.height)
    guard width > 2, height > 2 else { return 1 }
    let luma = Luma.values(image)
    var sum = 0.0
    var square = 0.0
    var laplacianSum = 0.0
    var laplacianSquare = 0.0
    luma.withUnsafeBufferPointer { luma in
      for y in 1..<(height - 1) {
        var rowSum: Float = 0, rowSquare: Float = 0, rowLaplacian: Float = 0, rowLaplacianSquare: Float = 0
        for x in 1..<(width - 1) {
          let i = y * width + x
          let value = luma[i] - 128
          let laplacian = luma[i - 1] + luma[i + 1] + luma[i - width] + luma[i + width] - 4 * luma[i]
          rowSum += value
          rowSquare += value * value
          rowLaplacian += laplacian
          rowLaplacianSquare += laplacian * laplacian
        }
        sum += Double(rowSum)
        square += Double(rowSquare)
        laplacianSum += Double(rowLaplacian)
        laplacianSquare += Double(rowLaplacianSquare)
      }
    }
    let count = Double((width - 2) * (height - 2))
    let variance = square / count - (sum / count) * (sum / count)
    let detail = laplacianSquare / count - (laplacianSum / count) * (laplacianSum / count)
    guard variance > 0.25 else { return 1 }
    return Float(max(0, detail) / variance)
  }
}
