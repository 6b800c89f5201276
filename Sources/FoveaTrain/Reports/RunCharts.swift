import FoveaImage

/// Pictures of a run.
public enum RunCharts {
  /// Loss and accuracy over the epochs, training beside validation.
  public static func curves(_ table: MetricsTable) -> Image {
    var canvas = Canvas(width: 1080, height: 400)
    let colors = [Color(0, 114, 178), Color(230, 120, 0)]
    func chart(_ title: String, _ value: (Metrics) -> Double) -> LineChart {
      func points(_ metrics: (MetricsTable.Row) -> Metrics) -> [(x: Double, y: Double)] {
        table.rows.map { (Double($0.epoch), value(metrics($0))) }.filter { $0.1.isFinite }
      }
      return LineChart(
        title: title,
        series: [
          .init(name: "training", color: colors[0], points: points(\.training)),
          .init(name: "validation", color: colors[1], points: points(\.validation)),
        ])
    }
    chart("Loss", \.loss).draw(on: &canvas, in: Rect(x: 8, y: 8, width: 528, height: 384))
    var accuracy = chart("Top-1 accuracy", \.top1)
    accuracy.unit = (100, " %")
    accuracy.draw(on: &canvas, in: Rect(x: 544, y: 8, width: 528, height: 384))
    return canvas.image
  }

  /// The confusion matrix: a row per true class, a column per predicted one, coloured by the share of the row.
  public static func confusion(_ evaluation: Evaluation) -> Image {
    let count = evaluation.classes.count
    let cell = Double(max(4, min(48, 900 / count)))
    let style = TextStyle(size: min(14, max(8, cell * 0.75)))
    let hasNames = cell >= 9
    let names = evaluation.classes.map { style.truncated($0, toWidth: 160) }
    let margin = hasNames ? names.reduce(0) { max($0, style.measure($1).width) } + 12 : 12
    let size = cell * Double(count)
    let left = margin + 26
    let top = margin + 34
    var canvas = Canvas(width: Int(left + size + 16), height: Int(top + size + 16))
    let gray = Color(gray: 90)
    canvas.text(
      "predicted class, top-1 \(decimal(100 * evaluation.metrics.top1, 2)) %", at: Point(left, 12),
      .bold(size: 13),
      vertical: .top)
    canvas.text(
      "true class", at: Point(8, top + size), .bold(size: 13), vertical: .top, direction: .upwards)
    for (row, counts) in evaluation.confusion.enumerated() {
      let total = max(1, counts.reduce(0, +))
      let y = top + Double(row) * cell
      if hasNames {
        canvas.text(
          names[row], at: Point(left - 6, y + cell / 2), style, gray, align: .right, vertical: .middle)
        canvas.text(
          names[row], at: Point(left + (Double(row) + 0.5) * cell, top - 6), style, gray, vertical: .middle,
          direction: .upwards)
      }
      for (column, images) in counts.enumerated() {
        let share = Double(images) / Double(total)
        let rect = Rect(x: left + Double(column) * cell, y: y, width: cell, height: cell)
        draw(images, share, in: rect, on: &canvas)
      }
    }
    canvas.strokeRectangle(Rect(x: left, y: top, width: size, height: size), width: 1, gray)
    return canvas.image
  }

  private static func draw(_ images: Int, _ share: Double, in rect: Rect, on canvas: inout Canvas) {
    let paper = RGB(255, 255, 255)
    let ink = RGB(0, 73, 130)
    // The square root lets the few mistakes of a good model show.
    let color = paper.mixed(with: ink, share.squareRoot())
    canvas.fillRectangle(rect, Color(color))
    guard images > 0, rect.width >= 22 else { return }
    let text = "\(images)"
    let style = TextStyle(size: min(13, 1.5 * rect.width / Double(max(3, text.count))))
    canvas.text(
      text, at: rect.center, style, color.luma > 140 ? .black : .white, align: .center, vertical: .middle)
  }
}
