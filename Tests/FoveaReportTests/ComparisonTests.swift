import Foundation
import FoveaTrain
import Testing

@testable import FoveaReport

@Suite struct ComparisonTests {
  /// Binomial tails by hand: 1 and 9 of 10 coins, 2·(1 + 10)/1024; 5 and 5; 0 and 6, 2/64; nothing to tell.
  /// 10 and 25 of 35, and a large case, in whole-number arithmetic.
  static let counts: [(first: Int, second: Int, p: Double)] = [
    (1, 9, 22.0 / 1024), (5, 5, 1), (0, 6, 2.0 / 64), (0, 0, 1), (6, 0, 2.0 / 64),
    (10, 25, 0.016_673_847_800_120_71), (400, 500, 0.000_956_444_136_918_946_1),
  ]

  @Test(arguments: counts)
  func mcNemarIsTheExactBinomial(_ first: Int, _ second: Int, _ expected: Double) {
    let p = McNemar(onlyFirst: first, onlySecond: second).pValue
    #expect(abs(p - expected) < 1e-6 * max(expected, 1e-3), "\(p)")
  }

  @Test func mcNemarOfManyImagesIsANumber() {
    #expect(McNemar(onlyFirst: 20_000, onlySecond: 20_000).pValue == 1)
    let p = McNemar(onlyFirst: 10_000, onlySecond: 30_000).pValue
    #expect(p >= 0 && p < 1e-100)
  }

  /// Student's table, and a pair of samples worked out by hand.
  @Test func pairedDifferencesAreStudents() throws {
    #expect(abs(StudentT.quantile(degrees: 1) - 12.7062) < 1e-3)
    #expect(abs(StudentT.quantile(degrees: 4) - 2.77645) < 1e-4)
    #expect(abs(StudentT.quantile(degrees: 30) - 2.04227) < 1e-4)
    #expect(abs(StudentT.twoSided(2.776445, degrees: 4) - 0.05) < 1e-6)
    let difference = PairedDifference([1, 2, 3, 4])
    #expect(difference.mean == 2.5)
    #expect(abs(difference.standardDeviation! - 1.290_994) < 1e-6)
    // t = 2.5 / (1.290994 / 2) = 3.872983 with 3 degrees: p = 0.030466.
    #expect(abs(difference.pValue! - 0.030_466) < 1e-5)
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound - (2.5 - 3.182446 * 0.645497)) < 1e-4)
    #expect(PairedDifference([0.5]).pValue == nil && PairedDifference([0.5]).interval == nil)
    #expect(PairedDifference([0, 0]).pValue == 1)
  }

  @Test func runsArePairedByTheirSeeds() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let first = try [5, 6].map { try hostile.train("a\($0)", "train.seed=\($0)", "train.epochs=1") }
      let second = try [6, 5].map {
        try hostile.train("b\($0)", "train.seed=\($0)", "train.epochs=1", "optimizer.learning_rate=0.02")
      }
      let comparison = RunComparison(try (first + second).map { try RunRecord($0) })
      #expect(comparison.labels == ["a5", "a6", "b6", "b5"])
      #expect(comparison.settings.map(\.key) == ["train.seed", "optimizer.learning_rate"])
      #expect(comparison.groups.map(\.members) == [[0, 1], [2, 3]])
      #expect(comparison.pairs.map { [$0.first, $0.second] } == [[0, 3], [1, 2]])
      let seeded = try #require(comparison.seeded.first)
      #expect(seeded.seeds == [5, 6])
      let top1 = comparison.runs.map { $0.best!.validation.top1 }
      #expect(seeded.top1.differences == [top1[3] - top1[0], top1[2] - top1[1]])
      for pair in comparison.pairs {
        let a = try #require(comparison.runs[pair.first].predictions)
        let b = try #require(comparison.runs[pair.second].predictions)
        #expect(pair.images == 18 && pair.problem == nil)
        #expect(pair.test.onlyFirst == zip(a, b).count { $0.isRight && !$1.isRight })
        #expect(pair.test.onlySecond == zip(a, b).count { !$0.isRight && $1.isRight })
        #expect(pair.changes.map(\.name) == zip(a, b).filter { $0.predicted != $1.predicted }.map(\.0.name))
      }
      let html = ComparisonPage.html(comparison)
      let data = try pageData(html, "compare-data")
      let tests = try #require(data["mcnemar"] as? [[String: Any]])
      #expect(tests.map { $0["mcnemar_p"] as? Double } == comparison.pairs.map(\.test.pValue))
      #expect(!html.contains("<script>alert"))
    }
  }

  @Test func aRunWithoutPredictionsIsNamed() throws {
    try withScratchFolder { root in
      let hostile = try HostileRun(root)
      let runs = [
        try hostile.train("a", "train.epochs=1"),
        try hostile.train("b", recorded: false, "train.epochs=1", "train.seed=9"),
      ]
      let comparison = RunComparison(try runs.map { try RunRecord($0) })
      #expect(comparison.pairs[0].problem?.contains("\(runs[1]) has no report/predictions.csv") == true)
      #expect(comparison.pairs[0].images == 0)
    }
  }
}
