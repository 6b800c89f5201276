import FoveaExplain
import FoveaImage
import FoveaTensor
import Testing

@Suite struct AttentionMapTests {
  @Test func oneImageOfABatch() {
    let maps = Tensor((0..<12).map(Float.init), shape: [2, 2, 3, 1])
    let map = AttentionMap(maps, image: 1)
    #expect(map.width == 3)
    #expect(map.height == 2)
    #expect(map.values == [6, 7, 8, 9, 10, 11])
    #expect(map[2, 1] == 11)
  }

  /// The map on an original of one row that the network saw all of.
  func drawn(_ values: [Float], width: Int, _ filter: ResizeFilter = .bilinear) -> [Float] {
    let placement = Placement(
      originalWidth: width, originalHeight: 1, source: Rect(x: 0, y: 0, width: Double(width), height: 1))
    return AttentionMap(width: values.count, height: 1, values: values).drawn(on: placement, filter: filter)
      .values
  }

  @Test func bilinearHasHalfPixelCentres() {
    // Two cells drawn on four pixels: the pixels' middles lie at 0.25, 0.75, 1.25 and 1.75 cells.
    #expect(drawn([0, 1], width: 4) == [0, 0.25, 0.75, 1])
  }

  @Test func nearestTakesTheCellItIsIn() {
    #expect(drawn([1, 2, 3], width: 6, .nearest) == [1, 1, 2, 2, 3, 3])
  }

  @Test func bicubicStaysWithinTheMapsRange() {
    // Between the two ones a cubic rises above 1; the map has nothing there.
    let values = drawn([0, 1, 1, 0], width: 40, .bicubic)
    #expect(values.max() == 1 && values.min() == 0)
    #expect(values[20] == 1)
    #expect(values[9] > 0.4 && values[9] < 0.6)
  }

  @Test(arguments: [ResizeFilter.bilinear, .nearest, .bicubic])
  func aConstantMapIsConstantEverywhere(filter: ResizeFilter) {
    let map = AttentionMap(width: 3, height: 2, values: [Float](repeating: 0.3, count: 6))
    let crop = Placement(
      originalWidth: 31, originalHeight: 17, source: Rect(x: 5, y: -3, width: 11, height: 25))
    #expect(map.drawn(on: crop, filter: filter).values.allSatisfy { $0 == 0.3 })
  }

  @Test func theRangePassesOverWhatIsNoNumber() {
    #expect(AttentionMap(width: 3, height: 1, values: [0, 1, .nan]).range == 0...1)
    #expect(AttentionMap(width: 1, height: 1, values: [.nan]).range == 0...0)
  }
}

@Suite struct MapStatisticsTests {
  @Test func aConstantMapIsEven() {
    for value: Float in [0, 0.5, 1] {
      let map = AttentionMap(width: 5, height: 3, values: [Float](repeating: value, count: 15))
      let statistics = MapStatistics(map)
      #expect(statistics.minimum == value && statistics.maximum == value && statistics.mean == value)
      #expect(abs(statistics.entropy - 1) < 1e-6)
      #expect(abs(statistics.borderShare - MapStatistics.evenBorderShare) < 1e-6)
    }
  }

  @Test func byHand() {
    // Sum 4: shares 1/4, 3/4. Entropy (1/4 · 2 + 3/4 · log₂(4/3)) bits of at most 1 bit.
    let statistics = MapStatistics(AttentionMap(width: 2, height: 1, values: [1, 3]))
    #expect(statistics.minimum == 1)
    #expect(statistics.mean == 2)
    #expect(statistics.maximum == 3)
    #expect(abs(statistics.entropy - 0.811_278_1) < 1e-6)
    #expect(abs(statistics.borderShare - 0.4375) < 1e-6)
  }

  @Test func theBorderIsAnEighthOfEachSide() {
    // On 8×8 the border is the outer ring of cells.
    var values = [Float](repeating: 0, count: 64)
    values[0] = 3
    values[9] = 1
    #expect(MapStatistics(AttentionMap(width: 8, height: 8, values: values)).borderShare == 0.75)
    // On 4×4 it takes half of an outer cell's width: a corner keeps a quarter, an edge's cell a half.
    values = [Float](repeating: 0, count: 16)
    values[0] = 1
    #expect(MapStatistics(AttentionMap(width: 4, height: 4, values: values)).borderShare == 0.75)
    values[0] = 0
    values[1] = 1
    #expect(MapStatistics(AttentionMap(width: 4, height: 4, values: values)).borderShare == 0.5)
  }

  @Test func allInOneCell() {
    var values = [Float](repeating: 0, count: 9)
    values[4] = 0.7
    let statistics = MapStatistics(AttentionMap(width: 3, height: 3, values: values))
    #expect(statistics.entropy == 0)
    #expect(statistics.borderShare == 0)
  }
}

@Suite struct ScaleTests {
  @Test func positions() {
    let scale = Scale(0.2...0.6)
    #expect(scale.position(0.2) == 0)
    #expect(scale.position(0.6) == 1)
    #expect(abs(scale.position(0.3)! - 0.25) < 1e-6)
    #expect(scale.position(7) == 1)
    #expect(scale.position(.nan) == nil)
    #expect(Scale.unit.position(0.5) == 0.5)
  }

  @Test func aFlatScaleHasNoColours() {
    #expect(Scale(0.5...0.5).position(0.5) == nil)
    #expect(Scale(0.5...0.500_01).isFlat)
    #expect(!Scale(0.5...0.51).isFlat)
  }
}
