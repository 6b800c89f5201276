import CFoveaKernels
import FoveaTensor

/// Batch normalisation of the last axis, with ReLU in the same sweep where it follows.
///
/// y = gamma · (x − mean) / √(variance + epsilon) + beta, for each channel; then max(0, y) with `relu`.
///
/// - Note: Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithm 1. The variance is the biased one.
public enum BatchNorm {
  /// Kept by a training pass for backward. The normalised value and the mask of the ReLU are computed again from
  /// `input`, so that the output need not be kept.
  public struct Saved: Sendable {
    let input: Tensor
    let mean, inverseStd, beta: Tensor  // [C]
    let relu: Bool
  }

  /// Kept by an inference pass for backward: there the statistics are constants.
  public struct SavedInference: Sendable {
    let input: Tensor
    let mean, inverseStd, beta: Tensor  // [C]
    let relu: Bool
  }

  /// Normalises a training batch with its own statistics.
  ///
  /// - Parameters:
  ///   - x: [..., C].
  ///   - gamma: scale of each channel, [C].
  ///   - beta: offset of each channel, [C].
  ///   - statistics: of `x`, from `statistics(_:)` or from the convolution that made `x`.
  ///   - epsilon: added to the variance.
  ///   - relu: whether the output is max(0, y).
  public static func forward(
    _ x: Tensor, gamma: Tensor, beta: Tensor, statistics: ChannelStatistics, epsilon: Float, relu: Bool
  ) -> (output: Tensor, saved: Saved) {
    precondition(statistics.count == x.rowCount, "statistics of \(statistics.count) pixels for \(x.shape)")
    let inverseStd = inverseStandardDeviation(statistics.variance, epsilon)
    let saved = Saved(
      input: x, mean: statistics.mean, inverseStd: inverseStd, beta: beta, relu: relu)
    let affine = Affine(mean: statistics.mean, inverseStd: inverseStd, gamma: gamma, beta: beta, input: x)
    return (normalize(x, affine, relu: relu), saved)
  }

  /// The gradients of a training pass: the statistics depend on the input.
  ///
  /// - Parameters:
  ///   - dOutput: [..., C], the gradient of the output.
  ///   - gamma: the same as in the forward pass.
  public static func backward(
    _ dOutput: Tensor, _ saved: Saved, gamma: Tensor
  ) -> (dInput: Tensor, dGamma: Tensor, dBeta: Tensor) {
    let x = saved.input
    let affine = Affine(
      mean: saved.mean, inverseStd: saved.inverseStd, gamma: gamma, beta: saved.beta, input: x)
    let sums = gradientSums(dOutput, x, affine, relu: saved.relu)
    // dx = gain · (dz − mean(dz) − x̂ · mean(dz · x̂)), with x̂ = (x − mean) · inverseStd.
    let count = Double(x.rowCount)
    let constant = zip(affine.gain.scalars, sums.dz).map { Float(-Double($0) * $1 / count) }
    let slope = zip(zip(affine.gain.scalars, saved.inverseStd.scalars), sums.centered).map {
      Float(-Double($0.0) * Double($0.1) * Double($0.1) * $1 / count)
    }
    let dInput = inputGradient(dOutput, x, affine, constant: constant, slope: slope, relu: saved.relu)
    return (dInput, sums.dGamma(saved.inverseStd), sums.dBeta)
  }

  /// Normalises with given statistics: the running ones.
  ///
  /// - Parameters:
  ///   - x: [..., C].
  ///   - gamma: [C].
  ///   - beta: [C].
  ///   - mean: [C].
  ///   - variance: [C].
  ///   - epsilon: added to the variance.
  ///   - relu: whether the output is max(0, y).
  public static func inference(
    _ x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, epsilon: Float, relu: Bool
  ) -> (output: Tensor, saved: SavedInference) {
    let inverseStd = inverseStandardDeviation(variance, epsilon)
    let affine = Affine(mean: mean, inverseStd: inverseStd, gamma: gamma, beta: beta, input: x)
    let saved = SavedInference(input: x, mean: mean, inverseStd: inverseStd, beta: beta, relu: relu)
    return (normalize(x, affine, relu: relu), saved)
  }

  /// The gradients of an inference pass: the statistics are constants.
  public static func backward(
    _ dOutput: Tensor, _ saved: SavedInference, gamma: Tensor
  ) -> (dInput: Tensor, dGamma: Tensor, dBeta: Tensor) {
    let x = saved.input
    let affine = Affine(
      mean: saved.mean, inverseStd: saved.inverseStd, gamma: gamma, beta: saved.beta, input: x)
    let sums = gradientSums(dOutput, x, affine, relu: saved.relu)
    let zeros = [Float](repeating: 0, count: x.lastExtent)
    let dInput = inputGradient(dOutput, x, affine, constant: zeros, slope: zeros, relu: saved.relu)
    return (dInput, sums.dGamma(saved.inverseStd), sums.dBeta)
  }
}

