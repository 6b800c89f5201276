import CFoveaKernels
import FoveaTensor

/// An optimiser's update of one parameter in a single pass over its memory.
///
/// Tensors are changed in place where the caller alone refers to them. Long ones are cut into pieces of a fixed size
/// for the worker pool; every element is computed by itself, so the bits do not depend on the cut.
public enum OptimizerStep {
  /// What scales a stochastic gradient step.
  public struct SGD: Sendable {
    public var learningRate: Float
    public var momentum: Float
    public var weightDecay: Float
    public var nesterov: Bool
    /// Multiplies the gradient first (gradient clipping).
    public var gradientScale: Float

    public init(
      learningRate: Float, momentum: Float = 0, weightDecay: Float = 0, nesterov: Bool = false,
      gradientScale: Float = 1
    ) {
      self.learningRate = learningRate
      self.momentum = momentum
      self.weightDecay = weightDecay
      self.nesterov = nesterov
      self.gradientScale = gradientScale
    }
  }

  /// What scales an Adam step with decoupled weight decay.
  public struct AdamW: Sendable {
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// Which update this is, from 1: for the correction of the moments' bias.
    public var time: Int
    /// Multiplies the gradient first (gradient clipping).
    public var gradientScale: Float

    public init(
      learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
      weightDecay: Double = 0, time: Int, gradientScale: Float = 1
    ) {
      self.learningRate = learningRate
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.time = time
      self.gradientScale = gradientScale
    }
  }

  private static let piece = 1 << 16

  /// g ← gradient + decay·p; v ← momentum·v + g; p ← p − rate·(g + momentum·v with Nesterov, else v), as PyTorch's
  /// `torch.optim.SGD` without dampening (Sutskever et al., ICML 2013, in PyTorch's form: the rate stands outside
  /// the velocity).
  ///
  /// - Parameter velocity: of the parameter's shape, zeros before the first step. Not touched without momentum.
  public static func apply(
    _ step: SGD, to parameter: inout Tensor, gradient: Tensor, velocity: inout Tensor
  ) {
    check(parameter, gradient, "gradient")
    if step.momentum == 0 {
      forEachPiece(&parameter, gradient) { p, g, count in
        fk_sgd_plain(p, g, count, step.gradientScale, step.learningRate, step.weightDecay)
      }
      return
    }
    check(parameter, velocity, "velocity")
    velocity.withUnsafeMutableBufferPointer { velocity in
      nonisolated(unsafe) let v = velocity.baseAddress!
      forEachPiece(&parameter, gradient) { p, g, offset, count in
        fk_sgd(
          p, g, v + offset, count, step.gradientScale, step.learningRate, step.momentum, step.weightDecay,
          step.nesterov ? 1 : 0)
      }
    }
  }

  /// As PyTorch's `torch.optim.AdamW` (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019,
  /// algorithm 2).
  ///
  /// - Parameters:
  ///   - first: the running mean of the gradient, zeros before the first step.
  ///   - second: the running mean of its square, zeros before the first step.
  public static func apply(
    _ step: AdamW, to parameter: inout Tensor, gradient: Tensor, first: inout Tensor, second: inout Tensor
  ) {
    precondition(step.time >= 1, "the first update has time 1, not \(step.time)")
    check(parameter, gradient, "gradient")
    check(parameter, first, "first moment")
    check(parameter, second, "second moment")
    let correction1 = 1 - power(step.beta1, step.time)
    let correction2 = 1 - power(step.beta2, step.time)
    let shrink = Float(1 - step.learningRate * step.weightDecay)
    let size = Float(step.learningRate / correction1)
    let root = Float(correction2.squareRoot())
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        nonisolated(unsafe) let m = first.baseAddress!
        nonisolated(unsafe) let v = second.baseAddress!
        forEachPiece(&parameter, gradient) { p, g, offset, count in
          fk_adamw(
            p, g, m + offset, v + offset, count, step.gradientScale, shrink, Float(1 - step.beta1),
            Float(step.beta2), Float(1 - step.beta2), size, root, Float(step.epsilon))
        }
      }
    }
  }

  /// average ← average + weight·(value − average): one step of an exponential moving average.
  public static func average(_ average: inout Tensor, towards value: Tensor, weight: Float) {
    check(average, value, "value")
    forEachPiece(&average, value) { a, x, count in fk_lerp(a, x, weight, count) }
  }

  /// The sum of squares, in double precision. NaN or infinite where an element is.
  public static func sumOfSquares(_ tensor: Tensor) -> Double {
    let pieces = (tensor.count + piece - 1) / piece
    var sums = [Double](repeating: 0, count: pieces)
    tensor.withUnsafeBufferPointer { values in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let x = values.baseAddress else { return }
        nonisolated(unsafe) let sums = sums
        run(pieces) { index in
          let offset = index * piece
          sums[index] = fk_sum_squares(x + offset, min(piece, values.count - offset))
        }
      }
    }
    return sums.reduce(0, +)
  }

  private static func check(_ parameter: Tensor, _ other: Tensor, _ name: String) {
    precondition(parameter.shape == other.shape, "\(name) \(other.shape) for parameter \(parameter.shape)")
  }

  /// By squaring: the same bits on every system, unlike a library's pow.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }

  private static func forEachPiece(
    _ target: inout Tensor, _ source: Tensor,
    _ body: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, _ count: Int) -> Void
  ) {
    forEachPiece(&target, source) { t, s, _, count in body(t, s, count) }
  }

  private static func forEachPiece(
    _ target: inout Tensor, _ source: Tensor,
    _ body: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, _ offset: Int, _ count: Int) -> Void
  ) {
    let count = target.count
    guard count > 0 else { return }
    target.withUnsafeMutableBufferPointer { target in
      source.withUnsafeBufferPointer { source in
        let (t, s) = (target.baseAddress!, source.baseAddress!)
        run((count + piece - 1) / piece) { index in
          let offset = index * piece
          body(t + offset, s + offset, offset, min(piece, count - offset))
        }
      }
    }
  }

  /// Small parameters, the most of them, are not worth waking a worker for.
  private static func run(_ pieces: Int, _ body: (Int) -> Void) {
    if pieces == 1 { body(0) } else { WorkerPool.shared.forEach(pieces, body) }
  }
}
