import FoveaTensor

/// A dense array of doubles for naive reference implementations: what an op should compute, in the plainest loops, and
/// precise enough to differentiate by differences.
public struct Reference: Sendable {
  public let shape: Shape
  public var values: [Double]

  public init(_ shape: Shape, _ values: [Double]) {
    precondition(values.count == shape.count)
    self.shape = shape
    self.values = values
  }

  public init(zeros shape: Shape) {
    self.init(shape, [Double](repeating: 0, count: shape.count))
  }

  /// The element at (i, j, …) is `element([i, j, …])`.
  public init(_ shape: Shape, _ element: ([Int]) -> Double) {
    self.init(zeros: shape)
    var index = [Int](repeating: 0, count: shape.rank)
    for position in values.indices {
      values[position] = element(index)
      var axis = shape.rank - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }

  public init(_ tensor: Tensor) {
    self.init(tensor.shape, tensor.scalars.map { Double($0) })
  }

  private func position(_ index: [Int]) -> Int {
    var position = 0
    for (axis, i) in index.enumerated() {
      precondition(i >= 0 && i < shape[axis], "index \(index) in \(shape)")
      position = position * shape[axis] + i
    }
    return position
  }

  public subscript(index: Int...) -> Double {
    get { values[position(index)] }
    set { values[position(index)] = newValue }
  }

  // Of two and four indices without an array: these stand in the innermost loops.

  public subscript(i: Int, j: Int) -> Double {
    get { values[i * shape[1] + checked(j, 1)] }
    set { values[i * shape[1] + checked(j, 1)] = newValue }
  }

  public subscript(n: Int, h: Int, w: Int, c: Int) -> Double {
    get { values[position(n, h, w, c)] }
    set { values[position(n, h, w, c)] = newValue }
  }

  private func position(_ n: Int, _ h: Int, _ w: Int, _ c: Int) -> Int {
    ((n * shape[1] + checked(h, 1)) * shape[2] + checked(w, 2)) * shape[3] + checked(c, 3)
  }

  private func checked(_ i: Int, _ axis: Int) -> Int {
    precondition(i >= 0 && i < shape[axis], "index \(i) on axis \(axis) of \(shape)")
    return i
  }

  public subscript(index: [Int]) -> Double {
    get { values[position(index)] }
    set { values[position(index)] = newValue }
  }

  public func map(_ transform: (Double) -> Double) -> Reference {
    Reference(shape, values.map(transform))
  }

  public var tensor: Tensor { Tensor(values.map { Float($0) }, shape: shape) }

  /// The sum of products with `weights`: a scalar whose gradient has no symmetry to hide behind.
  public func weighted(by weights: Tensor) -> Double {
    precondition(weights.shape == shape, "\(weights.shape) weights for \(shape)")
    return zip(values, weights.scalars).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
}

/// The gradient of `function` at `point` by central differences in double precision.
///
/// - Parameter step: small enough that no maximum or mask changes within it, large enough for doubles.
public func numericGradient(
  at point: Tensor, step: Double = 1e-5, of function: (Reference) -> Double
) -> Tensor {
  var x = Reference(point)
  return Tensor(
    x.values.indices.map { i in
      let value = x.values[i]
      x.values[i] = value + step
      let above = function(x)
      x.values[i] = value - step
      let below = function(x)
      x.values[i] = value
      return Float((above - below) / (2 * step))
    }, shape: point.shape)
}
