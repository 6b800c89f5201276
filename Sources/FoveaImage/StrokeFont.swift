/// The built-in font: each glyph is a few strokes on a grid, drawn with a round pen.
///
/// The grid: x to the right; y upwards from the baseline, with small letters 5 high, capitals and digits 7, tails 2 deep.
/// The levels are where the pen's *outer edge* lies, so a glyph is as high as its level whatever the pen's width.
///
/// At small sizes stems, bars and the extremes of curves are moved to whole pixels (``Fitting``): that is what makes
/// 11 to 16 pixel text crisp.
struct StrokeFont: Sendable {
  static let standard = StrokeFont()

  struct Glyph: Sendable {
    /// Polylines in grid units; a single point is a dot.
    var strokes: [[Point]] = []
    /// Where the glyph has vertical stems or the left and right extremes of curves.
    var stems: [Double] = []
    /// Where it has level bars or the tops and bottoms of curves.
    var bars: [Double] = []
    /// Room from the advance's edges to the pen's outermost edges.
    var left = 0.0
    var right = 0.0
    /// If not nil, the glyph's whole advance: digits are all equally wide, so that numbers stand in columns.
    var fixedAdvance: Double?

    var minX: Double { strokes.joined().reduce(.infinity) { min($0, $1.x) } }
    var maxX: Double { strokes.joined().reduce(-.infinity) { max($0, $1.x) } }
  }

  static let digitAdvance = 5.5
  static let spaceAdvance = 3.0

  private let glyphs: [Unicode.Scalar: Glyph]

  private init() {
    var glyphs: [Unicode.Scalar: Glyph] = [:]
    for (scalar, left, right, path) in GlyphTable.glyphs {
      var glyph = Self.parse(path)
      glyph.left = left
      glyph.right = right
      if ("0"..."9").contains(scalar) { glyph.fixedAdvance = Self.digitAdvance }
      glyphs[scalar] = glyph
    }
    for (composed, base, mark) in GlyphTable.compositions {
      if let glyph = glyphs[base], let path = GlyphTable.marks[mark] {
        glyphs[composed] = Self.compose(
          glyph, Self.parse(path), raised: mark != "¸" && base.properties.isUppercase)
      }
    }
    for (scalar, other) in GlyphTable.aliases { glyphs[scalar] = glyphs[other] }
    glyphs[" "] = Glyph(fixedAdvance: Self.spaceAdvance)
    glyphs["\u{A0}"] = glyphs[" "]
    glyphs["\t"] = Glyph(fixedAdvance: 4 * Self.spaceAdvance)
    self.glyphs = glyphs
  }

  /// The glyph of a character; an empty box for one that the font has not.
  func glyph(_ scalar: Unicode.Scalar) -> Glyph {
    glyphs[scalar] ?? glyphs["\u{25A1}"]!
  }

  func hasGlyph(_ scalar: Unicode.Scalar) -> Bool { glyphs[scalar] != nil }

  /// A letter with a mark over or under its middle. Marks are drawn for small letters; capitals raise them by 2.
  private static func compose(_ base: Glyph, _ mark: Glyph, raised: Bool) -> Glyph {
    var result = base
    let shift = Point((base.minX + base.maxX) / 2, raised ? 2 : 0)
    result.strokes += mark.strokes.map { $0.map { $0 + shift } }
    return result
  }

  // MARK: Parsing

  /// Reads a path: `M x y` moves, `L x y`, `H x`, `V y` draw lines, `C x y x y x y` a cubic curve, `D x y` a dot;
  /// `h x y` a quarter of a rounded corner that sets out level and arrives upright, `v x y` one that sets out upright
  /// and arrives level.
  private static func parse(_ path: String) -> Glyph {
    var glyph = Glyph()
    var reader = PathReader(path)
    var pen = Point(0, 0)
    func curve(_ c1: Point, _ c2: Point, _ end: Point) {
      var path = Path([pen], closed: false)
      path.curve(to: end, c1, c2, pieces: 8)
      glyph.strokes[glyph.strokes.count - 1] += path.outlines[0].points.dropFirst()
      if c1.x == pen.x { glyph.stems.append(pen.x) }
      if c2.x == end.x { glyph.stems.append(end.x) }
      if c1.y == pen.y { glyph.bars.append(pen.y) }
      if c2.y == end.y { glyph.bars.append(end.y) }
      pen = end
    }
    func line(_ end: Point) {
      glyph.strokes[glyph.strokes.count - 1].append(end)
      if end.x == pen.x { glyph.stems.append(end.x) }
      if end.y == pen.y { glyph.bars.append(end.y) }
      pen = end
    }
    // Between a circle's 0.55 and a square's 1: open counters at small sizes.
    let roundness = 0.6
    while let command = reader.command() {
      switch command {
      case "M":
        pen = reader.point()
        glyph.strokes.append([pen])
      case "D":
        pen = reader.point()
        glyph.strokes.append([pen])
        glyph.stems.append(pen.x)
        glyph.bars.append(pen.y)
      case "L": line(reader.point())
      case "H": line(Point(reader.number(), pen.y))
      case "V": line(Point(pen.x, reader.number()))
      case "C":
        let c1 = reader.point()
        let c2 = reader.point()
        curve(c1, c2, reader.point())
      case "h":
        let end = reader.point()
        curve(
          Point(pen.x + (end.x - pen.x) * roundness, pen.y),
          Point(end.x, end.y + (pen.y - end.y) * roundness), end)
      case "v":
        let end = reader.point()
        curve(
          Point(pen.x, pen.y + (end.y - pen.y) * roundness),
          Point(end.x + (pen.x - end.x) * roundness, end.y), end)
      default: preconditionFailure("glyph path '\(path)' has no command '\(command)'")
      }
    }
    return glyph
  }

  private struct PathReader {
    private var rest: Substring

    init(_ path: String) { rest = path[...] }

    mutating func command() -> Character? {
      rest = rest.drop { $0 == " " }
      return rest.popFirst()
    }

    mutating func number() -> Double {
      rest = rest.drop { $0 == " " }
      let end = rest.firstIndex { !("0"..."9").contains($0) && $0 != "." && $0 != "-" } ?? rest.endIndex
      defer { rest = rest[end...] }
      guard let value = Double(rest[..<end]) else { preconditionFailure("not a number at '\(rest)'") }
      return value
    }

    mutating func point() -> Point {
      let x = number()
      return Point(x, number())
    }
  }
}
