import FoveaFormats
import FoveaImage
import FoveaNN
import FoveaPages
import FoveaTrain

/// `report.html`: one run on one page.
public enum RunReportPage {
  /// Writes the page into the run's folder.
  public static func write(_ record: RunRecord) throws {
    let path = ReportFiles(run: record.path).page
    try DurableFile.write(Array(try html(record).utf8), to: path)
  }

  public static func path(_ record: RunRecord) -> String { ReportFiles(run: record.path).page }

  public static func html(_ record: RunRecord) throws(ImageError) -> String {
    var content = state(record)
    content += summary(record)
    content += warnings(record)
    content += curves(record)
    if let evaluation = record.evaluation {
      content += confusion(evaluation)
      content += classes(evaluation)
      content += calibration(evaluation)
    }
    content += try examples(record)
    content += try film(record)
    content += attention(record)
    content += .heading("Configuration", id: "configuration")
    content += .details("config.yaml, as it was resolved", .element("pre", [], HTML(record.yaml)))
    content += .data(id: "report-data", json: jsonText(RunReportData(record)))
    return Page(
      title: record.name, subtitle: subtitle(record),
      links: [
        ("Curves", "curves"), ("Confusion", "confusion"), ("Classes", "classes"),
        ("Calibration", "calibration"), ("Mistakes", "mistakes"), ("Attention film", "film"),
        ("Attention", "attention"), ("Configuration", "configuration"),
      ], content: content, style: filmStyle, script: filmScript
    ).html
  }

  private static func subtitle(_ record: RunRecord) -> String {
    guard let last = record.metrics.rows.last else { return "No epoch is done yet." }
    let of = record.configuration.train.steps == nil ? " of \(record.configuration.train.epochs)" : ""
    return "After epoch \(last.epoch)\(of)."
  }

  private static func summary(_ record: RunRecord) -> HTML {
    let rows = record.metrics.rows
    var tiles: [(value: String, label: String)] = []
    if let best = record.best {
      tiles.append((PageNumber.percent(best.validation.top1, 2), "best top-1, in epoch \(best.epoch)"))
      tiles.append((PageNumber.fixed(best.validation.loss, 4), "its validation loss, nats"))
    }
    if let evaluation = record.evaluation {
      tiles.append((PageNumber.percent(evaluation.macroF1, 2), "macro F1"))
      tiles.append((PageNumber.percent(evaluation.calibrationError, 2), "calibration error (ECE)"))
      tiles.append((PageNumber.grouped(evaluation.images), "validation images"))
      tiles.append((PageNumber.grouped(evaluation.classes.count), "classes"))
    }
    let seconds = rows.compactMap(\.seconds)
    if !seconds.isEmpty { tiles.append((PageNumber.duration(seconds.reduce(0, +)), "for all epochs")) }
    if let rate = rows.last?.imagesPerSecond {
      tiles.append((PageNumber.fixed(rate, 0), "training images/s, last epoch"))
    }
    return .tiles(tiles)
  }

  /// What is wrong, where the reader will see it.
  private static func warnings(_ record: RunRecord) -> HTML {
    var result = HTML()
    for gate in record.attention where gate.className == nil {
      if gate.isSpatialDead {
        result += .warning(
          "\(gate.block): the spatial gate is dead. It is \(PageNumber.significant(gate.spatialLow ?? 0)) to "
            + "\(PageNumber.significant(gate.spatialHigh ?? 0)) everywhere and for all images, so it tells no place "
            + "from another and does nothing.")
      }
      if gate.isChannelDead {
        result += .warning(
          "\(gate.block): the channel gate is dead. Each of its \(gate.channels ?? 0) gates is the same for all images, "
            + "to within \(GateSummary.deadRange), so it does not answer to what is in the image.")
      }
    }
    for problem in record.problems { result += .warning(problem) }
    return result
  }

  private static func curves(_ record: RunRecord) -> HTML {
    let rows = record.metrics.rows
    func points(_ value: (MetricsTable.Row) -> Double?) -> [(x: Double, y: Double)] {
      rows.compactMap { row in value(row).map { (Double(row.epoch), $0) } }
    }
    let loss = CurveChart(
      title: "Loss", x: "epoch", y: "cross-entropy, nats",
      series: [
        .init("training", points { $0.training.loss }), .init("validation", points { $0.validation.loss }),
      ], format: { PageNumber.fixed($0, 4) })
    let accuracy = CurveChart(
      title: "Accuracy", x: "epoch", y: "top-1, %",
      series: [
        .init("training", points { 100 * $0.training.top1 }),
        .init("validation", points { 100 * $0.validation.top1 }),
      ], format: { PageNumber.fixed($0, 2) + " %" })
    let rate = CurveChart(
      title: "Learning rate", x: "epoch", y: "rate of the epoch's last step",
      series: [.init("learning rate", points { $0.learningRate }, color: 2)],
      format: { PageNumber.significant($0, 4) })
    let speed = CurveChart(
      title: "Throughput", x: "epoch", y: "training images/s, waiting for data included",
      series: [.init("images/s", points { $0.imagesPerSecond }, color: 3)],
      format: { PageNumber.fixed($0, 1) })
    return .heading("Curves", id: "curves")
      + .grid([
        loss.figure(
          caption:
            "Training is measured while the weights change, with augmentation and dropout; validation after the epoch."
        ),
        accuracy.figure(), rate.figure(), speed.figure(),
      ])
  }

