import FoveaTensor

/// Inverted dropout: each element is set to zero with probability `rate`, and the others are divided by 1 − rate.
///
/// The mask is a function of the key and the element's place, computed again in backward, so that nothing is kept.
///
/// - Note: Srivastava et al., "Dropout", JMLR 2014, section 10 for the division in training.
public enum Dropout {
  /// What the mask is a function of.
  public struct Key: Hashable, Sendable {
    public let seed: UInt64
    /// The training step.
    public let step: Int
    /// Which dropout layer of the network, so that layers draw apart.
    public let layer: Int

    public init(seed: UInt64, step: Int, layer: Int = 0) {
      self.seed = seed
      self.step = step
      self.layer = layer
    }
  }

  /// - Parameters:
  ///   - x: [N, ...].
  ///   - rate: the probability of a zero, in 0..<1.
  public static func forward(_ x: Tensor, rate: Float, key: Key) -> Tensor {
    precondition(rate >= 0 && rate < 1, "dropout rate \(rate)")
    guard rate > 0 else { return x }
    let samples = x.shape.rank == 0 ? 1 : x.shape[0]
    let row = x.count / max(samples, 1)
    // A word is below the threshold with probability `rate`, to within 2⁻³².
    let threshold = UInt32(Double(rate) * 0x1p32)
    let scale = 1 / (1 - rate)
    // Layers have seeds of their own; the multiplier spreads small numbers over all bits.
    let seed = key.seed ^ (UInt64(bitPattern: Int64(key.layer)) &* 0x9E37_79B9_7F4A_7C15)
    return Tensor(filling: x.shape) { y in
      x.withFloats { x in
        WorkerPool.shared.forEach(samples) { n in
          var random = CounterRandom(seed: seed, purpose: .dropout, epoch: key.step, sample: n)
          for i in n * row..<(n + 1) * row { y[i] = random.nextWord() < threshold ? 0 : x[i] * scale }
        }
      }
    }
  }

  /// The gradient of the input: the same mask on the gradient of the output.
  public static func backward(_ dOutput: Tensor, rate: Float, key: Key) -> Tensor {
    forward(dOutput, rate: rate, key: key)
  }
}
