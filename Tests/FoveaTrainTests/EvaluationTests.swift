import Testing

@testable import FoveaTrain

@Suite struct EvaluationTests {
  private func prediction(_ probabilities: [Float]) -> Prediction {
    Prediction(logits: probabilities, probabilities: probabilities)
  }

  @Test func figuresByHand() throws {
    var counts = EvaluationCounts(classes: ["a", "b", "c"])
    #expect(counts.evaluation() == nil)
    // True a: two right, one taken for b. True b: one right. True c: one taken for a.
    let images: [(label: Int, probabilities: [Float])] = [
      (0, [0.9, 0.1, 0]), (0, [0.6, 0.4, 0]), (0, [0.3, 0.7, 0]), (1, [0, 1, 0]), (2, [0.6, 0.2, 0.2]),
    ]
    for (number, image) in images.enumerated() {
      counts.add(loss: Double(number), prediction: prediction(image.probabilities), label: image.label)
    }
    let evaluation = try #require(counts.evaluation(skipped: 2))
    #expect(evaluation.images == 5)
    #expect(evaluation.skipped == 2)
    #expect(evaluation.metrics == Metrics(loss: 2, top1: 0.6, top5: 1))
    #expect(evaluation.confusion == [[2, 1, 0], [0, 1, 0], [1, 0, 0]])
    let (a, b, c) = (evaluation.perClass[0], evaluation.perClass[1], evaluation.perClass[2])
    #expect(a.support == 3 && a.precision == 2.0 / 3 && a.recall == 2.0 / 3 && a.f1 == 2.0 / 3)
    #expect(b.support == 1 && b.precision == 0.5 && b.recall == 1 && b.f1 == 2.0 / 3)
    #expect(c.support == 1 && c.precision == nil && c.recall == 0 && c.f1 == 0)
    #expect(evaluation.macroF1 == 4.0 / 9)
    // Confidences 0.9 and 1 (both right) lie in bins of their own; 0.6 twice (one right); 0.7 (wrong).
    let expected = (0.1 + 0 + 2 * 0.1 + 0.7) / 5
    #expect(abs(evaluation.calibrationError - expected) < 1e-6)
    #expect(evaluation.calibrationBins.reduce(0) { $0 + $1.images } == 5)
  }

  @Test func binsAreClosedAbove() throws {
    var counts = EvaluationCounts(classes: ["a", "b"])
    counts.add(loss: 0, prediction: prediction([1, 0]), label: 0)
    counts.add(loss: 0, prediction: Prediction(logits: [1, 0], probabilities: [.nan, .nan]), label: 0)
    let bins = try #require(counts.evaluation()).calibrationBins
    #expect(bins.count == 15 && bins[14].images == 2)
  }

  @Test func ranksAndTops() {
    let logits: [Float] = [1, 3, 3, .nan, -.infinity, 2]
    let prediction = Prediction(logits: logits, probabilities: logits)
    #expect(prediction.best == 1)
    #expect(prediction.top(10) == [1, 2, 5, 0, 4, 3])
    #expect(prediction.top(2) == [1, 2])
    #expect(logits.indices.map(prediction.rank) == [3, 0, 1, 5, 4, 2])
  }

  @Test func theLossOfARow() {
    #expect(abs(Evaluator.crossEntropy([0, 0], label: 0) - 0.693147180559945) < 1e-12)
    #expect(abs(Evaluator.crossEntropy([1000, 0], label: 1) - 1000) < 1e-9)
    #expect(Evaluator.crossEntropy([1000, 0], label: 0) == 0)
  }

  @Test func anEvaluationIsJSON() throws {
    var counts = EvaluationCounts(classes: ["a", "b"])
    counts.add(loss: 0.5, prediction: prediction([0.9, 0.1]), label: 0)
    let text = json(try #require(counts.evaluation()))
    #expect(text.contains("\"calibration_error\":"))
    #expect(text.contains("\"per_class\":[{\"f1\":1,"))
  }

  @Test func numbersAreWrittenTheSameEverywhere() {
    #expect(decimal(0.12345, 3) == "0.123")
    #expect(decimal(-0.0001, 2) == "0.00")
    #expect(decimal(-1.5, 0) == "-2")
    #expect(decimal(12.999, 2) == "13.00")
    #expect(decimal(.nan, 2) == "nan")
    #expect(decimal(5, 1) == "5.0")
  }
}
