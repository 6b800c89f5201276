import CFoveaKernels
import FoveaTensor

/// Channel statistics in parts, one for each spatial piece of a product, combined in the order of the pieces.
struct Moments {
  /// One piece's part. Several threads may hold the same piece, each for channels of its own.
  struct Partial {
    fileprivate let isa: fk_isa
    fileprivate let mean, squares: UnsafeMutablePointer<Double>

    /// Takes in the outputs of a piece. To be called once for each channel.
    ///
    /// - Parameters:
    ///   - output: channel 0 of the first pixel; pixels of an image follow one another.
    ///   - imageStep: floats, or units, from image to image.
    ///   - pixels: of each image.
    func add(
      _ output: Floats, images: Int, imageStep: Int, pixels: Int, channels: Range<Int>,
      of side: Correlation.Side
    ) {
      let first = channels.lowerBound
      (mean + first).update(repeating: 0, count: channels.count)
      (squares + first).update(repeating: 0, count: channels.count)
      var moments = fk_moments(mean: mean + first, squares: squares + first, count: 0)
      for image in 0..<images {
        let place = output + image * imageStep + side.place(ofChannel: first)
        if side.isNarrow {
          fk_bf16_moments(isa, &moments, place, side.pitch, pixels, channels.count)
        } else {
          fk_conv_moments(isa, &moments, place, side.pitch, pixels, channels.count)
        }
      }
    }
  }

  private let storage: UnsafeMutablePointer<Double>
  private let channels: Int
  private let isa: fk_isa

  /// Gives `body` room for so many pieces.
  static func with<Result>(pieces: Int, channels: Int, isa: fk_isa, _ body: (Moments) -> Result) -> Result {
    // Two doubles a channel and piece, in pooled floats.
    withScratch(pieces * channels * 4) { scratch in
      scratch.withMemoryRebound(to: Double.self, capacity: pieces * channels * 2) {
        body(Moments(storage: $0, channels: channels, isa: isa))
      }
    }
  }

  func partial(_ piece: Int) -> Partial {
    let start = storage + piece * 2 * channels
    return Partial(isa: isa, mean: start, squares: start + channels)
  }

  /// - Parameter counts: pixels of each piece.
  func combined(counts: [Int]) -> ChannelStatistics {
    let total = counts.reduce(0, +)
    var mean = [Double](repeating: 0, count: channels)
    for (piece, count) in counts.enumerated() {
      let part = partial(piece)
      for c in 0..<channels { mean[c] += part.mean[c] * Double(count) }
    }
    for c in 0..<channels { mean[c] /= Double(total) }
    var squares = [Double](repeating: 0, count: channels)
    for (piece, count) in counts.enumerated() {
      let part = partial(piece)
      for c in 0..<channels {
        let delta = part.mean[c] - mean[c]
        squares[c] += part.squares[c] + delta * delta * Double(count)
      }
    }
    return ChannelStatistics(
      mean: Tensor(mean.map { Float($0) }, shape: [channels]),
      variance: Tensor(squares.map { Float($0 / Double(total)) }, shape: [channels]), count: total)
  }
}
