import FoveaImage

extension Panel {
  /// How many of the likeliest classes the header shows.
  private static let shownClasses = 3

  func drawHeader(_ canvas: inout Canvas, _ layout: PanelLayout) {
    let top = PanelLayout.margin
    drawOriginal(&canvas, layout)
    let left = PanelLayout.margin + Double(layout.original.width) + 28
    let width = layout.contentRight - left
    canvas.text(
      PanelInk.title.truncated(title, toWidth: width), at: Point(left, top + 2), PanelInk.title,
      PanelInk.text,
      vertical: .top)
    canvas.text(
      PanelInk.body.truncated(sizeLine, toWidth: width), at: Point(left, top + 32), PanelInk.body,
      PanelInk.quiet, vertical: .top)
    drawVerdict(at: Point(left, top + 64), width: width, &canvas)
    drawProbabilities(at: Point(left, top + 94), width: min(width, 520), &canvas)
  }

  private var sizeLine: String {
    let size = "\(originalWidth) × \(originalHeight)"
    let input = "network's input \(inputWidth) × \(inputHeight)"
    return placement.seesAll ? "\(size), \(input)" : "\(size), \(input); hatched: not seen by the network"
  }

  private func drawOriginal(_ canvas: inout Canvas, _ layout: PanelLayout) {
    var shown = layout.original.shown(original)
    Overlay.markUnseen(&shown, placement.scaled(width: shown.width, height: shown.height))
    let x = PanelLayout.margin
    let y = PanelLayout.margin
    canvas.draw(shown, x: Int(x), y: Int(y))
    frame(Rect(x: x, y: y, width: Double(shown.width), height: Double(shown.height)), &canvas)
  }

  /// The prediction, and whether it is right.
  private func drawVerdict(at place: Point, width: Double, _ canvas: inout Canvas) {
    let name = classes[explanation.predicted]
    let predicted = "Prediction: \(name)"
    var pen = place
    let style = TextStyle.bold(size: 15)
    let color: Color = truth.map { $0 == name ? PanelInk.right : PanelInk.wrong } ?? PanelInk.text
    let shown = style.truncated(predicted, toWidth: width * (truth == nil ? 1 : 0.55))
    canvas.text(shown, at: pen, style, color, vertical: .top)
    guard let truth else { return }
    pen.x += style.measure(shown).width + 14
    let verdict = truth == name ? "correct" : "truth: \(truth)"
    canvas.text(
      PanelInk.body.truncated(verdict, toWidth: place.x + width - pen.x), at: Point(pen.x, pen.y + 1),
      PanelInk.body, PanelInk.quiet, vertical: .top)
  }

  private func drawProbabilities(at place: Point, width: Double, _ canvas: inout Canvas) {
    let probabilities = explanation.probabilities
    var shown = Array(
      probabilities.indices.sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }
        .prefix(Self.shownClasses))
    // The truth is shown even where the network thinks little of it.
    if let truth = truth.flatMap({ classes.firstIndex(of: $0) }), !shown.contains(truth) {
      shown.append(truth)
    }
    let names = shown.map { PanelInk.body.truncated(classes[$0], toWidth: width * 0.4) }
    let nameWidth = names.map { PanelInk.body.measure($0).width }.max() ?? 0
    let barLeft = place.x + nameWidth + 14
    let barWidth = width - nameWidth - 14 - 64
    for (line, index) in shown.enumerated() {
      let middle = place.y + 11 + Double(line) * 24
      canvas.text(
        names[line], at: Point(place.x + nameWidth, middle), PanelInk.body, PanelInk.text, align: .right,
        vertical: .middle)
      canvas.fillRectangle(
        Rect(x: barLeft, y: middle - 6, width: barWidth, height: 12), PanelInk.ground, cornerRadius: 2)
      let share = Double(min(max(probabilities[index], 0), 1))
      canvas.fillRectangle(
        Rect(x: barLeft, y: middle - 6, width: max(barWidth * share, 1.5), height: 12), PanelInk.bar,
        cornerRadius: min(2, barWidth * share / 2))
      canvas.text(
        percent(share), at: Point(barLeft + barWidth + 60, middle), PanelInk.body, PanelInk.text,
        align: .right, vertical: .middle)
    }
  }

  func drawFooter(_ canvas: inout Canvas, _ layout: PanelLayout) {
    canvas.line(
      from: Point(PanelLayout.margin, layout.footerTop), to: Point(layout.contentRight, layout.footerTop),
      width: 1, PanelInk.rule)
    let scale =
      switch normalization {
      case .fixed: "colours: 0 to 1, the same on every picture"
      case .image: "colours: normalised by image, each map from its least to its greatest value"
      case .run: "colours: normalised by run, each block from its least to its greatest value of all images"
      }
    let line = "\(scale) · \(style.colorMap.rawValue), overlay \(style.filter.rawValue) · \(model)"
    canvas.text(
      PanelInk.small.truncated(line, toWidth: layout.contentRight - PanelLayout.margin),
      at: Point(PanelLayout.margin, layout.footerTop + 12), PanelInk.small, PanelInk.quiet, vertical: .top)
  }

  /// A hairline around a picture, so that a white one has an edge.
  func frame(_ rect: Rect, _ canvas: inout Canvas) {
    canvas.strokeRectangle(rect.inset(by: -0.5), width: 1, PanelInk.rule)
  }
}

/// 0.934 as `93.4 %`.
func percent(_ share: Double) -> String { decimals(share * 100, 1) + " %" }

/// A number with so many decimals; three significant digits at least for small ones.
func decimals(_ value: Double, _ count: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  let unit = count == 0 ? 1 : (0..<count).reduce(1) { unit, _ in unit * 10 }
  let scaled = Int((abs(value) * Double(unit)).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard count > 0 else { return "\(sign)\(scaled)" }
  let fraction = String(scaled % unit)
  return "\(sign)\(scaled / unit)." + String(repeating: "0", count: count - fraction.count) + fraction
}
