import FoveaExplain
import FoveaImage
import Testing

@testable import FoveaReport

@Suite struct RecordingTests {
  private func block(_ spatial: [Float], _ channel: [Float]) -> BlockAttention {
    BlockAttention(
      block: "layer1.0", spatial: AttentionMap(width: 2, height: 1, values: spatial), channel: channel)
  }

  @Test func gatesAreSummedByClassAndOverAll() throws {
    var counts = AttentionCounts(classes: ["a", "b"])
    counts.add([block([0.2, 0.6], [0.5, 0.1])], label: 0)
    counts.add([block([0.4, 0.4], [0.5, 0.3])], label: 0)
    counts.add([block([1, 0], [0.5, 0.8])], label: 1)
    let summaries = counts.summaries
    #expect(summaries.map(\.className) == [nil, "a", "b"])
    #expect(summaries.map(\.images) == [3, 2, 1])
    let all = summaries[0]
    #expect(abs(all.spatialMean! - (0.4 + 0.4 + 0.5) / 3) < 1e-6)
    #expect(all.spatialLow == 0 && all.spatialHigh == 1)
    // Entropies of (¼, ¾), of (½, ½) and of (1, 0), over that of an even map.
    #expect(abs(all.spatialEntropy! - (0.811_278 + 1 + 0) / 3) < 1e-5)
    #expect(abs(all.channelMean! - (0.5 + 0.4) / 2) < 1e-6)
    #expect(abs(all.channelSpread! - 0.05) < 1e-6)
    // The first channel never moves; the second has the deviation of 0.1, 0.3 and 0.8.
    #expect(abs(all.channelResponse! - 0.294_392 / 2) < 1e-5)
    #expect(all.channels == 2 && all.constantChannels == 1)
    #expect(!all.isSpatialDead && !all.isChannelDead)
  }

  @Test func aConstantGateIsDead() {
    var counts = AttentionCounts(classes: ["a"])
    for _ in 0..<3 { counts.add([block([0.5, 0.5001], [0.2, 0.9])], label: 0) }
    #expect(counts.summaries[0].isSpatialDead && counts.summaries[0].isChannelDead)
    counts.add([block([0.5, 0.52], [0.2, 0.92])], label: 0)
    #expect(!counts.summaries[0].isSpatialDead && !counts.summaries[0].isChannelDead)
  }

  @Test func keepersKeepTheHighest() {
    var keeper = ExampleKeeper(limit: 3)
    for (place, rank) in [0.1, 0.9, 0.5, 0.5, 0.95, .nan, 0.2].enumerated() {
      keeper.offer(rank: rank) {
        KeptExample(
          example: Example(
            name: "\(place)", truth: "", predicted: "", confidence: rank, truthProbability: 0, loss: 0),
          image: Image(width: 1, height: 1), blocks: [])
      }
    }
    #expect(keeper.kept.map(\.example.example.name) == ["4", "1", "2"])
  }

  @Test func filmsStaySmallAndDependOnTheEpochAlone() {
    var kept: Set<Int> = []
    for latest in 1...300 {
      kept.insert(latest)
      kept = kept.filter { FilmRule.keeps($0, latest: latest) }
      // Whoever only knows the latest epoch keeps the same.
      #expect(kept == Set((1...latest).filter { FilmRule.keeps($0, latest: latest) }))
      #expect(kept.count <= FilmRule.limit + 2 && kept.contains(1) && kept.contains(latest))
    }
    #expect(FilmRule.shown(Array(1...18), limit: 10).count == 10)
    #expect(FilmRule.shown([1, 2, 9], limit: 10) == [1, 2, 9])
    #expect(FilmRule.shown(Array(1...18), limit: 10).last == 18)
  }

  @Test func pictureSetsComeBackAsTheyWere() throws {
    try withScratchFolder { folder in
      var set = PictureSet()
      set.examples = ["a", "b"].map {
        Example(name: $0, truth: "t", predicted: "p", confidence: 0.5, truthProbability: 0.25, loss: 1.5)
      }
      set.images = [
        Image(width: 2, height: 1, fill: .black), Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6]),
      ]
      set.maps = [
        .init(
          name: "layer1.0",
          maps: [
            AttentionMap(width: 1, height: 2, values: [0.5, 1]),
            AttentionMap(width: 1, height: 2, values: [0, 0.25]),
          ])
      ]
      try set.write(to: folder + "/set.safetensors")
      #expect(try PictureSet(contentsOf: folder + "/set.safetensors") == set)
    }
  }
}
