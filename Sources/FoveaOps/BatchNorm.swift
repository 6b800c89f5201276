import CFoveaKernels
import FoveaTensor

/// Batch normalisation of the last axis, with ReLU in the same sweep where it follows.
///
/// y = gamma · (x − mean) / √(variance + epsilon) + beta, for each channel; then max(0, y) with `relu`.
///
/// - Note: Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithm 1. The variance is the biased one.
public enum BatchNorm {
  /// A normalisation with its statistics, ready to be applied.
  ///
  /// All that backward needs besides the input: the normalised value and the mask of the ReLU are computed again from it,
  /// so that the output need not be kept.
  public struct Transform: Sendable {
    let mean, inverseStd, gain, beta: Tensor  // [C]
    let relu: Bool
    /// Over how many values the statistics were taken, where they are those of the input itself; nil where they are
    /// constants.
    let ownCount: Int?

    /// With the statistics of the input itself: training.
    ///
    /// - Parameters:
    ///   - gamma: scale of each channel, [C].
    ///   - beta: offset of each channel, [C].
    ///   - statistics: of the input, from `BatchNorm.statistics(_:)` or from the convolution that made it.
    ///   - epsilon: added to the variance.
    ///   - relu: whether the output is max(0, y).
    public init(gamma: Tensor, beta: Tensor, statistics: ChannelStatistics, epsilon: Float, relu: Bool) {
      self.init(
        gamma: gamma, beta: beta, mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
        relu: relu, ownCount: statistics.count)
    }

    /// With given statistics, the running ones: inference. All [C].
    public init(
      gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, epsilon: Float, relu: Bool
    ) {
      self.init(
        gamma: gamma, beta: beta, mean: mean, variance: variance, epsilon: epsilon, relu: relu, ownCount: nil)
    }

    private init(
      gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, epsilon: Float, relu: Bool, ownCount: Int?
    ) {
      let fits = [mean, variance, beta].allSatisfy { $0.shape == gamma.shape } && gamma.shape.rank == 1
      precondition(
        fits, "gamma \(gamma.shape), beta \(beta.shape), mean \(mean.shape), variance \(variance.shape)")
      self.mean = mean
      inverseStd = Tensor(
        variance.scalars.map { Float(1 / (Double($0) + Double(epsilon)).squareRoot()) }, shape: gamma.shape)
      gain = Tensor(zip(gamma.scalars, inverseStd.scalars).map { $0 * $1 }, shape: gamma.shape)
      self.beta = beta
      self.relu = relu
      self.ownCount = ownCount
    }

    /// Traps where this is no normalisation of `x`.
    func check(_ x: Shape) {
      precondition(x.lastExtent == gain.count, "\(gain.count) channels' normalisation of \(x)")
      precondition(
        ownCount.map { $0 == x.rowCount } ?? true, "statistics of \(ownCount ?? 0) pixels for \(x)")
    }

    /// Backward's constants. dx = gain · (dz − mean(dz) − x̂ · mean(dz · x̂)), with x̂ = (x − mean) · inverseStd; where the
    /// statistics are constants, dx = gain · dz.
    func correction(_ sums: GradientSums) -> (constant: [Float], slope: [Float]) {
      guard let ownCount else {
        let zeros = [Float](repeating: 0, count: gain.count)
        return (zeros, zeros)
      }
      let count = Double(ownCount)
      return (
        zip(gain.scalars, sums.dz).map { Float(-Double($0) * $1 / count) },
        zip(zip(gain.scalars, inverseStd.scalars), sums.centered).map {
          Float(-Double($0.0) * Double($0.1) * Double($0.1) * $1 / count)
        }
      )
    }
  }

  /// Σ dz and Σ dz · (x − mean) of each channel, where dz is the gradient behind the ReLU.
  struct GradientSums {
    let dz, centered: [Double]

    /// - Parameter partials: of pieces, each [2][C]; they are added in their order.
    init(adding partials: [Double], channels: Int) {
      let totals = sum(of: partials, width: 2 * channels)
      dz = Array(totals[..<channels])
      centered = Array(totals[channels...])
    }

    var dBeta: Tensor { Tensor(dz.map { Float($0) }, shape: [dz.count]) }

    func dGamma(_ transform: Transform) -> Tensor {
      Tensor(
        zip(centered, transform.inverseStd.scalars).map { Float($0 * Double($1)) }, shape: [centered.count])
    }
  }

  /// Normalises.
  ///
  /// - Parameter x: [..., C].
  public static func forward(_ x: Tensor, _ transform: Transform) -> Tensor {
    forward(Activations(x), transform).tensor
  }

