import FoveaOps
import FoveaTensor
import FoveaTestSupport
import Testing

@Suite struct ConvolutionPlanTests {
  /// Layers of ResNets in a batch.
  static func geometries(batch: Int) throws -> [Conv2DGeometry] {
    let cases: [(size: Int, channels: Int, out: Int, kernel: Int, stride: Int)] = [
      (32, 3, 16, 3, 1), (32, 16, 16, 3, 1), (32, 16, 32, 3, 2), (16, 32, 32, 3, 1), (8, 64, 64, 3, 1),
      (56, 64, 64, 3, 1), (56, 64, 256, 1, 1), (56, 64, 128, 1, 2), (14, 256, 256, 3, 1), (7, 512, 512, 3, 1),
      (4, 512, 512, 3, 1), (2, 64, 64, 3, 1),
    ]
    return try cases.map {
      try Conv2DGeometry(
        input: [batch, $0.size, $0.size, $0.channels], outChannels: $0.out, kernel: Size2D($0.kernel),
        stride: Size2D($0.stride), padding: Size2D($0.kernel / 2))
    }
  }

  @Test func noPlanDependsOnTheThreads() throws {
    for batch in [1, 16, 128] {
      let geometries = try Self.geometries(batch: batch)
      let (one, all) = onOneAndAllThreads {
        geometries.flatMap { g in ConvolutionPlan.Product.allCases.map { ConvolutionPlan($0, of: g) } }
      }
      #expect(one == all, "batch \(batch)")
    }
  }

  @Test func theAlgorithmOfInferenceDoesNotDependOnTheBatch() throws {
    func algorithms(_ batch: Int) throws -> [ConvolutionPlan.Algorithm] {
      try Self.geometries(batch: batch).map { ConvolutionPlan(.forward, of: $0, isTraining: false).algorithm }
    }
    try withEachInstructionSet { set in
      let alone = try algorithms(1)
      #expect(alone.contains(.winograd4) && alone.contains(.direct))
      for batch in [2, 7, 32, 500] { #expect(try algorithms(batch) == alone, "\(set), batch \(batch)") }
    }
  }

  @Test func anOverrideHoldsWhereverItApplies() throws {
    for g in try Self.geometries(batch: 4) {
      let applies = g.kernel == Size2D(3) && g.stride == .one && g.inChannels.isMultiple(of: 16)
      for product in ConvolutionPlan.Product.allCases {
        func algorithm(_ policy: WinogradPolicy) -> ConvolutionPlan.Algorithm {
          ConvolutionPlan(product, of: g, engine: EngineOptions(winograd: policy)).algorithm
        }
        #expect(algorithm(.off) == .direct)
        #expect(algorithm(.f2) == (applies ? .winograd2 : .direct))
        #expect(algorithm(.f4) == (applies ? .winograd4 : .direct))
      }
    }
  }

  /// Where there is much work to save, tiles are large; where a single small map would have to carry the transforms of a
  /// large weight, they are not.
  @Test func theModelWeighsWorkAgainstTransforms() throws {
    let large = try Conv2DGeometry(
      input: [32, 32, 32, 64], outChannels: 64, kernel: Size2D(3), padding: Size2D(1))
    let small = try Conv2DGeometry(
      input: [1, 2, 2, 512], outChannels: 512, kernel: Size2D(3), padding: Size2D(1))
    withEachInstructionSet { set in
      for product in ConvolutionPlan.Product.allCases {
        #expect(ConvolutionPlan(product, of: large).algorithm == .winograd4, "\(set), \(product)")
        #expect(ConvolutionPlan(product, of: small).algorithm != .winograd4, "\(set), \(product)")
      }
    }
  }

  /// Where the weights are many times the source they are fetched once; else the pixels stay with their core.
  @Test func piecesFollowWeightsThatAreManyTimesTheSource() throws {
    let late = try Conv2DGeometry(input: [1, 7, 7, 2_048], outChannels: 512, kernel: .one)
    let others = try [
      Conv2DGeometry(input: [1, 14, 14, 256], outChannels: 1_024, kernel: .one),
      Conv2DGeometry(input: [8, 56, 56, 256], outChannels: 64, kernel: .one),
    ]
    withEachInstructionSet { set in
      #expect(ConvolutionPlan(.forward, of: late).followsPanels, "\(set)")
      for g in others { #expect(!ConvolutionPlan(.forward, of: g).followsPanels, "\(set), \(g)") }
    }
  }

  /// What a plan says is what is done: forced to the same algorithm, the products have the same bits.
  @Test func theProductsDoWhatThePlanSays() throws {
    for g in try Self.geometries(batch: 2) where g.inHeight <= 16 {
      let x = Tensor.random(g.inputShape, seed: 1)
      let w = Tensor.random(g.weightShape, seed: 2)
      let d = Tensor.random(g.outputShape, seed: 3)
      func product(_ product: ConvolutionPlan.Product, _ engine: EngineOptions) -> [UInt32] {
        switch product {
        case .forward:
          Conv2D.forwardWithStatistics(x, weight: w, geometry: g, engine: engine).output.bits
        case .inputGradient: Conv2D.backwardInput(d, weight: w, geometry: g, engine: engine).bits
        case .weightGradient: Conv2D.backwardWeight(d, input: x, geometry: g, engine: engine).bits
        }
      }
      withKernelsHeld {
        for kind in ConvolutionPlan.Product.allCases {
          let policy: WinogradPolicy =
            switch ConvolutionPlan(kind, of: g).algorithm {
            case .direct, .depthwise: .off
            case .winograd2: .f2
            case .winograd4: .f4
            }
          #expect(
            product(kind, EngineOptions()) == product(kind, EngineOptions(winograd: policy)), "\(g) \(kind)")
        }
      }
    }
  }
}
