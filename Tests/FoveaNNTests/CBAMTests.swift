import FoveaAutodiff
import FoveaTensor
import FoveaTestSupport
import Foundation
import Testing

@testable import FoveaNN

/// Every setting of the attention module against its reference in double precision: maps, output and all gradients.
@Suite struct CBAMTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var configuration = CBAMConfiguration()
    var shape: Shape = [2, 4, 5, 6]
    var isTraining = true
    var testDescription: String {
      let c = configuration
      return "\(c.variant) \(c.gates) \(c.order) \(c.channelPools.map(\.rawValue)) \(c.spatialPools) "
        + "\(c.spatialKernel) /\(c.reduction) \(shape) \(isTraining ? "training" : "inference")"
    }
  }

  static func make(_ change: (inout Case) -> Void) -> Case {
    var test = Case()
    test.configuration.reduction = 3
    test.configuration.spatialGammaStart = 0.8
    change(&test)
    // There it would have no effect, which is refused.
    if test.configuration.variant == .paper { test.configuration.spatialGammaStart = nil }
    return test
  }

  static let settings: [Case] =
    CBAMConfiguration.Variant.allCases.flatMap { variant in
      CBAMConfiguration.Order.allCases.map { order in
        make {
          $0.configuration.variant = variant
          $0.configuration.order = order
        }
      }
    }
    + CBAMConfiguration.Gates.allCases.map { gates in make { $0.configuration.gates = gates } }
    + [[.avg], [.max], [.max, .avg]].map { pools in make { $0.configuration.channelPools = pools } }
    + [
      make { $0.configuration.spatialKernel = 3 },
      make { $0.configuration.spatialPools = .learned },
      make {
        $0.configuration.spatialPools = .learned
        $0.configuration.spatialKernel = 3
        $0.configuration.variant = .paper
      },
      make { $0.shape = [3, 1, 1, 1] },
      make { $0.shape = [1, 9, 2, 17] },
      make { $0.shape = [2, 3, 3, 40] },
    ]

  static let cases =
    settings
    + settings.map {
      var test = $0; test.isTraining = false; return test
    }

  @Test(arguments: cases, GoldenNetworkTests.paths)
  func equalsItsReference(_ test: Case, _ path: Context.GatePath) throws {
    let (module, store) = build(test)
    let input = Tensor.random(test.shape, seed: 1)
    let upstream = Tensor.random(test.shape, seed: 2)
    let reference = reference(test, store)
    let context = Context(test.isTraining ? .training(seed: 0, step: 0) : .inference, recording: .everything)
    context.gatePath = path
    context.recordsAttention = true
    let x = context.tape.input(input)
    let output = module(x, block: "b", context)
    context.tape.backward(from: output, seed: upstream)

    let expected = reference.forward(doubles(input))
    expectClose(output.value, tensor(expected.output, test.shape), relative: 1e-5)
    let record = try #require(context.attention.first)
    let (n, h, w, c) = (test.shape[0], test.shape[1], test.shape[2], test.shape[3])
    #expect(record.channel?.shape == (expected.channel.isEmpty ? nil : [n, c]))
    #expect(record.spatial?.shape == (expected.spatial.isEmpty ? nil : [n, h, w, 1]))
    if let map = record.channel { expectClose(map, tensor(expected.channel, map.shape), relative: 1e-5) }
    if let map = record.spatial { expectClose(map, tensor(expected.spatial, map.shape), relative: 1e-5) }

    let dInput = differences(doubles(input), doubles(upstream)) { reference.forward($0).output }
    expectClose(
      try #require(context.tape.gradient(of: x)), tensor(dInput, test.shape), relative: 1e-4, absolute: 1e-5)
    for parameter in store.parameters {
      let gradient = differences(doubles(parameter.value), doubles(upstream)) { values in
        var changed = reference
        changed.parameters[parameter.name] = values
        return changed.forward(doubles(input)).output
      }
      expectClose(
        try #require(parameter.gradient), tensor(gradient, parameter.value.shape), relative: 1e-4,
        absolute: 1e-5, parameter.name)
    }
  }

  /// The running statistics of the spatial normalisation move by its momentum towards mean and unbiased variance.
  @Test(arguments: [CBAMConfiguration.Variant.official, .timm], GoldenNetworkTests.paths)
  func trainingMovesTheRunningStatistics(_ variant: CBAMConfiguration.Variant, _ path: Context.GatePath)
    throws
  {
    let test = Self.make { $0.configuration.variant = variant }
    let (module, store) = build(test)
    let before = store.buffers.map { $0.value[0] }
    var moved: [Float] = []
    let momentum: Float = variant == .official ? 0.01 : 0.1
    for mode in [Mode.training(seed: 0, step: 0), .inference] {
      let context = Context(mode)
      context.gatePath = path
      _ = module(context.tape.constant(.random(test.shape, seed: 1)), block: "", context)
      moved.append(contentsOf: store.buffers.map { $0.value[0] })
    }
    #expect(store.counters.map(\.value) == [1])
    #expect(moved[0...1] == moved[2...3], "inference moves nothing")
    let z = convolutionOutput(test, store)
    let mean = z.reduce(0, +) / Double(z.count)
    let variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(z.count - 1)
    #expect(abs(moved[0] - ((1 - momentum) * before[0] + momentum * Float(mean))) < 1e-5)
    #expect(abs(moved[1] - ((1 - momentum) * before[1] + momentum * Float(variance))) < 1e-5)
  }

  /// What goes into the spatial normalisation, recovered from the reference's map: with gamma 1, beta 0 and running
  /// statistics 0 and 1 the map is the sigmoid of it, but for epsilon.
  private func convolutionOutput(_ test: Case, _ store: ParameterStore) -> [Double] {
    var inference = test
    inference.isTraining = false
    var reference = reference(inference, store)
    reference.parameters["SpatialGate.spatial.bn.weight"] = [1]
    reference.parameters["SpatialGate.spatial.bn.bias"] = [0]
    reference.running = (0, 1 - 1e-5)
    let map = reference.forward(doubles(.random(test.shape, seed: 1))).spatial
    return map.map { log($0 / (1 - $0)) }
  }

  private func build(_ test: Case) -> (CBAM, ParameterStore) {
    let store = ParameterStore(seed: 5)
    let module = CBAM(store.root, channels: test.shape[3], test.configuration)
    for (index, parameter) in store.parameters.enumerated() where parameter.value.shape.rank == 1 {
      // Biases and beta that are not 0, and a gamma of its own.
      let shift = Tensor.random(parameter.value.shape, seed: UInt64(100 + index))
      parameter.value = Tensor(
        zip(parameter.value.scalars, shift.scalars).map { $0 + 0.3 * $1 }, shape: shift.shape)
    }
    for buffer in store.buffers { buffer.value[0] = buffer.name.hasSuffix("var") ? 0.7 : 0.2 }
    return (module, store)
  }

  private func reference(_ test: Case, _ store: ParameterStore) -> CBAMReference {
    var reference = CBAMReference(
      configuration: test.configuration, images: test.shape[0], height: test.shape[1], width: test.shape[2],
      channels: test.shape[3], isTraining: test.isTraining,
      parameters: Dictionary(uniqueKeysWithValues: store.parameters.map { ($0.name, doubles($0.value)) }))
    reference.running = (Double(Float(0.2)), Double(Float(0.7)))
    return reference
  }

  /// d⟨f(x), upstream⟩/dx by central differences.
  private func differences(_ x: [Double], _ upstream: [Double], _ f: ([Double]) -> [Double]) -> [Double] {
    let step = 1e-6
    func inner(_ x: [Double]) -> Double { zip(f(x), upstream).reduce(0) { $0 + $1.0 * $1.1 } }
    return x.indices.map { i in
      var (above, below) = (x, x)
      above[i] += step
      below[i] -= step
      return (inner(above) - inner(below)) / (2 * step)
    }
  }

  private func doubles(_ tensor: Tensor) -> [Double] { tensor.scalars.map { Double($0) } }
  private func tensor(_ values: [Double], _ shape: Shape) -> Tensor {
    Tensor(values.map { Float($0) }, shape: shape)
  }
}
