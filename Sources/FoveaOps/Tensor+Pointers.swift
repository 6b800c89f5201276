import FoveaTensor

// How ops hand tensors to kernels: pointers that live as long as a closure.

typealias Floats = UnsafePointer<Float>
typealias MutableFloats = UnsafeMutablePointer<Float>

extension Shape {
  /// The extent of the last axis: the channels of an activation.
  var lastExtent: Int { rank == 0 ? 1 : self[rank - 1] }

  /// The number of rows when all axes but the last are taken as one: the pixels of an activation.
  var rowCount: Int { dimensions.dropLast().reduce(1, *) }
}

extension Tensor {
  var lastExtent: Int { shape.lastExtent }
  var rowCount: Int { shape.rowCount }

  /// Read access to the elements through a pointer to the first, valid inside `body` only.
  func withFloats<Result>(_ body: (Floats) throws -> Result) rethrows -> Result {
    try withUnsafeBufferPointer { try body($0.baseAddress!) }
  }

  /// A tensor that `body` fills, every element of it, through a pointer to the first.
  init(filling shape: Shape, by body: (MutableFloats) throws -> Void) rethrows {
    try self.init(shape, filledBy: { try body($0.baseAddress!) })
  }
}

extension Tensor? {
  /// Read access to a tensor that may be absent: nil then.
  func withFloats<Result>(_ body: (Floats?) throws -> Result) rethrows -> Result {
    guard let self else { return try body(nil) }
    return try self.withUnsafeBufferPointer { try body($0.baseAddress) }
  }
}

/// Read access to several tensors at once.
func withFloats<Result>(
  _ a: Tensor, _ b: Tensor, _ body: (Floats, Floats) throws -> Result
) rethrows -> Result {
  try a.withFloats { a in try b.withFloats { b in try body(a, b) } }
}

func withFloats<Result>(
  _ a: Tensor, _ b: Tensor, _ c: Tensor, _ body: (Floats, Floats, Floats) throws -> Result
) rethrows -> Result {
  try withFloats(a, b) { a, b in try c.withFloats { c in try body(a, b, c) } }
}

func withFloats<Result>(
  _ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor,
  _ body: (Floats, Floats, Floats, Floats) throws -> Result
) rethrows -> Result {
  try withFloats(a, b, c) { a, b, c in try d.withFloats { d in try body(a, b, c, d) } }
}
