import FoveaTrain

/// An evaluation for people.
enum EvaluationReport {
  static func text(_ evaluation: Evaluation) -> String {
    let metrics = evaluation.metrics
    var text = """
      images             \(grouped(evaluation.images))
      loss               \(fixed(metrics.loss, 4))
      top-1              \(percent(metrics.top1))
      top-5              \(percent(metrics.top5))
      macro F1           \(percent(evaluation.macroF1))
      calibration error  \(percent(evaluation.calibrationError))

      """
    var table = TextTable(
      ["class", "images", "precision", "recall", "F1"], [.left, .right, .right, .right, .right])
    for score in evaluation.perClass {
      table.add([
        score.name, grouped(score.support), share(score.precision), share(score.recall),
        share(score.f1),
      ])
    }
    text += "\n" + table.text
    return text + "\n\n" + (evaluation.classes.count <= 20 ? confusion(evaluation) : mistakes(evaluation))
  }

  private static func confusion(_ evaluation: Evaluation) -> String {
    let names = evaluation.classes
    // Numbers for names: a column is then as wide as what stands in it.
    var table = TextTable(
      ["true class"] + names.indices.map { "\($0 + 1)" }, [.left] + names.map { _ in .right })
    for (index, row) in evaluation.confusion.enumerated() {
      table.add(["\(index + 1) \(names[index])"] + row.map { $0 == 0 ? "·" : grouped($0) })
    }
    return "confusion: rows are true classes, columns predicted ones\n\n" + table.text
  }

  /// For more classes than fit on a line.
  private static func mistakes(_ evaluation: Evaluation) -> String {
    let names = evaluation.classes
    var table = TextTable(["true class", "predicted", "images"], [.left, .left, .right])
    let mistakes = names.indices.flatMap { row in
      names.indices.filter { $0 != row && evaluation.confusion[row][$0] > 0 }.map { (row, $0) }
    }
    let sorted = mistakes.sorted {
      (evaluation.confusion[$0.0][$0.1], $1.0, $1.1) > (evaluation.confusion[$1.0][$1.1], $0.0, $0.1)
    }
    for (row, column) in sorted.prefix(20) {
      table.add([names[row], names[column], grouped(evaluation.confusion[row][column])])
    }
    return "the most frequent mistakes\n\n" + table.text
  }

  private static func share(_ value: Double?) -> String { value.map(percent) ?? "–" }
}
