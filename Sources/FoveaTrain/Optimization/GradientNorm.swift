import FoveaAutodiff
import FoveaOps

/// The norm of a model's gradient, taken over all parameters together.
public enum GradientNorm {
  /// The Euclidean norm. Summed in double precision, parameter by parameter, so always in the same order. NaN or
  /// infinite where an element of a gradient is.
  public static func global(_ parameters: [Parameter]) -> Double {
    parameters.reduce(0) { $0 + ($1.gradient.map(OptimizerStep.sumOfSquares) ?? 0) }.squareRoot()
  }

  /// What gradients must be multiplied by so that their norm is at most `limit`; as PyTorch's `clip_grad_norm_`.
  public static func clipScale(norm: Double, limit: Double?) -> Float {
    guard let limit else { return 1 }
    return Float(min(1, limit / (norm + 1e-6)))
  }
}
