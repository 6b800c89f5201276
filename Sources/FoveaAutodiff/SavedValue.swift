import FoveaTensor

/// What an operation keeps of a value for backward: the value, or how to compute it once more.
///
/// An output that one sweep over memory gives again, a normalised one for example, is not kept from forward to backward.
/// The first operation on the way back that needs it computes it, and it stays until the last of those that share it is
/// done.
public final class SavedValue {
  private var stored: Tensor?
  private let compute: (() -> Tensor)?

  public init(_ value: Tensor) {
    stored = value
    compute = nil
  }

  /// - Parameter compute: gives the value to the bit.
  public init(_ compute: @escaping () -> Tensor) {
    self.compute = compute
  }

  public var value: Tensor {
    if let stored { return stored }
    let value = compute!()
    stored = value
    return value
  }
}
