import FoveaExplain

/// What `fovea explain` did, and how well the maps find the objects where masks say where these are.
struct ExplainSummary {
  var read = 0
  var skipped = 0
  /// Images that no mask was found for.
  var withoutMask = 0
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

  var json: JSONText {
    .object([
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
    ])
  }
}
