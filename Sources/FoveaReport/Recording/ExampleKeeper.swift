import FoveaExplain
import FoveaImage

/// One image with all that is kept of it.
struct KeptExample {
  var example: Example
  var image: Image
  var blocks: [BlockAttention]
}

/// Keeps the few examples that rank highest.
struct ExampleKeeper {
  let limit: Int
  /// Highest first; of equal ones the first.
  private(set) var kept: [(rank: Double, example: KeptExample)] = []

  init(limit: Int) { self.limit = limit }

  /// - Parameter make: is only called for an example that is kept: it copies pixels and maps.
  mutating func offer(rank: Double, _ make: () -> KeptExample) {
    guard rank.isFinite, kept.count < limit || rank > kept[kept.count - 1].rank else { return }
    let place = kept.firstIndex { $0.rank < rank } ?? kept.count
    kept.insert((rank, make()), at: place)
    if kept.count > limit { kept.removeLast() }
  }
}
