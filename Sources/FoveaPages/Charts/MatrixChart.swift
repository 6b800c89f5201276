/// Counts in rows and columns, coloured by their share of the row: a confusion matrix.
public struct MatrixChart: Chart, Sendable {
  public var title: String
  /// Of rows and of columns.
  public var names: [String]
  /// A row for each name, of as many counts.
  public var counts: [[Int]]
  public var rowTitle: String
  public var columnTitle: String

  public init(title: String, names: [String], counts: [[Int]], rows: String, columns: String) {
    self.title = title
    self.names = names
    self.counts = counts
    rowTitle = rows
    columnTitle = columns
  }

  public var html: HTML {
    let count = max(1, names.count)
    let cell = Double(max(5, min(44, 760 / count)))
    let hasNames = cell >= 13
    let shown = names.map { $0.count > 18 ? String($0.prefix(17)) + "…" : $0 }
    let longest = shown.reduce(0) { max($0, $1.count) }
    let margin = hasNames ? 14 + 7.4 * Double(longest) : 8
    let left = margin + 24
    let top = margin + 28
    let size = cell * Double(count)
    var plot = PlotFrame(x: AxisTicks(0, 1), y: AxisTicks(0, 1), xTitle: "", yTitle: "")
    plot.width = max(left + size + 12, 260)
    plot.height = top + size + 12
    var drawing = plot.text(columnTitle + " →", left, 14, anchor: "start")
    drawing += turned(rowTitle + " ↓", 14, top + size)
    for (row, values) in counts.enumerated() {
      let y = top + Double(row) * cell
      if hasNames {
        drawing += plot.text(shown[row], left - 7, y + cell / 2 + 4.5, anchor: "end")
        drawing += turned(shown[row], left + (Double(row) + 0.5) * cell + 4.5, top - 6)
      }
      drawing += cells(values, row, y, left, cell, plot)
    }
    drawing += .element(
      "rect",
      [
        .class("frame"), Attribute("x", left), Attribute("y", top), Attribute("width", size),
        Attribute("height", size),
      ])
    // Drawn at its own size: narrow screens scroll to it rather than shrink it to nothing.
    let svg = HTML.element(
      "svg",
      [
        .class("chart"), Attribute("width", plot.width), Attribute("height", plot.height),
        Attribute("viewBox", "0 0 \(PageNumber.short(plot.width)) \(PageNumber.short(plot.height))"),
        Attribute("role", "img"), Attribute("aria-label", title),
      ], drawing)
    return .element("div", [.class("scroll matrix")], svg)
  }

  private func cells(
    _ values: [Int], _ row: Int, _ y: Double, _ left: Double, _ cell: Double, _ plot: PlotFrame
  ) -> HTML {
    let total = max(1, values.reduce(0, +))
    var result = HTML()
    for (column, images) in values.enumerated() where images > 0 {
      let share = Double(images) / Double(total)
      // The square root lets the few mistakes of a good model show.
      let strength = share.squareRoot()
      let x = left + Double(column) * cell
      let tip =
        "\(rowTitle): \(names[row])\n\(columnTitle): \(names[column])\n"
        + "\(PageNumber.grouped(images)) of \(PageNumber.grouped(total)), \(PageNumber.percent(share))"
      var marks = HTML.element(
        "rect",
        [
          .class("cell"), Attribute("fill-opacity", strength), Attribute("x", x), Attribute("y", y),
          Attribute("width", cell), Attribute("height", cell),
        ])
      if cell >= 22 {
        marks += .element(
          "text",
          [
            .class(strength > 0.62 ? "cell-text on" : "cell-text"), Attribute("x", x + cell / 2),
            Attribute("y", y + cell / 2 + 4.5), Attribute("text-anchor", "middle"),
          ], HTML("\(images)"))
      }
      result += .element("g", [Attribute("data-tip", tip)], marks, .element("title", [], HTML(tip)))
    }
    return result
  }

  private func turned(_ text: String, _ x: Double, _ y: Double) -> HTML {
    .element(
      "text",
      [
        Attribute("transform", "translate(\(PageNumber.short(x)) \(PageNumber.short(y))) rotate(-90)")
      ], HTML(text))
  }
}