  private static func confusion(_ evaluation: Evaluation) -> HTML {
    let matrix = MatrixChart(
      title: "Confusion matrix", names: evaluation.classes, counts: evaluation.confusion, rows: "true class",
      columns: "predicted class")
    let names = evaluation.classes
    let mistakes = names.indices.flatMap { row in
      names.indices.filter { $0 != row && evaluation.confusion[row][$0] > 0 }.map { (row, $0) }
    }.sorted {
      (evaluation.confusion[$0.0][$0.1], $1.0, $1.1) > (evaluation.confusion[$1.0][$1.1], $0.0, $0.1)
    }
    let table = Table(
      [
        .init("true class"), .init("taken for"), .init("images", numeric: true),
        .init("of the class", numeric: true),
      ],
      rows: mistakes.prefix(20).map { row, column in
        let count = evaluation.confusion[row][column]
        return [
          .name(names[row]), .name(names[column]), .count(count),
          .percent(Double(count) / Double(max(1, evaluation.confusion[row].reduce(0, +)))),
        ]
      })
    return .heading("Confusion", id: "confusion")
      + .note("The best epoch's model on the validation images. A cell is coloured by its share of the row.")
      + .grid([
        matrix.figure(), .figure("The most frequent mistakes", table.html),
      ])
  }

  private static func classes(_ evaluation: Evaluation) -> HTML {
    let table = Table(
      [
        .init("class"), .init("images", numeric: true),
        .init(
          "precision", numeric: true, hint: "Of the images that were given this class, the share that has it."
        ),
        .init(
          "recall", numeric: true, hint: "Of the images that have this class, the share that was given it."),
        .init("F1", numeric: true, hint: "The harmonic mean of precision and recall."),
      ],
      rows: evaluation.perClass.map {
        [.name($0.name), .count($0.support), .percent($0.precision), .percent($0.recall), .percent($0.f1)]
      })
    return .heading("Classes", id: "classes") + table.html
  }

  private static func calibration(_ evaluation: Evaluation) -> HTML {
    let bins = evaluation.calibrationBins.filter { $0.images > 0 }
    func range(_ bin: Evaluation.CalibrationBin) -> String {
      "confidence \(PageNumber.percent(bin.lower)) to \(PageNumber.percent(bin.upper))"
    }
    let reliability = BarChart(
      title: "Reliability diagram", x: "confidence, %", y: "accuracy, %",
      bars: bins.map { bin in
        .init(
          from: 100 * bin.lower, to: 100 * bin.upper, value: 100 * bin.accuracy,
          tip: "\(range(bin))\naccuracy \(PageNumber.percent(bin.accuracy))\nmean confidence "
            + "\(PageNumber.percent(bin.confidence))\n\(PageNumber.grouped(bin.images)) images")
      }, xRange: 0...100, yRange: 0...100, hasDiagonal: true)
    let most = bins.map(\.images).max() ?? 1
    let histogram = BarChart(
      title: "Confidence", x: "confidence, %", y: "images",
      bars: bins.map { bin in
        .init(
          from: 100 * bin.lower, to: 100 * bin.upper, value: Double(bin.images),
          tip: "\(range(bin))\n\(PageNumber.grouped(bin.images)) images")
      }, xRange: 0...100, yRange: 0...Double(most), color: 4)
    return .heading("Calibration", id: "calibration")
      + .note(
        "Expected calibration error \(PageNumber.percent(evaluation.calibrationError, 2)): how far accuracy is from "
          + "confidence, averaged over \(evaluation.calibrationBins.count) bins of equal width weighted by their images "
          + "(Guo et al., 2017).")
      + .grid([
        reliability.figure(
          caption:
            "On the dashed line confidence is deserved; a bar below it is a model that is too sure of itself."
        ),
        histogram.figure(caption: "How sure the model is of its answers."),
      ])
  }
}
