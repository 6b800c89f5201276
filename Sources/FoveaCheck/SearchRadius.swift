import FoveaTensor

/// Up to which distance similar hashes mean anything.
///
/// Photographs of different things have hashes that differ in some 60 bits, and never in fewer than 30. Pictures of few
/// shapes on an even ground, such as clothes or digits, come much closer by chance. So some pairs are drawn at random, and
/// those that are close and yet no copies tell how far a search is to go.
struct SearchRadius {
  private static let draws = 200_000

  /// Close pairs, each once, with how many different pairs were looked at for them.
  let close: [NearDuplicateSearch.Pair]
  private let looked: Int
  private let count: Int

  init(_ hashes: [PerceptualHash]) {
    count = hashes.count
    let all = hashes.count * (hashes.count - 1) / 2
    var found: [NearDuplicateSearch.Pair] = []
    func look(_ a: Int, _ b: Int) {
      let distance = hashes[a].distance(to: hashes[b])
      guard distance <= NearDuplicateSearch.largestDistance else { return }
      found.append(.init(first: min(a, b), second: max(a, b), distance: distance))
    }
    if all <= Self.draws {
      looked = all
      for a in hashes.indices { for b in hashes.indices.dropFirst(a + 1) { look(a, b) } }
    } else {
      looked = Self.draws
      var random = CounterRandom(seed: 0, purpose: .check)
      for _ in 0..<Self.draws {
        let (a, b) = (random.integer(below: hashes.count), random.integer(below: hashes.count))
        if a != b { look(a, b) }
      }
    }
    // A pair may be drawn more than once.
    close = found.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.reduce(into: []) { unique, pair in
      if unique.last != pair { unique.append(pair) }
    }
  }

  /// The radius within which chance adds no more than about one pair for every eight images.
  ///
  /// - Parameter chance: the distances of those of the close pairs that are no copies.
  func radius(chance: [Int]) -> Int {
    let allowed = max(3, looked / (4 * max(count, 1)))
    let sorted = chance.sorted()
    guard sorted.count > allowed else { return NearDuplicateSearch.largestDistance }
    return max(sorted[allowed] - 1, 4)
  }
}
