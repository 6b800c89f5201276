import FoveaImage
import Testing

@Suite struct TextTests {
  private func drawn(_ text: String, _ style: TextStyle, x: Double = 30, y: Double = 40) -> Image {
    var canvas = Canvas(width: 160, height: 60)
    canvas.text(text, at: Point(x, y), style)
    return canvas.image
  }

  /// Columns and rows that are not white; nil if there is no ink.
  private func ink(_ image: Image) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
    var columns: [Int] = []
    var rows: [Int] = []
    for y in 0..<image.height {
      for x in 0..<image.width where image[x, y] != .white {
        columns.append(x)
        rows.append(y)
      }
    }
    guard let left = columns.min(), let top = rows.min() else { return nil }
    return (left...columns.max()!, top...rows.max()!)
  }

  @Test(arguments: [11.0, 13, 16, 40]) func everyCharacterHasItsOwnLook(size: Double) {
    var seen: [[UInt8]: Character] = [:]
    for scalar in (33...126).map({ Unicode.Scalar($0)! }) {
      let character = Character(scalar)
      let image = drawn(String(character), TextStyle(size: size))
      #expect(ink(image) != nil, "\(character) leaves no ink at \(size)")
      #expect(seen[image.pixels] == nil, "\(character) looks like \(seen[image.pixels] ?? " ") at \(size)")
      seen[image.pixels] = character
    }
  }

  @Test func theFontHasWhatLabelsNeed() {
    #expect(TextStyle.canDraw("± × – … ° µ → ≤ ≥ ✓ ✗ Größe, façade, Žluťoučký".replacing("ť", with: "t")))
    #expect(!TextStyle.canDraw("漢"))
    let box = drawn("漢", TextStyle())
    #expect(ink(box) != nil)
  }

  @Test(arguments: [11.0, 12, 13, 14, 15, 16, 24, 37]) func inkStaysWithinItsMeasure(size: Double) {
    for style in [TextStyle(size: size), .bold(size: size)] {
      for text in ["H", "Mg", "0.5", "Wj"] {
        let measure = style.measure(text)
        let extent = ink(drawn(text, style))!
        #expect(extent.columns.lowerBound >= 29)
        #expect(Double(extent.columns.upperBound) <= 31 + measure.width)
        #expect(Double(extent.rows.lowerBound) >= 38.5 - measure.height)
        #expect(Double(extent.rows.upperBound) <= 41 + measure.descent)
      }
      // Capitals stand on the baseline and reach the measure's height.
      let capital = ink(drawn("H", style))!.rows
      #expect(capital.upperBound == 39)
      #expect(abs(Double(40 - capital.lowerBound) - style.measure("H").height) <= 1)
    }
  }

  /// Upright strokes of small text take whole pixels: somewhere each has a fully black column.
  @Test(arguments: [11.0, 12, 13, 14, 15, 16]) func smallTextIsCrisp(size: Double) {
    for letter in ["l", "H", "n", "E", "b"] {
      let image = drawn(letter, TextStyle(size: size))
      let rows = ink(image)!.rows
      let middle = (rows.lowerBound + rows.upperBound) / 2
      #expect((0..<160).contains { image[$0, middle].red < 3 }, "\(letter) at \(size)")
    }
  }

  @Test func digitsAreEquallyWide() {
    for size in [11.0, 13, 16, 50] {
      let widths = Set("0123456789".map { TextStyle(size: size).measure(String($0)).width })
      #expect(widths.count == 1)
    }
  }

  @Test func alignmentsMeetTheirPoint() {
    let style = TextStyle(size: 13)
    let width = style.measure("Map").width
    let left = drawn("Map", style, x: 30, y: 40)
    var right = Canvas(width: 160, height: 60)
    right.text("Map", at: Point(30 + width, 40), style, align: .right)
    #expect(right.image == left)
    var top = Canvas(width: 160, height: 60)
    top.text("Map", at: Point(30, 40 - style.measure("Map").height), style, vertical: .top)
    #expect(top.image == left)
    var lines = Canvas(width: 160, height: 60)
    lines.text("\nMap", at: Point(30, 40), style, vertical: .bottom)
    #expect(lines.image == left)
  }

  @Test func upwardsIsTurned() {
    var flat = Canvas(width: 61, height: 61)
    flat.text("Loss", at: Point(10, 30))
    var upright = Canvas(width: 61, height: 61)
    upright.text("Loss", at: Point(30, 51), direction: .upwards)
    #expect(flat.image.rotated270() == upright.image)
  }

  @Test func longTextIsCut() {
    let style = TextStyle(size: 12)
    #expect(style.truncated("short", toWidth: 100) == "short")
    let cut = style.truncated("a rather long name of a class", toWidth: 80)
    #expect(cut.hasSuffix("…") && style.measure(cut).width <= 80 && cut.count > 6)
    #expect(style.truncated("name", toWidth: 1) == "…")
  }
}
