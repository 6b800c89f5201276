import CFoveaKernels
import FoveaTensor

/// Memory that is read later: weights of the layers to come, which a product fetches in passing.
///
/// A single image needs every weight once, and waits for what is not yet in a near cache. Nothing that is computed depends on it.
public struct Ahead: Sendable {
  // Addresses as integers: pointers are not Sendable, and nobody reads through these.
  private var regions: [(start: UInt, count: Int)] = []
  private var count = 0

  public static let none = Ahead()

  /// About what the second caches of two cores hold. Fetching more made the layers that fetch slower than it made the next ones faster.
  private static let mostFloats = 5 << 17

  init() {}

  /// - Parameter tensors: which whoever uses this keeps alive.
  init(_ tensors: Tensor...) {
    for tensor in tensors {
      regions.append((tensor.withFloats { UInt(bitPattern: $0) }, tensor.count))
      count += tensor.count
    }
  }

  /// Both, or the first alone where they are too much.
  public static func + (first: Ahead, second: Ahead) -> Ahead {
    guard first.count + second.count <= mostFloats else { return first }
    var both = first
    both.regions += second.regions
    both.count += second.count
    return both
  }

  /// An even share, up to the end of the region that it begins in. A thread's pieces fetch what its pieces of the next layer read,
  /// where both are cut alike.
  func share(_ index: Int, of parts: Int) -> fk_ahead {
    guard count > 0, count <= Self.mostFloats else { return fk_ahead() }
    var first = index * count / parts
    let size = (index + 1) * count / parts - first
    for region in regions {
      if first < region.count {
        return fk_ahead(
          start: Floats(bitPattern: region.start).map { $0 + first }, count: min(size, region.count - first))
      }
      first -= region.count
    }
    return fk_ahead()
  }
}
