import FoveaTensor
import Testing

/// Expects two tensors to have the same shape and every pair of elements to differ by at most
/// `absolute + relative · scale`, where `scale` is the largest magnitude among the expected elements.
///
/// NaN on either side fails. The failure points at the caller's line and names the worst element.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, relative: Float = 1e-5, absolute: Float = 1e-7,
  _ label: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record(
      "\(label()) shape \(actual.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  let a = actual.scalars
  let e = expected.scalars
  let scale = e.reduce(Float(0)) { max($0, abs($1)) }
  let bound = absolute + relative * scale
  var worst = -1
  var worstError: Float = 0
  for i in a.indices {
    let error = abs(a[i] - e[i])
    if !(error <= bound), worst < 0 || !(error <= worstError) {
      worst = i
      worstError = error
    }
  }
  if worst >= 0 {
    Issue.record(
      "\(label()) element \(worst) of \(actual.shape): \(a[worst]), expected \(e[worst]); error \(worstError) > \(bound)",
      sourceLocation: sourceLocation)
  }
}

extension Tensor {
  /// Standard normal elements that depend on the seed alone.
  public static func random(_ shape: Shape, seed: UInt64) -> Tensor {
    var random = CounterRandom(seed: seed, purpose: .test)
    return Tensor((0..<shape.count).map { _ in random.normal() }, shape: shape)
  }
}
