import FoveaExplain

/// What `fovea explain` did, and how well the maps find the objects where masks say where these are.
struct ExplainSummary {
  var read = 0
  var skipped = 0
  /// Images that no mask was found for.
  var withoutMask = 0
  /// How faithful each map is, where that was asked for.
  var faithfulness: [MapScore] = []
  /// By block, in the order in which an image passes them.
  private(set) var scores: [(block: String, score: LocalizationScore)] = []

  mutating func add(_ score: Localization, of block: String) {
    if let place = scores.firstIndex(where: { $0.block == block }) {
      scores[place].score.add(score)
    } else {
      var first = LocalizationScore()
      first.add(score)
      scores.append((block, first))
    }
  }

  var scoreTable: String {
    var table = TextTable(
      ["map", "images", "pointing game", "energy in mask", "object's area"],
      [.left, .right, .right, .right, .right])
    for (block, score) in scores {
      table.add([
        block, grouped(score.images), fixed(100 * score.pointing, 1) + " %",
        fixed(100 * score.energy, 1) + " %", fixed(100 * score.area, 1) + " %",
      ])
    }
    return table.text
  }

  var faithfulnessTable: String {
    var table = TextTable(
      ["map", "images", "deletion area", "insertion area", "rank correlation with shuffled weights"],
      [.left, .right, .right, .right, .right])
    for score in faithfulness {
      func area(_ mean: Double, _ error: Double?) -> String {
        fixed(mean, 3) + (error.map { " ± \(fixed($0, 3))" } ?? "")
      }
      table.add([
        score.name, grouped(score.images), area(score.deletionArea, score.deletionError),
        area(score.insertionArea, score.insertionError),
        score.shuffledCorrelation.map { fixed($0, 3) } ?? "–",
      ])
    }
    return table.text
      + "\n\ndeletion: less is better; insertion: more is better; a correlation near 1 is a map that learnt nothing"
  }

  private var faithfulnessJSON: JSONText {
    func number(_ value: Double?) -> JSONText { value.map { .double($0) } ?? .null }
    return .array(
      faithfulness.map { score in
        .object([
          ("map", .string(score.name)), ("images", .int(score.images)),
          ("deletion_area", .double(score.deletionArea)), ("deletion_error", number(score.deletionError)),
          ("insertion_area", .double(score.insertionArea)), ("insertion_error", number(score.insertionError)),
          ("shuffled_correlation", number(score.shuffledCorrelation)),
          ("deletion", .array(score.deletion.map { .double($0) })),
          ("insertion", .array(score.insertion.map { .double($0) })),
        ])
      })
  }

  var json: JSONText {
    let faithfulness: [(String, JSONText)] =
      faithfulness.isEmpty ? [] : [("faithfulness", faithfulnessJSON)]
    return .object(pairs + faithfulness)
  }

  private var pairs: [(String, JSONText)] {
    [
      ("images", .int(read)), ("skipped", .int(skipped)), ("without_mask", .int(withoutMask)),
      (
        "scores",
        .array(
          scores.map { block, score in
            .object([
              ("map", .string(block)), ("images", .int(score.images)), ("pointing", .double(score.pointing)),
              ("energy", .double(score.energy)), ("object_area", .double(score.area)),
            ])
          })
      ),
    ]
  }
}
