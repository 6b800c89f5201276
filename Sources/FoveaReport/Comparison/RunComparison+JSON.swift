import FoveaTrain

/// What `fovea compare --json` prints, and what the page holds for programs.
extension RunComparison {
  public var json: String { jsonText(Document(self)) }

  private struct Document: Encodable {
    struct Run: Encodable {
      let path: String
      let state: String
      let seed: UInt64
      let bestEpoch: Int?
      let top1: Double?
      let loss: Double?
      let macroF1: Double?
      let calibrationError: Double?

      enum CodingKeys: String, CodingKey {
        case path, state, seed, top1, loss
        case bestEpoch = "best_epoch"
        case macroF1 = "macro_f1"
        case calibrationError = "calibration_error"
      }
    }
    struct Test: Encodable {
      let first, second: String
      let images: Int
      let bothRight, onlyFirst, onlySecond, bothWrong: Int
      let p: Double?
      let problem: String?
      let changed: [Changed]

      enum CodingKeys: String, CodingKey {
        case first, second, images, problem, changed
        case bothRight = "both_right"
        case onlyFirst = "only_first_right"
        case onlySecond = "only_second_right"
        case bothWrong = "both_wrong"
        case p = "mcnemar_p"
      }
    }
    struct Changed: Encodable {
      let name, truth, first, second: String
    }
    struct Seeds: Encodable {
      let first, second: [String]
      let seeds: [UInt64]
      let differences: [Double]
      let mean: Double
      let interval: [Double]?
      let p: Double?
    }
    struct Class: Encodable {
      let name: String
      let recall: [Double?]
    }

    let runs: [Run]
    let settings: [String: [String]]
    let mcnemar: [Test]
    let pairedOverSeeds: [Seeds]
    let classes: [Class]

    enum CodingKeys: String, CodingKey {
      case runs, settings, mcnemar, classes
      case pairedOverSeeds = "paired_over_seeds"
    }

    init(_ comparison: RunComparison) {
      runs = comparison.runs.map { run in
        Run(
          path: run.path, state: run.state.name, seed: run.configuration.train.seed,
          bestEpoch: run.best?.epoch,
          top1: run.best?.validation.top1, loss: run.best?.validation.loss, macroF1: run.evaluation?.macroF1,
          calibrationError: run.evaluation?.calibrationError)
      }
      settings = Dictionary(comparison.settings.map { ($0.key, $0.values) }, uniquingKeysWith: { $1 })
      mcnemar = comparison.pairs.map { pair in
        Test(
          first: comparison.runs[pair.first].path, second: comparison.runs[pair.second].path,
          images: pair.images, bothRight: pair.bothRight, onlyFirst: pair.test.onlyFirst,
          onlySecond: pair.test.onlySecond, bothWrong: pair.bothWrong,
          p: pair.problem == nil ? pair.test.pValue : nil, problem: pair.problem,
          changed: pair.changes.map {
            Changed(name: $0.name, truth: $0.truth, first: $0.first, second: $0.second)
          })
      }
      pairedOverSeeds = comparison.seeded.map { seeded in
        func paths(_ group: Int) -> [String] {
          comparison.groups[group].members.map { comparison.runs[$0].path }
        }
        return Seeds(
          first: paths(seeded.first), second: paths(seeded.second), seeds: seeded.seeds,
          differences: seeded.top1.differences, mean: seeded.top1.mean,
          interval: seeded.top1.interval.map { [$0.lowerBound, $0.upperBound] }, p: seeded.top1.pValue)
      }
      classes = comparison.classRows.map { Class(name: $0.name, recall: $0.recall) }
    }
  }
}
