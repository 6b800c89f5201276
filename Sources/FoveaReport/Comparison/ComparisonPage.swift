import FoveaPages
import FoveaTrain

/// Two or more runs on one page.
public enum ComparisonPage {
  /// Changed answers that the page lists for a pair; the JSON has them all.
  static let changesShown = 300

  public static func html(_ comparison: RunComparison) -> String {
    var content = runs(comparison)
    content += curves(comparison)
    content += settings(comparison)
    content += tests(comparison)
    content += classes(comparison)
    content += changes(comparison)
    content += .data(id: "compare-data", json: comparison.json)
    return Page(
      title: comparison.labels.joined(separator: " · "),
      subtitle: "\(comparison.runs.count) runs side by side",
      links: [
        ("Curves", "curves"), ("Settings", "settings"), ("Tests", "tests"), ("Classes", "classes"),
        ("Changed answers", "changes"),
      ], content: content
    ).html
  }

  private static func runs(_ comparison: RunComparison) -> HTML {
    Table(
      [
        .init("run"), .init("state"), .init("seed", numeric: true), .init("epochs", numeric: true),
        .init("best epoch", numeric: true), .init("top-1", numeric: true), .init("loss", numeric: true),
        .init("macro F1", numeric: true), .init("ECE", numeric: true), .init("images/s", numeric: true),
        .init("time", numeric: true),
      ],
      rows: zip(comparison.labels, comparison.runs).map { label, run in
        let rows = run.metrics.rows
        let seconds = rows.compactMap(\.seconds).reduce(0, +)
        return [
          .name(label), .html(run.state.badge), .html(HTML("\(run.configuration.train.seed)")),
          .count(rows.last?.epoch ?? 0),
          .number(run.best.map { Double($0.epoch) }) { PageNumber.fixed($0, 0) },
          .percent(run.best?.validation.top1, 2),
          .number(run.best?.validation.loss) { PageNumber.fixed($0, 4) },
          .percent(run.evaluation?.macroF1, 2), .percent(run.evaluation?.calibrationError, 2),
          .number(rows.last?.imagesPerSecond) { PageNumber.fixed($0, 0) },
          .number(rows.isEmpty ? nil : seconds) { PageNumber.duration($0) },
        ]
      }
    ).html
  }

  private static func curves(_ comparison: RunComparison) -> HTML {
    func chart(
      _ title: String, _ unit: String, _ format: @escaping @Sendable (Double) -> String,
      _ value: (MetricsTable.Row) -> Double?
    ) -> HTML {
      let series = zip(comparison.labels, comparison.runs).map { label, run in
        CurveChart.Series(
          label, run.metrics.rows.compactMap { row in value(row).map { (Double(row.epoch), $0) } })
      }
      return CurveChart(title: title, x: "epoch", y: unit, series: series, format: format).figure()
    }
    return .heading("Curves", id: "curves")
      + .grid([
        chart("Validation accuracy", "top-1, %", { PageNumber.fixed($0, 2) + " %" }) {
          100 * $0.validation.top1
        },
        chart("Validation loss", "cross-entropy, nats", { PageNumber.fixed($0, 4) }) { $0.validation.loss },
        chart("Training loss", "cross-entropy, nats", { PageNumber.fixed($0, 4) }) { $0.training.loss },
        chart("Learning rate", "rate of the epoch's last step", { PageNumber.significant($0, 4) }) {
          $0.learningRate
        },
      ])
  }

  private static func settings(_ comparison: RunComparison) -> HTML {
    let heading = HTML.heading("Settings that differ", id: "settings")
    guard !comparison.settings.isEmpty else {
      return heading + .note("None, besides where they write.")
    }
    return heading
      + Table(
        [.init("setting")] + comparison.labels.map { Table.Column($0) },
        rows: comparison.settings.map { setting in
          [.text(setting.key)] + setting.values.map { .text($0) }
        }, sortable: false
      ).html
  }