  /// The same for activations, in the precision that they are stored in.
  public static func forward(_ x: Activations, _ transform: Transform) -> Activations {
    transform.check(x.shape)
    let channels = x.shape.lastExtent
    let pieces = RowPieces(rows: x.shape.rowCount, floatsPerRow: channels)
    let isa = fk_selected()
    return Activations(x.shape, x.precision) { y in
      withFloats(x.values, transform.mean, transform.gain, transform.beta) { values, mean, gain, beta in
        pieces.forEach { _, rows in
          let start = rows.lowerBound * channels
          switch x.precision {
          case .fp32:
            fk_normalize(y + start, values + start, mean, gain, beta, rows.count, channels, transform.relu)
          case .bf16:
            fk_bf16_normalize(
              isa, y + start / 2, false, values + start / 2, mean, gain, beta, rows.count, channels,
              transform.relu)
          }
        }
      }
    }
  }

  /// The gradients of `forward`. Where the statistics are the input's own, they depend on it too.
  ///
  /// - Parameters:
  ///   - dOutput: [..., C], the gradient of the output.
  ///   - x: the same as in the forward pass.
  public static func backward(
    _ dOutput: Tensor, input x: Tensor, _ transform: Transform
  ) -> (dInput: Tensor, dGamma: Tensor, dBeta: Tensor) {
    backward(dOutput, input: Activations(x), transform)
  }

  /// The same for activations.
  public static func backward(
    _ dOutput: Tensor, input x: Activations, _ transform: Transform
  ) -> (dInput: Tensor, dGamma: Tensor, dBeta: Tensor) {
    precondition(dOutput.shape == x.shape, "gradient \(dOutput.shape) for \(x.shape)")
    transform.check(x.shape)
    let sums = gradientSums(dOutput, x, transform)
    var dInput = Tensor(uninitialized: x.shape)
    dInput.withUnsafeMutableBufferPointer { dInput in
      dOutput.withFloats {
        inputGradient(dInput.baseAddress!, $0, x, transform, transform.correction(sums))
      }
    }
    return (dInput, sums.dGamma(transform), sums.dBeta)
  }

  private static func gradientSums(
    _ dOutput: Tensor, _ x: Activations, _ transform: Transform
  ) -> GradientSums {
    let channels = x.shape.lastExtent
    let pieces = RowPieces(rows: x.shape.rowCount, floatsPerRow: 2 * channels)
    let isa = fk_selected()
    var partials = [Double](repeating: 0, count: pieces.count * 2 * channels)
    partials.withUnsafeMutableBufferPointer { partials in
      let partials = partials.baseAddress!
      withFloats(transform.mean, transform.gain, transform.beta) { mean, gain, beta in
        withFloats(dOutput, x.values) { dOutput, values in
          pieces.forEach { piece, rows in
            let start = rows.lowerBound * channels
            let sums = partials + piece * 2 * channels
            switch x.precision {
            case .fp32:
              fk_normalize_sums(
                dOutput + start, values + start, mean, gain, beta, rows.count, channels, transform.relu, sums,
                sums + channels)
            case .bf16:
              fk_bf16_normalize_sums(
                isa, dOutput + start, values + start / 2, mean, gain, beta, rows.count, channels,
                transform.relu, sums, sums + channels)
            }
          }
        }
      }
    }
    return GradientSums(adding: partials, channels: channels)
  }

  /// From the gradient of the output to that of the input, whose place may be the same.
  static func inputGradient(
    _ dInput: MutableFloats, _ dOutput: Floats, _ x: Activations, _ transform: Transform,
    _ correction: (constant: [Float], slope: [Float])
  ) {
    let channels = x.shape.lastExtent
    let pieces = RowPieces(rows: x.shape.rowCount, floatsPerRow: 2 * channels)
    let isa = fk_selected()
    let (constant, slope) = (
      Tensor(correction.constant, shape: [channels]), Tensor(correction.slope, shape: [channels])
    )
    withFloats(transform.mean, transform.gain, transform.beta) { mean, gain, beta in
      withFloats(x.values, constant, slope) { values, constant, slope in
        pieces.forEach { _, rows in
          let start = rows.lowerBound * channels
          switch x.precision {
          case .fp32:
            fk_normalize_backward(
              dInput + start, dOutput + start, values + start, mean, gain, beta, constant, slope, rows.count,
              channels, transform.relu)
          case .bf16:
            fk_bf16_normalize_backward(
              isa, dInput + start, dOutput + start, values + start / 2, mean, gain, beta, constant, slope,
              rows.count, channels, transform.relu)
          }
        }
      }
    }
  }
}
