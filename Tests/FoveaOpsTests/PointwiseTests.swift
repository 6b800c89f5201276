import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite struct PointwiseTests {
  /// Lengths that fill no vector, one vector, and more than one piece of work.
  static let lengths = [1, 3, 16, 17, 40, 32_768 + 5]

  @Test(arguments: lengths) func reluMatchesItsDefinition(count: Int) {
    let x = Tensor.random([count], seed: 1)
    let upstream = Tensor.random([count], seed: 2)
    withEachInstructionSet { set in
      let y = Activation.relu(x)
      #expect(y.scalars == x.scalars.map { max(0, $0) }, "\(set)")
      let dx = Activation.reluBackward(upstream, output: y)
      #expect(dx.scalars == zip(x.scalars, upstream.scalars).map { $0 > 0 ? $1 : 0 }, "\(set)")
    }
  }

  @Test(arguments: lengths) func sigmoidMatchesItsDefinition(count: Int) {
    let x = Tensor(Tensor.random([count], seed: 1).scalars.map { 6 * $0 }, shape: [count])
    let upstream = Tensor.random([count], seed: 2)
    func reference(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    let expected = Reference(x).map(reference)
    let dExpected = Tensor(
      zip(expected.values, upstream.scalars).map { Float(Double($1) * $0 * (1 - $0)) }, shape: [count])
    withEachInstructionSet { set in
      let y = Activation.sigmoid(x)
      expectClose(y, expected.tensor, relative: 3e-7, "\(set)")
      expectClose(
        Activation.sigmoidBackward(upstream, output: y), dExpected, relative: 1e-6, "\(set) backward")
    }
  }

  @Test func sigmoidIsSaneAtTheEnds() {
    withEachInstructionSet { set in
      let y = Activation.sigmoid(Tensor([0, 200, -200, .infinity, -.infinity, .nan], shape: [6])).scalars
      #expect(y[0] == 0.5 && y[1] == 1 && y[2] >= 0 && y[2] < 1e-30, "\(set) \(y)")
      #expect(y[3] == 1 && y[4] >= 0 && y[4] < 1e-30 && y[5].isNaN, "\(set) \(y)")
    }
  }

  @Test(arguments: lengths, [false, true]) func additionMatchesItsDefinition(count: Int, relu: Bool) {
    let a = Tensor.random([count], seed: 1)
    let b = Tensor.random([count], seed: 2)
    withEachInstructionSet { set in
      let sum = zip(a.scalars, b.scalars).map { relu ? max(0, $0 + $1) : $0 + $1 }
      #expect(Elementwise.add(a, b, relu: relu).scalars == sum, "\(set)")
    }
  }

  @Test func nanShows() {
    let x = Tensor([1, .nan, -1], shape: [3])
    withEachInstructionSet { set in
      #expect(Activation.relu(x)[1].isNaN, "\(set)")
      #expect(Elementwise.add(x, x, relu: true)[1].isNaN, "\(set)")
      #expect(Activation.reluBackward(x, output: Tensor(repeating: 1, shape: [3]))[1].isNaN, "\(set)")
    }
  }
}

@Suite struct ScaleTests {
  static let shapes: [Shape] = [
    [2, 3, 3, 1], [1, 5, 7, 3], [3, 1, 9, 17], [2, 9, 5, 40], [1, 2, 2, 100],
  ]

  @Test(arguments: shapes) func channelScaleMatchesTheReference(shape: Shape) {
    let x = Tensor.random(shape, seed: 1)
    let scale = Tensor.random([shape[0], shape[3]], seed: 2)
    let weights = Tensor.random(shape, seed: 3)
    func run(_ x: Reference, _ s: Reference) -> Reference {
      Reference(shape) { i in x[i] * s[i[0], i[3]] }
    }
    let (rx, rs) = (Reference(x), Reference(scale))
    let dx = numericGradient(at: x) { run($0, rs).weighted(by: weights) }
    let ds = numericGradient(at: scale) { run(rx, $0).weighted(by: weights) }
    withEachInstructionSet { set in
      expectClose(ChannelScale.forward(x, scale: scale), run(rx, rs).tensor, "\(set)")
      let gradients = ChannelScale.backward(weights, x, scale: scale)
      expectClose(gradients.dInput, dx, relative: 1e-6, "\(set) dInput")
      expectClose(gradients.dScale, ds, relative: 1e-5, "\(set) dScale")
    }
  }

  @Test(arguments: shapes) func spatialScaleMatchesTheReference(shape: Shape) {
    let x = Tensor.random(shape, seed: 1)
    let map = Tensor.random([shape[0], shape[1], shape[2], 1], seed: 2)
    let weights = Tensor.random(shape, seed: 3)
    func run(_ x: Reference, _ m: Reference) -> Reference {
      Reference(shape) { i in x[i] * m[i[0], i[1], i[2], 0] }
    }
    let (rx, rm) = (Reference(x), Reference(map))
    let dx = numericGradient(at: x) { run($0, rm).weighted(by: weights) }
    let dm = numericGradient(at: map) { run(rx, $0).weighted(by: weights) }
    withEachInstructionSet { set in
      expectClose(SpatialScale.forward(x, map: map), run(rx, rm).tensor, "\(set)")
      let gradients = SpatialScale.backward(weights, x, map: map)
      expectClose(gradients.dInput, dx, relative: 1e-6, "\(set) dInput")
      expectClose(gradients.dMap, dm, relative: 1e-5, "\(set) dMap")
    }
  }
}

@Suite struct ConcatTests {
  @Test func channelsStandSideBySide() {
    let a = Tensor.random([2, 3, 2, 1], seed: 1)
    let b = Tensor.random([2, 3, 2, 5], seed: 2)
    let y = Concat.forward([a, b])
    #expect(y.shape == [2, 3, 2, 6])
    for row in 0..<12 {
      #expect(y[row * 6] == a[row])
      for c in 0..<5 { #expect(y[row * 6 + 1 + c] == b[row * 5 + c]) }
    }
    let back = Concat.backward(y, channels: [1, 5])
    #expect(back[0].scalars == a.scalars && back[0].shape == a.shape)
    #expect(back[1].scalars == b.scalars && back[1].shape == b.shape)
  }
}

@Suite struct DropoutTests {
  let key = Dropout.Key(seed: 3, step: 5, layer: 1)

  @Test func keepsTheMeanAndZeroesTheShare() {
    let x = Tensor(repeating: 1, shape: [8, 50, 100])
    let y = Dropout.forward(x, rate: 0.3, key: key).scalars
    let zeros = y.filter { $0 == 0 }.count
    #expect(abs(Double(zeros) / Double(y.count) - 0.3) < 0.01)
    #expect(y.allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) < 1e-6 })
  }

  @Test func backwardUsesTheSameMask() {
    let x = Tensor.random([4, 33], seed: 1)
    let y = Dropout.forward(x, rate: 0.5, key: key)
    let dx = Dropout.backward(Tensor(repeating: 1, shape: x.shape), rate: 0.5, key: key)
    for i in 0..<x.count { #expect(y[i] == x[i] * dx[i]) }
  }

  @Test func maskDependsOnTheKeyAndTheSampleAlone() {
    let x = Tensor(repeating: 1, shape: [4, 64])
    let y = Dropout.forward(x, rate: 0.5, key: key)
    #expect(Dropout.forward(x.slice(0..<2), rate: 0.5, key: key).scalars == y.slice(0..<2).scalars)
    #expect(y.slice(0..<1).scalars != y.slice(1..<2).scalars)
    for other in [
      Dropout.Key(seed: 4, step: 5, layer: 1), .init(seed: 3, step: 6, layer: 1),
      .init(seed: 3, step: 5, layer: 2),
    ] {
      #expect(Dropout.forward(x, rate: 0.5, key: other).scalars != y.scalars)
    }
    #expect(Dropout.forward(x, rate: 0, key: key).scalars == x.scalars)
  }
}
