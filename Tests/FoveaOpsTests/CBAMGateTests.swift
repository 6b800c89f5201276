import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

/// A gate with its knobs, and random parameters for it.
struct CBAMCase: CustomStringConvertible, Sendable {
  enum Normalization { case none, batch, running }

  var shape: Shape
  var hidden: Int? = 2
  var pools = CBAMGate.ChannelPools.both
  var biases = true
  var kernel: Int? = 7
  var normalization = Normalization.batch
  var residual = true
  var relu = true

  var description: String {
    "\(shape) hidden \(hidden ?? 0) pools \(pools.rawValue) biases \(biases) kernel \(kernel ?? 0) "
      + "\(normalization) residual \(residual) relu \(relu)"
  }

  var x: Tensor { .random(shape, seed: 1) }
  var residualTensor: Tensor? { residual ? .random(shape, seed: 2) : nil }

  var parameters: CBAMGate.Parameters {
    let channels = shape[3]
    var parameters = CBAMGate.Parameters(channel: nil, spatial: nil)
    if let hidden {
      parameters.channel = .init(
        pools: pools, w1: .random([channels, hidden], seed: 3),
        b1: biases ? .random([hidden], seed: 4) : nil, w2: .random([hidden, channels], seed: 5),
        b2: biases ? .random([channels], seed: 6) : nil)
    }
    if let kernel {
      let weight = Tensor.random([kernel, kernel, 2, 1], seed: 7).scalars.map { 0.3 * $0 }
      parameters.spatial = .init(
        weight: Tensor(weight, shape: [kernel, kernel, 2, 1]), normalization: normalizationParameters)
    }
    return parameters
  }

  private var normalizationParameters: CBAMGate.Normalization? {
    guard normalization != .none else { return nil }
    let running = CBAMGate.Statistics.running(
      mean: Tensor([0.3], shape: [1]), variance: Tensor([0.7], shape: [1]))
    return .init(
      gamma: Tensor([1.3], shape: [1]), beta: Tensor([-0.2], shape: [1]),
      statistics: normalization == .batch ? .batch : running)
  }

  var reference: CBAMReference {
    var reference = CBAMReference(x: Reference(x))
    reference.residual = residualTensor.map { Reference($0) }
    reference.relu = relu
    let parameters = parameters
    if let channel = parameters.channel {
      reference.averagePool = pools.contains(.average)
      reference.maximumPool = pools.contains(.maximum)
      reference.w1 = Reference(channel.w1)
      reference.b1 = channel.b1.map { Reference($0) }
      reference.w2 = Reference(channel.w2)
      reference.b2 = channel.b2.map { Reference($0) }
    }
    if let spatial = parameters.spatial {
      reference.spatialWeight = Reference(spatial.weight)
      if let normalization = spatial.normalization {
        reference.gamma = Reference(normalization.gamma)
        reference.beta = Reference(normalization.beta)
      }
    }
    // As the floats that the gate gets, not as the decimals.
    if normalization == .running { reference.running = (Double(Float(0.3)), Double(Float(0.7))) }
    return reference
  }

  func forward() -> CBAMGate.Result {
    CBAMGate.forward(x, residual: residualTensor, relu: relu, parameters: parameters)
  }

  func backward(_ upstream: Tensor, _ result: CBAMGate.Result, needsParameters: Bool = true)
    -> CBAMGate.Gradients
  {
    CBAMGate.backward(
      upstream, input: x, output: relu ? result.output : nil, result.saved, needsParameters: needsParameters)
  }
}

