import FoveaPages
import FoveaTrain

/// The pages of `--runs`: which runs there are, and how one goes.
enum RunsPage {
  static func list(_ runs: [RunsFolder.Run]) -> String {
    let columns: [Table.Column] = [
      .init("Run"), .init("State"), .init("Epochs", numeric: true), .init("Best top-1", numeric: true),
      .init("Last top-1", numeric: true), .init("Last loss", numeric: true),
    ]
    let rows = runs.map { run -> [Table.Cell] in
      let last = run.rows.last?.validation
      return [
        .html(.element("a", [Attribute("href", Reference.file("runs/\(run.name)/"))], .name(run.name))),
        .html(badge(run)), epochs(run), .percent(run.rows.map(\.validation.top1).max(), 2),
        .percent(last?.top1, 2), .number(last?.loss) { PageNumber.fixed($0, 4) },
      ]
    }
    let content =
      runs.isEmpty
      ? HTML.paragraph("No runs here yet. A run is a folder with a config.yaml.")
      : Table(columns, rows: rows).html
    return Page(
      title: "Runs", subtitle: "The one that changed last is first. Anew every ten seconds.", content: content
    )
    .html
  }

  private static func epochs(_ run: RunsFolder.Run) -> Table.Cell {
    let done = run.rows.last?.epoch ?? 0
    return .html(HTML(run.epochs.map { "\(done) of \($0)" } ?? "\(done)"), order: Double(done))
  }

  private static func badge(_ run: RunsFolder.Run) -> HTML {
    let tone: HTML.Tone =
      switch run.state {
      case .running: .busy
      case .finished, .stoppedEarly: .good
      case .interrupted: .warning
      case .diverged: .bad
      case nil: .plain
      }
    return .badge(run.state?.words ?? "unknown", tone)
  }

  static func page(_ run: RunsFolder.Run) -> String {
    var content = HTML.element("p", [.class("standing")], badge(run))
    if let last = run.rows.last {
      let best = run.rows.max { $0.validation.top1 < $1.validation.top1 }
      content += .tiles([
        (value: "\(last.epoch)", label: run.epochs.map { "of \($0) epochs" } ?? "epochs"),
        (value: PageNumber.percent(last.validation.top1, 2), label: "top-1 after the last"),
        (
          value: PageNumber.percent(best?.validation.top1 ?? .nan, 2),
          label: "top-1 at the best, epoch \(best?.epoch ?? 0)"
        ),
        (value: PageNumber.significant(last.learningRate), label: "learning rate"),
      ])
      content += .grid([
        chart(run, "Loss", "cross-entropy, nats") { $0.loss }.figure(),
        chart(run, "Accuracy", "top-1, %") { 100 * $0.top1 }.figure(),
      ])
    } else {
      content += .paragraph("No epoch has ended yet.")
    }
    if run.files.contains("confusion.png") {
      content += .figure(
        "Confusion", .image(.file("confusion.png"), alternative: "The confusion matrix", classes: "wide"))
    }
    let links = run.files.map {
      HTML.element("li", [], .element("a", [Attribute("href", Reference.file($0))], HTML($0)))
    }
    content += .heading("Files", id: "files") + .element("ul", [], links)
    content += .element(
      "p", [], .element("a", [Attribute("href", Reference.file("../../runs"))], HTML("All runs")))
    return Page(
      title: run.name, subtitle: "Anew every ten seconds.", content: content,
      style: ".wide{display:block;max-width:100%;height:auto}"
    ).html
  }

  private static func chart(
    _ run: RunsFolder.Run, _ title: String, _ unit: String, _ value: (Metrics) -> Double
  ) -> CurveChart {
    CurveChart(
      title: title, x: "epoch", y: unit,
      series: [
        .init("training", run.rows.map { (Double($0.epoch), value($0.training)) }),
        .init("validation", run.rows.map { (Double($0.epoch), value($0.validation)) }),
      ])
  }
}
