import FoveaAutodiff
import FoveaFormats
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

/// Whole networks against PyTorch, element by element.
@Suite struct GoldenNetworkTests {
  static let paths: [Context.GatePath] = [.fused, .composed]

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let block: NetworkConfiguration.BlockKind
    let blocks, widths: [Int]
    let path: Context.GatePath
    var testDescription: String { "\(name), \(path)" }
  }

  static let cases: [Case] = paths.flatMap { path in
    [
      Case(
        name: "basic-16-32-64-128", block: .basic, blocks: [2, 1, 1, 1], widths: [16, 32, 64, 128], path: path
      ),
      Case(
        name: "bottleneck-16-16-32-32", block: .bottleneck, blocks: [1, 2, 1, 1], widths: [16, 16, 32, 32],
        path: path),
    ]
  }

  private func network(_ test: Case, _ golden: Golden) throws -> Network {
    var configuration = NetworkConfiguration()
    configuration.architecture = "custom"
    configuration.block = test.block
    configuration.blocks = test.blocks
    configuration.widths = test.widths
    let network = try Network(configuration, seed: nil)
    try network.load(state: golden.state("param."))
    return network
  }

  @Test(arguments: cases) func logitsAndAttentionMapsInInference(_ test: Case) throws {
    let golden = try Golden(test.name)
    let network = try network(test, golden)
    let context = Context(.inference)
    context.gatePath = test.path
    context.recordsAttention = true
    let logits = network(try golden.activation("input"), context)
    expectClose(logits.value, try golden["eval.logits"], relative: 3e-6)
    #expect(context.attention.map(\.block) == network.attentionBlockNames)
    for record in context.attention {
      let map = try golden.activation("eval.spatial.\(record.block).cbam.SpatialGate.spatial")
      expectClose(try #require(record.spatial), map, relative: 3e-6, record.block)
      let channel = try #require(record.channel)
      #expect(channel.scalars.allSatisfy { $0 > 0 && $0 < 1 })
    }
    #expect(!logits.requiresGradient)
  }

  @Test(arguments: cases.filter { $0.path == .fused }) func logitsAndAttentionMapsOfTheInferenceNetwork(
    _ test: Case
  ) throws {
    let golden = try Golden(test.name)
    for policy in [WinogradPolicy.off, .auto] {
      let network = InferenceNetwork(try network(test, golden), engine: EngineOptions(winograd: policy))
      let output = network(try golden.activation("input"), recordsAttention: true)
      // F(4×4) rounds more: up to 2e-5 of the largest value in a layer.
      let bound: Float = policy == .off ? 5e-6 : 3e-5
      expectClose(output.logits, try golden["eval.logits"], relative: bound)
      for record in output.attention {
        let map = try golden.activation("eval.spatial.\(record.block).cbam.SpatialGate.spatial")
        expectClose(try #require(record.spatial), map, relative: bound, record.block)
      }
    }
  }

  @Test(arguments: cases) func lossAndEveryGradientOfATrainingPass(_ test: Case) throws {
    let golden = try Golden(test.name)
    let network = try network(test, golden)
    let loss = try trainingPass(network, golden, test.path)
    expectClose(loss.reshaped([1]), try golden["train.loss"], relative: 1e-6)
    let gradients = try golden.state("train.grad.")
    #expect(gradients.count == network.parameters.count)
    // The gradient's file layout is its parameter's: load it as a network's state.
    for parameter in network.parameters { parameter.value = try #require(parameter.gradient) }
    let actual = Dictionary(uniqueKeysWithValues: network.stateTensors().map { ($0.name, $0.value) })
    for (name, value) in gradients {
      guard case .tensor(let expected) = value, case .tensor(let found) = try #require(actual[name]) else {
        continue
      }
      expectClose(found, expected, relative: 3e-5, absolute: 1e-7, name)
    }
  }

  @Test(arguments: cases) func lossesOfTenSteps(_ test: Case) throws {
    let golden = try Golden(test.name)
    let network = try network(test, golden)
    let expected = try golden["train.losses10"].scalars
    var velocity: [String: [Float]] = [:]
    for step in 0..<10 {
      let loss = try trainingPass(network, golden, test.path)[0]
      let error = abs(loss - expected[step]) / expected[step]
      #expect(error < 5e-5, "step \(step): \(loss), expected \(expected[step])")
      for parameter in network.parameters { descend(parameter, &velocity) }
    }
    #expect(network.counters.allSatisfy { $0.value == 10 })
  }

  /// SGD as PyTorch's: learning rate 0.01, momentum 0.9 with Nesterov's look ahead, weight decay 5e-4.
  private func descend(_ parameter: Parameter, _ velocity: inout [String: [Float]]) {
    let gradient = zip(parameter.gradient!.scalars, parameter.value.scalars).map { $0 + 5e-4 * $1 }
    let speed = velocity[parameter.name].map { zip($0, gradient).map { 0.9 * $0 + $1 } } ?? gradient
    velocity[parameter.name] = speed
    let step = zip(gradient, speed).map { $0 + 0.9 * $1 }
    parameter.value = Tensor(
      zip(parameter.value.scalars, step).map { $0 - 0.01 * $1 }, shape: parameter.value.shape)
    parameter.gradient = nil
  }

  private func trainingPass(
    _ network: Network, _ golden: Golden, _ path: Context.GatePath
  ) throws -> Tensor {
    let context = Context(.training(seed: 0, step: 0))
    context.gatePath = path
    let logits = network(try golden.activation("input"), context)
    let labels = try golden.file.integers("labels").map { Int32($0) }
    let loss = context.tape.crossEntropy(logits, targets: .labels(labels)).loss
    context.tape.backward(from: loss)
    return loss.value
  }
}
