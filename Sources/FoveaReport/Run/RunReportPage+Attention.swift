import FoveaNN
import FoveaPages
import FoveaTrain

extension RunReportPage {
  /// The last block of each stage, four at most.
  static func stageEnds(_ blocks: [String]) -> [String] {
    StageEnds.indices(of: blocks).suffix(4).map { blocks[$0] }
  }

  static func attention(_ record: RunRecord) -> HTML {
    var result = HTML.heading("Attention", id: "attention")
    guard !record.attention.isEmpty else {
      return result
        + .note(
          record.configuration.model.attention == .none
            ? "The network has no attention gates."
            : "Not recorded. 'fovea report RUN --evaluate' records it for the best model.")
    }
    let all = record.attention.filter { $0.className == nil }
    result += .note(
      "The best epoch's gates on \(PageNumber.grouped(all.first?.images ?? 0)) validation images. Evenness is the entropy "
        + "of the map over that of a constant one: 1 is even, 0 is all in one cell. Border is the share of the map within "
        + "an eighth of the sides; a constant map has 43.8 %. Spread tells channels apart, response tells images apart; a "
        + "gate within \(GateSummary.deadRange) for all images counts as constant.")
    result += gateTable(all, withClass: false).html
    result += .grid(historyCharts(record))
    let classes = record.attention.filter { $0.className != nil }
    let shown = classes.count <= 1200 ? classes : classes.filter { $0.block == all.last?.block }
    let which =
      shown.count == classes.count ? "" : ", the last block alone; report/attention.csv has the others"
    return result + .details("By block and class\(which)", gateTable(shown, withClass: true).html)
  }

  private static func gateTable(_ gates: [GateSummary], withClass: Bool) -> Table {
    var columns: [Table.Column] = [.init("block")]
    if withClass { columns += [.init("class"), .init("images", numeric: true)] }
    columns += [
      .init("spatial mean", numeric: true, hint: "Mean of the spatial gate over places and images, 0 to 1."),
      .init("range", numeric: true, hint: "The least and the greatest value anywhere."),
      .init("evenness", numeric: true, hint: "Entropy over that of a constant map."),
      .init("border", numeric: true, hint: "Share within an eighth of the sides; 43.8 % for a constant map."),
      .init(
        "channel mean", numeric: true, hint: "Mean of the channel gates over channels and images, 0 to 1."),
      .init("spread", numeric: true, hint: "Standard deviation between channels of their mean gates."),
      .init("response", numeric: true, hint: "Mean over channels of the standard deviation between images."),
      .init("constant", numeric: true, hint: "Channels whose gate is the same for all images."),
    ]
    return Table(
      columns,
      rows: gates.map { gate in
        var cells: [Table.Cell] = [.text(gate.block)]
        if withClass { cells += [.name(gate.className ?? ""), .count(gate.images)] }
        let range = gate.spatialLow.map {
          "\(PageNumber.fixed($0, 3))–\(PageNumber.fixed(gate.spatialHigh ?? .nan, 3))"
        }
        func three(_ value: Double?) -> Table.Cell { .number(value) { PageNumber.fixed($0, 3) } }
        let constant = gate.constantChannels.map { "\($0) of \(gate.channels ?? 0)" }
        return cells + [
          three(gate.spatialMean),
          .html(
            .element("span", gate.isSpatialDead ? [.class("bad")] : [], HTML(range ?? "–")),
            order: gate.spatialHigh.map { $0 - (gate.spatialLow ?? 0) } ?? .nan), three(gate.spatialEntropy),
          .percent(gate.borderShare), three(gate.channelMean), three(gate.channelSpread),
          three(gate.channelResponse),
          .html(
            .element("span", gate.isChannelDead ? [.class("bad")] : [], HTML(constant ?? "–")),
            order: gate.constantChannels.map { Double($0) } ?? .nan),
        ]
      })
  }

  private static func historyCharts(_ record: RunRecord) -> [HTML] {
    let names = record.history.filter { $0.epoch == record.history.last?.epoch }.map(\.summary.block)
    let blocks = stageEnds(names)
    func chart(_ title: String, _ unit: String, _ value: (GateSummary) -> Double?) -> HTML {
      let series = blocks.map { block in
        CurveChart.Series(
          block,
          record.history.filter { $0.summary.block == block }.compactMap { row in
            value(row.summary).map { (Double(row.epoch), $0) }
          })
      }
      return CurveChart(
        title: title, x: "epoch", y: unit, series: series, format: { PageNumber.fixed($0, 4) }
      ).figure()
    }
    return [
      chart("Mean of the spatial gates", "0 to 1") { $0.spatialMean },
      chart("Evenness of the spatial gates", "entropy, 1 is even") { $0.spatialEntropy },
      chart("Border share of the spatial gates", "share, 0.4375 is even") { $0.borderShare },
      chart("Spread of the channel gates", "standard deviation between channels") { $0.channelSpread },
    ]
  }
}
