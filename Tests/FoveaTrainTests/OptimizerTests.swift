import FoveaAutodiff
import FoveaTensor
import FoveaTestSupport
import Foundation
import Testing

@testable import FoveaTrain

/// Recorded from PyTorch by Goldens/make_goldens.py.
private struct OptimizerGolden: Decodable {
  let name: String
  /// The weight and the bias.
  let start: [[Float]]
  /// By step, then weight and bias.
  let gradients: [[[Float]]]
  let results: [[[Float]]]
  let norms: [Double]

  static let all: [String: OptimizerGolden] = {
    let list = try! JSONDecoder().decode([OptimizerGolden].self, from: golden("optimizers"))
    return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
  }()
}

private func golden(_ name: String) throws -> Data {
  try Data(contentsOf: URL(fileURLWithPath: Bundle.module.resourcePath! + "/Goldens/\(name).json"))
}

private func vector(_ scalars: [Float]) -> Tensor { Tensor(scalars, shape: [scalars.count]) }

@Suite struct OptimizerTests {
  /// Takes the golden's steps and compares every element after each.
  private func check(
    _ name: String, clipNorm: Double? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ make: ([Parameter]) -> any FoveaTrain.Optimizer
  ) throws {
    let golden = try #require(OptimizerGolden.all[name], sourceLocation: sourceLocation)
    let parameters = [
      Parameter(name: "weight", value: vector(golden.start[0]), decays: true),
      Parameter(name: "bias", value: vector(golden.start[1]), decays: false),
    ]
    let optimizer = make(parameters)
    for (step, gradients) in golden.gradients.enumerated() {
      for (parameter, gradient) in zip(parameters, gradients) { parameter.gradient = vector(gradient) }
      let norm = GradientNorm.global(parameters)
      if clipNorm != nil {
        #expect(abs(norm - golden.norms[step]) < 1e-5 * norm, sourceLocation: sourceLocation)
      }
      optimizer.step(
        learningRate: 0.1 / Double(step + 1),
        gradientScale: GradientNorm.clipScale(norm: norm, limit: clipNorm))
      for (parameter, expected) in zip(parameters, golden.results[step]) {
        expectClose(
          parameter.value, vector(expected), relative: 1e-6, "\(name) step \(step) \(parameter.name)",
          sourceLocation: sourceLocation)
      }
    }
    #expect(optimizer.stepCount == golden.gradients.count, sourceLocation: sourceLocation)
  }

  @Test func sgdIsPyTorchs() throws {
    try check("sgd_plain") { SGD($0, momentum: 0, nesterov: false, weightDecay: 0.01) }
    try check("sgd_momentum") { SGD($0, momentum: 0.9, nesterov: false, weightDecay: 0.01) }
    try check("sgd_nesterov") { SGD($0, momentum: 0.9, nesterov: true, weightDecay: 0.01) }
  }

  @Test func clippingIsPyTorchs() throws {
    try check("sgd_nesterov_clipped", clipNorm: 2) { SGD($0, momentum: 0.9, nesterov: true) }
    #expect(GradientNorm.clipScale(norm: 3, limit: nil) == 1)
    #expect(GradientNorm.clipScale(norm: 0.5, limit: 1) == 1)
  }

  @Test func adamWIsPyTorchs() throws {
    try check("adamw") { AdamW($0, weightDecay: 0.05) }
    try check("adamw_decay_all") {
      AdamW($0, beta1: 0.8, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.05, decaysAll: true)
    }
  }

  @Test(arguments: [false, true])
  func aRestoredOptimizerGoesOnWithTheSameBits(_ adam: Bool) throws {
    func make(_ parameters: [Parameter]) -> any FoveaTrain.Optimizer {
      adam ? AdamW(parameters, weightDecay: 0.1) : SGD(parameters, weightDecay: 0.1)
    }
    func step(_ optimizer: any FoveaTrain.Optimizer, _ parameter: Parameter, _ number: Int) {
      parameter.gradient = .random([99], seed: UInt64(number))
      optimizer.step(learningRate: 0.01, gradientScale: 1)
    }
    let whole = Parameter(name: "p", value: .random([99], seed: 50), decays: true)
    let first = make([whole])
    for number in 0..<4 { step(first, whole, number) }
    let saved = Dictionary(uniqueKeysWithValues: first.state.map { ($0.name, $0.tensor) })
    let resumed = Parameter(name: "p", value: whole.value, decays: true)
    let second = make([resumed])
    second.restore(stepCount: first.stepCount) { saved[$0]! }
    for number in 4..<8 {
      step(first, whole, number)
      step(second, resumed, number)
    }
    #expect(whole.value.scalars == resumed.value.scalars)
  }

