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
        let pooled = Pool2D.maximum(narrow(x), .init(3, stride: 2, padding: 1))
        #expect(
          pooled.tensor.bits == Pool2D.maximum(x, .init(3, stride: 2, padding: 1)).output.bits, "\(set)")
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
