import FoveaAutodiff
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct InferenceNetworkTests {
  /// A network whose running statistics and normalisations are not what they start as.
  private func trained(_ configuration: NetworkConfiguration, size: (Int, Int)) throws -> Network {
    let network = try Network(configuration, seed: 1)
    for step in 0..<3 {
      NetworkTests.trainingPass(
        network, .random([4, size.0, size.1, configuration.inputChannels], seed: UInt64(step)), step: step)
      for parameter in network.parameters {
        guard let gradient = parameter.gradient else { continue }
        let values = zip(parameter.value.scalars, gradient.scalars).map { $0 - 0.05 * $1 }
        parameter.value = Tensor(values, shape: parameter.value.shape)
      }
    }
    return network
  }

  @Test(arguments: NetworkTests.configurations) func equalsTheLayers(_ configuration: NetworkConfiguration)
    throws
  {
    let network = try trained(configuration, size: (16, 12))
    let images = Tensor.random([3, 16, 12, 3], seed: 9)
    let context = Context(.inference, engine: .direct)
    context.recordsAttention = true
    context.retainedBlocks = [network.blockNames.last!]
    let expected = network(images, context).value
    let output = InferenceNetwork(network, engine: .direct)(
      images, recordsAttention: true, keepsFeatures: true)
    expectClose(output.logits, expected, relative: 1e-5)
    expectClose(try #require(output.features), context.features[0].output.value, relative: 1e-5)
    #expect(output.attention.map(\.block) == context.attention.map(\.block))
    for (found, wanted) in zip(output.attention, context.attention) {
      #expect((found.spatial == nil) == (wanted.spatial == nil))
      if let map = found.spatial { expectClose(map, wanted.spatial!, relative: 1e-5) }
      if let map = found.channel { expectClose(map, wanted.channel!, relative: 1e-5) }
    }
  }

  /// Large enough that early layers run image by image, each thread with its own, or in uneven groups, and late ones together.
  @Test(
    arguments: [[5, 320, 256, 3], [9, 160, 128, 3]] as [Shape], EngineOptions.Precision.allCases)
  func bitsDependNeitherOnBatchNorThreads(shape: Shape, precision: EngineOptions.Precision) throws {
    guard precision.isAvailable else { return }
    var configuration = NetworkConfiguration()
    configuration.architecture = "custom"
    configuration.block = .basic
    configuration.stem = .imagenet
    configuration.blocks = [1, 1, 1]
    configuration.widths = [32, 64, 128]
    let network = InferenceNetwork(
      try Network(configuration, seed: 2), engine: EngineOptions(precision: precision))
    let images = Tensor.random(shape, seed: 3)
    let (one, all) = onOneAndAllThreads { network(images, recordsAttention: true) }
    #expect(NetworkTests.bits(one.logits) == NetworkTests.bits(all.logits))
    #expect(one.attention.count == 3 && all.attention.count == 3)
    for n in 0..<shape[0] {
      let alone = network(images.slice(n..<n + 1), recordsAttention: true)
      #expect(NetworkTests.bits(alone.logits) == NetworkTests.bits(one.logits.slice(n..<n + 1)))
      for (single, together) in zip(alone.attention, one.attention) {
        #expect(NetworkTests.bits(single.spatial!) == NetworkTests.bits(together.spatial!.slice(n..<n + 1)))
        #expect(NetworkTests.bits(single.channel!) == NetworkTests.bits(together.channel!.slice(n..<n + 1)))
      }
    }
  }

  /// Factors and activations are off by up to 2⁻⁸ of themselves, which leaves logits and maps where they were. Channels that do not
  /// pair up stay floats.
  @Test(arguments: NetworkTests.configurations + [NetworkTests.small { $0.widths = [9, 18] }])
  func bf16StaysClose(_ configuration: NetworkConfiguration) throws {
    let network = try trained(configuration, size: (16, 12))
    let images = Tensor.random([3, 16, 12, 3], seed: 3)
    let wanted = InferenceNetwork(network)(images, recordsAttention: true)
    withEachInstructionSetInBF16 { set in
      let engine = EngineOptions(precision: .bf16)
      let found = InferenceNetwork(network, engine: engine)(images, recordsAttention: true)
      expectClose(found.logits, wanted.logits, relative: 0.03, "\(set)")
      for (found, wanted) in zip(found.attention, wanted.attention) {
        if let map = found.spatial { expectClose(map, wanted.spatial!, relative: 0.03, "\(set)") }
        if let map = found.channel { expectClose(map, wanted.channel!, relative: 0.03, "\(set)") }
      }
    }
  }

  @Test func keepsTheWeightsOfItsMoment() throws {
    let network = try Network(NetworkTests.small(), seed: 1)
    let images = Tensor.random([2, 16, 12, 3], seed: 2)
    let inference = InferenceNetwork(network)
    let before = inference(images).logits
    for parameter in network.parameters { parameter.value = Tensor(zeros: parameter.value.shape) }
    #expect(NetworkTests.bits(inference(images).logits) == NetworkTests.bits(before))
  }
}
