import CFoveaKernels

/// A block of floats that several tensors may share.
///
/// `@unchecked Sendable`: a tensor writes only to storage that it alone refers to (`Tensor.withUnsafeMutable…`
/// copies first otherwise), so no two threads write, or write and read, through different tensors.
final class Storage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private let lifetime: BufferPool.Lifetime

  init(count: Int, lifetime: BufferPool.Lifetime = .passing) {
    self.count = count
    self.lifetime = lifetime
    base = BufferPool.shared.take(bytes: max(count, 1) * MemoryLayout<Float>.stride, lifetime)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit {
    BufferPool.shared.give(base, bytes: max(count, 1) * MemoryLayout<Float>.stride, lifetime)
  }
}

/// A dense array of 32-bit floats with value semantics, row-major: the last axis is contiguous.
///
/// Activations are [N, H, W, C]: a pixel's channels are one contiguous vector. Copies share storage until one of
/// them is written to.
public struct Tensor: Sendable {
  public let shape: Shape
  private var storage: Storage

  /// A tensor whose elements are not set: every one must be written before it is read.
  public init(uninitialized shape: Shape) {
    self.shape = shape
    storage = Storage(count: shape.count)
  }

  public init(repeating value: Float, shape: Shape) {
    self.init(uninitialized: shape)
    storage.base.initialize(repeating: value, count: storage.count)
  }

  public init(zeros shape: Shape) {
    self.init(repeating: 0, shape: shape)
  }

  /// - Precondition: `scalars.count == shape.count`.
  public init(_ scalars: [Float], shape: Shape) {
    precondition(scalars.count == shape.count, "\(scalars.count) scalars for shape \(shape)")
    self.init(uninitialized: shape)
    scalars.withUnsafeBufferPointer {
      storage.base.initialize(from: $0.baseAddress ?? UnsafePointer(storage.base), count: $0.count)
    }
  }

  /// A tensor that `body` fills: it gets the storage, unset, and must write every element.
  ///
  /// - Parameter lifetime: `.lasting` for what outlives most of what is made after it, such as a weight's gradient.
  public init(
    _ shape: Shape, lifetime: BufferPool.Lifetime = .passing,
    filledBy body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    self.shape = shape
    storage = Storage(count: shape.count, lifetime: lifetime)
    try body(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
  }

  public var count: Int { storage.count }

  /// A copy of the elements.
  public var scalars: [Float] {
    Array(UnsafeBufferPointer(start: storage.base, count: storage.count))
  }

  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "index \(index) out of range in \(shape)")
      return storage.base[index]
    }
    set {
      precondition(index >= 0 && index < count, "index \(index) out of range in \(shape)")
      makeUnique()
      storage.base[index] = newValue
    }
  }

  /// The same elements under another shape of the same count. Shares storage.
  public func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.count == count, "cannot reshape \(self.shape) to \(shape)")
    return Tensor(shape: shape, storage: storage)
  }

  private init(shape: Shape, storage: Storage) {
    self.shape = shape
    self.storage = storage
  }

  public func withUnsafeBufferPointer<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.base, count: storage.count))
  }

  /// Gives write access, after a copy if the storage is shared.
  public mutating func withUnsafeMutableBufferPointer<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.base, count: storage.count))
  }

  private mutating func makeUnique() {
    guard !isKnownUniquelyReferenced(&storage) else { return }
    let copy = Storage(count: storage.count)
    copy.base.initialize(from: storage.base, count: storage.count)
    storage = copy
  }
}

extension Tensor {
  /// Transposes into a new tensor: axis `i` of the result is axis `order[i]` of this one.
  public func transposed(_ order: [Int]) -> Tensor {
    precondition(order.sorted() == Array(0..<shape.rank), "\(order) does not permute \(shape)")
    if let matrix = matrixTransposed(order) { return matrix }
    let extents = order.map { shape[$0] }
    var strides = [Int](repeating: 1, count: shape.rank)
    for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    let sourceStrides = order.map { strides[$0] }
    return Tensor(Shape(extents)) { output in
      guard !output.isEmpty else { return }
      withUnsafeBufferPointer { input in
        var index = [Int](repeating: 0, count: extents.count)
        var source = 0
        for target in 0..<output.count {
          output[target] = input[source]
          var axis = extents.count - 1
          while axis >= 0 {
            index[axis] += 1
            source += sourceStrides[axis]
            if index[axis] < extents[axis] { break }
            source -= sourceStrides[axis] * extents[axis]
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
  }

  /// A matrix, or a convolution's weight on its way from a file, [O, C, kh, kw] → [kh, kw, C, O]: transposed block by block,
  /// on all threads. Nil for other permutations.
  private func matrixTransposed(_ order: [Int]) -> Tensor? {
    let extents = shape.dimensions
    guard extents.count == 4 || extents.count == 2, count > 0 else { return nil }
    let rank = extents.count
    guard order == (rank == 2 ? [1, 0] : [2, 3, 1, 0]) else { return nil }
    let (rows, columns) = (extents[0], extents[1])
    let taps = count / (rows * columns)
    return Tensor(Shape(order.map { extents[$0] })) { output in
      withUnsafeBufferPointer { input in
        let (from, to) = (input.baseAddress!, output.baseAddress!)
        // Columns of the matrix [rows, columns · taps], some 64 a piece, become rows.
        let share = max(1, 64 / taps) * taps
        let width = columns * taps
        WorkerPool.shared.forEach((width - 1) / share + 1) { piece in
          let first = piece * share
          let count = min(share, width - first)
          guard taps > 1 else {
            return fk_conv_pack_turned(to + first * rows, rows, from + first, width, count, rows)
          }
          BufferPool.shared.withScratch(count * rows) { turned in
            fk_conv_pack_turned(turned, rows, from + first, width, count, rows)
            for index in 0..<count {
              let (column, tap) = (first + index).quotientAndRemainder(dividingBy: taps)
              (to + (tap * columns + column) * rows).update(from: turned + index * rows, count: rows)
            }
          }
        }
      }
    }
  }

  /// [N, C, H, W] → [N, H, W, C]
  public var nchwToNHWC: Tensor { transposed([0, 2, 3, 1]) }
  /// [N, H, W, C] → [N, C, H, W]
  public var nhwcToNCHW: Tensor { transposed([0, 3, 1, 2]) }

  /// Rows `range` of the outermost axis, copied.
  public func slice(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of \(shape)")
    let row = shape.count / max(shape[0], 1)
    return Tensor(Shape([range.count] + shape.dimensions.dropFirst())) { output in
      withUnsafeBufferPointer { input in
        let source = UnsafeBufferPointer(rebasing: input[range.lowerBound * row..<range.upperBound * row])
        _ = output.initialize(from: source)
      }
    }
  }
}
