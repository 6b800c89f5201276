import CFoveaKernels
import FoveaTensor

/// A tensor under construction, and the pointer through which kernels write it.
///
/// For ops that fill many tensors piece by piece, where closures would nest too deep. The pointer is valid while the
/// buffer, or a copy of its tensor, lives: users hold it with `withExtendedLifetime`. The tensor is not read, copied or
/// given away until all is written.
struct Buffer {
  private(set) var tensor: Tensor
  let floats: MutableFloats

  /// Elements that are not set.
  init(_ shape: Shape) {
    tensor = Tensor(uninitialized: shape)
    floats = tensor.withUnsafeMutableBufferPointer { $0.baseAddress! }
  }

  /// A tensor's own memory, or a copy where others share it. Leaves it without elements.
  init(taking other: inout Tensor) {
    tensor = Tensor(uninitialized: [0])
    swap(&tensor, &other)
    floats = tensor.withUnsafeMutableBufferPointer { $0.baseAddress! }
  }

  init(repeating value: Float, _ shape: Shape) {
    self.init(shape)
    floats.update(repeating: value, count: tensor.count)
  }

  /// The elements as 32-bit integers.
  var indices: UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(floats).assumingMemoryBound(to: Int32.self)
  }
}

/// A finished tensor and the pointer through which kernels read it, on the same terms.
struct Source {
  let tensor: Tensor
  let floats: Floats

  init(_ tensor: Tensor) {
    self.tensor = tensor
    floats = tensor.withUnsafeBufferPointer { $0.baseAddress! }
  }

  /// What a buffer holds, while it is still written.
  init(_ buffer: Buffer) {
    tensor = buffer.tensor
    floats = Floats(buffer.floats)
  }

  /// The elements as 32-bit integers.
  var indices: UnsafePointer<Int32> {
    UnsafeRawPointer(floats).assumingMemoryBound(to: Int32.self)
  }
}

extension fk_features {
  /// Values that are read as they are.
  init(values: Floats) {
    self.init(values: values, mean: nil, gain: nil, offset: nil)
  }
}
