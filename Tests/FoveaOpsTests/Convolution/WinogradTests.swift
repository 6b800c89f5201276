import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct WinogradTests {
  /// Maps that fill no tile, one-tile maps, several bands and blocks, every padding, and channels that differ.
  static let geometries: [Conv2DGeometry] = {
    let cases: [(shape: Shape, out: Int, padding: Int)] = [
      ([1, 4, 4, 16], 16, 1), ([2, 5, 7, 16], 32, 1), ([3, 3, 3, 32], 16, 1), ([2, 13, 9, 48], 16, 0),
      ([1, 1, 1, 16], 16, 1), ([2, 6, 6, 16], 16, 2), ([5, 14, 14, 64], 32, 1), ([1, 33, 40, 16], 64, 1),
      ([1, 7, 7, 160], 176, 1), ([9, 8, 8, 192], 160, 1),
      // Panel by panel; the second with more tiles than one chunk has.
      ([2, 4, 5, 352], 336, 1), ([60, 1, 1, 1024], 128, 1),
    ]
    return cases.compactMap {
      try? Conv2DGeometry(
        input: $0.shape, outChannels: $0.out, kernel: Size2D(3), padding: Size2D($0.padding))
    }
  }()

  @Test(arguments: geometries, [WinogradPolicy.f2, .f4])
  func productsMatchTheReference(_ g: Conv2DGeometry, _ policy: WinogradPolicy) {
    let x = Tensor.random(g.inputShape, seed: 1)
    let w = Tensor.random(g.weightShape, seed: 2)
    let d = Tensor.random(g.outputShape, seed: 3)
    let reference = ConvolutionReference(kernel: (3, 3), padding: (g.padding.height, g.padding.width))
    let output = reference.forward(x, weight: w)
    let dInput = reference.backwardInput(d, weight: w, input: x.shape)
    let dWeight = reference.backwardWeight(d, input: x, weight: w.shape)
    // The transforms' rounding: small integers for F(2×2); for F(4×4) factors up to 5·5 of the input, and more where a
    // gradient's tile is multiplied by up to 8·8.
    let bound: Float = policy == .f2 ? 3e-6 : 4e-5
    withEachInstructionSet { set in
      expectClose(
        Conv2D.forward(x, weight: w, geometry: g, engine: EngineOptions(winograd: policy)), output,
        relative: bound,
        "\(set) forward \(g)")
      expectClose(
        Conv2D.backwardInput(d, weight: w, geometry: g, engine: EngineOptions(winograd: policy)), dInput,
        relative: bound,
        "\(set) dInput \(g)")
      expectClose(
        Conv2D.backwardWeight(d, input: x, geometry: g, engine: EngineOptions(winograd: policy)), dWeight,
        relative: bound,
        "\(set) dWeight \(g)")
    }
  }

  /// The errors that are stated, relative to the largest value: against double precision, in layers as networks have
  /// them.
  @Test(arguments: [
    (WinogradPolicy.off, [3e-6, 3e-6, 3e-6]), (.f2, [1.5e-6, 1.5e-6, 1.5e-6]), (.f4, [2e-5, 2e-5, 2e-5]),
  ]) func errorsAgainstDoublePrecision(_ policy: WinogradPolicy, _ bounds: [Float]) throws {
    for (size, channels) in [(32, 16), (16, 32), (14, 64), (8, 128), (4, 256)] {
      let g = try Conv2DGeometry(
        input: [2, size, size, channels], outChannels: channels, kernel: Size2D(3), padding: Size2D(1))
      let x = Tensor.random(g.inputShape, seed: 1)
      let w = Tensor.random(g.weightShape, seed: 2)
      let d = Tensor.random(g.outputShape, seed: 3)
      let reference = ConvolutionReference(kernel: (3, 3), padding: (1, 1))
      let expected = [
        reference.forward(x, weight: w), reference.backwardInput(d, weight: w, input: x.shape),
        reference.backwardWeight(d, input: x, weight: w.shape),
      ]
      let engine = EngineOptions(winograd: policy)
      withEachInstructionSet { set in
        let actual = [
          Conv2D.forward(x, weight: w, geometry: g, engine: engine),
          Conv2D.backwardInput(d, weight: w, geometry: g, engine: engine),
          Conv2D.backwardWeight(d, input: x, geometry: g, engine: engine),
        ]
        for (product, name) in ["forward", "dInput", "dWeight"].enumerated() {
          expectClose(
            actual[product], expected[product], relative: bounds[product], absolute: 0,
            "\(set) \(policy) \(name) \(channels) channels at \(size)")
        }
      }
    }
  }

  @Test(arguments: geometries) func bitsDependOnNeitherThreadsNorBatch(_ g: Conv2DGeometry) throws {
    let x = Tensor.random(g.inputShape, seed: 1)
    let w = Tensor.random(g.weightShape, seed: 2)
    let d = Tensor.random(g.outputShape, seed: 3)
    let (one, all) = onOneAndAllThreads {
      let (output, statistics) = Conv2D.forwardWithStatistics(
        x, weight: w, geometry: g, engine: EngineOptions(winograd: .f4))
      return [
        output, statistics.mean, statistics.variance,
        Conv2D.backwardInput(d, weight: w, geometry: g, engine: EngineOptions(winograd: .f4)),
        Conv2D.backwardWeight(d, input: x, geometry: g, engine: EngineOptions(winograd: .f4)),
      ].map(\.bits)
    }
    #expect(one == all)
    let single = try Conv2DGeometry(
      input: [1, g.inHeight, g.inWidth, g.inChannels], outChannels: g.outChannels, kernel: g.kernel,
      padding: g.padding)
    withKernelsHeld {
      let output = Conv2D.forward(x, weight: w, geometry: g, engine: EngineOptions(winograd: .f4))
      for n in 0..<g.batch {
        let alone = Conv2D.forward(
          x.slice(n..<n + 1), weight: w, geometry: single, engine: EngineOptions(winograd: .f4))
        #expect(alone.bits == output.slice(n..<n + 1).bits, "image \(n)")
      }
    }
  }

  @Test(arguments: geometries) func statisticsAreTheOutputs(_ g: Conv2DGeometry) {
    let x = Tensor.random(g.inputShape, seed: 1)
    let w = Tensor.random(g.weightShape, seed: 2)
    let (output, statistics) = Conv2D.forwardWithStatistics(
      x, weight: w, geometry: g, engine: EngineOptions(winograd: .f4))
    let (mean, variance) = channelMoments(of: output)
    expectClose(statistics.mean, mean, relative: 1e-6, absolute: 1e-6)
    expectClose(statistics.variance, variance, relative: 1e-5)
  }
}
