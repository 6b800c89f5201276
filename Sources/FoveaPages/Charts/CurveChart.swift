/// Curves in a frame with axes, units and a legend, as SVG; the exact values of a place show on hover.
public struct CurveChart: Chart, Sendable {
  public struct Series: Sendable {
    public var name: String
    /// x ascending; points whose y is no number are left out.
    public var points: [(x: Double, y: Double)]
    /// Which of the six colours and dashes, from 0; by default its place among the series.
    public var color: Int?

    public init(_ name: String, _ points: [(x: Double, y: Double)], color: Int? = nil) {
      self.name = name
      self.points = points
      self.color = color
    }
  }

  public var title: String
  public var xTitle: String
  public var yTitle: String
  public var series: [Series]
  public var wholeX: Bool
  /// Ends of the axes, where they are not to follow the values.
  public var xRange: ClosedRange<Double>?
  public var yRange: ClosedRange<Double>?
  /// A value as hovering shows it.
  public var format: @Sendable (Double) -> String

  public init(
    title: String, x: String, y: String, series: [Series], wholeX: Bool = true,
    xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil,
    format: @escaping @Sendable (Double) -> String = { PageNumber.significant($0, 4) }
  ) {
    self.title = title
    xTitle = x
    yTitle = y
    self.series = series
    self.wholeX = wholeX
    self.xRange = xRange
    self.yRange = yRange
    self.format = format
  }

  public var html: HTML {
    let kept = series.map { curve in
      Series(curve.name, curve.points.filter { $0.x.isFinite && $0.y.isFinite }, color: curve.color)
    }
    let points = kept.flatMap(\.points)
    guard let first = points.first else {
      return .element("p", [.class("note")], HTML("\(title): no values yet."))
    }
    let xs = AxisTicks(
      xRange?.lowerBound ?? points.reduce(first.x) { min($0, $1.x) },
      xRange?.upperBound ?? points.reduce(first.x) { max($0, $1.x) }, whole: wholeX)
    let ys = AxisTicks(
      yRange?.lowerBound ?? points.reduce(first.y) { min($0, $1.y) },
      yRange?.upperBound ?? points.reduce(first.y) { max($0, $1.y) })
    let plot = PlotFrame(x: xs, y: ys, xTitle: xTitle, yTitle: yTitle)
    var drawing = plot.axes
    for (place, curve) in kept.enumerated() { drawing += line(curve, place, plot) }
    drawing += hits(kept, plot)
    return legend + plot.svg(drawing, label: title)
  }

  private func colorNumber(_ place: Int) -> Int { ((series[place].color ?? place) % 6 + 6) % 6 }

  private func line(_ curve: Series, _ place: Int, _ plot: PlotFrame) -> HTML {
    let style = SeriesStyle(colorNumber(place))
    let points = curve.points.map { plot.place($0.x, $0.y) }
    guard points.count > 1 else {
      return HTML(points.map { plot.circle($0.x, $0.y, radius: 4, style.fill) })
    }
    // A curve alone needs no dashes to be told from others.
    let look = series.count > 1 ? style.line : style.solid
    let path = points.map { "\(PageNumber.short($0.x)),\(PageNumber.short($0.y))" }.joined(separator: " ")
    return .element("polyline", [look, Attribute("points", path)])
  }

  /// A strip for each x that has a value: what is under the pointer shows a line, its points and their values.
  private func hits(_ kept: [Series], _ plot: PlotFrame) -> HTML {
    let xs = Set(kept.flatMap { $0.points.map(\.x) }).sorted()
    // More strips than pixels could not be pointed at.
    let stride = max(1, xs.count / 500)
    let shown = xs.enumerated().filter { $0.offset % stride == 0 || $0.offset == xs.count - 1 }.map(\.element)
    let lookup = kept.map { Dictionary($0.points.map { ($0.x, $0.y) }, uniquingKeysWith: { $1 }) }
    var result = HTML()
    for (index, x) in shown.enumerated() {
      let here = plot.place(x, plot.y.low).x
      let left = index == 0 ? plot.left : (plot.place(shown[index - 1], 0).x + here) / 2
      let right = index == shown.count - 1 ? plot.right : (plot.place(shown[index + 1], 0).x + here) / 2
      var tip = "\(xTitle) \(wholeX ? PageNumber.fixed(x, 0) : PageNumber.significant(x))"
      var marks = HTML()
      for (place, values) in lookup.enumerated() {
        guard let y = values[x] else { continue }
        tip += "\n\(kept[place].name): \(format(y))"
        marks += plot.circle(here, plot.place(x, y).y, radius: 3.5, SeriesStyle(colorNumber(place)).fill)
      }
      result += .element(
        "g", [.class("hit"), Attribute("data-tip", tip)],
        .element(
          "rect",
          [
            Attribute("x", left), Attribute("y", plot.top), Attribute("width", max(0, right - left)),
            Attribute("height", plot.bottom - plot.top),
          ]),
        .element(
          "line",
          [
            Attribute("x1", here), Attribute("x2", here), Attribute("y1", plot.top),
            Attribute("y2", plot.bottom),
          ]), marks, .element("title", [], HTML(tip)))
    }
    return result
  }

