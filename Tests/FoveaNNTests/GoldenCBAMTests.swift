import FoveaAutodiff
import FoveaFormats
import FoveaTensor
import FoveaTestSupport
import Testing

@testable import FoveaNN

/// One attention module against PyTorch, element by element.
@Suite struct GoldenCBAMTests {
  static let cases = ["cbam-16x5x5-r4", "cbam-32x9x7-r16"].flatMap { name in
    ["eval", "train"].flatMap { mode in GoldenNetworkTests.paths.map { (name, mode, $0) } }
  }

  @Test(arguments: cases)
  func outputAndEveryGradient(_ name: String, _ mode: String, _ path: Context.GatePath) throws {
    let golden = try Golden(name)
    let input = try golden.activation("input")
    var configuration = CBAMConfiguration()
    configuration.reduction = Int(golden.file.metadata["reduction"]!)!
    let store = ParameterStore(seed: nil)
    let module = CBAM(store.root, channels: input.shape[3], configuration)
    try load(golden.state("param."), into: store)

    let context = Context(
      mode == "train" ? .training(seed: 0, step: 0) : .inference, recording: .everything)
    context.gatePath = path
    let x = context.tape.input(input)
    let output = module(x, block: "", context)
    expectClose(output.value, try golden.activation("\(mode).output"), relative: 3e-6)
    context.tape.backward(from: output, seed: try golden.activation("upstream"))
    expectClose(
      try #require(context.tape.gradient(of: x)), try golden.activation("\(mode).input_grad"), relative: 3e-6)
    let gradients = try golden.state("\(mode).grad.")
    #expect(gradients.count == store.parameters.count)
    for entry in store.entries {
      switch entry {
      case .parameter(let parameter, let layout):
        let found = layout.toFile(try #require(parameter.gradient))
        expectClose(found, try golden["\(mode).grad.\(parameter.name)"], relative: 1e-5, parameter.name)
      case .buffer(let buffer) where mode == "train":
        expectClose(buffer.value, try golden["train.after.\(buffer.name)"], relative: 1e-6, buffer.name)
      default: break
      }
    }
  }

  private func load(_ state: [(name: String, value: StateValue)], into store: ParameterStore) throws {
    let values = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.value) })
    for entry in store.entries where !entry.isCounter {
      guard case .tensor(let tensor) = try #require(values[entry.name]) else { continue }
      switch entry {
      case .parameter(let parameter, let layout): parameter.value = layout.fromFile(tensor)
      case .buffer(let buffer): buffer.value = tensor
      case .counter: break
      }
    }
  }
}
