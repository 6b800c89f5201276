import FoveaAutodiff
import FoveaFormats
import FoveaTensor
import FoveaTestSupport
import Foundation
import Testing

@testable import FoveaNN

@Suite struct StateTests {
  private func names(_ state: [(name: String, value: StateValue)]) -> [String] { state.map(\.name) }

  private func bits(_ state: [(name: String, value: StateValue)]) -> [[UInt32]] {
    state.map { entry in
      switch entry.value {
      case .tensor(let tensor): tensor.scalars.map(\.bitPattern)
      case .count(let count): [UInt32(count)]
      }
    }
  }

  private func trained(_ configuration: NetworkConfiguration, seed: UInt64) throws -> Network {
    let network = try Network(configuration, seed: seed)
    NetworkTests.trainingPass(network, .random([2, 8, 8, 3], seed: 2))
    return network
  }

  @Test func namesAndShapesAreTheAuthors() throws {
    var configuration = NetworkTests.small()
    configuration.blocks = [1, 1]
    let shapes = Dictionary(
      uniqueKeysWithValues: try Network(configuration, seed: nil).stateShapes.map { ($0.name, $0.shape) })
    #expect(shapes["conv1.weight"] == [8, 3, 3, 3])
    #expect(shapes["bn1.num_batches_tracked"] == [])
    #expect(shapes["layer2.0.conv1.weight"] == [16, 8, 3, 3])
    #expect(shapes["layer2.0.downsample.0.weight"] == [16, 8, 1, 1])
    #expect(shapes["layer2.0.downsample.1.running_var"] == [16])
    #expect(shapes["layer2.0.cbam.ChannelGate.mlp.1.weight"] == [4, 16])
    #expect(shapes["layer2.0.cbam.ChannelGate.mlp.1.bias"] == [4])
    #expect(shapes["layer2.0.cbam.ChannelGate.mlp.3.weight"] == [16, 4])
    #expect(shapes["layer2.0.cbam.SpatialGate.spatial.conv.weight"] == [1, 2, 7, 7])
    #expect(shapes["layer2.0.cbam.SpatialGate.spatial.bn.running_mean"] == [1])
    #expect(shapes["fc.weight"] == [5, 16] && shapes["fc.bias"] == [5])
  }

