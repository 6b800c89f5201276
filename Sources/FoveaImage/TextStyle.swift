/// How text looks.
public struct TextStyle: Hashable, Sendable {
  /// The font size in pixels; capitals are 0.72 of it high. 11 to 16 is for labels.
  public var size: Double
  /// The strokes' thickness, 1 for regular, 1.6 for bold.
  public var weight: Double

  public init(size: Double = 13, weight: Double = 1) {
    self.size = size
    self.weight = weight
  }

  public static func bold(size: Double = 13) -> TextStyle { TextStyle(size: size, weight: 1.6) }
}

/// How much room a text takes, in pixels.
public struct TextSize: Hashable, Sendable {
  /// Of the longest line.
  public var width: Double
  /// From the tops of the first line's capitals to the last line's baseline.
  public var height: Double
  /// Below the baseline.
  public var descent: Double
  /// From baseline to baseline.
  public var lineHeight: Double
}

extension TextStyle {
  /// How much room a text takes. Line breaks start new lines.
  public func measure(_ text: String) -> TextSize {
    let fitting = Fitting(self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return TextSize(
      width: lines.map { fitting.width($0) }.max() ?? 0,
      height: fitting.capHeight + Double(max(0, lines.count - 1)) * fitting.lineHeight,
      descent: fitting.descent, lineHeight: fitting.lineHeight)
  }

  /// The text, or as much of it as fits into `width` pixels followed by "…".
  public func truncated(_ text: String, toWidth width: Double) -> String {
    if measure(text).width <= width { return text }
    var kept = text
    while !kept.isEmpty {
      kept.removeLast()
      while kept.last == " " { kept.removeLast() }
      if measure(kept + "…").width <= width { return kept + "…" }
    }
    return "…"
  }

  /// Whether the built-in font has all of the text's characters: ASCII, Latin letters with marks, common signs.
  public static func canDraw(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { StrokeFont.standard.hasGlyph($0) || $0 == "\n" }
  }
}

/// The font's grid, fitted to the pixels for one style.
struct Fitting {
  /// Pixels of one grid unit along x.
  let unit: Double
  /// The pen's diameter.
  let pen: Double
  let capHeight: Double
  let descent: Double
  let lineHeight: Double
  /// Whether stems, bars and advances take whole pixels.
  let isHinted: Bool
  /// Levels of the grid and where the pen's centre goes for them, in pixels above the baseline, ascending.
  private let levels: [(grid: Double, pixel: Double)]

  init(_ style: TextStyle) {
    let size = min(max(style.size, 1), 2000)
    isHinted = size < 30
    unit = 0.104 * size
    // Below a pixel a pen is pale rather than thin.
    pen = max(0.09 * size, 1) * max(style.weight, 0.1)
    let xHeight = Self.rounded(0.535 * size, isHinted)
    capHeight = Self.rounded(0.725 * size, isHinted)
    descent = Self.rounded(0.21 * size, isHinted)
    lineHeight = Self.rounded(1.35 * size, isHinted)
    levels = [
      (-2, -descent + pen / 2), (0, pen / 2), (5, xHeight - pen / 2), (7, capHeight - pen / 2),
    ]
  }

  private static func rounded(_ value: Double, _ isHinted: Bool) -> Double {
    isHinted ? value.rounded() : value
  }

  /// A length in whole pixels, if this style wants that.
  func fitted(_ length: Double) -> Double { Self.rounded(length, isHinted) }

  func width(_ line: Substring) -> Double {
    line.unicodeScalars.reduce(0) { $0 + place(StrokeFont.standard.glyph($1)).advance }
  }

  /// A glyph's strokes in pixels, y upwards from the baseline, x from the pen's position; and how far that moves on.
  func place(_ glyph: StrokeFont.Glyph) -> (strokes: [[Point]], advance: Double) {
    guard !glyph.strokes.isEmpty else { return ([], fitted((glyph.fixedAdvance ?? 0) * unit)) }
    var columns = anchors(columns: glyph)
    let inkWidth = columns[columns.count - 1].pixel + pen
    var left = fitted(glyph.left * unit)
    var advance = fitted(left + inkWidth + glyph.right * unit)
    if let fixed = glyph.fixedAdvance {
      advance = fitted(fixed * unit)
      left = fitted((advance - inkWidth) / 2)
    }
    for i in columns.indices { columns[i].pixel += left + pen / 2 }
    let rows = anchors(rows: glyph)
    let strokes = glyph.strokes.map { stroke in
      stroke.map { Point(interpolate($0.x, columns), interpolate($0.y, rows)) }
    }
    return (strokes, advance)
  }

  /// Where the glyph's stems and sides go, relative to its left side. Distances between neighbours are rounded, so that
  /// equal counters, as in an m, stay equal.
  private func anchors(columns glyph: StrokeFont.Glyph) -> [(grid: Double, pixel: Double)] {
    let minX = glyph.minX
    let maxX = glyph.maxX
    var result: [(grid: Double, pixel: Double)] = [(minX, 0)]
    for x in (glyph.stems + [maxX]).sorted() {
      let last = result[result.count - 1]
      let gap = (x - last.grid) * unit
      // Sides that differ by less than a pixel keep their small difference.
      if gap < 0.7 && x < maxX { continue }
      result.append((x, last.pixel + (gap < 0.7 ? gap : fitted(gap))))
    }
    return result
  }

  private func anchors(rows glyph: StrokeFont.Glyph) -> [(grid: Double, pixel: Double)] {
    guard isHinted else { return levels }
    var result = levels
    for y in glyph.bars {
      let pixel = interpolate(y, levels)
      guard result.allSatisfy({ abs($0.pixel - pixel) >= 0.7 }) else { continue }
      result.append((y, (pixel - pen / 2).rounded() + pen / 2))
    }
    return result.sorted { $0.grid < $1.grid }
  }

  /// Piecewise linear through the anchors, by `unit` beyond them.
  private func interpolate(_ value: Double, _ anchors: [(grid: Double, pixel: Double)]) -> Double {
    let first = anchors[0]
    let last = anchors[anchors.count - 1]
    if value <= first.grid { return first.pixel + (value - first.grid) * unit }
    if value >= last.grid { return last.pixel + (value - last.grid) * unit }
    let above = anchors.firstIndex { $0.grid > value }!
    let (a, b) = (anchors[above - 1], anchors[above])
    return a.pixel + (b.pixel - a.pixel) * (value - a.grid) / (b.grid - a.grid)
  }
}
