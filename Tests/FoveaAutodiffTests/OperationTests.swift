import FoveaAutodiff
import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

/// Each recorded operation: its value is that of the operation below, its gradients those of finite differences along
/// random directions, and a gradient that is not needed is not given.
@Suite struct OperationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let inputs: [Shape]
    /// How large the finite step may be: large for what is linear in each input.
    var step: Float = 0.5
    let apply: @Sendable (Tape, [Variable]) -> Variable
    var testDescription: String { name }
  }

  static let geometry = try! Conv2DGeometry(
    input: [2, 5, 4, 4], outChannels: 6, kernel: Size2D(3), stride: Size2D(2), padding: .one, groups: 2)
  static let image: Shape = [2, 4, 5, 3]
  static let statistics = BatchNorm.statistics(.random(image, seed: 9))

  static let cases: [Case] = [
    Case(name: "convolution", inputs: [[2, 5, 4, 4], [3, 3, 2, 6]]) {
      $0.convolution($1[0], weight: $1[1], geometry: geometry)
    },
    Case(name: "convolutionWithStatistics", inputs: [[2, 5, 4, 4], [3, 3, 2, 6]]) {
      $0.convolutionWithStatistics($1[0], weight: $1[1], geometry: geometry).output
    },
    Case(name: "linear", inputs: [[3, 5], [5, 4], [4]]) { $0.linear($1[0], weight: $1[1], bias: $1[2]) },
    Case(name: "linear without bias", inputs: [[3, 5], [5, 4]]) {
      $0.linear($1[0], weight: $1[1], bias: nil)
    },
    Case(name: "batchNorm", inputs: [image, [3], [3]], step: 2e-3) {
      $0.batchNorm(
        $1[0], gamma: $1[1], beta: $1[2], statistics: BatchNorm.statistics($1[0].value), epsilon: 1e-5,
        relu: false)
    },
    Case(name: "batchNorm with ReLU", inputs: [image, [3], [3]], step: 2e-4) {
      $0.batchNorm(
        $1[0], gamma: $1[1], beta: $1[2], statistics: BatchNorm.statistics($1[0].value), epsilon: 1e-5,
        relu: true)
    },
    Case(name: "batchNormInference", inputs: [image, [3], [3]]) {
      $0.batchNormInference(
        $1[0], gamma: $1[1], beta: $1[2], mean: statistics.mean, variance: statistics.variance, epsilon: 1e-5,
        relu: false)
    },
    Case(name: "maxPool", inputs: [image], step: 2e-4) { $0.maxPool($1[0], .init(3, stride: 2, padding: 1)) },
    Case(name: "averagePool", inputs: [image]) { $0.averagePool($1[0], .init(2, stride: 1)) },
    Case(name: "globalAveragePool", inputs: [image]) { $0.globalAveragePool($1[0]) },
    Case(name: "globalMaxPool", inputs: [image], step: 2e-4) { $0.globalMaxPool($1[0]) },
    Case(name: "poolChannels", inputs: [image], step: 2e-4) { $0.poolChannels($1[0]) },
    Case(name: "paddingShortcut", inputs: [image]) { $0.paddingShortcut($1[0], stride: 2, outChannels: 7) },
    Case(name: "relu", inputs: [image], step: 2e-4) { $0.relu($1[0]) },
    Case(name: "sigmoid", inputs: [image], step: 2e-3) { $0.sigmoid($1[0]) },
    Case(name: "add", inputs: [image, image]) { $0.add($1[0], $1[1]) },
    Case(name: "add with ReLU", inputs: [image, image], step: 2e-4) { $0.add($1[0], $1[1], relu: true) },
    Case(name: "scaleChannels", inputs: [image, [2, 3]]) { $0.scaleChannels($1[0], by: $1[1]) },
    Case(name: "scalePixels", inputs: [image, [2, 4, 5, 1]]) { $0.scalePixels($1[0], by: $1[1]) },
    Case(name: "concatenate", inputs: [image, [2, 4, 5, 1], image]) { $0.concatenate($1) },
    Case(name: "dropout", inputs: [image]) { $0.dropout($1[0], rate: 0.4, key: .init(seed: 1, step: 2)) },
    Case(name: "crossEntropy", inputs: [[4, 5]], step: 2e-3) {
      $0.crossEntropy($1[0], targets: .labels([0, 4, 2, 2]), labelSmoothing: 0.1).loss
    },
  ]

  @Test(arguments: cases) func gradientsAreThoseOfFiniteDifferences(_ test: Case) throws {
    let values = test.inputs.enumerated().map { Tensor.random($1, seed: UInt64($0 + 1)) }
    let tape = Tape()
    let variables = values.map { tape.input($0) }
    let output = test.apply(tape, variables)
    let upstream = Tensor.random(output.shape, seed: 50)
    tape.backward(from: output, seed: upstream)
    for (index, value) in values.enumerated() {
      let gradient = try #require(tape.gradient(of: variables[index]))
      #expect(gradient.shape == value.shape)
      for seed in 60..<63 as Range<UInt64> {
        let direction = Tensor.random(value.shape, seed: seed)
        func along(_ step: Float) -> Double {
          var moved = values
          moved[index] = Tensor(
            zip(value.scalars, direction.scalars).map { $0 + step * $1 }, shape: value.shape)
          let tape = Tape(recording: .nothing)
          return inner(test.apply(tape, moved.map { tape.constant($0) }).value, upstream)
        }
        let expected = (along(test.step) - along(-test.step)) / (2 * Double(test.step))
        let found = inner(gradient, direction)
        let scale = zip(gradient.scalars, direction.scalars).reduce(0) { $0 + abs(Double($1.0 * $1.1)) }
        #expect(
          abs(found - expected) <= 5e-3 * scale + 1e-4, "input \(index): \(found), expected \(expected)")
      }
    }
  }

  @Test(arguments: cases) func onlyNeededGradientsAreGiven(_ test: Case) throws {
    let values = test.inputs.enumerated().map { Tensor.random($1, seed: UInt64($0 + 1)) }
    for wanted in values.indices {
      let tape = Tape()
      let variables = values.enumerated().map { $0 == wanted ? tape.input($1) : tape.constant($1) }
      let output = test.apply(tape, variables)
      tape.backward(from: output)
      for (index, variable) in variables.enumerated() {
        #expect((tape.gradient(of: variable) != nil) == (index == wanted))
      }
    }
    let tape = Tape()
    #expect(!test.apply(tape, values.map { tape.constant($0) }).requiresGradient)
  }

  private func inner(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.scalars, b.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}
