import FoveaOps
import FoveaTensor

/// What an operation keeps of a value for backward: the value, or how to compute it once more.
///
/// An output that one sweep over memory gives again, a normalised one for example, is not kept from forward to backward.
/// The first operation on the way back that needs it computes it, and it stays until the last of those that share it is
/// done.
public final class SavedValue {
  private var stored: Activations?
  private let compute: (() -> Activations)?

  public init(_ value: Activations) {
    stored = value
    compute = nil
  }

  /// - Parameter compute: gives the value to the bit.
  public init(_ compute: @escaping () -> Activations) {
    self.compute = compute
  }

  /// In 32-bit floats.
  public var value: Tensor { activations.tensor }

  public var activations: Activations {
    if let stored { return stored }
    let value = compute!()
    stored = value
    return value
  }
}
