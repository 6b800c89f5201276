import FoveaTensor

/// What a parameter holds before training.
public enum Initialization: Hashable, Sendable {
  case constant(Float)
  /// Normal with mean 0 and variance 2 / fanOut, for layers that ReLU follows.
  ///
  /// He et al., "Delving Deep into Rectifiers", ICCV 2015, eq. 14. The fan-out of a convolution is kh·kw·O, also where it
  /// is grouped, as in PyTorch's `kaiming_normal_(mode="fan_out")`.
  case heNormal(fanOut: Int)
  /// Uniform in ±1/√fanIn: PyTorch's default for the weights and biases of linear layers.
  case uniform(fanIn: Int)

  /// Numbers that are a function of the seed and the parameter's name: another layer more or less, or another order,
  /// changes none of them.
  func tensor(_ shape: Shape, seed: UInt64, name: String) -> Tensor {
    if case .constant(let value) = self { return Tensor(repeating: value, shape: shape) }
    // FNV-1a (Fowler, Noll and Vo), 64 bits: both halves become coordinates of the stream.
    let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    // Each piece has a stream of its own, so that large layers can be filled by all threads.
    let piece = 1 << 14
    return Tensor(shape) { values in
      nonisolated(unsafe) let values = values
      WorkerPool.shared.forEach((values.count + piece - 1) / piece) { index in
        var random = CounterRandom(
          seed: seed, purpose: .initialization, epoch: Int(hash >> 32),
          sample: Int(hash & 0xFFFF_FFFF) + index)
        let range = index * piece..<min(values.count, (index + 1) * piece)
        fill(UnsafeMutableBufferPointer(rebasing: values[range]), &random)
      }
    }
  }

  private func fill(_ values: UnsafeMutableBufferPointer<Float>, _ random: inout CounterRandom) {
    switch self {
    case .constant(let value): values.update(repeating: value)
    case .heNormal(let fanOut):
      let deviation = (2 / Float(fanOut)).squareRoot()
      for i in values.indices { values[i] = deviation * random.normal() }
    case .uniform(let fanIn):
      let bound = 1 / Float(fanIn).squareRoot()
      for i in values.indices { values[i] = random.uniform(-bound...bound) }
    }
  }
}