@Suite struct CBAMGateTests {
  static let cases = [
    // Shapes that fill no vector.
    CBAMCase(shape: [2, 1, 1, 1], hidden: 1),
    CBAMCase(shape: [2, 5, 7, 3]),
    CBAMCase(shape: [1, 9, 5, 16], hidden: 1),
    CBAMCase(shape: [1, 7, 9, 17], hidden: 3),
    CBAMCase(shape: [1, 3, 5, 40], hidden: 5),
    CBAMCase(shape: [1, 1, 9, 40]),
    CBAMCase(shape: [1, 9, 1, 64], hidden: 4),
    CBAMCase(shape: [1, 3, 19, 2], hidden: 1),
    // Every knob.
    CBAMCase(shape: [2, 3, 4, 17], pools: .average),
    CBAMCase(shape: [2, 3, 4, 17], pools: .maximum),
    CBAMCase(shape: [2, 3, 4, 17], biases: false),
    CBAMCase(shape: [2, 3, 4, 17], kernel: 3),
    CBAMCase(shape: [2, 3, 4, 17], kernel: 5),
    CBAMCase(shape: [2, 3, 4, 17], normalization: .none),
    CBAMCase(shape: [2, 3, 4, 17], normalization: .running),
    CBAMCase(shape: [2, 3, 4, 17], residual: false),
    CBAMCase(shape: [2, 3, 4, 17], relu: false),
    CBAMCase(shape: [2, 3, 4, 17], residual: false, relu: false),
    CBAMCase(shape: [2, 3, 4, 17], hidden: nil),
    CBAMCase(shape: [2, 3, 4, 17], kernel: nil),
    CBAMCase(shape: [2, 3, 4, 17], kernel: nil, residual: false, relu: false),
    CBAMCase(shape: [2, 3, 4, 17], hidden: nil, normalization: .running, residual: false, relu: false),
  ]

  @Test(arguments: cases) func forwardMatchesTheReference(of test: CBAMCase) {
    let expected = test.reference.run()
    withEachInstructionSet { set in
      let result = test.forward()
      expectClose(result.output, expected.output.tensor, relative: 3e-6, "\(set) output")
      #expect((result.channelMap == nil) == (test.hidden == nil))
      #expect((result.spatialMap == nil) == (test.kernel == nil))
      if let map = result.channelMap {
        expectClose(map, expected.channel.tensor, relative: 2e-6, "\(set) channel")
      }
      if let map = result.spatialMap {
        expectClose(map, expected.spatial.tensor, relative: 3e-6, "\(set) spatial")
      }
      let normalizesByBatch = test.kernel != nil && test.normalization == .batch
      #expect((result.spatialStatistics == nil) == !normalizesByBatch)
      if let statistics = result.spatialStatistics {
        #expect(statistics.count == test.shape.count / test.shape[3])
        expectClose(
          statistics.mean, Tensor([Float(expected.mean)], shape: [1]), absolute: 1e-6, "\(set) mean")
        expectClose(statistics.variance, Tensor([Float(expected.variance)], shape: [1]), "\(set) variance")
      }
    }
  }

  @Test(arguments: cases) func gradientsMatchFiniteDifferences(of test: CBAMCase) {
    let upstream = Tensor.random(test.shape, seed: 9)
    let reference = test.reference
    func numeric(_ path: WritableKeyPath<CBAMReference, Reference>) -> Tensor {
      numericGradient(at: reference[keyPath: path].tensor, step: 1e-6) { point in
        var moved = reference
        moved[keyPath: path] = point
        return moved.run().output.weighted(by: upstream)
      }
    }
    func numeric(_ path: WritableKeyPath<CBAMReference, Reference?>) -> Tensor? {
      reference[keyPath: path].map { value in
        numericGradient(at: value.tensor, step: 1e-6) { point in
          var moved = reference
          moved[keyPath: path] = point
          return moved.run().output.weighted(by: upstream)
        }
      }
    }
    let input = numeric(\.x)
    let others = [
      numeric(\.residual), numeric(\.w1), numeric(\.b1), numeric(\.w2), numeric(\.b2),
      numeric(\.spatialWeight), numeric(\.gamma), numeric(\.beta),
    ]
    withEachInstructionSet { set in
      let actual = test.backward(upstream, test.forward())
      expectClose(actual.input, input, relative: 2e-5, absolute: 2e-6, "\(set) input")
      for ((name, path), expected) in zip(Self.optionalGradients, others) {
        guard let wanted = expected else {
          #expect(actual[keyPath: path] == nil, "\(set) \(name)")
          continue
        }
        guard let got = actual[keyPath: path] else {
          Issue.record("\(set): no gradient of \(name)")
          continue
        }
        expectClose(got, wanted, relative: 2e-5, absolute: 2e-6, "\(set) \(name)")
      }
    }
  }

