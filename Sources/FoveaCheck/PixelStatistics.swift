import FoveaImage

/// Statistics of an image's pixels.
struct PixelStatistics {
  /// Of the luma.
  let mean: Float
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
    mean = Float(Double(sum) / Double(count))
    channelDeviation = max(
      deviation(sums.0, squares.0), deviation(sums.1, squares.1), deviation(sums.2, squares.2))
    var below = 0
    bright =
      counts.firstIndex {
        below += $0; return below * 100 >= count * 99
      } ?? 255
    isGray = colored == 0
  }
}

/// How blurred an image is, whatever it shows.
enum BlurEffect {
  /// The longer side at which it is measured: what lies below a pixel there is of no use to a network either.
  static let side = 512

  /// 0 for an image that a blur would rob of all its differences between neighbours, 1 for one that it would leave as it
  /// is; the larger of both directions (Crété-Roffet et al., "The blur effect: perception and estimation with a new
  /// no-reference perceptual blur metric", SPIE 6492, 2007). Contrast and brightness do not count.
  static func measure(_ image: Image) -> Float {
    let (width, height) = (image.width, image.height)
    let luma = Luma.values(image)
    let across = share(luma, lines: height, count: width, line: width, step: 1)
    let down = share(luma, lines: width, count: height, line: 1, step: width)
    return max(across, down)
  }

  /// What is left of the differences along some lines under a mean over nine pixels.
  ///
  /// - Parameters:
  ///   - lines: how many there are, `line` apart.
  ///   - count: of pixels in a line, `step` apart.
  private static func share(_ luma: [Float], lines: Int, count: Int, line: Int, step: Int) -> Float {
    guard count > 1 else { return 0 }
    var total = 0.0
    var lost = 0.0
    luma.withUnsafeBufferPointer { luma in
      for index in 0..<lines {
        let start = index * line
        var lineTotal: Float = 0
        var lineLost: Float = 0
        for i in 0..<(count - 1) {
          let sharp = abs(luma[start + (i + 1) * step] - luma[start + i * step])
          // Means over nine neighbours: all but the outermost two are in both.
          let (first, last) = (max(0, i - 4), min(count - 1, i + 5))
          let soft = abs(luma[start + last * step] - luma[start + first * step]) / 9
          lineTotal += sharp
          lineLost += max(0, sharp - soft)
        }
        total += Double(lineTotal)
        lost += Double(lineLost)
      }
    }
    return total > 0 ? Float(1 - lost / total) : 0
  }
}
