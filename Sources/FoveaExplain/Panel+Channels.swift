import FoveaImage

extension Panel {
  /// A bar a channel, 0 to 1, in the channels' own order.
  func drawChannels(_ gate: [Float]?, at top: Double, _ canvas: inout Canvas, _ layout: PanelLayout) {
    guard let gate, !gate.isEmpty else {
      let rect = Rect(
        x: layout.channelLeft, y: top, width: PanelLayout.channelWidth, height: Double(layout.tile.height))
      canvas.fillRectangle(rect, PanelInk.ground)
      canvas.text(
        "no channel gate", at: rect.center, PanelInk.body, PanelInk.quiet, align: .center, vertical: .middle)
      return
    }
    // A line of text stands under the bars.
    let plot = Rect(
      x: layout.channelLeft, y: top, width: PanelLayout.channelWidth, height: layout.rowHeight - 22)
    for (value, label) in [(0.0, "0"), (0.5, "0.5"), (1, "1")] {
      let y = plot.maxY - value * plot.height
      canvas.line(from: Point(plot.x, y), to: Point(plot.maxX, y), width: 1, PanelInk.rule)
      canvas.text(
        label, at: Point(plot.x - 6, y), PanelInk.small, PanelInk.quiet, align: .right, vertical: .middle)
    }
    if gate.count * 2 <= Int(plot.width) {
      drawBars(gate, plot, &canvas)
    } else {
      drawBands(gate, columns: Int(plot.width) / 2, plot, &canvas)
    }
    let low = gate.min() ?? 0
    let high = gate.max() ?? 0
    let mean = gate.reduce(0, +) / Float(gate.count)
    canvas.text(
      "\(gate.count) channels: min \(decimals(Double(low), 3)), mean \(decimals(Double(mean), 3)), "
        + "max \(decimals(Double(high), 3))", at: Point(plot.x, plot.maxY + 10), PanelInk.small,
      PanelInk.quiet,
      vertical: .top)
  }

  private func drawBars(_ gate: [Float], _ plot: Rect, _ canvas: inout Canvas) {
    let step = plot.width / Double(gate.count)
    // Whole pixels, so that all bars are equally dark.
    let width = max(1, (step * 0.72).rounded(.down))
    for (channel, value) in gate.enumerated() {
      let height = Double(min(max(value, 0), 1)) * plot.height
      let left = (plot.x + Double(channel) * step + (step - width) / 2).rounded()
      canvas.fillRectangle(
        Rect(x: left, y: plot.maxY - height, width: width, height: height), PanelInk.bar)
    }
  }

  /// More channels than there is room for: each column shows the least, the mean and the greatest of its channels.
  private func drawBands(_ gate: [Float], columns: Int, _ plot: Rect, _ canvas: inout Canvas) {
    let columns = min(columns, gate.count)
    let width = plot.width / Double(columns)
    for column in 0..<columns {
      let part = gate[(column * gate.count / columns)..<((column + 1) * gate.count / columns)]
      func height(_ value: Float) -> Double { Double(min(max(value, 0), 1)) * plot.height }
      let low = height(part.min() ?? 0)
      let high = height(part.max() ?? 0)
      let mean = height(part.reduce(0, +) / Float(part.count))
      let left = plot.x + Double(column) * width
      canvas.fillRectangle(
        Rect(x: left, y: plot.maxY - low, width: width, height: low), PanelInk.bar.withAlpha(0.75))
      canvas.fillRectangle(
        Rect(x: left, y: plot.maxY - high, width: width, height: high - low), PanelInk.bar.withAlpha(0.3))
      canvas.fillRectangle(Rect(x: left, y: plot.maxY - mean - 0.5, width: width, height: 1), PanelInk.bar)
    }
  }
}
