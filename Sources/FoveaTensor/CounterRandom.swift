#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Random numbers as a function of who asks, not of who asked first.
///
/// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011): ten rounds of
/// multiplications mix a 128-bit counter under a 64-bit key. The key is the seed; the counter holds the purpose, two
/// numbers of the caller's choice (the epoch and the sample, say) and the position in the stream. So the numbers
/// of sample 17 in epoch 3 are the same on one thread or on eight, in a resumed run or in a whole one.
public struct CounterRandom: RandomNumberGenerator, Sendable {
  /// What the numbers are for. Raw values are part of what makes a run repeat: never reuse or change one.
  public enum Purpose: UInt32, Sendable {
    case initialization = 1
    case shuffle = 2
    case augmentation = 3
    case dropout = 4
    case mixing = 5
    case split = 6
    case dataset = 7
    case test = 8
    case explanation = 9
    case check = 10
  }

  private let key: (UInt32, UInt32)
  private let prefix: (UInt32, UInt32, UInt32)
  private var position: UInt32 = 0
  private var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4

  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - purpose: what the numbers are for; each purpose has its own stream.
  ///   - epoch: first free coordinate.
  ///   - sample: second free coordinate, below 2³².
  public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, sample: Int = 0) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    prefix = (purpose.rawValue, UInt32(truncatingIfNeeded: epoch), UInt32(truncatingIfNeeded: sample))
  }

  public mutating func next() -> UInt64 {
    UInt64(nextWord()) | UInt64(nextWord()) << 32
  }

  /// 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Self.philox((position, prefix.0, prefix.1, prefix.2), key)
      position &+= 1
      used = 0
    }
    defer { used += 1 }
    switch used {
    case 0: return block.0
    case 1: return block.1
    case 2: return block.2
    default: return block.3
    }
  }

  /// Uniform in [0, 1), with 24 bits.
  public mutating func uniform() -> Float {
    Float(nextWord() >> 8) * 0x1p-24
  }

  /// Uniform in [range.lowerBound, range.upperBound).
  public mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Uniform integer in 0..<bound, without bias (Lemire's multiplication with rejection).
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= Int(UInt32.max), "bound \(bound)")
    let limit = UInt32(bound)
    var product = UInt64(nextWord()) * UInt64(limit)
    if UInt32(truncatingIfNeeded: product) < limit {
      let threshold = (0 &- limit) % limit
      while UInt32(truncatingIfNeeded: product) < threshold { product = UInt64(nextWord()) * UInt64(limit) }
    }
    return Int(product >> 32)
  }

  /// Standard normal (Box and Muller, one of the pair).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(uniform()))).squareRoot()
    return Float(radius * cos(2 * .pi * Double(uniform())))
  }

  /// A uniformly random order of 0..<count (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    guard count > 1 else { return order }
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1)) }
    return order
  }

  /// The Philox4x32-10 bijection.
  static func philox(
    _ counter: (UInt32, UInt32, UInt32, UInt32), _ key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let a = UInt64(0xD251_1F53) * UInt64(c.0)
      let b = UInt64(0xCD9E_8D57) * UInt64(c.2)
      c = (
        UInt32(b >> 32) ^ c.1 ^ k.0, UInt32(truncatingIfNeeded: b), UInt32(a >> 32) ^ c.3 ^ k.1,
        UInt32(truncatingIfNeeded: a)
      )
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
  }
}
