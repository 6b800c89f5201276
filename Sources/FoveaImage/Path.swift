/// An affine map of the plane: (x, y) ↦ (a·x + c·y + tx, b·x + d·y + ty).
public struct Affine: Hashable, Sendable {
  public var a, b, c, d, tx, ty: Double

  public init(a: Double, b: Double, c: Double, d: Double, tx: Double, ty: Double) {
    (self.a, self.b, self.c, self.d, self.tx, self.ty) = (a, b, c, d, tx, ty)
  }

  public static let identity = Affine(a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0)

  /// Clockwise as seen, since y points down.
  public static func rotation(turns: Double) -> Affine {
    let (sine, cosine) = sineAndCosine(turns: turns)
    return Affine(a: cosine, b: sine, c: -sine, d: cosine, tx: 0, ty: 0)
  }

  public static func scaling(_ x: Double, _ y: Double) -> Affine {
    Affine(a: x, b: 0, c: 0, d: y, tx: 0, ty: 0)
  }

  public static func translation(_ x: Double, _ y: Double) -> Affine {
    Affine(a: 1, b: 0, c: 0, d: 1, tx: x, ty: y)
  }

  /// This map, and then `next`.
  public func then(_ next: Affine) -> Affine {
    Affine(
      a: next.a * a + next.c * b, b: next.b * a + next.d * b, c: next.a * c + next.c * d,
      d: next.b * c + next.d * d, tx: next.a * tx + next.c * ty + next.tx,
      ty: next.b * tx + next.d * ty + next.ty)
  }

  public func callAsFunction(_ p: Point) -> Point {
    Point(a * p.x + c * p.y + tx, b * p.x + d * p.y + ty)
  }
}

/// Outlines made of straight pieces. Filling closes each; stroking closes those that say so.
public struct Path: Hashable, Sendable {
  public struct Outline: Hashable, Sendable {
    public var points: [Point]
    public var isClosed: Bool
  }

  public private(set) var outlines: [Outline] = []

  public init() {}

  /// One outline through the points.
  public init(_ points: [Point], closed: Bool = true) {
    if !points.isEmpty { outlines = [Outline(points: points, isClosed: closed)] }
  }

  /// Starts another outline.
  public mutating func move(to point: Point) {
    outlines.append(Outline(points: [point], isClosed: false))
  }

  public mutating func line(to point: Point) {
    precondition(!outlines.isEmpty, "a path starts with move(to:)")
    outlines[outlines.count - 1].points.append(point)
  }

  /// A cubic Bézier curve from the last point, in `pieces` straight pieces.
  public mutating func curve(to end: Point, _ control1: Point, _ control2: Point, pieces: Int = 16) {
    precondition(!outlines.isEmpty && pieces > 0, "a path starts with move(to:)")
    let start = outlines[outlines.count - 1].points[outlines[outlines.count - 1].points.count - 1]
    for k in 1..<pieces {
      let t = Double(k) / Double(pieces)
      let s = 1 - t
      line(
        to: start * (s * s * s) + control1 * (3 * s * s * t) + control2 * (3 * s * t * t) + end * (t * t * t))
    }
    line(to: end)
  }

  /// A part of a circle, from one angle to another, both in turns clockwise from the x axis. A line joins it to the
  /// last point; without one it starts an outline.
  public mutating func arc(center: Point, radius: Double, from: Double, to: Double) {
    let pieces = max(2, Int((abs(to - from) * Double(Self.circlePieces(radius))).rounded(.up)))
    for k in 0...pieces {
      let (sine, cosine) = sineAndCosine(turns: from + (to - from) * Double(k) / Double(pieces))
      let point = Point(center.x + radius * cosine, center.y + radius * sine)
      if outlines.isEmpty || outlines[outlines.count - 1].isClosed {
        move(to: point)
      } else {
        line(to: point)
      }
    }
  }

  public mutating func close() {
    if !outlines.isEmpty { outlines[outlines.count - 1].isClosed = true }
  }

  public mutating func append(_ other: Path) { outlines += other.outlines }

  public static func rectangle(_ rect: Rect) -> Path {
    Path([
      Point(rect.x, rect.y), Point(rect.maxX, rect.y), Point(rect.maxX, rect.maxY), Point(rect.x, rect.maxY),
    ])
  }

  public static func roundedRectangle(_ rect: Rect, radius: Double) -> Path {
    let r = max(0, min(radius, rect.width / 2, rect.height / 2))
    var path = Path()
    path.arc(center: Point(rect.maxX - r, rect.y + r), radius: r, from: -0.25, to: 0)
    path.arc(center: Point(rect.maxX - r, rect.maxY - r), radius: r, from: 0, to: 0.25)
    path.arc(center: Point(rect.x + r, rect.maxY - r), radius: r, from: 0.25, to: 0.5)
    path.arc(center: Point(rect.x + r, rect.y + r), radius: r, from: 0.5, to: 0.75)
    path.close()
    return path
  }

  public static func ellipse(center: Point, radiusX: Double, radiusY: Double) -> Path {
    let pieces = circlePieces(max(abs(radiusX), abs(radiusY)))
    return Path(
      (0..<pieces).map { k in
        let (sine, cosine) = sineAndCosine(turns: Double(k) / Double(pieces))
        return Point(center.x + radiusX * cosine, center.y + radiusY * sine)
      })
  }

  public static func circle(center: Point, radius: Double) -> Path {
    ellipse(center: center, radiusX: radius, radiusY: radius)
  }

  public func transformed(_ map: Affine) -> Path {
    var result = self
    for i in result.outlines.indices {
      for k in result.outlines[i].points.indices {
        result.outlines[i].points[k] = map(result.outlines[i].points[k])
      }
    }
    return result
  }

  /// The smallest rectangle around all finite points; nil without any.
  public var bounds: Rect? {
    var low = Point(.infinity, .infinity)
    var high = Point(-.infinity, -.infinity)
    for outline in outlines {
      for p in outline.points where p.isFinite {
        low = Point(min(low.x, p.x), min(low.y, p.y))
        high = Point(max(high.x, p.x), max(high.y, p.y))
      }
    }
    guard low.x <= high.x && low.y <= high.y else { return nil }
    return Rect(x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y)
  }

  /// Straight pieces for a full circle, so that it strays by at most 1/50 unit (and at least 16).
  private static func circlePieces(_ radius: Double) -> Int {
    max(16, Int((15.8 * min(radius, 1e4).squareRoot()).rounded(.up)))
  }
}
