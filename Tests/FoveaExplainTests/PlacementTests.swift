import FoveaExplain
import FoveaImage
import Testing

/// A map with one hot cell must be hot at the place of the original that the cell looked at.
@Suite struct PlacementTests {
  /// The original's pixel where the map, drawn on the original, is largest.
  func hottest(_ map: AttentionMap, _ placement: Placement) -> (x: Int, y: Int) {
    let values = map.drawn(on: placement).values
    let place = values.indices.max { values[$0] < values[$1] }!
    return (place % placement.originalWidth, place / placement.originalWidth)
  }

  func hot(_ column: Int, _ row: Int, width: Int, height: Int) -> AttentionMap {
    var values = [Float](repeating: 0, count: width * height)
    values[row * width + column] = 1
    return AttentionMap(width: width, height: height, values: values)
  }

  @Test func squash() {
    // 201×101 squashed: each cell of 3×1 covers 67 columns and all rows.
    let placement = Placement(
      originalWidth: 201, originalHeight: 101, source: Rect(x: 0, y: 0, width: 201, height: 101))
    let (x, _) = hottest(hot(1, 0, width: 3, height: 1), placement)
    #expect(x == 100)
    #expect(placement.seesAll)
  }

  @Test func centreCrop() {
    // The middle 100×100 of 300×100, as a 5×5 map: cell (3, 1) has its middle at (100 + 70, 30).
    let placement = Placement(
      originalWidth: 300, originalHeight: 100, source: Rect(x: 100, y: 0, width: 100, height: 100))
    let (x, y) = hottest(hot(3, 1, width: 5, height: 5), placement)
    #expect((169...170).contains(x) && (29...30).contains(y))
    #expect(!placement.seesAll)
    #expect(!placement.sees(x: 99, y: 50) && placement.sees(x: 100, y: 50))
    #expect(placement.sees(x: 199, y: 50) && !placement.sees(x: 200, y: 50))
  }

  @Test func padding() {
    // 200×100 padded to 200×200: the map's middle row of 4 lies half on the padding above.
    let placement = Placement(
      originalWidth: 200, originalHeight: 100, source: Rect(x: 0, y: -50, width: 200, height: 200))
    let map = hot(2, 1, width: 4, height: 4)
    let centre = placement.centre(column: 2, row: 1, of: map)
    #expect(centre.x == 125 && centre.y == 25)
    let (x, y) = hottest(map, placement)
    #expect((124...125).contains(x) && (24...25).contains(y))
    #expect(placement.seesAll)
    #expect(placement.visible == Rect(x: 0, y: 0, width: 200, height: 100))
  }

  @Test func aCopyOfAnotherSize() {
    let placement = Placement(
      originalWidth: 400, originalHeight: 200, source: Rect(x: 100, y: 0, width: 200, height: 200))
    let half = placement.scaled(width: 200, height: 100)
    #expect(half.source == Rect(x: 50, y: 0, width: 100, height: 100))
  }
}

@Suite struct LocalizationTests {
  /// The left half of an 8×4 image.
  let left = ObjectMask(width: 8, height: 4, inside: (0..<32).map { $0 % 8 < 4 })
  let whole = Placement(
    originalWidth: 8, originalHeight: 4, source: Rect(x: 0, y: 0, width: 8, height: 4))

  @Test func byHand() {
    // One cell a pixel, so that nothing is interpolated: 3 of 4 lie on the left.
    var values = [Float](repeating: 0, count: 32)
    values[0] = 2
    values[9] = 1
    values[15] = 1
    let score = Localization(AttentionMap(width: 8, height: 4, values: values), mask: left, placement: whole)
    #expect(score.pointing == 1)
    #expect(abs(score.energy - 0.75) < 1e-6)
    #expect(score.area == 0.5)
  }

  @Test func aMissAndTies() {
    let miss = AttentionMap(width: 2, height: 1, values: [0.4, 0.6])
    #expect(Localization(miss, mask: left, placement: whole).pointing == 0)
    let tie = AttentionMap(width: 4, height: 1, values: [0.6, 0.1, 0.6, 0.6])
    #expect(abs(Localization(tie, mask: left, placement: whole).pointing - 1.0 / 3) < 1e-9)
  }

  @Test func aConstantMapScoresTheArea() {
    let inside = (0..<32).map { $0 < 8 }
    let mask = ObjectMask(width: 8, height: 4, inside: inside)
    let constant = AttentionMap(width: 4, height: 4, values: [Float](repeating: 0.5, count: 16))
    let score = Localization(constant, mask: mask, placement: whole)
    #expect(score.area == 0.25)
    #expect(abs(score.energy - 0.25) < 1e-6)
    #expect(score.pointing == 0.25)
    let nothing = AttentionMap(width: 4, height: 4, values: [Float](repeating: 0, count: 16))
    #expect(Localization(nothing, mask: mask, placement: whole).energy == 0.25)
  }

  @Test func onlyWhatTheNetworkSawCounts() {
    // A crop to the right half: the object on the left was never seen.
    let crop = Placement(
      originalWidth: 8, originalHeight: 4, source: Rect(x: 4, y: 0, width: 4, height: 4))
    let constant = AttentionMap(width: 1, height: 1, values: [1])
    let score = Localization(constant, mask: left, placement: crop)
    #expect(score.area == 0 && score.energy == 0 && score.pointing == 0)
  }

  @Test func aPeakOnThePaddingIsAMiss() {
    let padded = Placement(
      originalWidth: 8, originalHeight: 4, source: Rect(x: 0, y: -2, width: 8, height: 8))
    let everything = ObjectMask(width: 8, height: 4, inside: [Bool](repeating: true, count: 32))
    let map = AttentionMap(width: 2, height: 8, values: [1] + [Float](repeating: 0, count: 15))
    #expect(Localization(map, mask: everything, placement: padded).pointing == 0)
  }

  @Test func meansOverImages() {
    var score = LocalizationScore()
    let hit = AttentionMap(width: 2, height: 1, values: [1, 0])
    let miss = AttentionMap(width: 2, height: 1, values: [0, 1])
    score.add(Localization(hit, mask: left, placement: whole))
    score.add(Localization(hit, mask: left, placement: whole))
    score.add(Localization(miss, mask: left, placement: whole))
    #expect(score.images == 3)
    #expect(abs(score.pointing - 2.0 / 3) < 1e-9)
    #expect(score.area == 0.5)
  }
}
