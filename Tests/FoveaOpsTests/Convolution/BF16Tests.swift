import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

/// Products with bf16 factors: native where this machine has the instructions, emulated elsewhere.
@Suite struct BF16Tests {
  static let direct = EngineOptions(winograd: .off, precision: .bf16)

  @Test(arguments: ConvolutionCase.all + ConvolutionCase.large)
  func everyProductIsOfRoundedFactors(_ c: ConvolutionCase) {
    let g = c.geometry
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    // Groups keep 32-bit factors.
    let rounds = g.groups == 1
    let (rx, rw, rd) = rounds ? (x.roundedToBF16, w.roundedToBF16, d.roundedToBF16) : (x, w, d)
    let output = c.reference.forward(rx, weight: rw)
    let dInput = c.reference.backwardInput(rd, weight: rw, input: x.shape)
    let dWeight = c.reference.backwardWeight(rd, input: rx, weight: w.shape)
    withEachInstructionSetInBF16 { set in
      expectClose(
        Conv2D.forward(x, weight: w, geometry: g, engine: Self.direct), output, relative: 3e-6,
        "\(set) forward \(c)")
      expectClose(
        Conv2D.backwardInput(d, weight: w, geometry: g, engine: Self.direct), dInput, relative: 3e-6,
        "\(set) dInput \(c)")
      expectClose(
        Conv2D.backwardWeight(d, input: x, geometry: g, engine: Self.direct), dWeight, relative: 5e-6,
        "\(set) dWeight \(c)")
    }
  }

  /// Two factors, each off by at most 2⁻⁸ of itself: every sum is off by at most (2⁻⁷ + 2⁻¹⁶) Σ|a·b|, and by its own
  /// rounding.
  @Test(arguments: ConvolutionCase.all) func theErrorStaysWithinItsBound(_ c: ConvolutionCase) {
    let g = c.geometry
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    let reference = c.reference
    let exact = [
      reference.forward(x, weight: w), reference.backwardInput(d, weight: w, input: x.shape),
      reference.backwardWeight(d, input: x, weight: w.shape),
    ]
    let (ax, aw, ad) = (x.magnitudes, w.magnitudes, d.magnitudes)
    let bounds = [
      reference.forward(ax, weight: aw), reference.backwardInput(ad, weight: aw, input: x.shape),
      reference.backwardWeight(ad, input: ax, weight: w.shape),
    ]
    withEachInstructionSetInBF16 { set in
      let products = [
        Conv2D.forward(x, weight: w, geometry: g, engine: Self.direct),
        Conv2D.backwardInput(d, weight: w, geometry: g, engine: Self.direct),
        Conv2D.backwardWeight(d, input: x, geometry: g, engine: Self.direct),
      ]
      for (product, (exact, bound)) in zip(products, zip(exact, bounds)) {
        let share: Float = 0x1p-7 + 0x1p-16 + 3e-6
        let isWithin = zip(product.scalars, zip(exact.scalars, bound.scalars))
          .allSatisfy { abs($0 - $1.0) <= share * $1.1 }
        #expect(isWithin, "\(set) \(c)")
      }
    }
  }

  @Test(arguments: ConvolutionCase.all + ConvolutionCase.large)
  func bitsDependOnNeitherThreadsNorBatch(_ c: ConvolutionCase) throws {
    let g = c.geometry
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    let single = try Conv2DGeometry(
      input: [1, g.inHeight, g.inWidth, g.inChannels], outChannels: g.outChannels, kernel: g.kernel,
      stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups)
    withEachInstructionSetInBF16 { set in
      func products() -> [Tensor] {
        let (output, statistics) = Conv2D.forwardWithStatistics(
          x, weight: w, geometry: g, engine: Self.direct)
        return [
          output, statistics.mean, statistics.variance,
          Conv2D.backwardInput(d, weight: w, geometry: g, engine: Self.direct),
          Conv2D.backwardWeight(d, input: x, geometry: g, engine: Self.direct),
        ]
      }
      let all = products()
      let threads = WorkerPool.shared.threadCount
      WorkerPool.shared.limitThreads(to: 1)
      let one = products()
      WorkerPool.shared.limitThreads(to: threads)
      #expect(one.map(\.bits) == all.map(\.bits), "\(set) \(c)")
      for n in 0..<g.batch {
        let alone = Conv2D.forward(x.slice(n..<n + 1), weight: w, geometry: single, engine: Self.direct)
        #expect(alone.bits == all[0].slice(n..<n + 1).bits, "\(set) forward, image \(n) of \(c)")
        let dAlone = Conv2D.backwardInput(
          d.slice(n..<n + 1), weight: w, geometry: single, engine: Self.direct)
        #expect(dAlone.bits == all[3].slice(n..<n + 1).bits, "\(set) dInput, image \(n) of \(c)")
      }
    }
  }

