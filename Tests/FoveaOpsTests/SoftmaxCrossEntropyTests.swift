import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite struct SoftmaxCrossEntropyTests {
  /// Made by torch 2.13.0: logits[n][k] = ((7n + 3k) % 11)/4 − 1, four rows, five classes, labels [0, 3, 4, 3],
  /// weights [0.5, 1, 2, 0.25, 1.5], soft[n][k] = ((n + 2k) % 5 + 1)/15.
  struct Golden: CustomStringConvertible {
    let soft, weighted: Bool
    let smoothing: Float
    let loss: Double
    var description: String { "soft \(soft) weighted \(weighted) smoothing \(smoothing)" }
  }

  static let goldens: [Golden] = [
    .init(soft: false, weighted: false, smoothing: 0, loss: 2.081098000625),
    .init(soft: false, weighted: false, smoothing: 0.1, loss: 2.063598000625),
    .init(soft: false, weighted: true, smoothing: 0, loss: 2.123593076261),
    .init(soft: false, weighted: true, smoothing: 0.1, loss: 2.238858232740),
    .init(soft: true, weighted: false, smoothing: 0, loss: 1.751931333958),
    .init(soft: true, weighted: false, smoothing: 0.1, loss: 1.767348000625),
    .init(soft: true, weighted: true, smoothing: 0, loss: 1.815064058674),
    .init(soft: true, weighted: true, smoothing: 0.1, loss: 1.838322942872),
  ]

  let labels: [Int32] = [0, 3, 4, 3]
  let logits = Reference([4, 5]) { i in Double((7 * i[0] + 3 * i[1]) % 11) / 4 - 1 }.tensor
  let soft = Reference([4, 5]) { i in Double((i[0] + 2 * i[1]) % 5 + 1) / 15 }.tensor
  let weights = Tensor([0.5, 1, 2, 0.25, 1.5], shape: [5])

  @Test(arguments: goldens) func equalsPyTorch(golden: Golden) {
    let targets = golden.soft ? SoftmaxCrossEntropy.Targets.distribution(soft) : .labels(labels)
    let (loss, _, saved) = SoftmaxCrossEntropy.forward(
      logits, targets: targets, labelSmoothing: golden.smoothing,
      classWeights: golden.weighted ? weights : nil)
    #expect(loss.shape == [])
    #expect(abs(Double(loss[0]) - golden.loss) < 1e-6, "\(loss[0]), expected \(golden.loss)")

    let expected = numericGradient(at: logits) { x in
      reference(x, golden)
    }
    #expect(abs(reference(Reference(logits), golden) - golden.loss) < 1e-6)
    let dLogits = SoftmaxCrossEntropy.backward(Tensor([1], shape: []), saved)
    expectClose(dLogits, expected, relative: 1e-6)
    let doubled = SoftmaxCrossEntropy.backward(Tensor([2], shape: []), saved)
    expectClose(doubled, Tensor(expected.scalars.map { 2 * $0 }, shape: [4, 5]), relative: 1e-6)
  }

  private func reference(_ x: Reference, _ golden: Golden) -> Double {
    var loss = 0.0
    var total = 0.0
    for n in 0..<4 {
      let logSum = log((0..<5).reduce(0) { $0 + exp(x[n, $1]) })
      for k in 0..<5 {
        let w = golden.weighted ? Double(weights[k]) : 1
        let t = golden.soft ? Double(soft[n * 5 + k]) : (Int(labels[n]) == k ? 1 : 0)
        let smooth = Double(golden.smoothing)
        loss -= w * ((1 - smooth) * t + smooth / 5) * (x[n, k] - logSum)
        if !golden.soft, t == 1 { total += w }
      }
    }
    return loss / (golden.soft ? 4 : total)
  }

  @Test func weightsJoinBatchesToTheWhole() {
    func run(_ rows: Range<Int>) -> (Double, Double) {
      let result = SoftmaxCrossEntropy.forward(
        logits.slice(rows), targets: .labels(Array(labels[rows])), classWeights: weights)
      return (Double(result.loss[0]), result.weight)
    }
    let (a, b, whole) = (run(0..<1), run(1..<4), run(0..<4))
    #expect(abs((a.0 * a.1 + b.0 * b.1) / (a.1 + b.1) - whole.0) < 1e-6)
  }

  @Test func hugeLogitsDoNotOverflow() {
    let logits = Tensor([1e30, -1e30, 0, 1e30, 1e30, -.infinity], shape: [2, 3])
    let (loss, _, saved) = SoftmaxCrossEntropy.forward(logits, targets: .labels([0, 1]))
    #expect(abs(loss[0] - log(2) / 2) < 1e-6)
    #expect(SoftmaxCrossEntropy.backward(Tensor([1], shape: []), saved).scalars == [0, 0, 0, 0.25, -0.25, 0])
    #expect(SoftmaxCrossEntropy.softmax(logits).scalars == [1, 0, 0, 0.5, 0.5, 0])
  }

  @Test func nanShows() {
    let logits = Tensor([0, .nan, 1, 0, 1, 2], shape: [2, 3])
    let (loss, _, saved) = SoftmaxCrossEntropy.forward(logits, targets: .labels([0, 1]))
    #expect(loss[0].isNaN)
    let gradient = SoftmaxCrossEntropy.backward(Tensor([1], shape: []), saved)
    #expect(gradient[0].isNaN && !gradient[3].isNaN)
  }

  @Test func softmaxIsItsDefinition() {
    let x = Reference(logits)
    let expected = Reference([4, 5]) { i in
      exp(x[i]) / (0..<5).reduce(0) { sum, k in sum + exp(x[i[0], k]) }
    }
    expectClose(SoftmaxCrossEntropy.softmax(logits), expected.tensor, relative: 1e-7)
  }
}
