/// Which part of a text lies at its point, along the line.
public enum TextAlignment: Sendable {
  case left
  case center
  case right
}

/// Which part of a text lies at its point, across the line.
public enum TextBaseline: Sendable {
  /// The tops of the first line's capitals.
  case top
  /// Halfway between those and the last line's baseline.
  case middle
  /// The first line's baseline.
  case baseline
  /// The last line's baseline.
  case bottom
}

/// Which way a text runs.
public enum TextDirection: Sendable {
  case rightwards
  /// Turned by a right angle anticlockwise, as along a vertical axis.
  case upwards
}

extension Canvas {
  /// Writes in the built-in font. Small text is moved to whole pixels, by at most half a pixel, so that it is crisp.
  /// Characters that the font has not show as boxes (``TextStyle/canDraw(_:)``).
  ///
  /// - Parameters:
  ///   - text: line breaks start new lines.
  ///   - point: where the alignment's side and the baseline's height meet.
  public mutating func text(
    _ text: String, at point: Point, _ style: TextStyle = TextStyle(), _ color: Color = .black,
    align: TextAlignment = .left, vertical: TextBaseline = .baseline, direction: TextDirection = .rightwards
  ) {
    guard point.isFinite else { return }
    let fitting = Fitting(style)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let below = Double(max(0, lines.count - 1)) * fitting.lineHeight
    let firstBaseline: Double =
      switch vertical {
      case .top: fitting.capHeight
      case .middle: (fitting.capHeight - below) / 2
      case .baseline: 0
      case .bottom: -below
      }
    // A frame with its origin at the point: u along the line, v down across it.
    let turn = direction == .rightwards ? Affine.identity : Affine(a: 0, b: -1, c: 1, d: 0, tx: 0, ty: 0)
    var path = Path()
    for (index, line) in lines.enumerated() {
      let width = fitting.width(line)
      var start = Point(0, firstBaseline + Double(index) * fitting.lineHeight)
      switch align {
      case .left: break
      case .center: start.x = -width / 2
      case .right: start.x = -width
      }
      start = turn(start) + point
      if fitting.isHinted { start = Point(start.x.rounded(), start.y.rounded()) }
      path.append(outline(line, fitting).transformed(turn).transformed(.translation(start.x, start.y)))
    }
    stroke(path, width: fitting.pen, color)
  }

  /// The strokes of a line of text, its baseline's left end at the origin, y downwards.
  private func outline(_ line: Substring, _ fitting: Fitting) -> Path {
    var path = Path()
    var x = 0.0
    for scalar in line.unicodeScalars {
      let (strokes, advance) = fitting.place(StrokeFont.standard.glyph(scalar))
      for stroke in strokes {
        path.append(Path(stroke.map { Point($0.x + x, -$0.y) }, closed: false))
      }
      x += advance
    }
    return path
  }
}
