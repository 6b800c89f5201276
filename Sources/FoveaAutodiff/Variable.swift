import FoveaOps
import FoveaTensor

/// A value of a computation, and its place on the tape that records it.
public struct Variable {
  /// The value as it is stored: activations may be in bf16.
  public let activations: Activations
  /// The value as an operation keeps it for its backward.
  public let saved: SavedValue
  /// Its node on `tape`; nil for a value that no gradient goes through.
  let node: Int?
  let tape: ObjectIdentifier

  /// Whether gradients go through it.
  public var requiresGradient: Bool { node != nil }
  public var shape: Shape { activations.shape }
  /// The value in 32-bit floats.
  public var value: Tensor { activations.tensor }
}

/// Which of an operation's inputs want a gradient, in the order in which it was recorded with them.
public struct Needs: Sendable {
  private let bits: UInt32

  init(_ inputs: [Variable]) {
    precondition(inputs.count <= 32, "\(inputs.count) inputs to one operation")
    bits = inputs.enumerated().reduce(0) { $1.element.requiresGradient ? $0 | 1 << UInt32($1.offset) : $0 }
  }

  public subscript(input: Int) -> Bool { bits >> UInt32(input) & 1 == 1 }
}
