import Testing

@testable import FoveaCheck

@Suite struct NearDuplicateSearchTests {
  /// Random hashes, some of them copies of earlier ones with a few bits turned.
  static func hashes(_ count: Int, flips: ClosedRange<Int>) -> [PerceptualHash] {
    var random = SystemlessRandom(42)
    func word() -> UInt64 { random.next() << 32 ^ random.next() }
    var result: [PerceptualHash] = []
    for index in 0..<count {
      guard index > 10, index % 3 == 0 else {
        result.append(PerceptualHash(low: word(), high: word()))
        continue
      }
      let old = result[Int(random.next() % UInt64(index))]
      var (low, high) = (old.low, old.high)
      for _ in 0..<(flips.lowerBound + Int(random.next() % UInt64(flips.count))) {
        let bit = random.next() % 128
        if bit < 64 { low ^= 1 << bit } else { high ^= 1 << (bit - 64) }
      }
      result.append(PerceptualHash(low: low, high: high))
    }
    return result
  }

  @Test func findsEveryPairThatItPromises() {
    let hashes = Self.hashes(1500, flips: 0...24)
    let found = NearDuplicateSearch(hashes, radius: 20).run()
    let pairs = Set(found.pairs.map { [$0.first, $0.second] })
    #expect(pairs.count == found.pairs.count, "a pair was found twice")
    var promised = 0
    for a in hashes.indices {
      for b in hashes.indices.dropFirst(a + 1) {
        let distance = hashes[a].distance(to: hashes[b])
        if distance <= NearDuplicateSearch.completeDistance {
          promised += 1
          #expect(pairs.contains([a, b]), "\(a), \(b): distance \(distance)")
        }
      }
    }
    #expect(promised > 200 && found.isComplete)
    for pair in found.pairs {
      #expect(pair.distance == hashes[pair.first].distance(to: hashes[pair.second]) && pair.distance <= 20)
      #expect(pair.first < pair.second)
    }
  }

  @Test func theRadiusHolds() {
    let hashes = Self.hashes(600, flips: 0...12)
    #expect(NearDuplicateSearch(hashes, radius: 3).run().pairs.allSatisfy { $0.distance <= 3 })
  }

  @Test func aCrowdIsSaid() {
    let hashes = [PerceptualHash](repeating: PerceptualHash(low: 1, high: 2), count: 200)
    let found = NearDuplicateSearch(hashes, radius: 20).run()
    #expect(!found.isComplete)
    #expect(found.pairs.count <= 200 * NearDuplicateSearch.partners)
    // Each is tied to the next all the same, so that they are one group.
    var sets = DisjointSets(200)
    for pair in found.pairs { sets.join(pair.first, pair.second) }
    #expect(Set((0..<200).map { sets.root($0) }) == [0])
  }

  @Test func chanceShrinksTheRadius() {
    let alike = (0..<3000).map { PerceptualHash(low: UInt64($0 % 4096), high: 0) }
    let sample = SearchRadius(alike)
    #expect(sample.close.count > 1000)
    #expect(sample.radius(chance: []) == NearDuplicateSearch.largestDistance)
    let radius = sample.radius(chance: sample.close.map(\.distance))
    #expect(radius < NearDuplicateSearch.largestDistance && radius >= 4)
    // A few accidents are none.
    #expect(sample.radius(chance: [0, 1, 2]) == NearDuplicateSearch.largestDistance)
  }

  @Test func nothingIsNoTrouble() {
    #expect(NearDuplicateSearch([], radius: 20).run().pairs.isEmpty)
    #expect(SearchRadius([]).radius(chance: []) == NearDuplicateSearch.largestDistance)
    #expect(NearDuplicateSearch([PerceptualHash(low: 0, high: 0)], radius: 20).run().pairs.isEmpty)
  }
}
