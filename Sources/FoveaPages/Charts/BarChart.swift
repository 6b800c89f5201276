/// Bars over an axis of numbers, such as a histogram or a reliability diagram.
public struct BarChart: Chart, Sendable {
  public struct Bar: Sendable {
    /// From where to where on the x axis.
    public var from: Double
    public var to: Double
    public var value: Double
    /// What hovering shows.
    public var tip: String

    public init(from: Double, to: Double, value: Double, tip: String) {
      self.from = from
      self.to = to
      self.value = value
      self.tip = tip
    }
  }

  public var title: String
  public var xTitle: String
  public var yTitle: String
  public var bars: [Bar]
  public var xRange: ClosedRange<Double>
  public var yRange: ClosedRange<Double>
  /// Whether a dashed line marks where y equals x.
  public var hasDiagonal: Bool
  /// Which of the six colours, from 0.
  public var color: Int

  public init(
    title: String, x: String, y: String, bars: [Bar], xRange: ClosedRange<Double>,
    yRange: ClosedRange<Double>, hasDiagonal: Bool = false, color: Int = 0
  ) {
    self.title = title
    xTitle = x
    yTitle = y
    self.bars = bars
    self.xRange = xRange
    self.yRange = yRange
    self.hasDiagonal = hasDiagonal
    self.color = color
  }

  public var html: HTML {
    let plot = PlotFrame(
      x: AxisTicks(xRange.lowerBound, xRange.upperBound), y: AxisTicks(yRange.lowerBound, yRange.upperBound),
      xTitle: xTitle, yTitle: yTitle)
    var drawing = plot.axes
    for bar in bars where bar.value.isFinite {
      let low = plot.place(bar.from, plot.y.low)
      let high = plot.place(bar.to, bar.value)
      let gap = min(1.5, (high.x - low.x) / 8)
      drawing += .element(
        "g", [Attribute("data-tip", bar.tip)],
        plot.rectangle(
          low.x + gap, high.y, high.x - low.x - 2 * gap, low.y - high.y, SeriesStyle(color).fill),
        .element("title", [], HTML(bar.tip)))
    }
    if hasDiagonal {
      let from = max(plot.x.low, plot.y.low)
      let to = min(plot.x.high, plot.y.high)
      let (a, b) = (plot.place(from, from), plot.place(to, to))
      drawing += plot.line(a.x, a.y, b.x, b.y, "guide")
    }
    return plot.svg(drawing, label: title)
  }
}
