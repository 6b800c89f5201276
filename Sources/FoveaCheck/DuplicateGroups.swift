import FoveaImage
import FoveaTensor

/// Which images are copies of each other.
struct DuplicateGroups {
  /// Images with the same pixels, two or more, ascending.
  private(set) var exact: [[Int]] = []
  /// Images that show one picture, not all with the same pixels, ascending.
  private(set) var near: [[Int]] = []
  /// One image of each distinct picture whose hash can be compared.
  private var representatives: [Int] = []

  /// Puts together what has the same size and pixels.
  init(_ images: [ImageEntry]) {
    var members: [PixelDigest: [Int]] = [:]
    for (index, image) in images.enumerated() {
      guard let digest = image.facts.digest, !image.facts.traits.contains(.damaged) else { continue }
      members[digest, default: []].append(index)
    }
    exact = members.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    representatives = members.values.map { $0[0] }.filter { images[$0].facts.isComparable }.sorted()
  }

  /// Puts together what looks the same and whose pixels agree.
  ///
  /// - Returns: how far the search went, and whether it was complete.
  mutating func addNearDuplicates(
    _ images: [ImageEntry], _ progress: (DataSetCheck.Progress) -> Void
  ) -> (radius: Int, isComplete: Bool) {
    let places = representatives
    let hashes = places.map { images[$0].facts.hash }
    let sample = SearchRadius(hashes)
    let close = sample.close.prefix(1024).map { (places[$0.first], places[$0.second]) }
    let copies = Self.agreements(close, images, isStrict: true) { _ in }
    let chance = zip(sample.close, copies).filter { !$0.1 }.map { $0.0.distance }
    let search = NearDuplicateSearch(hashes, radius: sample.radius(chance: chance))
    let found = search.run { progress(.init(phase: .searching, done: $0, total: places.count)) }
    let pairs = found.pairs.map { (places[$0.first], places[$0.second]) }
    let isStrict = search.radius < NearDuplicateSearch.largestDistance
    let agree = Self.agreements(pairs, images, isStrict: isStrict) {
      progress(.init(phase: .verifying, done: $0, total: pairs.count))
    }
    let verified = zip(pairs, agree).filter { $0.1 }.map { $0.0 }
    var sets = DisjointSets(images.count)
    for (a, b) in verified { sets.join(a, b) }
    let joined = Set(verified.flatMap { [$0.0, $0.1] }.map { sets.root($0) })
    for group in exact { for other in group.dropFirst() { sets.join(group[0], other) } }
    let roots = Set(joined.map { sets.root($0) })
    var groups: [Int: [Int]] = [:]
    for index in images.indices {
      let root = sets.root(index)
      if roots.contains(root) { groups[root, default: []].append(index) }
    }
    near = groups.values.sorted { $0[0] < $1[0] }
    return (search.radius, found.isComplete)
  }

  /// For each pair, whether its pixels agree. Images are read again, some thousand at a time, so that memory stays bounded.
  private static func agreements(
    _ pairs: [(Int, Int)], _ images: [ImageEntry], isStrict: Bool, _ progress: (Int) -> Void
  ) -> [Bool] {
    var result: [Bool] = []
    while result.count < pairs.count {
      let start = result.count
      var end = start
      var needed: Set<Int> = []
      while end < pairs.count, needed.count < 4096 {
        needed.formUnion([pairs[end].0, pairs[end].1])
        end += 1
      }
      let small = scaled(needed.sorted(), images) { progress(start + Int(Double(end - start) * $0)) }
      result += WorkerPool.shared.map(end - start) { place in
        let (a, b) = pairs[start + place]
        // A file that changed or went away in between is no copy of anything.
        guard let first = small[a], let second = small[b] else { return false }
        return PixelComparison(first, second).isSamePicture(isStrict: isStrict)
      }
    }
    return result
  }

  /// Images at the size at which they are compared.
  ///
  /// - Parameter progress: told the share that is done.
  private static func scaled(
    _ order: [Int], _ images: [ImageEntry], _ progress: (Double) -> Void
  ) -> [Int: Image] {
    var small: [Int: Image] = [:]
    for from in stride(from: 0, to: order.count, by: 64) {
      let part = order[from..<min(from + 64, order.count)]
      let loaded = WorkerPool.shared.map(part.count) { place in
        images[part[from + place]].load()?.resized(width: PerceptualHash.side, height: PerceptualHash.side)
      }
      for (index, image) in zip(part, loaded) { small[index] = image }
      progress(Double(from + part.count) / Double(order.count))
    }
    return small
  }

  func findings(_ images: [ImageEntry]) -> [Finding] {
    func isSpread(_ group: [Int], _ key: (ImageEntry) -> Int) -> Bool {
      group.contains { key(images[$0]) != key(images[group[0]]) }
    }
    func finding(_ kind: Finding.Kind, _ groups: [[Int]]) -> Finding {
      Finding(kind: kind, entries: groups.map { Finding.Entry(images: $0) })
    }
    let parts: (ImageEntry) -> Int = { $0.part }
    let labels: (ImageEntry) -> Int = { $0.label }
    let leaks = exact.filter { isSpread($0, parts) }
    let conflicts = exact.filter { isSpread($0, labels) }
    // What exact copies have said already is not said again: one image of each set of copies, and of each part or class
    // that it is in, stands for it.
    func isNews(_ group: [Int], _ key: (ImageEntry) -> Int) -> Bool {
      var keys: [PixelDigest: Set<Int>] = [:]
      for index in group { keys[images[index].facts.digest!, default: []].insert(key(images[index])) }
      guard let first = keys.values.first else { return false }
      return keys.values.contains { $0 != first }
    }
    return [
      finding(.leak, leaks), finding(.conflict, conflicts),
      finding(.nearLeak, near.filter { isNews($0, parts) }),
      finding(.nearConflict, near.filter { isNews($0, labels) }),
      finding(.duplicate, exact.filter { !isSpread($0, parts) && !isSpread($0, labels) }),
      finding(.nearDuplicate, near.filter { !isSpread($0, parts) && !isSpread($0, labels) }),
    ]
  }
}

/// Union–find with path halving (Tarjan, van Leeuwen, "Worst-case analysis of set union algorithms", JACM 1984). A set's
/// root is its smallest member.
struct DisjointSets {
  private var parents: [Int]

  init(_ count: Int) { parents = Array(0..<count) }

  mutating func root(_ element: Int) -> Int {
    var element = element
    while parents[element] != element {
      parents[element] = parents[parents[element]]
      element = parents[element]
    }
    return element
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (x, y) = (root(a), root(b))
    if x < y { parents[y] = x } else { parents[x] = y }
  }
}
