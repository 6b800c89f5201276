import CFoveaKernels
import FoveaTensor

extension BatchNorm {
  /// The mean and the biased variance of each channel of `x` [..., C].
  ///
  /// Accurate also where the mean is large beside the deviation: deviations are summed about a mean near by, and
  /// chunks are merged in double precision (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm
  /// for computing sample variances", 1979).
  public static func statistics(_ x: Tensor) -> ChannelStatistics {
    let channels = x.lastExtent
    precondition(x.count > 0, "no statistics of an empty tensor \(x.shape)")
    let pieces = RowPieces(rows: x.rowCount, floatsPerRow: channels)
    var partials = [Double](repeating: 0, count: pieces.count * 2 * channels)
    partials.withUnsafeMutableBufferPointer { partials in
      let partials = partials.baseAddress!
      x.withFloats { x in
        pieces.forEach { piece, rows in
          let mean = partials + piece * 2 * channels
          fk_channel_moments(x + rows.lowerBound * channels, rows.count, channels, mean, mean + channels)
        }
      }
    }
    return ChannelStatistics(merging: partials, of: pieces, channels: channels)
  }
}

extension ChannelStatistics {
  /// Merges the means and the sums of squared deviations of the pieces, [piece][2][C], in their order.
  init(merging partials: [Double], of pieces: RowPieces, channels: Int) {
    var mean = [Double](repeating: 0, count: channels)
    var deviations = mean
    for piece in 0..<pieces.count {
      let before = piece * pieces.rowsPerPiece
      let own = min(pieces.rowsPerPiece, pieces.rows - before)
      let share = Double(own) / Double(before + own)
      for c in 0..<channels {
        let distance = partials[piece * 2 * channels + c] - mean[c]
        mean[c] += distance * share
        deviations[c] += partials[(piece * 2 + 1) * channels + c]
        deviations[c] += distance * distance * (Double(before) * share)
      }
    }
    self.init(
      mean: Tensor(mean.map { Float($0) }, shape: [channels]),
      variance: Tensor(deviations.map { Float($0 / Double(pieces.rows)) }, shape: [channels]),
      count: pieces.rows)
  }
}
