import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct GlobalPoolTests {
  static let shapes: [Shape] = [
    [2, 1, 1, 1], [1, 5, 7, 3], [3, 1, 9, 17], [1, 3, 5, 40], [1, 2, 3, 100], [1, 11, 13, 2], [1, 3, 1, 33],
  ]

  @Test(arguments: shapes) func averageMatchesTheReference(shape: Shape) {
    let x = Tensor.random(shape, seed: 1)
    let weights = Tensor.random([shape[0], shape[3]], seed: 2)
    func run(_ x: Reference) -> Reference {
      Reference([shape[0], shape[3]]) { i in
        pixels(shape).reduce(0) { $0 + x[i[0], $1.0, $1.1, i[1]] } / Double(shape[1] * shape[2])
      }
    }
    let dx = numericGradient(at: x) { run($0).weighted(by: weights) }
    withEachInstructionSet { set in
      expectClose(GlobalPool.average(x), run(Reference(x)).tensor, relative: 1e-6, "\(set)")
      expectClose(
        GlobalPool.averageBackward(weights, inputShape: shape), dx, relative: 1e-6, "\(set) backward")
    }
  }

  @Test(arguments: shapes) func maximumMatchesTheReference(shape: Shape) {
    let x = Tensor.random(shape, seed: 1)
    let weights = Tensor.random([shape[0], shape[3]], seed: 2)
    func run(_ x: Reference) -> Reference {
      Reference([shape[0], shape[3]]) { i in pixels(shape).map { x[i[0], $0.0, $0.1, i[1]] }.max()! }
    }
    let dx = numericGradient(at: x) { run($0).weighted(by: weights) }
    withEachInstructionSet { set in
      let (output, saved) = GlobalPool.maximum(x)
      expectClose(output, run(Reference(x)).tensor, relative: 0, absolute: 0, "\(set)")
      expectClose(GlobalPool.maximumBackward(weights, saved), dx, relative: 1e-6, "\(set) backward")
    }
  }

  /// Every pixel ties in every channel, also at minus infinity; and a tie of two whose first is not at the start.
  @Test(arguments: [1, 3, 16, 17, 40, 64], [Float(1), -.infinity]) func tiesGoToTheFirst(
    channels: Int, value: Float
  ) {
    let shape: Shape = [1, 7, 11, channels]
    let upstream = Tensor.random([1, channels], seed: 1)
    var later = Tensor(repeating: -2, shape: shape)
    for c in 0..<channels {
      for pixel in [5 + c % 3, 20, 70] { later[pixel * channels + c] = -1 }
    }
    withEachInstructionSet { set in
      let all = GlobalPool.maximumBackward(
        upstream, GlobalPool.maximum(Tensor(repeating: value, shape: shape)).saved)
      let two = GlobalPool.maximumBackward(upstream, GlobalPool.maximum(later).saved)
      for c in 0..<channels {
        #expect(all[c] == upstream[c], "\(set) channel \(c)")
        #expect(two[(5 + c % 3) * channels + c] == upstream[c], "\(set) channel \(c)")
      }
      #expect(all.scalars.filter { $0 != 0 }.count == channels, "\(set)")
      #expect(two.scalars.filter { $0 != 0 }.count == channels, "\(set)")
    }
  }

  @Test func nanIsTheMaximum() {
    var x = Tensor.random([1, 5, 5, 20], seed: 1)
    for pixel in [0, 13, 24] { x[pixel * 20 + pixel % 20] = .nan }
    withEachInstructionSet { set in
      let (maximum, average) = (GlobalPool.maximum(x).output, GlobalPool.average(x))
      for c in 0..<20 {
        #expect(maximum[c].isNaN == [0, 13, 4].contains(c), "\(set) \(c)")
        #expect(average[c].isNaN == [0, 13, 4].contains(c), "\(set) \(c)")
      }
    }
  }

  private func pixels(_ shape: Shape) -> [(Int, Int)] {
    (0..<shape[1]).flatMap { row in (0..<shape[2]).map { (row, $0) } }
  }
}

@Suite struct ChannelPoolTests {
  static let shapes: [Shape] = [
    [2, 1, 1, 1], [1, 5, 7, 3], [3, 1, 9, 17], [1, 3, 5, 40], [1, 2, 2, 100], [2, 4, 5, 16],
  ]

  @Test(arguments: shapes) func matchesTheReference(shape: Shape) {
    let x = Tensor.random(shape, seed: 1)
    let outputShape: Shape = [shape[0], shape[1], shape[2], 2]
    let weights = Tensor.random(outputShape, seed: 2)
    func run(_ x: Reference) -> Reference {
      Reference(outputShape) { i in
        let channels = (0..<shape[3]).map { x[i[0], i[1], i[2], $0] }
        return i[3] == 0 ? channels.max()! : channels.reduce(0, +) / Double(shape[3])
      }
    }
    let dx = numericGradient(at: x) { run($0).weighted(by: weights) }
    withEachInstructionSet { set in
      let (output, saved) = ChannelPool.forward(x)
      expectClose(output, run(Reference(x)).tensor, relative: 1e-6, "\(set)")
      expectClose(ChannelPool.backward(weights, saved), dx, relative: 1e-6, "\(set) backward")
    }
  }