// The sweeps over memory that training and inference share.
extension BatchNorm {
  /// Σ dz and Σ dz · (x − mean) of each channel, where dz is the gradient behind the ReLU.
  private struct GradientSums {
    var dz, centered: [Double]

    var dBeta: Tensor { Tensor(dz.map { Float($0) }, shape: [dz.count]) }

    func dGamma(_ inverseStd: Tensor) -> Tensor {
      Tensor(zip(centered, inverseStd.scalars).map { Float($0 * Double($1)) }, shape: inverseStd.shape)
    }
  }

  /// What the kernels need of a channel: z = gain · (x − mean) + offset.
  private struct Affine {
    let mean, gain, offset: Tensor  // [C]

    init(mean: Tensor, inverseStd: Tensor, gamma: Tensor, beta: Tensor, input: Tensor) {
      let fits = [mean, inverseStd, gamma, beta].allSatisfy { $0.shape == [input.lastExtent] }
      precondition(fits, "gamma \(gamma.shape), beta \(beta.shape), mean \(mean.shape) for \(input.shape)")
      self.mean = mean
      gain = Tensor(zip(gamma.scalars, inverseStd.scalars).map { $0 * $1 }, shape: gamma.shape)
      offset = beta
    }
  }

  private static func inverseStandardDeviation(_ variance: Tensor, _ epsilon: Float) -> Tensor {
    Tensor(
      variance.scalars.map { Float(1 / (Double($0) + Double(epsilon)).squareRoot()) }, shape: variance.shape)
  }

  private static func normalize(_ x: Tensor, _ affine: Affine, relu: Bool) -> Tensor {
    let channels = x.lastExtent
    let pieces = RowPieces(rows: x.rowCount, floatsPerRow: channels)
    return Tensor(filling: x.shape) { y in
      withFloats(x, affine.mean, affine.gain, affine.offset) { x, mean, gain, offset in
        pieces.forEach { _, rows in
          let start = rows.lowerBound * channels
          fk_normalize(y + start, x + start, mean, gain, offset, rows.count, channels, relu)
        }
      }
    }
  }

  private static func gradientSums(
    _ dOutput: Tensor, _ x: Tensor, _ affine: Affine, relu: Bool
  ) -> GradientSums {
    precondition(dOutput.shape == x.shape, "gradient \(dOutput.shape) for \(x.shape)")
    let channels = x.lastExtent
    let pieces = RowPieces(rows: x.rowCount, floatsPerRow: 2 * channels)
    var partials = [Double](repeating: 0, count: pieces.count * 2 * channels)
    partials.withUnsafeMutableBufferPointer { partials in
      let partials = partials.baseAddress
      withFloats(affine.mean, affine.gain, affine.offset) { mean, gain, offset in
        withFloats(dOutput, x) { dOutput, x in
          pieces.forEach { piece, rows in
            let start = rows.lowerBound * channels
            let sums = partials! + piece * 2 * channels
            fk_normalize_sums(
              dOutput + start, x + start, mean, gain, offset, rows.count, channels, relu, sums,
              sums + channels)
          }
        }
      }
    }
    let totals = sum(of: partials, width: 2 * channels)
    return GradientSums(dz: Array(totals[..<channels]), centered: Array(totals[channels...]))
  }

  private static func inputGradient(
    _ dOutput: Tensor, _ x: Tensor, _ affine: Affine, constant: [Float], slope: [Float], relu: Bool
  ) -> Tensor {
    let channels = x.lastExtent
    let pieces = RowPieces(rows: x.rowCount, floatsPerRow: 2 * channels)
    return Tensor(filling: x.shape) { dInput in
      withFloats(affine.mean, affine.gain, affine.offset) { mean, gain, offset in
        withFloats(dOutput, x) { dOutput, x in
          constant.withUnsafeBufferPointer { constant in
            slope.withUnsafeBufferPointer { slope in
              pieces.forEach { _, rows in
                let start = rows.lowerBound * channels
                fk_normalize_backward(
                  dInput + start, dOutput + start, x + start, mean, gain, offset, constant.baseAddress,
                  slope.baseAddress, rows.count, channels, relu)
              }
            }
          }
        }
      }
    }
  }
}
