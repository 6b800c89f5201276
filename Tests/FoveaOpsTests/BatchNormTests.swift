import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

/// Batch normalisation as the paper writes it, in doubles.
private func normalize(
  _ x: Reference, gamma: Reference, beta: Reference, statistics: (mean: [Double], variance: [Double])? = nil,
  relu: Bool
) -> Reference {
  let channels = gamma.values.count
  let rows = x.values.count / channels
  let used = statistics ?? moments(x, channels: channels)
  return Reference(
    x.shape,
    (0..<rows * channels).map { i in
      let c = i % channels
      let y =
        gamma.values[c] * (x.values[i] - used.mean[c]) / (used.variance[c] + 1e-5).squareRoot()
        + beta.values[c]
      return relu ? max(0, y) : y
    })
}

private func moments(_ x: Reference, channels: Int) -> (mean: [Double], variance: [Double]) {
  let rows = x.values.count / channels
  let mean = (0..<channels).map { c in
    (0..<rows).reduce(0) { $0 + x.values[$1 * channels + c] } / Double(rows)
  }
  let variance = (0..<channels).map { c in
    (0..<rows).reduce(0.0) { sum, row in
      let d = x.values[row * channels + c] - mean[c]
      return sum + d * d
    } / Double(rows)
  }
  return (mean, variance)
}

@Suite struct BatchNormTests {
  static let shapes: [Shape] = [
    [2, 3, 3, 1], [1, 5, 7, 3], [3, 1, 2, 17], [2, 4, 4, 40], [2, 2, 1, 64], [1, 3, 2, 100],
  ]

  @Test(arguments: shapes, [false, true]) func trainingMatchesTheReference(shape: Shape, relu: Bool) {
    let channels = shape[3]
    let x = Tensor.random(shape, seed: 1)
    let gamma = Tensor.random([channels], seed: 2)
    let beta = Tensor.random([channels], seed: 3)
    let weights = Tensor.random(shape, seed: 4)
    func loss(_ x: Reference, _ gamma: Reference, _ beta: Reference) -> Double {
      normalize(x, gamma: gamma, beta: beta, relu: relu).weighted(by: weights)
    }
    let (rx, rg, rb) = (Reference(x), Reference(gamma), Reference(beta))
    let expected = normalize(rx, gamma: rg, beta: rb, relu: relu).tensor
    let dx = numericGradient(at: x) { loss($0, rg, rb) }
    let dGamma = numericGradient(at: gamma) { loss(rx, $0, rb) }
    let dBeta = numericGradient(at: beta) { loss(rx, rg, $0) }
    withEachInstructionSet { set in
      let statistics = BatchNorm.statistics(x)
      let transform = BatchNorm.Transform(
        gamma: gamma, beta: beta, statistics: statistics, epsilon: 1e-5, relu: relu)
      let output = BatchNorm.forward(x, transform)
      expectClose(output, expected, relative: 1e-5, "\(set) output")
      let gradients = BatchNorm.backward(weights, input: x, transform)
      expectClose(gradients.dInput, dx, relative: 2e-5, absolute: 1e-6, "\(set) dInput")
      expectClose(gradients.dGamma, dGamma, relative: 1e-5, "\(set) dGamma")
      expectClose(gradients.dBeta, dBeta, relative: 1e-5, "\(set) dBeta")
    }
  }

