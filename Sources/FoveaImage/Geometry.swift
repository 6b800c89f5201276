/// A point in pixels: (0, 0) is the image's top left corner, (0.5, 0.5) the centre of its first pixel.
public struct Point: Hashable, Sendable, Codable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  public static func + (a: Point, b: Point) -> Point { Point(a.x + b.x, a.y + b.y) }
  public static func - (a: Point, b: Point) -> Point { Point(a.x - b.x, a.y - b.y) }
  public static func * (a: Point, s: Double) -> Point { Point(a.x * s, a.y * s) }

  var isFinite: Bool { x.isFinite && y.isFinite }
  var length: Double { (x * x + y * y).squareRoot() }
}

/// A rectangle in pixels, with its sides along the axes.
public struct Rect: Hashable, Sendable, Codable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  public var maxX: Double { x + width }
  public var maxY: Double { y + height }
  public var center: Point { Point(x + width / 2, y + height / 2) }

  /// The rectangle that is smaller by `amount` on every side.
  public func inset(by amount: Double) -> Rect {
    Rect(x: x + amount, y: y + amount, width: width - 2 * amount, height: height - 2 * amount)
  }
}

/// Sine and cosine by additions and multiplications alone, so that drawings have the same bits with every C library.
///
/// - Parameter turns: the angle in full turns; 0.25 is a right angle. Any finite value.
/// - Returns: both to within 1e-15.
public func sineAndCosine(turns: Double) -> (sine: Double, cosine: Double) {
  // To the nearest quarter, then Taylor's series on at most an eighth of a turn either side.
  let quarter = (turns * 4).rounded()
  let angle = (turns * 4 - quarter) * (Double.pi / 2)
  let square = angle * angle
  var sine = 1.0
  var cosine = 1.0
  for k in stride(from: 16.0, through: 2, by: -2) {
    sine = 1 - sine * square / (k * (k + 1))
    cosine = 1 - cosine * square / ((k - 1) * k)
  }
  sine *= angle
  let phase = quarter - 4 * (quarter / 4).rounded(.down)
  if phase == 1 { return (cosine, -sine) }
  if phase == 2 { return (-sine, -cosine) }
  if phase == 3 { return (-cosine, sine) }
  return (sine, cosine)
}
