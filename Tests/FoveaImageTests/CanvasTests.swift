import FoveaImage
import Testing

@Suite struct CanvasTests {
  private func polygonArea(_ p: [Point]) -> Double {
    var sum = 0.0
    for i in p.indices {
      let q = p[(i + 1) % p.count]
      sum += p[i].x * q.y - q.x * p[i].y
    }
    return abs(sum) / 2
  }

  @Test(arguments: [0.8, 3, 7.3, 19]) func circlesCoverTheirArea(radius: Double) {
    for offset in [0, 0.25, 0.61] {
      let circle = Path.circle(center: Point(25 + offset, 24.5 - offset), radius: radius)
      let area = Coverage.fill(circle, width: 50, height: 50).area
      #expect(abs(area - .pi * radius * radius) < 0.02 * radius * 2 * .pi + 0.02, "\(area)")
    }
  }

  @Test func polygonsCoverTheirArea() {
    let shapes = [
      [Point(3.2, 4.1), Point(30.7, 9.9), Point(12.4, 33.3)],
      [Point(5, 5), Point(35, 6), Point(20, 12), Point(34, 38), Point(6, 30), Point(16, 20)],
      [Point(1.5, 1.5), Point(1.75, 1.5), Point(1.75, 39), Point(1.5, 39)],
    ]
    for points in shapes {
      let area = Coverage.fill(Path(points), width: 40, height: 40).area
      #expect(abs(area - polygonArea(points)) < 0.4, "\(area), \(polygonArea(points))")
      let turned = Coverage.fill(Path(points.reversed()), width: 40, height: 40).area
      #expect(abs(area - turned) < 1e-4)
    }
  }

  /// The five-pointed star drawn in one stroke: its middle is wound around twice.
  @Test func fillRulesDifferWhereAnOutlineCrossesItself() {
    let tips = (0..<5).map { k -> Point in
      let (sine, cosine) = sineAndCosine(turns: Double(k) * 0.4)
      return Point(20 + 15 * sine, 20 - 15 * cosine)
    }
    let whole = Coverage.fill(Path(tips), rule: .nonZero, width: 40, height: 40)
    let ring = Coverage.fill(Path(tips), rule: .evenOdd, width: 40, height: 40)
    #expect(whole[20, 20] == 1 && ring[20, 20] == 0)
    #expect(whole[20, 12] == ring[20, 12] && whole[20, 12] > 0.9)
    #expect(whole.area > ring.area + 70)
  }

  @Test func rectanglesAreExact() {
    var canvas = Canvas(width: 6, height: 5, background: .black)
    canvas.fillRectangle(Rect(x: 1.5, y: 1, width: 2, height: 2.25), .white)
    #expect(canvas.image[0, 1] == .black && canvas.image[1, 1] == RGB(128, 128, 128))
    #expect(canvas.image[2, 1] == .white && canvas.image[3, 2] == RGB(128, 128, 128))
    #expect(canvas.image[2, 3] == RGB(64, 64, 64) && canvas.image[3, 3] == RGB(32, 32, 32))
    #expect(canvas.image[4, 2] == .black && canvas.image[2, 4] == .black)
  }

  @Test func framesDoNotDarkenTheirCorners() {
    var canvas = Canvas(width: 20, height: 20)
    canvas.strokeRectangle(Rect(x: 3, y: 3, width: 12, height: 12), width: 2, Color(.black, alpha: 0.5))
    let shades = Set(canvas.image.pixels)
    #expect(shades == [255, 128])
    #expect(canvas.image[2, 2] == canvas.image[8, 2] && canvas.image[8, 8] == .white)
  }

  @Test(arguments: [0.4, 1, 2.5, 6]) func linesCoverLengthTimesWidth(width: Double) {
    let path = Path([Point(10.2, 12.7), Point(70.9, 33.1)], closed: false)
    let length = (60.7 * 60.7 + 20.4 * 20.4).squareRoot()
    let area = Coverage.stroke(path, lineWidth: width, width: 80, height: 50).area
    let expected = length * width + .pi * width * width / 4
    #expect(abs(area - expected) < 0.03 * expected + 0.3, "\(area), \(expected)")
  }

