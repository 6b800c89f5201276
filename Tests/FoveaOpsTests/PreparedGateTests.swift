import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct PreparedGateTests {
  /// With channels that fill no vector, one band of pixels and many, and every knob.
  static let cases: [CBAMCase] = [
    CBAMCase(shape: [2, 5, 7, 6]), CBAMCase(shape: [3, 9, 9, 33], kernel: 3),
    CBAMCase(shape: [1, 60, 50, 19]), CBAMCase(shape: [10, 40, 40, 64]),
    CBAMCase(shape: [2, 40, 40, 64], hidden: nil), CBAMCase(shape: [2, 40, 40, 64], kernel: nil),
    CBAMCase(shape: [2, 6, 6, 16], pools: .average), CBAMCase(shape: [2, 50, 50, 16], pools: .maximum),
    CBAMCase(shape: [2, 7, 7, 2048], biases: false), CBAMCase(shape: [2, 1, 1, 8], residual: false),
    CBAMCase(shape: [2, 5, 5, 24], residual: false, relu: false),
  ].flatMap { base in
    [CBAMCase.Normalization.running, .none].map {
      var copy = base
      copy.normalization = $0
      return copy
    }
  }

  @Test(arguments: cases) func equalsTheForwardPass(_ c: CBAMCase) {
    withEachInstructionSet { set in
      let expected = CBAMGate.forward(c.x, residual: c.residualTensor, relu: c.relu, parameters: c.parameters)
      var output = c.x
      let maps = PreparedGate(c.parameters).apply(to: &output, residual: c.residualTensor, relu: c.relu)
      // Pools add in another order.
      expectClose(output, expected.output, relative: 2e-6, "\(set) output")
      for (found, wanted) in [(maps.channel, expected.channelMap), (maps.spatial, expected.spatialMap)] {
        #expect((found == nil) == (wanted == nil))
        if let found, let wanted { expectClose(found, wanted, relative: 2e-6, "\(set) map") }
      }
    }
  }

  @Test(arguments: cases) func bitsDependNeitherOnBatchNorThreads(_ c: CBAMCase) {
    let gate = PreparedGate(c.parameters)
    func bits(_ x: Tensor, _ residual: Tensor?) -> [UInt32] {
      var output = x
      _ = gate.apply(to: &output, residual: residual, relu: c.relu)
      return output.scalars.map(\.bitPattern)
    }
    let (one, all) = onOneAndAllThreads { bits(c.x, c.residualTensor) }
    #expect(one == all)
    let perImage = one.count / c.shape[0]
    for n in 0..<c.shape[0] {
      let alone = bits(c.x.slice(n..<n + 1), c.residualTensor?.slice(n..<n + 1))
      #expect(alone == Array(one[n * perImage..<(n + 1) * perImage]))
    }
  }

  /// In their own memory where nobody else refers to it, and never in that of others.
  @Test func featuresAreGatedWhereTheyLie() {
    var c = CBAMCase(shape: [2, 5, 7, 6])
    c.normalization = .running
    let gate = PreparedGate(c.parameters)
    func address(_ tensor: Tensor) -> UnsafePointer<Float> {
      tensor.withUnsafeBufferPointer { $0.baseAddress! }
    }
    var alone = Tensor(c.x.scalars, shape: c.x.shape)
    let place = address(alone)
    _ = gate.apply(to: &alone, residual: c.x, relu: true)
    #expect(address(alone) == place)
    let held = c.x
    var shared = held
    _ = gate.apply(to: &shared, residual: held, relu: true)
    #expect(held.scalars == c.x.scalars && shared.scalars == alone.scalars)
  }

  @Test(arguments: [CBAMGate.ChannelPools.both, .maximum]) func aNaNShows(_ pools: CBAMGate.ChannelPools) {
    var c = CBAMCase(shape: [1, 40, 40, 24], pools: pools, relu: false)
    c.normalization = .running
    withEachInstructionSet { _ in
      for place in [0, 777 * 24 + 5, 40 * 40 * 24 - 1] {
        var x = c.x
        x[place] = .nan
        let maps = PreparedGate(c.parameters).apply(to: &x, residual: c.residualTensor, relu: false)
        #expect(maps.channel![place % 24].isNaN)
        #expect(maps.spatial![place / 24].isNaN)
      }
    }
  }
}