  @Test func aStateGoesThroughAFileBitForBit() throws {
    let path =
      FileManager.default.temporaryDirectory.path + "/fovea-state-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for configuration in NetworkTests.configurations {
      let network = try trained(configuration, seed: 1)
      let state = network.stateTensors()
      try SafetensorsWriter.write(
        state.map { entry -> (name: String, content: TensorContent) in
          switch entry.value {
          case .tensor(let tensor): (entry.name, .floats(tensor))
          case .count(let count): (entry.name, .integer(count))
          }
        }, checksums: true, to: path)
      let file = try SafetensorsFile(contentsOf: path)
      let other = try Network(configuration, seed: 9)
      try other.load(entries: file.tensors.map { (name: $0.name, shape: Shape($0.shape)) }) { name in
        file[name]?.elementType == .int64
          ? .count(try file.integers(name)[0]) : .tensor(try file.tensor(name))
      }
      #expect(bits(other.stateTensors()) == bits(state) && names(other.stateTensors()) == names(state))
      let images = Tensor.random([2, 8, 8, 3], seed: 4)
      #expect(
        network(images, Context(.inference)).value.scalars == other(images, Context(.inference)).value.scalars
      )
    }
  }

  @Test func wrappersPrefixesAreDropped() throws {
    let network = try trained(NetworkTests.small(), seed: 1)
    for prefix in ["module.", "state_dict.", "state_dict.module."] {
      let other = try Network(NetworkTests.small(), seed: 2)
      try other.load(state: network.stateTensors().map { (name: prefix + $0.name, value: $0.value) })
      #expect(bits(other.stateTensors()) == bits(network.stateTensors()))
    }
  }

  @Test func countsOfBatchesMayBeAbsentAndTheLinearLayerMayBeCalledLinear() throws {
    let network = try trained(NetworkTests.small(), seed: 1)
    let other = try Network(NetworkTests.small(), seed: 2)
    try other.load(
      state: network.stateTensors().filter { !$0.name.hasSuffix("num_batches_tracked") }.map {
        (name: $0.name.replacing("fc.", with: "linear."), value: $0.value)
      })
    #expect(other.parameters.map(\.value.scalars) == network.parameters.map(\.value.scalars))
    #expect(other.counters.allSatisfy { $0.value == 0 })
  }

  /// timm's names, four-dimensional MLP weights and [mean, max] order, undone by hand.
  @Test func timmsAttentionIsConverted() throws {
    let configuration = NetworkTests.small { $0.attention?.variant = .timm }
    let network = try trained(configuration, seed: 1)
    let renamed = network.stateTensors().map { entry -> (name: String, value: StateValue) in
      guard case .tensor(let tensor) = entry.value else { return entry }
      var name = entry.name.replacing(".cbam.", with: ".se.")
      var value = tensor
      if name.contains("ChannelGate.mlp") {
        value = tensor.reshaped(Shape(tensor.shape.dimensions + [1, 1]))
      }
      if name.contains("spatial.conv.weight") {
        let scalars = tensor.scalars
        value = Tensor(Array(scalars[49...] + scalars[..<49]), shape: tensor.shape)
      }
      name = name.replacing("ChannelGate.mlp.1", with: "channel.fc1")
        .replacing("ChannelGate.mlp.3", with: "channel.fc2")
        .replacing("SpatialGate.spatial.conv.weight", with: "spatial.conv.conv.weight")
        .replacing("SpatialGate.spatial.bn", with: "spatial.conv.bn")
      return (name, .tensor(value))
    }
    let other = try Network(configuration, seed: 2)
    try other.load(state: renamed)
    #expect(other.parameters.map(\.value.scalars) == network.parameters.map(\.value.scalars))
    #expect(other.buffers.map(\.value.scalars) == network.buffers.map(\.value.scalars))
  }

  @Test func everythingThatDoesNotFitIsNamedAndNothingChanges() throws {
    let network = try trained(NetworkTests.small(), seed: 1)
    let before = bits(network.stateTensors())
    var state = try Network(NetworkTests.small(), seed: 2).stateTensors()
    state.removeAll { ["conv1.weight", "layer1.0.bn1.bias"].contains($0.name) }
    state.append((name: "layer9.0.conv1.weight", value: .tensor(Tensor(zeros: [1]))))
    state.append((name: "optimizer.step", value: .count(4)))
    let fc = state.firstIndex { $0.name == "fc.weight" }!
    state[fc].value = .tensor(Tensor(zeros: [7, 16]))
    let error = try #require(throws: StateError.self) { try network.load(state: state) }
    #expect(error.missing == ["conv1.weight", "layer1.0.bn1.bias"])
    #expect(error.superfluous == ["layer9.0.conv1.weight", "optimizer.step"])
    #expect(error.misshapen == [.init(name: "fc.weight", found: [7, 16], expected: [5, 16])])
    for name in error.missing + error.superfluous + ["fc.weight [7, 16], expected [5, 16]"] {
      #expect(error.description.contains(name))
    }
    #expect(bits(network.stateTensors()) == before)
    // Two names for one tensor: the second is superfluous, whatever their order.
    var doubled = network.stateTensors()
    doubled.append((name: "linear.bias", value: .tensor(Tensor(zeros: [5]))))
    #expect(
      try #require(throws: StateError.self) { try network.load(state: doubled) }.superfluous == [
        "linear.bias"
      ])
  }

  @Test func aFailedReadChangesNothing() throws {
    struct Stop: Error {}
    let network = try trained(NetworkTests.small(), seed: 1)
    let before = bits(network.stateTensors())
    let state = try Network(NetworkTests.small(), seed: 2).stateTensors()
    let values = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.value) })
    #expect(throws: Stop.self) {
      try network.load(entries: network.stateShapes) { name in
        if name == "fc.bias" { throw Stop() }
        return values[name]!
      }
    }
    #expect(bits(network.stateTensors()) == before)
  }

  @Test func aClassifierOfOtherClassesMayBeLeftOut() throws {
    let network = try trained(NetworkTests.small(), seed: 1)
    let other = try Network(NetworkTests.small { $0.classes = 3 }, seed: 2)
    let fresh = other.classifier.weight.value.scalars
    let error = #expect(throws: StateError.self) { try other.load(state: network.stateTensors()) }
    #expect(error?.description.contains("number of classes") == true)
    #expect(
      try other.load(state: network.stateTensors(), classifier: .ifFitting) == ["fc.weight", "fc.bias"])
    #expect(other.classifier.weight.value.scalars == fresh)
    #expect(other.parameters[0].value.scalars == network.parameters[0].value.scalars)
    #expect(try network.load(state: network.stateTensors(), classifier: .ifFitting).isEmpty)
  }
}
