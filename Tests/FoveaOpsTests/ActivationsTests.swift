import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

/// Activations in bf16 hold the rounded values of those in 32-bit floats, to the bit, whatever makes or reads them.
@Suite struct ActivationsTests {
  private func narrow(_ x: Tensor) -> Activations { Activations(x).stored(in: .bf16) }

  @Test(arguments: [[1, 1, 1, 2], [2, 5, 7, 6], [1, 33, 31, 34], [3, 40, 40, 64]] as [Shape])
  func areRoundedToNearest(_ shape: Shape) {
    let x = Tensor.random(shape, seed: 1)
    withEachInstructionSetInBF16 { set in
      let stored = narrow(x)
      #expect(stored.shape == shape && stored.precision == .bf16)
      #expect(stored.tensor.bits == x.roundedToBF16.bits, "\(set)")
      #expect(stored.slice(0..<1).tensor.bits == x.slice(0..<1).roundedToBF16.bits, "\(set)")
    }
  }

  /// In and out of every algorithm; where the factors are 32-bit floats, as in groups, by way of these.
  @Test(
    arguments: ConvolutionCase.all + ConvolutionCase.large, [WinogradPolicy.off, .f2, .f4])
  func convolutionsReadAndWriteThem(_ c: ConvolutionCase, _ winograd: WinogradPolicy) {
    let g = c.geometry
    guard g.dilation == .one else { return }
    let bias = Tensor.random([g.outChannels], seed: 4)
    let (x, residual) = (c.input.roundedToBF16, Tensor.random(g.outputShape, seed: 5).roundedToBF16)
    withEachInstructionSetInBF16 { set in
      let prepared = PreparedConvolution(
        weight: c.weight, bias: bias, stride: g.stride, padding: g.padding, groups: g.groups,
        engine: EngineOptions(winograd: winograd, precision: .bf16))
      let wanted = prepared(x, residual: residual, relu: true)
      if g.inChannels.isMultiple(of: 2) {
        let output = prepared(narrow(x), residual: Activations(residual), relu: true)
        #expect(output.tensor.bits == wanted.bits, "\(set) into floats \(c)")
      }
      if g.outChannels.isMultiple(of: 2) {
        let output = prepared(Activations(x), residual: narrow(residual), relu: true, storing: .bf16)
        #expect(
          output.precision == .bf16 && output.tensor.bits == wanted.roundedToBF16.bits,
          "\(set) out of floats \(c)")
      }
    }
  }

  /// Outputs are rounded, statistics are those of what is stored, and the weight's gradient is that of the same input in floats.
  @Test(
    arguments: ConvolutionCase.all + ConvolutionCase.large, [WinogradPolicy.off, .f2, .f4])
  func trainingConvolutionsReadAndWriteThem(_ c: ConvolutionCase, _ winograd: WinogradPolicy) {
    let (g, x) = (c.geometry, c.input.roundedToBF16)
    let engine = EngineOptions(winograd: winograd, precision: .bf16)
    withEachInstructionSetInBF16 { set in
      if g.inChannels.isMultiple(of: 2) {
        let output = Conv2D.forward(narrow(x), weight: c.weight, geometry: g, engine: engine, storing: .fp32)
        let wanted = Conv2D.forward(x, weight: c.weight, geometry: g, engine: engine)
        #expect(output.tensor.bits == wanted.bits, "\(set) into floats \(c)")
        let dWeight = Conv2D.backwardWeight(c.dOutput, input: narrow(x), geometry: g, engine: engine)
        let dWanted = Conv2D.backwardWeight(c.dOutput, input: x, geometry: g, engine: engine)
        #expect(dWeight.bits == dWanted.bits, "\(set) dWeight \(c)")
      }
      if g.outChannels.isMultiple(of: 2) {
        let wanted = Conv2D.forwardWithStatistics(x, weight: c.weight, geometry: g, engine: engine).output
        let (output, statistics) = Conv2D.forwardWithStatistics(
          Activations(x), weight: c.weight, geometry: g, engine: engine, storing: .bf16)
        #expect(output.precision == .bf16 && output.tensor.bits == wanted.roundedToBF16.bits, "\(set) \(c)")
        let own = BatchNorm.statistics(output.tensor)
        expectClose(statistics.mean, own.mean, relative: 1e-5, absolute: 1e-6, "\(set) mean \(c)")
        expectClose(statistics.variance, own.variance, relative: 1e-5, absolute: 1e-6, "\(set) variance \(c)")
      }
    }
  }

  @Test(arguments: [[2, 5, 7, 6], [3, 9, 8, 34], [4, 40, 40, 64]] as [Shape], [false, true])
  func normalizationReadsAndWritesThem(_ shape: Shape, relu: Bool) {
    let x = Tensor.random(shape, seed: 1).roundedToBF16
    let (dOutput, channels) = (Tensor.random(shape, seed: 2), shape[3])
    let transform = BatchNorm.Transform(
      gamma: .random([channels], seed: 3), beta: .random([channels], seed: 4),
      statistics: BatchNorm.statistics(x), epsilon: 1e-5, relu: relu)
    withEachInstructionSetInBF16 { set in
      let output = BatchNorm.forward(narrow(x), transform)
      #expect(output.tensor.bits == BatchNorm.forward(x, transform).roundedToBF16.bits, "\(set)")
      let found = BatchNorm.backward(dOutput, input: narrow(x), transform)
      let wanted = BatchNorm.backward(dOutput, input: x, transform)
      #expect(found.dInput.bits == wanted.dInput.bits, "\(set)")
      #expect(found.dGamma.bits == wanted.dGamma.bits && found.dBeta.bits == wanted.dBeta.bits, "\(set)")
    }
  }

  @Test(arguments: CBAMGateTests.cases.filter { $0.shape[3].isMultiple(of: 2) }, [false, true])
  func trainingGatesReadAndWriteThem(_ c: CBAMCase, normalizes: Bool) {
    let (x, residual) = (c.x.roundedToBF16, c.residualTensor?.roundedToBF16)
    let (dOutput, channels) = (Tensor.random(c.shape, seed: 9), c.shape[3])
    let transform =
      normalizes
      ? BatchNorm.Transform(
        gamma: .random([channels], seed: 3), beta: .random([channels], seed: 4),
        statistics: BatchNorm.statistics(x), epsilon: 1e-2, relu: false) : nil
    withEachInstructionSetInBF16 { set in
      let wanted = CBAMGate.forward(
        x, normalizedBy: transform, residual: residual, relu: c.relu, parameters: c.parameters)
      let found = CBAMGate.forward(
        narrow(x), normalizedBy: transform, residual: residual.map(narrow), relu: c.relu,
        parameters: c.parameters)
      let output = wanted.output.roundedToBF16
      #expect(found.activations.precision == .bf16 && found.output.bits == output.bits, "\(set)")
      let again = CBAMGate.output(narrow(x), residual: residual.map(narrow), found.saved)
      #expect(again.tensor.bits == output.bits, "\(set) once more")
      var gradient = dOutput
      let g = CBAMGate.backward(
        inPlaceOf: &gradient, input: narrow(x), output: c.relu ? found.activations : nil, found.saved,
        needsParameters: true)
      let w = CBAMGate.backward(dOutput, input: x, output: c.relu ? output : nil, wanted.saved)
      for (found, wanted) in [
        (g.input, w.input), (g.inputGamma, w.inputGamma), (g.inputBeta, w.inputBeta),
        (g.residual, w.residual),
        (g.w1, w.w1), (g.w2, w.w2), (g.spatialWeight, w.spatialWeight), (g.gamma, w.gamma), (g.beta, w.beta),
      ] {
        #expect(found?.bits == wanted?.bits, "\(set)")
      }
    }
  }

  @Test(arguments: PreparedGateTests.cases.filter { $0.shape[3].isMultiple(of: 2) })
  func gatesReadAndWriteThem(_ c: CBAMCase) {
    let (x, residual) = (c.x.roundedToBF16, c.residualTensor?.roundedToBF16)
    let gate = PreparedGate(c.parameters)
    withEachInstructionSetInBF16 { set in
      var wanted = x
      let wantedMaps = gate.apply(to: &wanted, residual: residual, relu: c.relu)
      var output = narrow(x)
      let maps = gate.apply(to: &output, residual: residual.map(narrow), relu: c.relu)
      #expect(output.tensor.bits == wanted.roundedToBF16.bits, "\(set)")
      #expect(maps.channel?.bits == wantedMaps.channel?.bits, "\(set) channel map")
      #expect(maps.spatial?.bits == wantedMaps.spatial?.bits, "\(set) spatial map")
    }
  }

  @Test func poolsAndShortcutsReadAndWriteThem() {
    withEachInstructionSetInBF16 { set in
      for channels in [2, 16, 34, 128] {
        var x = Tensor.random([2, 9, 7, channels], seed: 6).roundedToBF16
        x[5] = .nan
        let window = Pool2D.Window(3, stride: 2, padding: 1)
        let wanted = Pool2D.maximum(x, window).output.bits
        #expect(Pool2D.maximumAlone(narrow(x), window).tensor.bits == wanted, "\(set)")
        #expect(Pool2D.maximum(narrow(x), window).output.tensor.bits == wanted, "\(set)")
        // Two channels of zeros on each side; one and two; none.
        for more in [4, 3, 2, 0] where (channels + more).isMultiple(of: 2) {
          let padded = PaddingShortcut.forward(narrow(x), stride: 2, outChannels: channels + more)
          let wanted = PaddingShortcut.forward(x, stride: 2, outChannels: channels + more)
          #expect(
            padded.precision == .bf16 && padded.tensor.bits == wanted.bits, "\(set) \(channels) + \(more)")
        }
      }
    }
  }
}
