import Testing

@testable import FoveaPages

@Suite struct ChartTests {
  @Test func ticksAreRoundNumbers() {
    #expect(AxisTicks(0.13, 2.31).values == [0, 0.5, 1, 1.5, 2, 2.5])
    #expect(AxisTicks(1, 7, whole: true).values.map { Int($0) } == [1, 2, 3, 4, 5, 6, 7])
    #expect(AxisTicks(1, 1, whole: true).values == [1, 2])
    #expect(AxisTicks(0, 0).values.count >= 2)
    #expect(AxisTicks(0, 1).label(0.2) == "0.2")
    #expect(AxisTicks(0, 0.00002).label(0.00001) == "1e-5")
  }

  @Test func hoveringGivesTheExactValuesOfEverySeries() {
    let chart = CurveChart(
      title: "Loss", x: "epoch", y: "nats",
      series: [.init("training", [(1, 2), (2, 1.25)]), .init("<b>", [(1, 3), (2, .nan)])])
    let markup = chart.html.markup
    #expect(markup.contains("data-tip=\"epoch 1&#10;training: 2.000&#10;&lt;b&gt;: 3.000\""))
    #expect(markup.contains("data-tip=\"epoch 2&#10;training: 1.250\""))
    #expect(!markup.contains("nan") && !markup.contains("<b>"))
  }

  @Test func curvesRunFromTheFramesLeftToItsRight() {
    let chart = CurveChart(
      title: "t", x: "x", y: "y", series: [.init("a", [(0, 0), (1, 1)])], xRange: 0...1, yRange: 0...1)
    // 58 and 468 across, 264 and 28 down: the frame's corners.
    #expect(chart.html.markup.contains("points=\"58,264 468,28\""))
  }

  @Test func noValuesNoChart() {
    let chart = CurveChart(title: "Loss", x: "x", y: "y", series: [.init("a", [(1, .nan)])])
    #expect(chart.html.markup == "<p class=\"note\">Loss: no values yet.</p>")
  }

  @Test func aMatrixSaysHowMany() {
    let chart = MatrixChart(
      title: "m", names: ["cat", "dog"], counts: [[3, 1], [0, 4]], rows: "true", columns: "predicted")
    let markup = chart.html.markup
    #expect(markup.contains("true: cat&#10;predicted: dog&#10;1 of 4, 25.0 %"))
    #expect(markup.contains("fill-opacity=\"0.5\""))
    #expect(!markup.contains("true: dog&#10;predicted: cat"))
  }

  @Test func tablesSortByWhatNumbersAreNotByHowTheyRead() {
    let table = Table(
      [.init("class"), .init("share", numeric: true)],
      rows: [[.name("a"), .percent(0.5)], [.name("b"), .percent(nil)]])
    let markup = table.html.markup
    #expect(markup.contains("data-v=\"0.5\">50.0 %</td>"))
    #expect(markup.contains("data-v=\"nan\">–</td>"))
  }
}