  nonisolated(unsafe) static let optionalGradients: [(String, KeyPath<CBAMGate.Gradients, Tensor?>)] = [
    ("residual", \.residual), ("w1", \.w1), ("b1", \.b1), ("w2", \.w2), ("b2", \.b2),
    ("spatialWeight", \.spatialWeight), ("gamma", \.gamma), ("beta", \.beta),
  ]

  @Test(arguments: [CBAMCase.Normalization.batch, .running]) func bitsDoNotDependOnThreads(
    normalization: CBAMCase.Normalization
  ) {
    let test = CBAMCase(shape: [7, 13, 11, 24], normalization: normalization)
    let upstream = Tensor.random(test.shape, seed: 9)
    let (one, all) = onOneAndAllThreads {
      let result = test.forward()
      let gradients = test.backward(upstream, result)
      return [result.output.scalars, gradients.input.scalars]
        + Self.optionalGradients.map { gradients[keyPath: $0.1]!.scalars }
    }
    #expect(one == all)
  }

  @Test func anImageDoesNotDependOnItsBatch() {
    let test = CBAMCase(shape: [5, 9, 7, 21], normalization: .running)
    withEachInstructionSet { set in
      let whole = test.forward()
      for n in 0..<5 {
        let own = CBAMGate.forward(
          test.x.slice(n..<n + 1), residual: test.residualTensor!.slice(n..<n + 1), relu: true,
          parameters: test.parameters)
        #expect(own.output.scalars == whole.output.slice(n..<n + 1).scalars, "\(set)")
        #expect(own.channelMap!.scalars == whole.channelMap!.slice(n..<n + 1).scalars, "\(set)")
        #expect(own.spatialMap!.scalars == whole.spatialMap!.slice(n..<n + 1).scalars, "\(set)")
      }
    }
  }

  /// A constant image ties everywhere: the gradients of both maxima go to the first pixel and the first channel.
  @Test func tiesGoToTheFirst() {
    let test = CBAMCase(
      shape: [1, 5, 7, 19], biases: false, normalization: .none, residual: false, relu: false)
    let x = Tensor(repeating: 0.5, shape: test.shape)
    let channels = 19
    // The same weights for every channel, so that the gated channels tie as well.
    var parameters = test.parameters
    parameters.channel = .init(
      w1: Tensor(repeating: 0.1, shape: [channels, 2]), w2: Tensor(repeating: 0.2, shape: [2, channels]))
    let upstream = Tensor(repeating: 1, shape: test.shape)
    withEachInstructionSet { set in
      let result = CBAMGate.forward(x, parameters: parameters)
      let dx = CBAMGate.backward(upstream, input: x, output: nil, result.saved).input
      // Away from the first pixel and the first channel, all channels of a pixel are alike.
      for pixel in 1..<35 {
        for c in 2..<channels {
          #expect(abs(dx[pixel * channels + c] - dx[pixel * channels + 1]) < 1e-5, "\(set) \(pixel) \(c)")
        }
        #expect(
          abs(dx[pixel * channels] - dx[pixel * channels + 1]) > 1e-3, "\(set) first channel of \(pixel)")
      }
      // In the first pixel every channel has the gradient of the pool over the pixels on top.
      let first = (0..<channels).map { dx[$0] - dx[channels + $0] }
      for c in 1..<channels { #expect(abs(first[c]) > 1e-4, "\(set) \(c)") }
    }
  }