  @Test(arguments: [1, 3, 16, 17, 40], [Float(1), -.infinity]) func tiesGoToTheFirst(
    channels: Int, value: Float
  ) {
    let shape: Shape = [1, 3, 7, channels]
    let upstream = Tensor((0..<42).map { $0 % 2 == 0 ? Float($0 + 1) : 0 }, shape: [1, 3, 7, 2])
    withEachInstructionSet { set in
      let dx = ChannelPool.backward(
        upstream, ChannelPool.forward(Tensor(repeating: value, shape: shape)).saved)
      for i in 0..<dx.count {
        #expect(dx[i] == (i % channels == 0 ? upstream[i / channels * 2] : 0), "\(set) \(i)")
      }
    }
  }

  @Test func nanIsTheMaximum() {
    var x = Tensor.random([1, 5, 5, 20], seed: 1)
    for pixel in [0, 13, 24] { x[pixel * 20 + pixel % 20] = .nan }
    withEachInstructionSet { set in
      let output = ChannelPool.forward(x).output
      for pixel in 0..<25 {
        #expect(output[2 * pixel].isNaN == [0, 13, 24].contains(pixel), "\(set) \(pixel)")
        #expect(output[2 * pixel + 1].isNaN == [0, 13, 24].contains(pixel), "\(set) \(pixel)")
      }
    }
  }
}

@Suite struct Pool2DTests {
  struct Case: CustomStringConvertible {
    let shape: Shape
    let window: Pool2D.Window
    var description: String { "\(shape) \(window)" }
  }

  static let cases = [
    Case(shape: [1, 6, 5, 17], window: .init(3, stride: 2, padding: 1)),
    Case(shape: [1, 8, 8, 3], window: .init(2, stride: 2)),
    Case(shape: [2, 1, 1, 40], window: .init(3, stride: 2, padding: 1)),
    Case(shape: [1, 5, 6, 16], window: .init(3, stride: 1, padding: 1)),
    Case(shape: [1, 3, 3, 64], window: .init(1, stride: 2)),
    Case(shape: [1, 7, 9, 1], window: .init(5, stride: 3, padding: 2)),
  ]

  /// The values under the window of an output pixel; padding is nil.
  private static func covered(_ x: Reference, _ i: [Int], _ window: Pool2D.Window) -> [Double?] {
    (0..<window.size * window.size).map { tap in
      let row = i[1] * window.stride - window.padding + tap / window.size
      let column = i[2] * window.stride - window.padding + tap % window.size
      let inside = (0..<x.shape[1]).contains(row) && (0..<x.shape[2]).contains(column)
      return inside ? x[i[0], row, column, i[3]] : nil
    }
  }

  @Test(arguments: cases) func maximumMatchesTheReference(of test: Case) {
    let x = Tensor.random(test.shape, seed: 1)
    let outputShape = test.window.outputShape(test.shape)
    let weights = Tensor.random(outputShape, seed: 2)
    func run(_ x: Reference) -> Reference {
      Reference(outputShape) { i in Self.covered(x, i, test.window).compactMap { $0 }.max()! }
    }
    let dx = numericGradient(at: x) { run($0).weighted(by: weights) }
    withEachInstructionSet { set in
      let (output, saved) = Pool2D.maximum(x, test.window)
      expectClose(output, run(Reference(x)).tensor, relative: 0, absolute: 0, "\(set)")
      expectClose(Pool2D.maximumBackward(weights, saved), dx, relative: 1e-6, "\(set) backward")
    }
  }

  @Test(arguments: cases) func averageMatchesTheReference(of test: Case) {
    let x = Tensor.random(test.shape, seed: 1)
    let outputShape = test.window.outputShape(test.shape)
    let weights = Tensor.random(outputShape, seed: 2)
    func run(_ x: Reference) -> Reference {
      Reference(outputShape) { i in
        let values = Self.covered(x, i, test.window)
        return values.reduce(0) { $0 + ($1 ?? 0) } / Double(values.count)
      }
    }
    let dx = numericGradient(at: x) { run($0).weighted(by: weights) }
    withEachInstructionSet { set in
      expectClose(Pool2D.average(x, test.window), run(Reference(x)).tensor, relative: 1e-6, "\(set)")
      expectClose(
        Pool2D.averageBackward(weights, test.window, inputShape: test.shape), dx, relative: 1e-6,
        "\(set) backward")
    }
  }

  @Test func tiesGoToTheFirstAndNaNWins() {
    var x = Tensor(repeating: 3, shape: [1, 4, 4, 5])
    x[(3 * 4 + 2) * 5 + 1] = .nan
    withEachInstructionSet { set in
      let (output, saved) = Pool2D.maximum(x, .init(2, stride: 2))
      #expect(output.scalars.enumerated().allSatisfy { ($0 == 16) == $1.isNaN }, "\(set)")
      let dx = Pool2D.maximumBackward(Tensor(repeating: 1, shape: output.shape), saved)
      for pixel in 0..<16 {
        for c in 0..<5 {
          let first = (pixel / 4) % 2 == 0 && pixel % 2 == 0
          let expected: Float =
            c == 1 && pixel >= 10 && pixel % 4 >= 2 ? (pixel == 14 ? 1 : 0) : (first ? 1 : 0)
          #expect(dx[pixel * 5 + c] == expected, "\(set) pixel \(pixel) channel \(c)")
        }
      }
    }
  }

  @Test func extentsAreCountedAsPyTorchDoes() {
    #expect(Pool2D.Window(3, stride: 2, padding: 1).outputExtent(112) == 56)
    #expect(Pool2D.Window(2, stride: 2).outputExtent(7) == 3)
    #expect(Pool2D.Window(3, stride: 1).outputExtent(2) == 0)
  }
}