  private static func tests(_ comparison: RunComparison) -> HTML {
    var result = HTML.heading("Is the difference more than chance?", id: "tests")
    result += .note(
      "McNemar's exact test (1947) on the images that both best models have answered: if neither were better, those that "
        + "only one has right would fall to either side like a coin. p is the chance of a split at least as uneven."
    )
    for pair in comparison.pairs {
      if let problem = pair.problem { result += .warning(problem) }
    }
    let tested = comparison.pairs.filter { $0.problem == nil }
    if !tested.isEmpty {
      result +=
        Table(
          [
            .init("first"), .init("second"), .init("images", numeric: true),
            .init("both right", numeric: true),
            .init("only first right", numeric: true), .init("only second right", numeric: true),
            .init("both wrong", numeric: true), .init("p", numeric: true),
          ],
          rows: tested.map { pair in
            [
              .name(comparison.labels[pair.first]), .name(comparison.labels[pair.second]),
              .count(pair.images),
              .count(pair.bothRight), .count(pair.test.onlyFirst), .count(pair.test.onlySecond),
              .count(pair.bothWrong), .number(pair.test.pValue) { PageNumber.significant($0, 3) },
            ]
          }
        ).html
    }
    return result + seeds(comparison)
  }

  private static func seeds(_ comparison: RunComparison) -> HTML {
    guard !comparison.seeded.isEmpty else { return HTML() }
    let table = Table(
      [
        .init("first"), .init("second"), .init("pairs", numeric: true),
        .init("mean difference of top-1, points", numeric: true), .init("95 % interval"),
        .init("p", numeric: true),
      ],
      rows: comparison.seeded.map { seeded in
        let names = [seeded.first, seeded.second].map { group in
          comparison.groups[group].members.map { comparison.labels[$0] }.joined(separator: ", ")
        }
        let interval = seeded.top1.interval.map {
          "\(PageNumber.fixed(100 * $0.lowerBound, 2)) to \(PageNumber.fixed(100 * $0.upperBound, 2))"
        }
        return [
          .name(names[0]), .name(names[1]), .count(seeded.seeds.count),
          .number(seeded.top1.mean) { PageNumber.fixed(100 * $0, 2) },
          .text(interval ?? "needs two pairs"),
          .number(seeded.top1.pValue) { PageNumber.significant($0, 3) },
        ]
      })
    return .element("h3", [], HTML("Paired over seeds"))
      + .note(
        "Runs of two set-ups with the same seed are a pair; Student's t-test for pairs (1908) on their best top-1."
      )
      + table.html
  }

  private static func classes(_ comparison: RunComparison) -> HTML {
    let heading = HTML.heading("Recall by class", id: "classes")
    let rows = comparison.classRows
    guard !rows.isEmpty else { return heading + .note("No run has been evaluated yet.") }
    var columns: [Table.Column] = [.init("class")]
    columns += comparison.labels.map { Table.Column($0, numeric: true) }
    if comparison.runs.count == 2 { columns.append(.init("difference, points", numeric: true)) }
    return heading
      + Table(
        columns,
        rows: rows.map { row in
          var cells: [Table.Cell] = [.name(row.name)] + row.recall.map { .percent($0) }
          if comparison.runs.count == 2 {
            let difference = row.recall[0].flatMap { first in row.recall[1].map { 100 * ($0 - first) } }
            cells.append(.number(difference) { ($0 > 0 ? "+" : "") + PageNumber.fixed($0, 1) })
          }
          return cells
        }
      ).html
  }

  private static func changes(_ comparison: RunComparison) -> HTML {
    var result = HTML.heading("Changed answers", id: "changes")
    for pair in comparison.pairs where pair.problem == nil {
      let (first, second) = (comparison.labels[pair.first], comparison.labels[pair.second])
      let more = pair.changes.count > changesShown ? ", the first \(changesShown) shown" : ""
      let table = Table(
        [
          .init("image"), .init("truth"), .init(first), .init("confidence", numeric: true), .init(second),
          .init("confidence", numeric: true),
        ],
        rows: pair.changes.prefix(changesShown).map { change in
          func answer(_ name: String) -> Table.Cell {
            .html(
              .element("span", [.class(name == change.truth ? "good" : "bad")], .name(name)))
          }
          return [
            .name(change.name), .name(change.truth), answer(change.first), .percent(change.firstConfidence),
            answer(change.second), .percent(change.secondConfidence),
          ]
        })
      result += .details(
        "\(first) → \(second): \(PageNumber.grouped(pair.changes.count)) of \(PageNumber.grouped(pair.images)) images\(more)",
        table.html)
    }
    return result
  }
}
