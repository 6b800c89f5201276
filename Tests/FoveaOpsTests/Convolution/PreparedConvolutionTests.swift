import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct PreparedConvolutionTests {
  static let policies = [WinogradPolicy.off, .auto, .f2, .f4]

  /// Bias, residual and ReLU composed of single operations, in double precision where it matters.
  private func composed(_ sums: Tensor, bias: Tensor, residual: Tensor?, relu: Bool) -> Tensor {
    let channels = bias.count
    var values = sums.scalars.enumerated().map { $1 + bias[$0 % channels] }
    if let residual { values = zip(values, residual.scalars).map { $0 + $1 } }
    return Tensor(relu ? values.map { max(0, $0) } : values, shape: sums.shape)
  }

  /// Weights so large that Winograd's algorithm transforms them panel by panel: the last panel half a one, and the last part
  /// of the source channels shorter than the others.
  static let large = [
    ConvolutionCase([2, 7, 9, 208], 176, kernel: Size2D(3), padding: .one),
    ConvolutionCase([2, 5, 6, 272], 256, kernel: Size2D(3), padding: .one),
  ]

  @Test(arguments: ConvolutionCase.all + large) func epilogueEqualsSingleOperations(_ c: ConvolutionCase) {
    guard c.geometry.dilation == .one else { return }
    let (x, w) = (c.input, c.weight)
    let bias = Tensor.random([c.geometry.outChannels], seed: 5)
    let residual = Tensor.random(c.geometry.outputShape, seed: 6)
    let sums = c.reference.forward(x, weight: w)
    withEachInstructionSet { set in
      for policy in Self.policies {
        let convolution = PreparedConvolution(
          weight: w, bias: bias, stride: c.geometry.stride, padding: c.geometry.padding,
          groups: c.geometry.groups, engine: EngineOptions(winograd: policy))
        for (added, relu) in [(nil, false), (nil, true), (residual, false), (residual, true)] {
          // F(4×4) rounds by up to 2e-5 of the largest value; see WinogradTests.
          expectClose(
            convolution(x, residual: added, relu: relu),
            composed(sums, bias: bias, residual: added, relu: relu), relative: policy == .off ? 3e-6 : 3e-5,
            "\(set) \(policy) residual \(added != nil) relu \(relu)")
        }
      }
    }
  }

  /// Shapes on both sides of every choice that looks at the extents: few blocks of tiles, many, many channels.
  static let shapes: [(Shape, Int)] = [
    ([5, 12, 12, 32], 64), ([3, 7, 7, 512], 512), ([2, 40, 40, 16], 16), ([9, 6, 6, 64], 48),
  ]

  @Test(arguments: shapes) func bitsDependNeitherOnBatchNorThreads(_ shape: Shape, _ outChannels: Int) {
    let x = Tensor.random(shape, seed: 1)
    let convolution = PreparedConvolution(
      weight: .random([3, 3, shape[3], outChannels], seed: 2), bias: .random([outChannels], seed: 3),
      padding: .one)
    let (one, all) = onOneAndAllThreads { convolution(x, relu: true).scalars.map(\.bitPattern) }
    #expect(one == all)
    let perImage = one.count / shape[0]
    for n in 0..<shape[0] {
      let alone = convolution(x.slice(n..<n + 1), relu: true).scalars.map(\.bitPattern)
      #expect(alone == Array(all[n * perImage..<(n + 1) * perImage]), "image \(n)")
    }
  }

  @Test func foldedNormalizationEqualsTheNormalizationBehind() throws {
    let c = ConvolutionCase([2, 9, 11, 16], 24, kernel: Size2D(3), padding: .one)
    let channel = { (seed: UInt64) in Tensor.random([24], seed: seed) }
    let variance = Tensor(channel(7).scalars.map { $0 * $0 + 0.1 }, shape: [24])
    let folded = PreparedConvolution(
      folding: .init(
        gamma: channel(4), beta: channel(5), mean: channel(6), variance: variance, epsilon: 1e-5),
      into: c.weight, stride: .one, padding: .one, groups: 1, engine: .direct)
    let expected = BatchNorm.forward(
      Conv2D.forward(c.input, weight: c.weight, geometry: c.geometry, engine: .direct),
      BatchNorm.Transform(
        gamma: channel(4), beta: channel(5), mean: channel(6), variance: variance, epsilon: 1e-5, relu: true))
    expectClose(folded(c.input, relu: true), expected, relative: 3e-6)
  }
}
