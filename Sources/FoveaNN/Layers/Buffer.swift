import FoveaTensor

/// A tensor that belongs to a network's state and is never differentiated: running statistics.
public final class Buffer {
  /// Its name in files.
  public let name: String
  public var value: Tensor

  init(name: String, value: Tensor) {
    self.name = name
    self.value = value
  }
}

/// A count that belongs to a network's state: `num_batches_tracked`.
public final class Counter {
  /// Its name in files.
  public let name: String
  public var value: Int64 = 0

  init(name: String) {
    self.name = name
  }
}
