import FoveaImage
import Testing

@Suite struct TransformTests {
  /// Pixel (x, y) is (x, y, 7).
  private func coordinates(_ width: Int, _ height: Int) -> Image {
    var image = Image(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width { image[x, y] = RGB(UInt8(x), UInt8(y), 7) }
    }
    return image
  }

  /// Sizes on both sides of the tiles that the turning loops work in.
  static let sizes = [(1, 1), (3, 2), (1, 5), (32, 33), (65, 40)]

  @Test(arguments: sizes) func everyPixelGoesWhereItShould(width: Int, height: Int) {
    let image = coordinates(width, height)
    let w = width - 1
    let h = height - 1
    let cases: [(String, Image, (Int, Int) -> (Int, Int))] = [
      ("flip", image.flippedHorizontally(), { (w - $0, $1) }),
      ("flip vertically", image.flippedVertically(), { ($0, h - $1) }),
      ("transpose", image.transposed(), { ($1, $0) }),
      ("transverse", image.transversed(), { (w - $1, h - $0) }),
      ("90", image.rotated90(), { ($1, h - $0) }),
      ("180", image.rotated180(), { (w - $0, h - $1) }),
      ("270", image.rotated270(), { (w - $1, $0) }),
    ]
    for (name, result, source) in cases {
      for y in 0..<result.height {
        for x in 0..<result.width {
          let (sx, sy) = source(x, y)
          #expect(result[x, y] == image[sx, sy], "\(name) at (\(x), \(y))")
        }
      }
    }
    #expect(image.rotated90().width == height && image.transposed().height == width)
  }

  @Test func turnsAddUp() {
    let image = noise(13, 8, seed: 1)
    #expect(image.rotated90().rotated90() == image.rotated180())
    #expect(image.rotated90().rotated270() == image)
    #expect(image.rotated90().flippedHorizontally() == image.transposed())
    #expect(image.transposed().rotated180() == image.transversed())
  }

  @Test func aMarginAddedAndCutAwayLeavesTheImage() {
    let image = noise(9, 4, seed: 1)
    let padded = image.padded(left: 3, top: 1, right: 2, bottom: 5, color: RGB(1, 2, 3))
    #expect(padded.width == 14 && padded.height == 10)
    #expect(padded.cropped(x: 3, y: 1, width: 9, height: 4) == image)
    #expect(padded[0, 0] == RGB(1, 2, 3) && padded[13, 9] == RGB(1, 2, 3) && padded[2, 4] == RGB(1, 2, 3))
  }

  @Test func arbitraryTurnsAgreeWithTheExactOnes() {
    let image = noise(16, 16, seed: 2)
    #expect(image.rotated(degrees: 0, color: .white) == image)
    #expect(image.rotated(degrees: 90, color: .white) == image.rotated90())
    #expect(image.rotated(degrees: -90, color: .white) == image.rotated270())
    #expect(image.rotated(degrees: 180, color: .white) == image.rotated180())
  }

  @Test func cornersShowTheFillColour() {
    let turned = Image(width: 20, height: 20, fill: .black).rotated(degrees: 45, color: RGB(9, 200, 30))
    #expect(turned[0, 0] == RGB(9, 200, 30) && turned[19, 0] == RGB(9, 200, 30))
    #expect(turned[10, 10] == .black && turned[1, 10] == .black)
  }
}
