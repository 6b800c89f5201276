import FoveaImage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Curves over epochs in a frame with axes.
struct LineChart {
  struct Series {
    var name: String
    var color: Color
    /// x ascending; y finite.
    var points: [(x: Double, y: Double)]
  }

  var title: String
  var series: [Series]
  /// What y is multiplied by in the labels of its axis, and what stands behind them: 100 and " %" for shares.
  var unit = (scale: 1.0, suffix: "")

  private static let axis = Color(gray: 110)
  private static let grid = Color(gray: 226)

  /// Draws into a rectangle of a canvas.
  func draw(on canvas: inout Canvas, in frame: Rect) {
    canvas.text(title, at: Point(frame.x + 52, frame.y + 20), .bold(size: 15))
    let plot = Rect(x: frame.x + 52, y: frame.y + 34, width: frame.width - 68, height: frame.height - 70)
    let points = series.flatMap(\.points)
    guard let first = points.first else { return }
    let xs = Ticks(
      points.reduce(first.x) { min($0, $1.x) }, points.reduce(first.x) { max($0, $1.x) }, whole: true)
    let ys = Ticks(points.reduce(first.y) { min($0, $1.y) }, points.reduce(first.y) { max($0, $1.y) })
    func place(_ x: Double, _ y: Double) -> Point {
      Point(plot.x + xs.position(x) * plot.width, plot.maxY - ys.position(y) * plot.height)
    }
    let small = TextStyle(size: 12)
    for y in ys.values {
      let at = place(xs.low, y)
      canvas.line(from: Point(plot.x, at.y), to: Point(plot.maxX, at.y), width: 1, Self.grid)
      let label = decimal(y * unit.scale, ys.decimals(scale: unit.scale)) + unit.suffix
      canvas.text(label, at: Point(plot.x - 6, at.y), small, Self.axis, align: .right, vertical: .middle)
    }
    for x in xs.values {
      let at = place(x, ys.low)
      canvas.line(from: at, to: Point(at.x, at.y + 4), width: 1, Self.axis)
      canvas.text("\(Int(x))", at: Point(at.x, at.y + 8), small, Self.axis, align: .center, vertical: .top)
    }
    canvas.line(from: Point(plot.x, plot.maxY), to: Point(plot.maxX, plot.maxY), width: 1, Self.axis)
    canvas.text(
      "epoch", at: Point(plot.maxX, plot.maxY + 30), small, Self.axis, align: .right, vertical: .bottom)
    for curve in series { draw(curve, on: &canvas, place) }
    drawLegend(on: &canvas, right: plot.maxX, y: frame.y + 15)
  }

  private func draw(_ curve: Series, on canvas: inout Canvas, _ place: (Double, Double) -> Point) {
    let points = curve.points.map { place($0.x, $0.y) }
    canvas.polyline(points, width: 2, curve.color)
    if points.count <= 40 { for point in points { canvas.fillCircle(point, radius: 2.5, curve.color) } }
  }

  private func drawLegend(on canvas: inout Canvas, right: Double, y: Double) {
    let style = TextStyle(size: 12)
    var x = right
    for curve in series.reversed() {
      canvas.text(curve.name, at: Point(x, y), style, Self.axis, align: .right, vertical: .middle)
      x -= style.measure(curve.name).width + 6
      canvas.line(from: Point(x - 18, y), to: Point(x, y), width: 3, curve.color)
      x -= 32
    }
  }
}

/// Round numbers along an axis.
struct Ticks {
  let low: Double
  let high: Double
  let step: Double

  /// - Parameter whole: whether only whole numbers are wanted.
  init(_ minimum: Double, _ maximum: Double, whole: Bool = false) {
    let span = max(maximum - minimum, whole ? 1 : max(abs(maximum), 1) * 1e-3)
    let power = pow(10, (log10(span / 5)).rounded(.down))
    var step = power * ([1, 2, 5, 10].first { span / (power * $0) <= 6 } ?? 10)
    if whole { step = max(1, step.rounded()) }
    self.step = step
    low = whole ? minimum : (minimum / step).rounded(.down) * step
    high = whole ? max(maximum, minimum + 1) : max((maximum / step).rounded(.up) * step, low + step)
  }

  var values: [Double] {
    let first = (low / step).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 100 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  func position(_ value: Double) -> Double { (value - low) / (high - low) }

  /// How many decimals tell the ticks apart.
  func decimals(scale: Double) -> Int { max(0, min(6, Int((-log10(step * scale) - 1e-9).rounded(.up)))) }
}
