import FoveaExplain
import FoveaPages

/// How faithful the maps are, above the gallery: curves and areas.
enum ScorePart {
  static func html(_ scores: [MapScore]) -> HTML {
    guard let first = scores.first, first.images > 0 else { return HTML() }
    let content =
      HTML.note(
        "Pixels go or come in the order of a map, highest first; the probability of the explained class is asked for each "
          + "time. A faithful map makes the deletion curve fall early and the insertion curve rise early (Petsiuk et al., "
          + "2018). The last column is how alike the map ranks places once the weights are shuffled: near 1, it shows "
          + "nothing that was learnt (Adebayo et al., 2018).")
      + .grid([
        chart("Deletion", scores, \.deletion).figure(caption: "Less area is better."),
        chart("Insertion", scores, \.insertion).figure(caption: "More area is better."),
      ]) + table(scores).html
    return .element(
      "details", [Attribute("open")],
      .element("summary", [], HTML("How faithful are the maps? \(PageNumber.grouped(first.images)) images")),
      content)
  }

  /// Six maps can be told apart: the last ones, which are what a reader looks at, and the random order.
  private static func chart(_ title: String, _ scores: [MapScore], _ curve: (MapScore) -> [Double])
    -> CurveChart
  {
    let series = scores.suffix(6).map { score in
      let values = curve(score)
      return CurveChart.Series(
        score.name,
        values.enumerated().map { (100 * Double($0.offset) / Double(max(1, values.count - 1)), $0.element) })
    }
    return CurveChart(
      title: title, x: "pixels, %", y: "probability of the class", series: series, wholeX: false,
      xRange: 0...100, yRange: 0...1, format: { PageNumber.fixed($0, 3) })
  }

  private static func table(_ scores: [MapScore]) -> Table {
    Table(
      [
        .init("map"), .init("images", numeric: true), .init("deletion area", numeric: true),
        .init("insertion area", numeric: true), .init("correlation with shuffled weights", numeric: true),
      ],
      rows: scores.map { score in
        func area(_ mean: Double, _ error: Double?) -> Table.Cell {
          .html(
            HTML(PageNumber.fixed(mean, 3) + (error.map { " ± " + PageNumber.fixed($0, 3) } ?? "")),
            order: mean)
        }
        return [
          .text(score.name), .count(score.images), area(score.deletionArea, score.deletionError),
          area(score.insertionArea, score.insertionError),
          .number(score.shuffledCorrelation) { PageNumber.fixed($0, 3) },
        ]
      })
  }
}
