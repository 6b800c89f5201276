/// A split of one tree into training and validation by a hash of each file's name.
///
/// A file's side depends on its own name and the seed alone, so files that are added later leave the others where
/// they are, and two machines agree. Each class is split by itself with the same share. Chance leaves a small class
/// with none on one side now and then; its file with the smallest (largest) hash then goes to validation (training):
/// the only case in which a file that is added can move another.
public struct HashSplit: Hashable, Sendable {
  /// The share of validation, in 0…1, both exclusive.
  public let fraction: Double
  public let seed: UInt64

  public init(fraction: Double = 0.2, seed: UInt64 = 0) throws(DataError) {
    guard fraction > 0, fraction < 1 else {
      throw DataError(
        .invalidSetting, "validation fraction", found: "\(fraction)", expected: "a number between 0 and 1",
        remedy: "0.2 is common.")
    }
    self.fraction = fraction
    self.seed = seed
  }

  /// The indices of the samples on each side, ascending.
  ///
  /// A class with one image has it in training.
  public func indices(of source: ImageSource) -> (training: [Int], validation: [Int]) {
    var members = [[Int]](repeating: [], count: source.classes.count)
    for (index, sample) in source.samples.enumerated() { members[sample.label].append(index) }
    var validates = [Bool](repeating: false, count: source.count)
    for indices in members {
      let positions = indices.map { position(of: source.samples[$0].name) }
      for (index, position) in zip(indices, positions) { validates[index] = position < fraction }
      guard indices.count > 1 else {
        for index in indices { validates[index] = false }
        continue
      }
      let order = indices.indices.sorted { positions[$0] < positions[$1] }
      validates[indices[order[0]]] = true
      validates[indices[order[order.count - 1]]] = false
    }
    return (validates.indices.filter { !validates[$0] }, validates.indices.filter { validates[$0] })
  }

  /// A name's place in [0, 1): below `fraction`, it validates.
  func position(of name: RawPath) -> Double {
    var hash = StableHash(seed: seed)
    hash.combine(name.bytes)
    return Double(hash.value >> 11) * 0x1p-53
  }
}

/// A hash that is the same in every process, unlike Swift's `Hasher`.
///
/// FNV-1a over the bytes, then the finalizer of SplitMix64 (Steele et al., "Fast splittable pseudorandom number
/// generators", OOPSLA 2014) so that names that differ in their last digit spread over all bits.
struct StableHash {
  private var state: UInt64

  init(seed: UInt64 = 0) {
    state = 0xCBF2_9CE4_8422_2325
    combine(seed)
  }

  mutating func combine(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  }

  mutating func combine(_ number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      state = (state ^ ((number >> shift) & 0xFF)) &* 0x0000_0100_0000_01B3
    }
  }

  var value: UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
