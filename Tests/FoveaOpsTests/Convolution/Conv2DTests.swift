import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct Conv2DTests {
  @Test(arguments: ConvolutionCase.all + ConvolutionCase.large)
  func everyProductMatchesTheReference(_ c: ConvolutionCase) {
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    let reference = c.reference
    let output = reference.forward(x, weight: w)
    let dInput = reference.backwardInput(d, weight: w, input: x.shape)
    let dWeight = reference.backwardWeight(d, input: x, weight: w.shape)
    withEachInstructionSet { set in
      expectClose(
        Conv2D.forward(x, weight: w, geometry: c.geometry, engine: .direct), output, relative: 3e-6,
        "\(set) forward \(c)")
      expectClose(
        Conv2D.backwardInput(d, weight: w, geometry: c.geometry, engine: .direct), dInput, relative: 3e-6,
        "\(set) dInput \(c)"
      )
      expectClose(
        Conv2D.backwardWeight(d, input: x, geometry: c.geometry, engine: .direct), dWeight, relative: 5e-6,
        "\(set) dWeight \(c)")
    }
  }

  /// ⟨A x, y⟩ = ⟨x, Aᵀ y⟩, for x the input and for x the weight.
  @Test(arguments: ConvolutionCase.all) func gradientsAreAdjoint(_ c: ConvolutionCase) {
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    let forward = innerProduct(Conv2D.forward(x, weight: w, geometry: c.geometry), d)
    let throughInput = innerProduct(x, Conv2D.backwardInput(d, weight: w, geometry: c.geometry))
    let throughWeight = innerProduct(w, Conv2D.backwardWeight(d, input: x, geometry: c.geometry))
    let scale = Double(c.geometry.multiplyAdds).squareRoot()
    #expect(abs(forward - throughInput) < 1e-5 * scale, "\(c)")
    #expect(abs(forward - throughWeight) < 1e-5 * scale, "\(c)")
  }

  @Test(arguments: ConvolutionCase.all + ConvolutionCase.large)
  func anImageHasTheSameBitsInAnyBatch(_ c: ConvolutionCase) throws {
    let g = c.geometry
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    let single = try Conv2DGeometry(
      input: [1, g.inHeight, g.inWidth, g.inChannels], outChannels: g.outChannels, kernel: g.kernel,
      stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups)
    withEachInstructionSet { set in
      let output = Conv2D.forward(x, weight: w, geometry: g)
      for n in 0..<g.batch {
        let alone = Conv2D.forward(x.slice(n..<n + 1), weight: w, geometry: single)
        #expect(alone.bits == output.slice(n..<n + 1).bits, "\(set) forward, image \(n) of \(c)")
      }
      // Which algorithm training takes may depend on the batch; what an algorithm computes may not.
      for policy in [WinogradPolicy.off, .f2, .f4] {
        let engine = EngineOptions(winograd: policy)
        let dInput = Conv2D.backwardInput(d, weight: w, geometry: g, engine: engine)
        for n in 0..<g.batch {
          let alone = Conv2D.backwardInput(
            d.slice(n..<n + 1), weight: w, geometry: single, engine: engine)
          #expect(
            alone.bits == dInput.slice(n..<n + 1).bits, "\(set) \(policy) dInput, image \(n) of \(c)")
        }
      }
    }
  }

  @Test(arguments: ConvolutionCase.large) func bitsDoNotDependOnThreads(_ c: ConvolutionCase) {
    let (x, w, d) = (c.input, c.weight, c.dOutput)
    for _ in 0..<3 {
      let (one, all) = onOneAndAllThreads {
        let (output, statistics) = Conv2D.forwardWithStatistics(x, weight: w, geometry: c.geometry)
        return [
          output, statistics.mean, statistics.variance,
          Conv2D.backwardInput(d, weight: w, geometry: c.geometry),
          Conv2D.backwardWeight(d, input: x, geometry: c.geometry),
        ].map(\.bits)
      }
      #expect(one == all, "\(c)")
    }
  }
}

@Suite struct ConvolutionStatisticsTests {
  @Test(arguments: ConvolutionCase.all + ConvolutionCase.large)
  func statisticsAreTheOutputs(_ c: ConvolutionCase) {
    let (x, w) = (c.input, c.weight)
    withEachInstructionSet { set in
      for policy in [WinogradPolicy.off, .f2, .f4] {
        let engine = EngineOptions(winograd: policy)
        let (output, _) = Conv2D.forwardWithStatistics(x, weight: w, geometry: c.geometry, engine: engine)
        #expect(output.bits == Conv2D.forward(x, weight: w, geometry: c.geometry, engine: engine).bits)
      }
      let (output, statistics) = Conv2D.forwardWithStatistics(x, weight: w, geometry: c.geometry)
      let (mean, variance) = channelMoments(of: output)
      expectClose(statistics.mean, mean, relative: 1e-6, absolute: 1e-6, "\(set) mean \(c)")
      expectClose(statistics.variance, variance, relative: 1e-6, absolute: 1e-6, "\(set) variance \(c)")
      #expect(statistics.count == output.count / c.geometry.outChannels)
    }
  }

  /// A mean of ten thousand deviations: sums of squares would have no digit left.
  @Test(arguments: [(40, 16), (7, 37), (200, 64)]) func aLargeMeanCostsNoDigits(width: Int, channels: Int)
    throws
  {
    let geometry = try Conv2DGeometry(input: [3, 5, width, 2], outChannels: channels, kernel: .one)
    var weight = Tensor(zeros: geometry.weightShape)
    for c in 0..<channels {
      weight[c] = 1
      weight[channels + c] = 1 / Float(1 + c % 5)
    }
    var x = Tensor.random(geometry.inputShape, seed: 9)
    for pixel in 0..<x.count / 2 { x[2 * pixel] = 10_000 }
    withEachInstructionSet { set in
      let (output, statistics) = Conv2D.forwardWithStatistics(x, weight: weight, geometry: geometry)
      let (mean, variance) = channelMoments(of: output)
      expectClose(statistics.mean, mean, relative: 1e-7, "\(set)")
      expectClose(statistics.variance, variance, relative: 2e-6, "\(set)")
    }
  }
}

extension Tensor {
  /// The elements' bit patterns, for comparisons that tell −0 from 0 and NaN from NaN.
  var bits: [UInt32] { scalars.map(\.bitPattern) }
}
