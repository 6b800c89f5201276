import FoveaAutodiff
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct NetworkTests {
  static func small(_ change: (inout NetworkConfiguration) -> Void = { _ in }) -> NetworkConfiguration {
    var configuration = NetworkConfiguration()
    configuration.architecture = "custom"
    configuration.blocks = [1, 1]
    configuration.widths = [8, 16]
    configuration.classes = 5
    configuration.attention?.reduction = 4
    configuration.attention?.spatialGammaStart = 1
    change(&configuration)
    return configuration
  }

  /// Configurations that between them take every path through the layers.
  static let configurations: [NetworkConfiguration] = [
    small(), small { $0.shortcut = .padding }, small { $0.attention = nil },
    small { $0.stem = .imagenet }, small { $0.attentionStages = [2] }, small { $0.dropout = 0.5 },
    small {
      $0.block = .bottleneck
      $0.groups = 4
      $0.widthPerGroup = 16
    },
    small {
      $0.block = .bottleneck
      $0.shortcut = .padding
      $0.zeroInitLastGamma = true
    },
    small { $0.blocks = [3, 2] },
    small {
      $0.attention?.variant = .paper
      $0.attention?.spatialGammaStart = nil
    },
    small { $0.attention?.variant = .timm },
    small { $0.attention?.gates = .spatial }, small { $0.attention?.spatialPools = .learned },
    small { $0.attention?.order = .parallel },
  ]

  @discardableResult
  static func trainingPass(
    _ network: Network, _ images: Tensor, path: Context.GatePath = .fused, step: Int = 0,
    engine: EngineOptions = EngineOptions()
  ) -> Tensor {
    for parameter in network.parameters { parameter.gradient = nil }
    let context = Context(.training(seed: 3, step: step), engine: engine)
    context.gatePath = path
    let logits = network(images, context)
    let labels = (0..<images.shape[0]).map { Int32($0 % network.configuration.classes) }
    let loss = context.tape.crossEntropy(logits, targets: .labels(labels)).loss
    context.tape.backward(from: loss)
    return loss.value
  }

  static func bits(_ tensor: Tensor) -> [UInt32] { tensor.scalars.map(\.bitPattern) }

  @Test(arguments: configurations) func shapesGradientsAndSizeAreThoseAnnounced(
    _ configuration: NetworkConfiguration
  ) throws {
    let network = try Network(configuration, seed: 1)
    let images = Tensor.random([3, 16, 12, 3], seed: 2)
    let loss = Self.trainingPass(network, images)
    #expect(loss.shape == [] && loss[0].isFinite)
    for parameter in network.parameters {
      #expect(parameter.gradient?.shape == parameter.value.shape, "\(parameter.name)")
      #expect(parameter.decays == (parameter.value.shape.rank > 1), "\(parameter.name)")
    }
    let count = network.parameters.reduce(0) { $0 + $1.value.count }
    #expect(try configuration.parameterCount() == count)
    let summary = try network.summary(inputHeight: 16, inputWidth: 12)
    #expect(summary.reduce(0) { $0 + $1.parameters } == count)
    #expect(summary.last?.outputShape == [5])
    #expect(Set(summary.map(\.name)).count == summary.count)
  }

  @Test func anImagesLogitsDoNotDependOnItsBatch() throws {
    for configuration in Self.configurations {
      let network = try Network(configuration, seed: 1)
      for step in 0..<2 { Self.trainingPass(network, .random([4, 16, 16, 3], seed: 2), step: step) }
      let images = Tensor.random([33, 16, 16, 3], seed: 3)
      let together = network(images, Context(.inference)).value
      for index in [0, 1, 16, 32] {
        let alone = network(images.slice(index..<index + 1), Context(.inference)).value
        #expect(Self.bits(alone) == Self.bits(together.slice(index..<index + 1)))
      }
    }
  }

  @Test func aTrainingStepDoesNotDependOnTheThreads() throws {
    for configuration in Self.configurations {
      let images = Tensor.random([5, 16, 16, 3], seed: 2)
      var results: [[[UInt32]]] = []
      for threads in [1, 2, 64] {
        WorkerPool.shared.limitThreads(to: threads)
        let network = try Network(configuration, seed: 1)
        let loss = Self.trainingPass(network, images)
        results.append(
          [Self.bits(loss)] + network.parameters.map { Self.bits($0.gradient!) }
            + network.parameters.map { Self.bits($0.value) } + network.buffers.map { Self.bits($0.value) })
      }
      WorkerPool.shared.limitThreads(to: 64)
      #expect(results[0] == results[1] && results[0] == results[2])
    }
  }

  @Test func fusedGatesEqualComposedOnesInAWholeNetwork() throws {
    for configuration in Self.configurations where configuration.attention != nil {
      let images = Tensor.random([4, 16, 12, 3], seed: 2)
      let fused = try Network(configuration, seed: 1)
      let composed = try Network(configuration, seed: 1)
      let loss = Self.trainingPass(fused, images, path: .fused)
      expectClose(loss, Self.trainingPass(composed, images, path: .composed), relative: 1e-6)
      for (a, b) in zip(fused.parameters, composed.parameters) {
        expectClose(a.gradient!, b.gradient!, relative: 1e-4, absolute: 1e-6, a.name)
      }
      for (a, b) in zip(fused.buffers, composed.buffers) { expectClose(a.value, b.value, a.name) }
      var records: [[AttentionRecord]] = []
      for (network, path) in [(fused, Context.GatePath.fused), (composed, .composed)] {
        let context = Context(.inference)
        context.gatePath = path
        context.recordsAttention = true
        _ = network(images, context)
        #expect(context.attention.map(\.block) == network.attentionBlockNames)
        records.append(context.attention)
      }
      for (a, b) in zip(records[0], records[1]) {
        #expect((a.spatial == nil) == (b.spatial == nil) && (a.channel == nil) == (b.channel == nil))
        if let spatial = a.spatial { expectClose(spatial, b.spatial!, relative: 1e-5, a.block) }
        if let channel = a.channel { expectClose(channel, b.channel!, relative: 1e-5, a.block) }
      }
    }
  }

  @Test func parametersDependOnSeedAndNameAlone() throws {
    func values(_ configuration: NetworkConfiguration, _ seed: UInt64) throws -> [String: [Float]] {
      let network = try Network(configuration, seed: seed)
      return Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.value.scalars) })
    }
    let one = try values(Self.small(), 1)
    #expect(try values(Self.small(), 1) == one)
    #expect(try values(Self.small(), 2)["conv1.weight"] != one["conv1.weight"])
    #expect(try values(Self.small(), 1 << 32 | 1)["conv1.weight"] != one["conv1.weight"])
    // Other layers around it change nothing.
    let deeper = try values(Self.small { $0.blocks = [3, 1] }, 1)
    for name in ["conv1.weight", "layer1.0.conv1.weight", "layer2.0.conv2.weight", "fc.weight"] {
      #expect(deeper[name] == one[name])
    }
    #expect(one["layer1.0.conv1.weight"] != one["layer1.0.conv2.weight"])
  }

  @Test func initialisersHaveTheirMoments() throws {
    var configuration = Self.small { $0.widths = [64, 128] }
    configuration.zeroInitLastGamma = true
    configuration.attention?.spatialGammaStart = nil
    let network = try Network(configuration, seed: 1)
    let values = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.value.scalars) })
    let weight = try #require(values["layer2.0.conv2.weight"])
    let mean = weight.reduce(0) { $0 + Double($1) } / Double(weight.count)
    let variance = weight.reduce(0) { $0 + Double($1) * Double($1) } / Double(weight.count)
    #expect(abs(mean) < 1e-3)
    #expect(abs(variance * 9 * 128 / 2 - 1) < 0.02)
    let linear = try #require(values["fc.weight"])
    let bound = 1 / Float(128).squareRoot()
    #expect(linear.allSatisfy { abs($0) <= bound } && linear.contains { abs($0) > 0.95 * bound })
    #expect(try #require(values["layer1.0.bn2.weight"]).allSatisfy { $0 == 0 })
    #expect(try #require(values["layer1.0.bn1.weight"]).allSatisfy { $0 == 1 })
    #expect(values["layer1.0.cbam.SpatialGate.spatial.bn.weight"] == [0])
  }

  @Test func summariesCountMultiplyAdds() throws {
    var configuration = NetworkConfiguration()
    configuration.architecture = "resnet18"
    configuration.classes = 1000
    configuration.attention = nil
    let network = try Network(configuration, seed: nil)
    let layers = try network.summary(inputHeight: 224, inputWidth: 224)
    #expect(layers.reduce(0) { $0 + $1.multiplyAdds } == 1_814_073_344)
    #expect(layers.first { $0.name == "maxpool" }?.outputShape == [56, 56, 64])
    #expect(layers.last { $0.name.hasPrefix("layer4") }?.outputShape == [7, 7, 512])
    #expect(throws: GeometryError.self) { try network.summary(inputHeight: 0, inputWidth: 224) }
    #expect(throws: GeometryError.self) { try network.summary(inputHeight: 1 << 60, inputWidth: 1 << 60) }
  }

  @Test func dropoutIsAFunctionOfSeedAndStep() throws {
    let configuration = Self.small { $0.dropout = 0.5 }
    let images = Tensor.random([4, 8, 8, 3], seed: 2)
    func logits(_ seed: UInt64, _ step: Int) throws -> [Float] {
      try Network(configuration, seed: 1)(images, Context(.training(seed: seed, step: step))).value.scalars
    }
    #expect(try logits(1, 1) == logits(1, 1))
    #expect(try logits(1, 1) != logits(1, 2))
    #expect(try logits(1, 1) != logits(2, 1))
    let network = try Network(configuration, seed: 1)
    #expect(
      network(images, Context(.inference)).value.scalars == network(images, Context(.inference)).value.scalars
    )
  }

  @Test func retainedFeaturesHaveTheirGradientsInInference() throws {
    let network = try Network(Self.small(), seed: 1)
    let images = Tensor.random([2, 16, 12, 3], seed: 2)
    let context = Context(.inference, recording: .inputs)
    context.retainedBlocks = ["layer2.0"]
    let logits = network(images, context)
    var seed = Tensor(zeros: [2, 5])
    seed[2] = 1
    seed[5 + 4] = 1
    context.tape.backward(from: logits, seed: seed)
    #expect(context.features.map(\.block) == ["layer2.0"])
    let gradient = try #require(context.gradient(of: context.features[0]))
    // Behind the last block are the mean over 8·6 pixels and the linear layer alone.
    let weight = network.classifier.weight.value
    for (image, label) in [(0, 2), (1, 4)] {
      for pixel in [0, 17, 47] {
        for channel in 0..<16 {
          let expected = weight[channel * 5 + label] / 48
          #expect(abs(gradient[(image * 48 + pixel) * 16 + channel] - expected) < 1e-7)
        }
      }
    }
    #expect(network.parameters.allSatisfy { $0.gradient == nil })
    #expect(Self.bits(logits.value) == Self.bits(network(images, Context(.inference)).value))
  }

  @Test(arguments: configurations, EngineOptions.Precision.allCases)
  func recomputingGivesTheSameBits(
    _ configuration: NetworkConfiguration, _ precision: EngineOptions.Precision
  ) throws {
    guard precision.isAvailable else { return }
    let images = Tensor.random([3, 16, 12, 3], seed: 2)
    func gradients(_ memory: EngineOptions.Memory) throws -> [[UInt32]] {
      let network = try Network(configuration, seed: 1)
      Self.trainingPass(network, images, engine: EngineOptions(precision: precision, memory: memory))
      return network.parameters.map { Self.bits($0.gradient!) } + network.buffers.map { Self.bits($0.value) }
    }
    try withKernelsHeld {
      let (recomputed, kept) = (try gradients(.recompute), try gradients(.keep))
      #expect(recomputed == kept)
    }
  }

  /// Factors and activations in bf16 turn the gradient of a whole network by some degrees at most.
  @Test(arguments: configurations + [small { $0.widths = [9, 18] }])
  func gradientsInBF16PointTheSameWay(_ configuration: NetworkConfiguration) throws {
    let images = Tensor.random([8, 16, 12, 3], seed: 2)
    func gradients(_ engine: EngineOptions) throws -> [Float] {
      let network = try Network(configuration, seed: 1)
      Self.trainingPass(network, images, engine: engine)
      return network.parameters.flatMap { $0.gradient!.scalars }
    }
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let exact = try gradients(EngineOptions())
    try withEachInstructionSetInBF16 { set in
      let found = try gradients(EngineOptions(precision: .bf16))
      let cosine = dot(exact, found) / (dot(exact, exact) * dot(found, found)).squareRoot()
      #expect(cosine > 0.99, "\(set): \(cosine)")
      #expect(cosine < 1, "\(set) rounds nothing")
    }
  }

  /// In a process of its own, since the pool counts what all tests together take.
  @Test func recomputingTakesLessMemory() async {
    await #expect(processExitsWith: .success) {
      let images = Tensor.random([16, 32, 32, 3], seed: 2)
      func peak(_ memory: EngineOptions.Memory) throws -> Int {
        var configuration = NetworkConfiguration()
        configuration.architecture = "resnet20"
        let network = try Network(configuration, seed: 1)
        let before = BufferPool.shared.usage.live
        BufferPool.shared.resetPeak()
        NetworkTests.trainingPass(network, images, engine: EngineOptions(memory: memory))
        return BufferPool.shared.usage.peak - before
      }
      let (kept, recomputed) = (try peak(.keep), try peak(.recompute))
      #expect(Double(recomputed) < 0.75 * Double(kept), "\(recomputed) bytes against \(kept)")
    }
  }

  @Test func frozenParametersGetNoGradient() throws {
    let network = try Network(Self.small(), seed: 1)
    for parameter in network.parameters where !parameter.name.hasPrefix("fc.") {
      parameter.isTrainable = false
    }
    Self.trainingPass(network, .random([2, 8, 8, 3], seed: 2))
    #expect(network.parameters.filter { $0.gradient != nil }.map(\.name) == ["fc.weight", "fc.bias"])
  }
}
