import FoveaTensor

/// Where maxima were found: 32-bit indices, one to an element, in pooled memory.
struct Places: Sendable {
  private var storage: Tensor

  /// Indices that are not set: every one must be written before it is read.
  init(count: Int) {
    storage = Tensor(uninitialized: [count])
  }

  func withIndices<Result>(_ body: (UnsafePointer<Int32>) throws -> Result) rethrows -> Result {
    try storage.withFloats { floats in
      try floats.withMemoryRebound(to: Int32.self, capacity: max(storage.count, 1), body)
    }
  }

  mutating func withMutableIndices<Result>(
    _ body: (UnsafeMutablePointer<Int32>) throws -> Result
  ) rethrows -> Result {
    let capacity = max(storage.count, 1)
    return try storage.withUnsafeMutableBufferPointer { floats in
      try floats.baseAddress!.withMemoryRebound(to: Int32.self, capacity: capacity, body)
    }
  }
}

/// Read access to a tensor and write access to places.
func withFloats<Result>(
  _ a: Tensor, _ places: inout Places, _ body: (Floats, UnsafeMutablePointer<Int32>) throws -> Result
) rethrows -> Result {
  try a.withFloats { a in try places.withMutableIndices { places in try body(a, places) } }
}

/// Read access to a tensor and to places.
func withFloats<Result>(
  _ a: Tensor, _ places: Places, _ body: (Floats, UnsafePointer<Int32>) throws -> Result
) rethrows -> Result {
  try a.withFloats { a in try places.withIndices { places in try body(a, places) } }
}
