import FoveaImage
import FoveaNN
import FoveaTensor
import Testing

@testable import FoveaExplain

@Suite struct FaithfulnessTests {
  /// A made-up network on 4×1 inputs of one channel, whose probability is the mean of the pixels by weights: with them
  /// known, each curve can be worked out by hand.
  private func probability(_ weights: [Double]) -> (Tensor) -> [Double] {
    { images in
      let values = images.scalars
      return (0..<images.shape[0]).map { image in
        weights.indices.reduce(0.0) { $0 + weights[$1] * Double(values[image * weights.count + $1]) }
      }
    }
  }

  @Test func curvesFollowTheOrder() {
    let image = Tensor([1, 1, 1, 1], shape: [1, 1, 4, 1])
    let blurred = Tensor([0.5, 0.5, 0.5, 0.5], shape: [1, 1, 4, 1])
    let curves = FaithfulnessCurves.measure(
      image, blurred: blurred, order: [2, 0, 1, 3], steps: 4,
      probability: probability([0.25, 0.125, 0.5, 0.125]))
    #expect(curves.deletion == [1, 0.5, 0.25, 0.125, 0])
    #expect(curves.insertion == [0.5, 0.75, 0.875, 0.9375, 1])
    #expect(curves.deletionArea == (0.5 + 0.5 + 0.25 + 0.125) / 4)
    #expect(curves.insertionArea == (0.75 + 0.75 + 0.875 + 0.9375) / 4)
  }

  /// The map that knows the weights deletes best and inserts best; its reverse is the worst.
  @Test func theRightMapScoresBest() {
    let weights = [0.05, 0.15, 0.6, 0.2]
    let image = Tensor([1, 1, 1, 1], shape: [1, 1, 4, 1])
    let blurred = Tensor([0, 0, 0, 0], shape: [1, 1, 4, 1])
    func score(_ values: [Float]) -> FaithfulnessCurves {
      let map = AttentionMap(width: 4, height: 1, values: values)
      return .measure(
        image, blurred: blurred, order: PixelOrder.of(map, width: 4, height: 1, seed: 1, image: 0), steps: 4,
        probability: probability(weights))
    }
    let right = score(weights.map { Float($0) })
    let wrong = score(weights.map { Float(-$0) })
    #expect(right.deletionArea < 0.4 && wrong.deletionArea > 0.6)
    #expect(right.insertionArea > 0.6 && wrong.insertionArea < 0.4)
    // What one map deletes first the other deletes last.
    #expect(abs(right.deletionArea + wrong.deletionArea - 1) < 1e-6)
  }

  @Test func orderGoesByTheMapAndThenByChance() {
    let map = AttentionMap(width: 3, height: 1, values: [0.2, 0.9, 0.5])
    #expect(PixelOrder.of(map, width: 3, height: 1, seed: 0, image: 0) == [1, 2, 0])
    let flat = AttentionMap(width: 2, height: 2, values: [0.5, 0.5, 0.5, 0.5])
    let orders = (0..<50).map { PixelOrder.of(flat, width: 4, height: 4, seed: 3, image: $0) }
    #expect(orders.allSatisfy { $0.sorted() == Array(0..<16) })
    // Each image has its own order, and no place is favoured.
    #expect(Set(orders).count == 50)
    #expect(Set(orders.map { $0[0] }).count > 8)
    #expect(orders[7] == PixelOrder.of(flat, width: 4, height: 4, seed: 3, image: 7))
  }

  @Test func rankCorrelationIsSpearmans() {
    func map(_ values: [Float]) -> AttentionMap {
      AttentionMap(width: values.count, height: 1, values: values)
    }
    #expect(RankCorrelation.spearman(map([1, 2, 3]), map([10, 20, 90])) == 1)
    #expect(RankCorrelation.spearman(map([1, 2, 3]), map([3, 2, 1])) == -1)
    // Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 − 6·4/(5·24).
    let found = RankCorrelation.spearman(map([1, 2, 3, 4, 5]), map([2, 1, 4, 3, 5]))!
    #expect(abs(found - 0.8) < 1e-12)
    // Ties share their mean rank: 1½ 1½ 3 against 1 2 3.
    #expect(
      abs(RankCorrelation.spearman(map([1, 1, 2]), map([1, 2, 3]))! - 0.866_025_403_784_438_6) < 1e-12)
    #expect(RankCorrelation.spearman(map([1, 1, 1]), map([1, 2, 3])) == nil)
    #expect(RankCorrelation.spearman(map([1, 2]), map([1, 2, 3])) == nil)
  }

  @Test func shufflingKeepsEveryValueAndForgetsTheirPlaces() throws {
    var configuration = NetworkConfiguration()
    configuration.classes = 3
    let network = try Network(configuration, seed: 7)
    let shuffled = try ShuffledNetwork.make(network, seed: 1)
    var moved = 0
    for (a, b) in zip(network.stateTensors(), shuffled.stateTensors()) {
      guard case .tensor(let x) = a.value, case .tensor(let y) = b.value else { continue }
      #expect(x.scalars.sorted() == y.scalars.sorted(), "\(a.name)")
      moved += x.scalars == y.scalars ? 0 : 1
    }
    #expect(moved > 10)
  }
}
