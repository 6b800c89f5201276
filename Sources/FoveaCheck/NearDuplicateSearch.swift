import FoveaTensor

/// Finds all pairs of hashes that differ in few bits without comparing each with each.
///
/// Multi-index hashing (Norouzi, Punjani, Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012): of
/// two hashes that differ in at most 15 bits, one of the eight 16-bit pieces differs in at most one. So each hash is
/// looked up in eight tables under its piece and the 16 neighbours of it.
struct NearDuplicateSearch {
  /// Every pair up to here is found.
  static let completeDistance = 2 * PerceptualHash.chunkCount - 1
  /// Pairs up to here are returned where they are met, unless chance makes too many of them.
  static let largestDistance = 20
  /// A look-up goes through at most so many hashes of one bucket, and a hash gets at most so many partners: a hundred
  /// thousand frames of one scene would otherwise be each other's pairs.
  static let crowd = 16_384
  static let partners = 16

  struct Pair: Equatable, Sendable {
    /// Places in the list of hashes, `first < second`.
    let first: Int
    let second: Int
    let distance: Int
  }

  struct Result: Sendable {
    /// By first, then second place.
    var pairs: [Pair] = []
    /// Whether no bucket was crowded and no hash had too many partners.
    var isComplete = true
  }

  /// The largest distance of a pair that is returned.
  let radius: Int
  private let hashes: [PerceptualHash]
  private let tables: [Table]

  init(_ hashes: [PerceptualHash], radius: Int) {
    self.hashes = hashes
    self.radius = radius
    tables = WorkerPool.shared.map(PerceptualHash.chunkCount) { Table(hashes, chunk: $0) }
  }

  /// - Parameter progress: called now and then with how many hashes are done.
  func run(progress: (Int) -> Void = { _ in }) -> Result {
    let block = 1024
    let blocks = (hashes.count + block - 1) / block
    var result = Result()
    let group = 16
    for start in stride(from: 0, to: blocks, by: group) {
      let count = min(group, blocks - start)
      let parts = WorkerPool.shared.map(count) { index in
        let from = (start + index) * block
        return search(from..<min(from + block, hashes.count))
      }
      for part in parts {
        result.pairs += part.pairs
        result.isComplete = result.isComplete && part.isComplete
      }
      progress(min((start + count) * block, hashes.count))
    }
    return result
  }

  private func search(_ range: Range<Int>) -> Result {
    var result = Result()
    for index in range {
      var found: [Pair] = []
      for chunk in 0..<PerceptualHash.chunkCount {
        let key = hashes[index].chunk(chunk)
        look(up: key, chunk, index, &found, &result.isComplete)
        for bit in 0..<16 { look(up: key ^ (1 << UInt16(bit)), chunk, index, &found, &result.isComplete) }
      }
      if found.count > Self.partners { result.isComplete = false }
      found.sort { ($0.distance, $0.second) < ($1.distance, $1.second) }
      result.pairs += found.prefix(Self.partners).sorted { $0.second < $1.second }
    }
    return result
  }

  private func look(
    up key: UInt16, _ chunk: Int, _ index: Int, _ found: inout [Pair], _ isComplete: inout Bool
  ) {
    let hash = hashes[index]
    let bucket = tables[chunk].bucket(key, after: index)
    if bucket.count > Self.crowd { isComplete = false }
    for place in bucket.prefix(Self.crowd) {
      let other = hashes[Int(place)]
      let distance = hash.distance(to: other)
      guard distance <= radius, isFirst(chunk, hash, other) else { continue }
      found.append(Pair(first: index, second: Int(place), distance: distance))
    }
  }

  /// Whether no earlier table finds the pair too.
  private func isFirst(_ chunk: Int, _ a: PerceptualHash, _ b: PerceptualHash) -> Bool {
    for earlier in 0..<chunk where (a.chunk(earlier) ^ b.chunk(earlier)).nonzeroBitCount <= 1 { return false }
    return true
  }

  /// The places of hashes by one of their pieces.
  private struct Table: Sendable {
    /// Where each bucket begins in `places`.
    private let starts: [Int32]
    /// Ascending within a bucket.
    private let places: [Int32]

    init(_ hashes: [PerceptualHash], chunk: Int) {
      var counts = [Int32](repeating: 0, count: 65_537)
      for hash in hashes { counts[Int(hash.chunk(chunk)) + 1] += 1 }
      for key in 1...65_536 { counts[key] += counts[key - 1] }
      starts = counts
      var places = [Int32](repeating: 0, count: hashes.count)
      for (index, hash) in hashes.enumerated() {
        let key = Int(hash.chunk(chunk))
        places[Int(counts[key])] = Int32(index)
        counts[key] += 1
      }
      self.places = places
    }

    /// The places in a bucket that come after one.
    func bucket(_ key: UInt16, after place: Int) -> ArraySlice<Int32> {
      let range = Int(starts[Int(key)])..<Int(starts[Int(key) + 1])
      var (low, high) = (range.lowerBound, range.upperBound)
      while low < high {
        let middle = (low + high) / 2
        if Int(places[middle]) <= place { low = middle + 1 } else { high = middle }
      }
      return places[low..<range.upperBound]
    }
  }
}
