import FoveaImage
import Testing

@Suite struct ColorMapTests {
  @Test func viridisIsTheTrueTable() {
    // Entries of matplotlib's table.
    #expect(ColorMap.viridis.color(0) == RGB(68, 1, 84))
    #expect(ColorMap.viridis.color(1) == RGB(253, 231, 36))
    #expect(ColorMap.viridis.table[64] == RGB(58, 82, 139))
    #expect(ColorMap.viridis.table[128] == RGB(32, 144, 140))
    #expect(ColorMap.viridis.table[192] == RGB(94, 201, 97))
  }

  @Test func jetRunsFromDarkBlueToDarkRed() {
    #expect(ColorMap.jet.color(0) == RGB(0, 0, 128))
    #expect(ColorMap.jet.color(1) == RGB(128, 0, 0))
    let middle = ColorMap.jet.table[128]
    #expect(middle.green == 255 && abs(Int(middle.red) - 128) < 4 && abs(Int(middle.blue) - 128) < 4)
  }

  @Test(arguments: ColorMap.allCases) func endsAndOutsiders(map: ColorMap) {
    #expect(map.table.count == 256)
    #expect(map.color(-3) == map.table[0] && map.color(0) == map.table[0])
    #expect(map.color(7) == map.table[255] && map.color(.infinity) == map.table[255])
    #expect(map.color(.nan) == RGB(128, 128, 128))
    let image = map.image(FloatPlane(width: 2, height: 2, values: [0, 1, .nan, 0.5]))
    #expect(image[0, 0] == map.table[0] && image[1, 0] == map.table[255])
    #expect(image[0, 1] == RGB(128, 128, 128) && image[1, 1] == map.color(0.5))
  }

  /// Lightness grows all the way in the maps that claim it.
  @Test(arguments: [ColorMap.viridis, .gray]) func lightnessGrows(map: ColorMap) {
    func luma(_ c: RGB) -> Double {
      0.2126 * Double(c.red) + 0.7152 * Double(c.green) + 0.0722 * Double(c.blue)
    }
    for (a, b) in zip(map.table, map.table.dropFirst()) { #expect(luma(b) > luma(a) - 0.3) }
    #expect(luma(map.table[255]) > luma(map.table[0]) + 150)
  }

  @Test func divergingIsNeutralInTheMiddle() {
    let middle = ColorMap.diverging.color(0.5)
    #expect(abs(Int(middle.red) - Int(middle.blue)) < 6 && middle.green > 235)
  }

  @Test func categoricalColoursDiffer() {
    #expect(Set(Palette.okabeIto).count == 8)
    #expect(Set((0..<6).map(Palette.categorical)).count == 6)
    #expect(Palette.categorical(-1) == Palette.categorical(5))
  }
}