  @Test func longParametersAreStepped() {
    // Longer than one piece of work, and not a multiple of a vector.
    let count = (1 << 16) + 13
    let parameter = Parameter(name: "p", value: Tensor(zeros: [count]), decays: true)
    parameter.gradient = Tensor((0..<count).map { Float($0 % 17) }, shape: [count])
    SGD([parameter], momentum: 0, nesterov: false).step(learningRate: 0.5, gradientScale: 2)
    #expect(parameter.value.scalars == (0..<count).map { -Float($0 % 17) })
    let squares = (0..<count).map { Double(($0 % 17) * ($0 % 17)) }
    #expect(GradientNorm.global([parameter]) == squares.reduce(0, +).squareRoot())
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func badGradientsShowInTheNorm(_ bad: Float) {
    let parameter = Parameter(name: "p", value: Tensor(zeros: [70]), decays: true)
    for place in [0, 33, 69] {
      var gradient = Tensor(repeating: 1, shape: [70])
      gradient[place] = bad
      parameter.gradient = gradient
      #expect(!GradientNorm.global([parameter]).isFinite)
    }
  }

  @Test func theAverageFollowsWithARisingDecay() {
    var average = WeightAverage(decay: 0.5, values: [vector([0, 8])])
    average.update([vector([11, 8])], step: 1)  // decay min(0.5, 2/11)
    expectClose(average.values[0], vector([9, 8]), relative: 1e-6)
    average.update([vector([1, 8])], step: 100)  // decay 0.5
    expectClose(average.values[0], vector([5, 8]), relative: 1e-6)
  }
}

@Suite struct ScheduleTests {
  private static let goldens = try! JSONDecoder().decode([String: [Double]].self, from: golden("schedules"))

  private func check(_ name: String, _ schedule: Schedule) throws {
    let expected = try #require(Self.goldens[name])
    for (step, rate) in expected.enumerated() {
      #expect(abs(schedule.rate(atStep: step) - rate) < 1e-9 * 0.4 + 1e-6 * rate, "\(name) step \(step)")
    }
  }

  @Test func valuesArePyTorchs() throws {
    var cosine = Schedule(kind: .cosine, baseRate: 0.4, totalSteps: 20)
    cosine.finalFraction = 0.1
    try check("cosine", cosine)
    try check("onecycle", Schedule(kind: .oneCycle, baseRate: 0.4, totalSteps: 20))
    var step = Schedule(kind: .step, baseRate: 0.4, totalSteps: 20)
    step.milestones = [5, 12]
    try check("step", step)
  }

  @Test(arguments: Schedule.Kind.allCases)
  func warmupRisesInALineToTheFirstRate(_ kind: Schedule.Kind) {
    var schedule = Schedule(kind: kind, baseRate: 1, totalSteps: 30, warmupSteps: 10)
    schedule.warmupStart = 0.2
    schedule.milestones = [20]
    let target = Schedule(kind: kind, baseRate: 1, totalSteps: 20).rate(atStep: 0)
    for step in 0..<10 {
      #expect(abs(schedule.rate(atStep: step) - target * (0.2 + 0.08 * Double(step))) < 1e-12)
    }
    #expect(schedule.rate(atStep: 10) == target)
    if kind == .step { #expect(schedule.rate(atStep: 19) == 1 && schedule.rate(atStep: 20) == 0.1) }
    #expect(schedule.rate(atStep: 1000).isFinite)
  }

  @Test(arguments: Schedule.Kind.allCases)
  func shortRunsHaveFiniteRates(_ kind: Schedule.Kind) {
    for total in 0...4 {
      for warmup in 0...5 {
        let schedule = Schedule(kind: kind, baseRate: 1, totalSteps: total, warmupSteps: warmup)
        for step in 0...5 { #expect((0...1).contains(schedule.rate(atStep: step))) }
      }
    }
  }
}
