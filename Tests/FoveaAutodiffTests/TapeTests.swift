import FoveaAutodiff
import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct TapeTests {
  /// y = factor · x, recorded.
  private func scaled(_ x: Variable, by factor: Float, on tape: Tape) -> Variable {
    tape.record(Tensor(x.value.scalars.map { $0 * factor }, shape: x.shape), inputs: [x]) { dOutput, _ in
      [Tensor(dOutput.scalars.map { $0 * factor }, shape: dOutput.shape)]
    }
  }

  private func product(_ a: Variable, _ b: Variable, on tape: Tape) -> Variable {
    let (x, y) = (a.value.scalars, b.value.scalars)
    return tape.record(Tensor(zip(x, y).map(*), shape: a.shape), inputs: [a, b]) { dOutput, needs in
      let d = dOutput.scalars
      return [
        needs[0] ? Tensor(zip(d, y).map(*), shape: dOutput.shape) : nil,
        needs[1] ? Tensor(zip(d, x).map(*), shape: dOutput.shape) : nil,
      ]
    }
  }

  @Test func gradientsOfAVariableUsedTwiceAreSummed() {
    let tape = Tape()
    let x = tape.input(Tensor([3, -2], shape: [2]))
    // (2x)·(2x) + 0: d/dx = 8x
    let double = scaled(x, by: 2, on: tape)
    let square = product(double, double, on: tape)
    tape.backward(from: square)
    #expect(tape.gradient(of: x)?.scalars == [24, -16])
    #expect(tape.gradient(of: double) == nil)
  }

  @Test func parametersKeepTheSumOverPassesUntilCleared() {
    let weight = Parameter(name: "w", value: Tensor([2], shape: [1]), decays: true)
    for pass in 1...3 {
      let tape = Tape()
      let y = product(tape.leaf(weight), tape.constant(Tensor([5], shape: [1])), on: tape)
      tape.backward(from: y, seed: Tensor([10], shape: [1]))
      #expect(weight.gradient?.scalars == [Float(50 * pass)])
    }
    weight.gradient = nil
    let tape = Tape()
    let twice = product(tape.leaf(weight), tape.leaf(weight), on: tape)
    tape.backward(from: twice)
    #expect(weight.gradient?.scalars == [4])
  }

  @Test func whatNeedsNoGradientIsNeitherRecordedNorComputed() {
    let frozen = Parameter(name: "w", value: Tensor([2], shape: [1]), decays: true)
    frozen.isTrainable = false
    let tape = Tape()
    let x = tape.constant(Tensor([1], shape: [1]))
    let y = tape.record(x.value, inputs: [x, tape.leaf(frozen)]) { _, _ in
      Issue.record("backward of a constant")
      return [nil, nil]
    }
    #expect(!y.requiresGradient)
    let input = tape.input(Tensor([1], shape: [1]))
    let z = tape.record(x.value, inputs: [y, input]) { dOutput, needs in
      #expect(!needs[0] && needs[1])
      return [nil, dOutput]
    }
    tape.backward(from: z)
    #expect(tape.gradient(of: input)?.scalars == [1])
    #expect(frozen.gradient == nil)
  }

  @Test func aTapeThatDoesNotRecordHandsValuesOn() {
    let weight = Parameter(name: "w", value: Tensor([2], shape: [1]), decays: true)
    let tape = Tape(recording: .nothing)
    let y = scaled(tape.leaf(weight), by: 3, on: tape)
    #expect(y.value.scalars == [6] && !y.requiresGradient)
    #expect(!tape.input(weight.value).requiresGradient)
  }

  @Test func aTapeForInputsTakesParametersAsConstants() {
    let weight = Parameter(name: "w", value: Tensor([2], shape: [1]), decays: true)
    let tape = Tape(recording: .inputs)
    let x = tape.input(Tensor([3], shape: [1]))
    #expect(!tape.leaf(weight).requiresGradient)
    tape.backward(from: product(x, tape.leaf(weight), on: tape))
    #expect(tape.gradient(of: x)?.scalars == [2] && weight.gradient == nil)
  }

  @Test func retainedGradientsStayAndBranchesWithoutGradientAreSkipped() {
    let tape = Tape()
    let x = tape.input(Tensor([1, 2], shape: [2]))
    let kept = scaled(x, by: 2, on: tape)
    tape.retainGradient(of: kept)
    _ = tape.record(x.value, inputs: [kept]) { _, _ in
      Issue.record("backward of a branch that does not lead to the loss")
      return [nil]
    }
    let loss = scaled(kept, by: 5, on: tape)
    tape.backward(from: loss)
    #expect(tape.gradient(of: kept)?.scalars == [5, 5])
    #expect(tape.gradient(of: x)?.scalars == [10, 10])
  }

  private final class Witness: Sendable {}

  @Test func savedStateIsFreedAsBackwardConsumesIt() {
    let tape = Tape()
    let x = tape.input(Tensor([1], shape: [1]))
    weak var late: Witness?
    var y = x
    do {
      let early = Witness()
      y = tape.record(y.value, inputs: [y]) { dOutput, _ in
        withExtendedLifetime(early) {}
        #expect(late == nil, "the later operation's state is still held")
        return [dOutput]
      }
      let witness = Witness()
      late = witness
      y = tape.record(y.value, inputs: [y]) { dOutput, _ in
        withExtendedLifetime(witness) {}
        return [dOutput]
      }
    }
    #expect(late != nil)
    tape.backward(from: y)
    #expect(tape.gradient(of: x)?.scalars == [1])
  }

  @Test func accumulationInPlaceLeavesSharedTensorsAlone() {
    // Both branches hand on the very same tensor.
    let tape = Tape()
    let a = tape.input(Tensor([1, 1], shape: [2]))
    let b = tape.input(Tensor([1, 1], shape: [2]))
    let sum = tape.record(a.value, inputs: [a, b]) { dOutput, _ in [dOutput, dOutput] }
    let again = tape.record(a.value, inputs: [sum, a]) { dOutput, _ in [dOutput, dOutput] }
    tape.backward(from: again, seed: Tensor([1, 3], shape: [2]))
    #expect(tape.gradient(of: a)?.scalars == [2, 6])
    #expect(tape.gradient(of: b)?.scalars == [1, 3])
  }

  @Test func anOutputThatIsNotKeptIsComputedOnceOnTheWayBack() {
    let tape = Tape()
    let x = tape.input(Tensor([2], shape: [1]))
    var computed = 0
    let saved = SavedValue {
      computed += 1
      return Activations(Tensor([4], shape: [1]))
    }
    let double = tape.record(Tensor([4], shape: [1]), inputs: [x], saved: saved) { dOutput, _ in
      [Tensor([2 * dOutput[0]], shape: [1])]
    }
    var y = double
    for _ in 0..<2 {
      let (left, right) = (y.saved, double.saved)
      y = tape.record(Tensor([y.value[0] * 4], shape: [1]), inputs: [y, double]) { dOutput, _ in
        [
          Tensor([dOutput[0] * right.value[0]], shape: [1]), Tensor([dOutput[0] * left.value[0]], shape: [1]),
        ]
      }
    }
    #expect(computed == 0)
    tape.backward(from: y)
    // (2x)³ at 2.
    #expect(tape.gradient(of: x)?.scalars == [96])
    #expect(computed == 1)
  }
}
