import FoveaImage

extension Panel {
  func drawColumnTitles(_ canvas: inout Canvas, _ layout: PanelLayout) {
    let titles: [(String, Double)] = [
      ("attention block", PanelLayout.margin), ("spatial gate", layout.mapLeft),
      ("over the image", layout.overlayLeft), ("scale", layout.scaleLeft),
      ("channel gate", layout.channelLeft),
    ]
    for (title, x) in titles {
      canvas.text(
        title, at: Point(x, layout.titlesTop), PanelInk.heading, PanelInk.text, vertical: .top)
    }
    let y = layout.titlesTop + 20
    canvas.line(
      from: Point(PanelLayout.margin, y), to: Point(layout.contentRight, y), width: 1, PanelInk.rule)
  }

  func drawRow(_ row: Row, at top: Double, _ canvas: inout Canvas, _ layout: PanelLayout) {
    var lines: [String] = []
    if let map = row.attention.spatial {
      let range = map.range
      let mean = map.values.reduce(0, +) / Float(map.values.count)
      lines = [
        "map \(map.width) × \(map.height)", "min \(decimals(Double(range.lowerBound), 3))",
        "mean \(decimals(Double(mean), 3))", "max \(decimals(Double(range.upperBound), 3))",
      ]
      drawMap(map, scale: row.scale, at: top, &canvas, layout)
    } else {
      drawNothing("no spatial gate", at: top, &canvas, layout)
    }
    drawLabel(row.attention.block, lines, at: top, &canvas)
    drawChannels(row.attention.channel, at: top, &canvas, layout)
  }

  func drawGradCAM(at top: Double, _ canvas: inout Canvas, _ layout: PanelLayout) {
    let ruleY = top - 16
    canvas.line(
      from: Point(PanelLayout.margin, ruleY), to: Point(layout.contentRight, ruleY), width: 1, PanelInk.rule)
    let map = explanation.gradCAM
    let peak = map.range.upperBound
    let name = PanelInk.body.truncated(
      "for \(classes[explanation.explainedClass])", toWidth: PanelLayout.labelWidth)
    drawLabel(
      "Grad-CAM", [name, "map \(map.width) × \(map.height)", "max \(decimals(Double(peak), 3))"], at: top,
      &canvas)
    drawMap(map, scale: Scale(0...max(peak, 0)), at: top, &canvas, layout)
    let note = """
      Where the evidence for the class lies in the last
      stage's features; colours from 0 to the largest.
      The gates above know no class: they say where
      features are let through, whatever they speak for.
      """
    canvas.text(
      note, at: Point(layout.channelLeft, top + 2), PanelInk.small, PanelInk.quiet, vertical: .top)
  }

  private func drawLabel(_ name: String, _ lines: [String], at top: Double, _ canvas: inout Canvas) {
    canvas.text(
      PanelInk.heading.truncated(name, toWidth: PanelLayout.labelWidth),
      at: Point(PanelLayout.margin, top + 2),
      PanelInk.heading, PanelInk.text, vertical: .top)
    for (index, line) in lines.enumerated() {
      canvas.text(
        line, at: Point(PanelLayout.margin, top + 24 + Double(index) * 19), PanelInk.body, PanelInk.quiet,
        vertical: .top)
    }
  }

  private func drawMap(
    _ map: AttentionMap, scale: Scale, at top: Double, _ canvas: inout Canvas, _ layout: PanelLayout
  ) {
    let tile = layout.tile
    let placement = placement.scaled(width: tile.width, height: tile.height)
    var cells = style
    // The map's own cells stay visible here; the overlay beside it shows them smoothed.
    cells.filter = .nearest
    let pictures: [(Image, Double)] = [
      (Overlay.colored(map, placement: placement, scale: scale, style: cells), layout.mapLeft),
      (
        Overlay.blended(map, over: tile.shown(original), placement: placement, scale: scale, style: style),
        layout.overlayLeft
      ),
    ]
    for (picture, left) in pictures {
      canvas.draw(picture, x: Int(left), y: Int(top))
      frame(Rect(x: left, y: top, width: Double(tile.width), height: Double(tile.height)), &canvas)
    }
    drawScale(.drawing(map, by: scale), at: top, &canvas, layout)
  }

  private func drawNothing(_ text: String, at top: Double, _ canvas: inout Canvas, _ layout: PanelLayout) {
    let width = layout.overlayLeft + Double(layout.tile.width) - layout.mapLeft
    let rect = Rect(x: layout.mapLeft, y: top, width: width, height: Double(layout.tile.height))
    canvas.fillRectangle(rect, PanelInk.ground)
    canvas.text(text, at: rect.center, PanelInk.body, PanelInk.quiet, align: .center, vertical: .middle)
  }

  /// The colour bar with the values of its ends and middle.
  private func drawScale(_ scale: Scale, at top: Double, _ canvas: inout Canvas, _ layout: PanelLayout) {
    let height = layout.tile.height
    let left = Int(layout.scaleLeft)
    let rect = Rect(x: Double(left), y: top, width: 14, height: Double(height))
    guard !scale.isFlat else {
      canvas.fillRectangle(rect, Color(gray: 128))
      canvas.text(
        "constant\n\(decimals(Double(scale.low), 3))", at: Point(rect.maxX + 6, rect.center.y),
        PanelInk.small,
        PanelInk.quiet, vertical: .middle)
      return
    }
    for row in 0..<height {
      let color = style.colorMap.color(1 - (Float(row) + 0.5) / Float(height))
      canvas.fillRectangle(Rect(x: rect.x, y: top + Double(row), width: 14, height: 1), Color(color))
    }
    frame(rect, &canvas)
    let values = [scale.high, (scale.low + scale.high) / 2, scale.low]
    let places: [(Double, TextBaseline)] = [
      (rect.y, .top), (rect.center.y, .middle), (rect.maxY, .bottom),
    ]
    for (value, (y, vertical)) in zip(values, places) {
      canvas.text(
        Self.tick(value), at: Point(rect.maxX + 6, y), PanelInk.small, PanelInk.quiet, vertical: vertical)
    }
  }

  /// A number of a scale in few characters.
  private static func tick(_ value: Float) -> String {
    if value == 0 || value == 1 { return "\(Int(value))" }
    if value == 0.5 { return "0.5" }
    return decimals(Double(value), abs(value) < 10 ? 2 : abs(value) < 1000 ? 1 : 0)
  }
}