  /// A convolution made ready once ends with bias, residual and ReLU in 32-bit floats.
  @Test(arguments: ConvolutionCase.all.filter { $0.geometry.dilation == .one })
  func preparedConvolutionsRoundTheirFactorsAlone(_ c: ConvolutionCase) {
    let g = c.geometry
    let bias = Tensor.random([g.outChannels], seed: 4)
    let residual = Tensor.random(g.outputShape, seed: 5)
    let rounds = g.groups == 1
    let sums = c.reference.forward(
      rounds ? c.input.roundedToBF16 : c.input, weight: rounds ? c.weight.roundedToBF16 : c.weight
    ).scalars
    let (biases, residuals) = (bias.scalars, residual.scalars)
    let expected = Tensor(
      sums.indices.map { max(0, sums[$0] + biases[$0 % g.outChannels] + residuals[$0]) }, shape: g.outputShape
    )
    withEachInstructionSetInBF16 { set in
      let prepared = PreparedConvolution(
        weight: c.weight, bias: bias, stride: g.stride, padding: g.padding, groups: g.groups,
        engine: Self.direct)
      for _ in 0..<2 {
        expectClose(
          prepared(c.input, residual: residual, relu: true), expected, relative: 3e-6, "\(set) \(c)")
      }
    }
  }

  /// A pointwise convolution with the weight 1 gives its input's factors back.
  @Test func factorsAreRoundedToNearestEven() throws {
    let rounded: [(from: UInt32, to: UInt32)] = [
      (0x3f80_0000, 0x3f80_0000),  // 1
      (0x3f80_8000, 0x3f80_0000),  // halfway, down to even
      (0x3f81_8000, 0x3f82_0000),  // halfway, up to even
      (0x3f80_8001, 0x3f81_0000), (0x3f80_7fff, 0x3f80_0000), (0xbf81_8000, 0xbf82_0000),
      (0x3fff_ffff, 0x4000_0000),  // up into the next power of two
      (0x7f7f_ffff, 0x7f80_0000),  // the largest float: up to infinity
      (0x7f7f_7fff, 0x7f7f_0000), (0x7f80_0000, 0x7f80_0000), (0xff80_0000, 0xff80_0000),
      (0x0080_0000, 0x0080_0000),  // the smallest normal
      (0x0000_0000, 0x0000_0000),
      (0x0001_0000, 0x0000_0000), (0x007f_ffff, 0x0000_0000),  // denormals
    ]
    let x = Tensor(rounded.map { Float(bitPattern: $0.from) }, shape: [1, 1, rounded.count, 1])
    let geometry = try Conv2DGeometry(input: x.shape, outChannels: 1, kernel: .one)
    withEachInstructionSetInBF16 { set in
      let output = Conv2D.forward(
        x, weight: Tensor([1], shape: geometry.weightShape), geometry: geometry, engine: Self.direct)
      #expect(output.bits == rounded.map(\.to), "\(set)")
    }
  }