  @Test(arguments: shapes, [false, true]) func inferenceMatchesTheReference(shape: Shape, relu: Bool) {
    let channels = shape[3]
    let x = Tensor.random(shape, seed: 1)
    let gamma = Tensor.random([channels], seed: 2)
    let beta = Tensor.random([channels], seed: 3)
    let mean = Tensor.random([channels], seed: 5)
    let variance = Tensor(Tensor.random([channels], seed: 6).scalars.map { $0 * $0 + 0.1 }, shape: [channels])
    let weights = Tensor.random(shape, seed: 4)
    let given = (Reference(mean).values, Reference(variance).values)
    func run(_ x: Reference, _ gamma: Reference, _ beta: Reference) -> Reference {
      normalize(x, gamma: gamma, beta: beta, statistics: given, relu: relu)
    }
    let (rx, rg, rb) = (Reference(x), Reference(gamma), Reference(beta))
    withEachInstructionSet { set in
      let transform = BatchNorm.Transform(
        gamma: gamma, beta: beta, mean: mean, variance: variance, epsilon: 1e-5, relu: relu)
      let output = BatchNorm.forward(x, transform)
      expectClose(output, run(rx, rg, rb).tensor, relative: 1e-5, "\(set) output")
      let gradients = BatchNorm.backward(weights, input: x, transform)
      expectClose(
        gradients.dInput, numericGradient(at: x) { run($0, rg, rb).weighted(by: weights) }, relative: 1e-5,
        "\(set) dInput")
      expectClose(
        gradients.dGamma, numericGradient(at: gamma) { run(rx, $0, rb).weighted(by: weights) },
        relative: 1e-5, "\(set) dGamma")
      expectClose(
        gradients.dBeta, numericGradient(at: beta) { run(rx, rg, $0).weighted(by: weights) },
        relative: 1e-5, "\(set) dBeta")
    }
  }

  /// A mean a thousand times the deviation, over more than one piece of work.
  @Test func statisticsSurviveALargeMean() {
    let shape: Shape = [3, 40, 41, 19]
    var x = Tensor.random(shape, seed: 7)
    for i in 0..<x.count { x[i] = 1_000 + Float(i % 19) * 10 + x[i] }
    let expected = moments(Reference(x), channels: 19)
    withEachInstructionSet { set in
      let statistics = BatchNorm.statistics(x)
      #expect(statistics.count == 3 * 40 * 41)
      expectClose(
        statistics.mean, Tensor(expected.mean.map { Float($0) }, shape: [19]), relative: 1e-7, "\(set) mean")
      expectClose(
        statistics.variance, Tensor(expected.variance.map { Float($0) }, shape: [19]), relative: 1e-6,
        "\(set) variance")
    }
  }

  @Test func bitsDoNotDependOnThreads() {
    let shape: Shape = [8, 32, 33, 17]
    let x = Tensor.random(shape, seed: 1)
    let ones = Tensor(repeating: 1, shape: [17])
    let upstream = Tensor.random(shape, seed: 2)
    let (one, all) = onOneAndAllThreads {
      let statistics = BatchNorm.statistics(x)
      let transform = BatchNorm.Transform(
        gamma: ones, beta: ones, statistics: statistics, epsilon: 1e-5, relu: true)
      let output = BatchNorm.forward(x, transform)
      let gradients = BatchNorm.backward(upstream, input: x, transform)
      return [
        statistics.mean, statistics.variance, output, gradients.dInput, gradients.dGamma, gradients.dBeta,
      ].map(\.scalars)
    }
    #expect(one == all)
  }

  @Test func anImageDoesNotDependOnItsBatch() {
    let x = Tensor.random([5, 3, 7, 21], seed: 1)
    let ones = Tensor(repeating: 1, shape: [21])
    func run(_ x: Tensor) -> Tensor {
      BatchNorm.forward(
        x, BatchNorm.Transform(gamma: ones, beta: ones, mean: ones, variance: ones, epsilon: 1e-5, relu: true)
      )
    }
    withKernelsHeld {
      let whole = run(x)
      for n in 0..<5 { #expect(run(x.slice(n..<n + 1)).scalars == whole.slice(n..<n + 1).scalars) }
    }
  }

  @Test func nanPropagates() {
    var x = Tensor.random([2, 3, 3, 5], seed: 1)
    x[7] = .nan
    let ones = Tensor(repeating: 1, shape: [5])
    withEachInstructionSet { set in
      let statistics = BatchNorm.statistics(x)
      #expect(statistics.mean[2].isNaN && statistics.variance[2].isNaN, "\(set)")
      #expect(!statistics.mean[1].isNaN && !statistics.variance[1].isNaN, "\(set)")
      let output = BatchNorm.forward(
        x, BatchNorm.Transform(gamma: ones, beta: ones, mean: ones, variance: ones, epsilon: 1e-5, relu: true)
      )
      #expect(output[7].isNaN && !output[6].isNaN, "\(set)")
    }
  }
}