  @Test func joinsAndCrossingsLeaveNoSeam() {
    var canvas = Canvas(width: 40, height: 40)
    let zigzag = [Point(5, 5), Point(35, 12), Point(5, 20), Point(35, 28), Point(20, 2), Point(20, 38)]
    canvas.polyline(zigzag, width: 3, Color(.black, alpha: 0.5))
    #expect(canvas.image.pixels.min() == 128)
    #expect(canvas.image[20, 20] == RGB(128, 128, 128))
  }

  @Test func whatLiesOutsideIsCutOff() {
    var canvas = Canvas(width: 10, height: 8)
    canvas.fillCircle(Point(-20, 4), radius: 15, .black)
    canvas.line(from: Point(-5, -5), to: Point(-1, 30), width: 1, .black)
    canvas.draw(Image(width: 4, height: 4, fill: .black), x: -9, y: 3)
    #expect(canvas.image == Image(width: 10, height: 8))
    canvas.draw(Image(width: 4, height: 4, fill: .black), x: 8, y: -2)
    #expect(canvas.image[8, 0] == .black && canvas.image[9, 1] == .black && canvas.image[8, 2] == .white)
    let half = Coverage.fill(
      .rectangle(Rect(x: -100, y: -1e12, width: 105, height: 2e12)), width: 10, height: 8)
    #expect(abs(half.area - 40) < 1e-3)
  }

  @Test func numbersThatAreNoneDrawNothing() {
    var canvas = Canvas(width: 10, height: 8)
    for bad in [Double.nan, .infinity, -.infinity] {
      canvas.fillPolygon([Point(0, 0), Point(bad, 5), Point(5, 5)], .black)
      canvas.line(from: Point(1, bad), to: Point(5, 5), width: 2, .black)
      canvas.fillCircle(Point(bad, 3), radius: 3, .black)
      canvas.text("x", at: Point(bad, 3))
      canvas.fillRectangle(Rect(x: 0, y: .nan, width: 3, height: 3), .black)
    }
    #expect(canvas.image == Image(width: 10, height: 8))
  }

  @Test func imagesAreScaledIntoTheirRectangle() {
    var canvas = Canvas(width: 20, height: 20)
    let image = noise(4, 4, seed: 4)
    canvas.draw(image, in: Rect(x: 2, y: 3, width: 8, height: 12), filter: .nearest)
    #expect(canvas.image[2, 3] == image[0, 0] && canvas.image[9, 14] == image[3, 3])
    #expect(canvas.image[10, 14] == .white && canvas.image[9, 15] == .white)
  }

  @Test func blendingMovesByAlpha() {
    let black = Image(width: 3, height: 1, fill: .black)
    let result = black.blended(
      with: Image(width: 3, height: 1), alpha: FloatPlane(width: 3, height: 1, values: [0, 0.5, .nan]))
    #expect(result.pixels == [0, 0, 0, 128, 128, 128, 0, 0, 0])
    #expect(
      black.blended(with: Image(width: 3, height: 1), alpha: 1).pixels == [UInt8](repeating: 255, count: 9))
  }

  @Test func sinesWithoutTheLibraryAreSines() {
    for k in -40...40 {
      let (sine, cosine) = sineAndCosine(turns: Double(k) / 24)
      #expect(abs(sine * sine + cosine * cosine - 1) < 1e-14)
      let (next, _) = sineAndCosine(turns: Double(k) / 24 + 0.25)
      #expect(abs(next - cosine) < 1e-14)
    }
    #expect(abs(sineAndCosine(turns: 1.0 / 12).sine - 0.5) < 1e-15)
    #expect(sineAndCosine(turns: 0).cosine == 1 && sineAndCosine(turns: 0.5).cosine == -1)
  }
}