  @Test func nanPropagates() {
    let test = CBAMCase(shape: [2, 5, 5, 19], normalization: .running)
    var x = test.x
    x[(1 * 25 + 12) * 19 + 18] = .nan
    withEachInstructionSet { set in
      for pools in [CBAMGate.ChannelPools.both, .average, .maximum] {
        var parameters = test.parameters
        parameters.channel!.pools = pools
        let result = CBAMGate.forward(
          x, residual: test.residualTensor, relu: true, parameters: parameters)
        #expect(result.output.slice(0..<1).scalars.allSatisfy { !$0.isNaN }, "\(set) \(pools)")
        #expect(result.output[(25 + 12) * 19 + 18].isNaN, "\(set) \(pools)")
        #expect(result.output[(25 + 12) * 19 + 3].isNaN, "\(set) \(pools): through the spatial map")
        let gradients = CBAMGate.backward(
          test.residualTensor!, input: x, output: result.output, result.saved)
        #expect(gradients.input.slice(1..<2).scalars.contains { $0.isNaN }, "\(set) \(pools)")
        #expect(gradients.spatialWeight!.scalars.contains { $0.isNaN }, "\(set) \(pools)")
      }
    }
  }

  @Test func parametersAreLeftOutWhereNotNeeded() {
    let test = CBAMCase(shape: [2, 5, 5, 19])
    let upstream = Tensor.random(test.shape, seed: 9)
    withKernelsHeld {
      let result = test.forward()
      let some = test.backward(upstream, result, needsParameters: false)
      let all = test.backward(upstream, result)
      #expect(some.input.scalars == all.input.scalars)
      #expect(some.residual!.scalars == all.residual!.scalars)
      #expect(some.w1 == nil && some.spatialWeight == nil && some.gamma == nil)
    }
  }

  /// With the features' batch normalisation in the operation: as the two operations one after the other.
  @Test(arguments: cases, [true, false]) func normalizedFeaturesAreThoseOfBatchNorm(
    of test: CBAMCase, withOwnStatistics: Bool
  ) {
    let upstream = Tensor.random(test.shape, seed: 9)
    let channels = test.shape[3]
    let (gamma, beta) = (Tensor.random([channels], seed: 10), Tensor.random([channels], seed: 11))
    let running = Tensor(Tensor.random([channels], seed: 12).scalars.map { $0 * $0 + 0.3 }, shape: [channels])
    withEachInstructionSet { set in
      let transform =
        withOwnStatistics
        ? BatchNorm.Transform(
          gamma: gamma, beta: beta, statistics: BatchNorm.statistics(test.x), epsilon: 1e-5, relu: false)
        : BatchNorm.Transform(
          gamma: gamma, beta: beta, mean: beta, variance: running, epsilon: 1e-5, relu: false)
      let normalized = BatchNorm.forward(test.x, transform)
      let expected = CBAMGate.forward(
        normalized, residual: test.residualTensor, relu: test.relu, parameters: test.parameters)
      let result = CBAMGate.forward(
        test.x, normalizedBy: transform, residual: test.residualTensor, relu: test.relu,
        parameters: test.parameters)
      #expect(result.output.scalars == expected.output.scalars, "\(set) output")
      #expect(
        CBAMGate.output(
          Activations(test.x), residual: test.residualTensor.map { Activations($0) }, result.saved
        ).tensor.scalars == result.output.scalars, "\(set) output once more")

      let output = test.relu ? result.output : nil
      let wanted = CBAMGate.backward(upstream, input: normalized, output: output, expected.saved)
      let (dInput, dGamma, dBeta) = BatchNorm.backward(wanted.input, input: test.x, transform)
      let actual = CBAMGate.backward(upstream, input: test.x, output: output, result.saved)
      // Only the order in which the sums over pixels are added differs.
      expectClose(actual.input, dInput, relative: 1e-5, absolute: 1e-6, "\(set) input")
      expectClose(actual.inputGamma!, dGamma, relative: 1e-5, absolute: 1e-6, "\(set) inputGamma")
      expectClose(actual.inputBeta!, dBeta, relative: 1e-5, absolute: 1e-6, "\(set) inputBeta")
      for (name, path) in Self.optionalGradients {
        #expect(actual[keyPath: path]?.scalars == wanted[keyPath: path]?.scalars, "\(set) \(name)")
      }
    }
  }
}