  /// What is not finite reaches the same outputs as with 32-bit factors, and no others.
  @Test(arguments: [(8, 6), (7, 5)]) func whatIsNotFinitePassesThrough(width: Int, channels: Int) throws {
    let geometry = try Conv2DGeometry(
      input: [2, 6, width, channels], outChannels: 19, kernel: Size2D(3), padding: .one)
    for value in [Float.nan, .infinity, -.infinity] {
      var x = Tensor.random(geometry.inputShape, seed: 1)
      x[(2 * width + 3) * channels + channels - 1] = value
      var d = Tensor.random(geometry.outputShape, seed: 2)
      d[(4 * width + 1) * 19 + 18] = value
      let w = Tensor.random(geometry.weightShape, seed: 3)
      withEachInstructionSetInBF16 { set in
        func finite(_ engine: EngineOptions) -> [[Bool]] {
          [
            Conv2D.forward(x, weight: w, geometry: geometry, engine: engine),
            Conv2D.backwardInput(d, weight: w, geometry: geometry, engine: engine),
            Conv2D.backwardWeight(d, input: x, geometry: geometry, engine: engine),
          ].map { $0.scalars.map(\.isFinite) }
        }
        let expected = finite(.direct)
        #expect(finite(Self.direct) == expected, "\(set) \(value)")
        #expect(expected.allSatisfy { $0.contains(true) && $0.contains(false) })
      }
    }
  }

  /// From 32 to 256 channels Winograd's algorithm is faster than direct products in bf16, and keeps 32-bit factors.
  @Test(arguments: [(16, false), (32, true), (256, true), (272, false)])
  func theFasterAlgorithmIsChosen(channels: Int, winograd: Bool) throws {
    let geometry = try Conv2DGeometry(
      input: [1, 6, 6, channels], outChannels: channels, kernel: Size2D(3), padding: .one)
    let (x, w) = (Tensor.random(geometry.inputShape, seed: 1), Tensor.random(geometry.weightShape, seed: 2))
    withEachInstructionSetInBF16 { set in
      func output(_ winograd: WinogradPolicy, _ precision: EngineOptions.Precision) -> [UInt32] {
        Conv2D.forward(
          x, weight: w, geometry: geometry, engine: EngineOptions(winograd: winograd, precision: precision)
        ).bits
      }
      let expected = winograd ? output(.f4, .fp32) : output(.off, .bf16)
      let isExpected = output(.auto, .bf16) == expected
      #expect(isExpected, "\(set)")
      #expect(output(.off, .bf16) != output(.off, .fp32), "\(set)")
    }
  }

  @Test func thePlanNamesThePrecisionOfEachProduct() throws {
    let dense = try Conv2DGeometry(input: [1, 8, 8, 16], outChannels: 16, kernel: Size2D(3), padding: .one)
    let grouped = try Conv2DGeometry(
      input: [1, 8, 8, 16], outChannels: 16, kernel: Size2D(3), padding: .one, groups: 4)
    for product in ConvolutionPlan.Product.allCases {
      #expect(ConvolutionPlan(product, of: dense).precision == .fp32)
      #expect(ConvolutionPlan(product, of: dense, engine: EngineOptions(precision: .bf16)).precision == .bf16)
      #expect(
        ConvolutionPlan(product, of: grouped, engine: EngineOptions(precision: .bf16)).precision == .fp32)
    }
  }

  /// A set of kernels without the instructions has no bf16 unless the emulation is asked for.
  @Test func isUnavailableWithoutTheInstructions() {
    withEachInstructionSet { set in
      let emulates = InstructionSet.emulatesBF16
      defer { InstructionSet.emulatesBF16 = emulates }
      InstructionSet.emulatesBF16 = false
      #expect(EngineOptions.Precision.fp32.isAvailable)
      if set != .avx512 {
        #expect(!EngineOptions.Precision.bf16.isAvailable)
        let error = #expect(throws: PrecisionError.self) {
          try EngineOptions.Precision.bf16.checkAvailable()
        }
        #expect(error?.kernels == set.rawValue)
        #expect(error?.description.contains("AVX-512 BF16") == true)
      }
      InstructionSet.emulatesBF16 = true
      #expect(EngineOptions.Precision.bf16.isAvailable)
    }
  }
}

extension Tensor {
  /// The elements' nearest values of 8 bits of precision, ties to even.
  var roundedToBF16: Tensor {
    Tensor(
      scalars.map { x in
        let step = x.ulp * 0x1p16
        return x == 0 ? x : (x / step).rounded(.toNearestOrEven) * step
      }, shape: shape)
  }

  fileprivate var magnitudes: Tensor { Tensor(scalars.map(abs), shape: shape) }
}