  private var legend: HTML {
    guard series.count > 1 else { return HTML() }
    return .element(
      "div", [.class("legend")],
      series.indices.map { place in
        let style = SeriesStyle(colorNumber(place))
        let stroke = HTML.element(
          "svg", [Attribute("viewBox", "0 0 30 10"), Attribute("aria-hidden", "true")],
          .element(
            "line",
            [
              style.line, Attribute("x1", 1), Attribute("x2", 29), Attribute("y1", 5), Attribute("y2", 5),
            ]))
        return .element("span", [], stroke, .name(series[place].name))
      })
  }
}

/// Classes of the theme for the colour and the dashes of a series.
struct SeriesStyle {
  let line: Attribute
  let solid: Attribute
  let fill: Attribute

  init(_ number: Int) {
    let lines: [StaticString] = [
      "curve l1", "curve l2 d2", "curve l3 d4", "curve l4 d6", "curve l5 d5", "curve l6 d3",
    ]
    let solids: [StaticString] = [
      "curve l1", "curve l2", "curve l3", "curve l4", "curve l5", "curve l6",
    ]
    let fills: [StaticString] = ["f1", "f2", "f3", "f4", "f5", "f6"]
    line = .class(lines[number % 6])
    solid = .class(solids[number % 6])
    fill = .class(fills[number % 6])
  }
}

/// The frame that charts are drawn in: axes with ticks and titles.
struct PlotFrame {
  var width = 480.0
  var height = 306.0
  let left = 58.0
  let top = 28.0
  let x: AxisTicks
  let y: AxisTicks
  let xTitle: String
  let yTitle: String

  var right: Double { width - 12 }
  var bottom: Double { height - 42 }

  func place(_ valueX: Double, _ valueY: Double) -> (x: Double, y: Double) {
    (left + x.position(valueX) * (right - left), bottom - y.position(valueY) * (bottom - top))
  }

  var axes: HTML {
    var result = HTML()
    for value in y.values {
      let at = place(x.low, value).y
      result += line(left, at, right, at, "grid-line")
      result += text(y.label(value), left - 7, at + 4.5, anchor: "end")
    }
    for value in x.values {
      let at = place(value, y.low).x
      result += line(at, bottom, at, bottom + 5, "axis")
      result += text(x.label(value), at, bottom + 19, anchor: "middle")
    }
    result += line(left, bottom, right, bottom, "axis")
    result += text(xTitle, (left + right) / 2, height - 5, anchor: "middle")
    return result + text(yTitle, 2, 12, anchor: "start")
  }

  func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: StaticString) -> HTML {
    .element(
      "line",
      [
        .class(style), Attribute("x1", x1), Attribute("y1", y1), Attribute("x2", x2), Attribute("y2", y2),
      ])
  }

  func text(_ text: String, _ x: Double, _ y: Double, anchor: String) -> HTML {
    .element("text", [Attribute("x", x), Attribute("y", y), Attribute("text-anchor", anchor)], HTML(text))
  }

  func circle(_ x: Double, _ y: Double, radius: Double, _ style: Attribute) -> HTML {
    .element("circle", [style, Attribute("cx", x), Attribute("cy", y), Attribute("r", radius)])
  }

  func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: Attribute) -> HTML {
    .element(
      "rect",
      [
        style, Attribute("x", x), Attribute("y", y), Attribute("width", max(0, width)),
        Attribute("height", max(0, height)),
      ])
  }

  func svg(_ content: HTML, label: String) -> HTML {
    .element(
      "svg",
      [
        .class("chart"), Attribute("viewBox", "0 0 \(PageNumber.short(width)) \(PageNumber.short(height))"),
        Attribute("role", "img"), Attribute("aria-label", label),
      ], content)
  }
}
