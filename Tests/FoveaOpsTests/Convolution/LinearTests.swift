import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct LinearTests {
  @Test(arguments: [(1, 64, 10), (7, 33, 10), (128, 512, 100), (3, 1, 1)])
  func matchesTheReference(batch: Int, inputs: Int, outputs: Int) throws {
    let x = Tensor.random([batch, inputs], seed: 1)
    let weight = Tensor.random([inputs, outputs], seed: 2)
    let bias = Tensor.random([outputs], seed: 3)
    let dOutput = Tensor.random([batch, outputs], seed: 4)
    let (a, w, b, d) = (x.scalars, weight.scalars, bias.scalars, dOutput.scalars)
    func sum(_ count: Int, _ term: (Int) -> (Float, Float)) -> Float {
      Float((0..<count).reduce(0.0) { $0 + Double(term($1).0) * Double(term($1).1) })
    }
    func tensor(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Float) -> Tensor {
      Tensor((0..<rows * columns).map { element($0 / columns, $0 % columns) }, shape: [rows, columns])
    }
    let output = tensor(batch, outputs) { n, o in
      b[o] + sum(inputs) { (a[n * inputs + $0], w[$0 * outputs + o]) }
    }
    let dInput = tensor(batch, inputs) { n, i in sum(outputs) { (d[n * outputs + $0], w[i * outputs + $0]) } }
    let dWeight = tensor(inputs, outputs) { i, o in sum(batch) { (a[$0 * inputs + i], d[$0 * outputs + o]) } }
    let dBias = tensor(1, outputs) { _, o in sum(batch) { (d[$0 * outputs + o], 1) } }.reshaped([outputs])
    try withEachInstructionSet { set in
      expectClose(Linear.forward(x, weight: weight, bias: bias), output, relative: 3e-6, "\(set)")
      let gradients = Linear.backward(dOutput, x: x, weight: weight)
      expectClose(try #require(gradients.dInput), dInput, relative: 3e-6, "\(set)")
      expectClose(try #require(gradients.dWeight), dWeight, relative: 5e-6, "\(set)")
      expectClose(try #require(gradients.dBias), dBias, relative: 3e-6, "\(set)")
    }
  }

  @Test func computesOnlyWhatIsNeeded() {
    let x = Tensor.random([2, 3], seed: 1)
    let weight = Tensor.random([3, 4], seed: 2)
    let gradients = Linear.backward(.random([2, 4], seed: 3), x: x, weight: weight, needs: [.bias])
    #expect(gradients.dInput == nil && gradients.dWeight == nil && gradients.dBias != nil)
    expectClose(
      Linear.forward(x, weight: weight), Linear.forward(x, weight: weight, bias: Tensor(zeros: [4])))
  }
}
