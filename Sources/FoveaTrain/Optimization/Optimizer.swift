import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// Changes parameters along their gradients.
public protocol Optimizer: AnyObject {
  /// Updates every parameter that has a gradient, and leaves the gradients alone.
  ///
  /// - Parameters:
  ///   - learningRate: of this step.
  ///   - gradientScale: multiplies every gradient first.
  func step(learningRate: Double, gradientScale: Float)

  /// All that the next step depends on besides parameters and gradients: named tensors in the layout of the
  /// parameters in memory.
  var state: [(name: String, tensor: Tensor)] { get }

  /// How many steps were taken.
  var stepCount: Int { get }

  /// Goes on from a state.
  ///
  /// - Parameter tensor: the saved tensor of a name, of the shape that `state` has under it.
  func restore(stepCount: Int, tensor: (String) throws -> Tensor) rethrows
}

/// Stochastic gradient descent with momentum: PyTorch's `torch.optim.SGD` without dampening.
public final class SGD: Optimizer {
  private let parameters: [Parameter]
  private var velocities: [Tensor]
  public let momentum: Double
  public let nesterov: Bool
  public let weightDecay: Double
  /// Whether biases and normalisation parameters decay too.
  public let decaysAll: Bool
  public private(set) var stepCount = 0

  public init(
    _ parameters: [Parameter], momentum: Double = 0.9, nesterov: Bool = true, weightDecay: Double = 0,
    decaysAll: Bool = false
  ) {
    self.parameters = parameters
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.decaysAll = decaysAll
    velocities = momentum == 0 ? [] : parameters.map { Tensor(zeros: $0.value.shape) }
  }

  public func step(learningRate: Double, gradientScale: Float = 1) {
    stepCount += 1
    var unused = Tensor(zeros: [0])
    for (index, parameter) in parameters.enumerated() {
      guard let gradient = parameter.gradient else { continue }
      let step = OptimizerStep.SGD(
        learningRate: Float(learningRate), momentum: Float(momentum),
        weightDecay: parameter.decays || decaysAll ? Float(weightDecay) : 0, nesterov: nesterov,
        gradientScale: gradientScale)
      if momentum == 0 {
        OptimizerStep.apply(step, to: &parameter.value, gradient: gradient, velocity: &unused)
      } else {
        OptimizerStep.apply(step, to: &parameter.value, gradient: gradient, velocity: &velocities[index])
      }
    }
  }

  public var state: [(name: String, tensor: Tensor)] {
    zip(parameters, velocities).map { ("velocity.\($0.name)", $1) }
  }

  public func restore(stepCount: Int, tensor: (String) throws -> Tensor) rethrows {
    for index in velocities.indices {
      velocities[index] = try tensor("velocity.\(parameters[index].name)")
    }
    self.stepCount = stepCount
  }
}

/// Adam with decoupled weight decay: PyTorch's `torch.optim.AdamW`.
public final class AdamW: Optimizer {
  private let parameters: [Parameter]
  private var first: [Tensor]
  private var second: [Tensor]
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double
  public let weightDecay: Double
  /// Whether biases and normalisation parameters decay too.
  public let decaysAll: Bool
  public private(set) var stepCount = 0

  public init(
    _ parameters: [Parameter], beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, decaysAll: Bool = false
  ) {
    self.parameters = parameters
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decaysAll = decaysAll
    first = parameters.map { Tensor(zeros: $0.value.shape) }
    second = first.map { Tensor(zeros: $0.shape) }
  }

  public func step(learningRate: Double, gradientScale: Float = 1) {
    stepCount += 1
    for (index, parameter) in parameters.enumerated() {
      guard let gradient = parameter.gradient else { continue }
      let step = OptimizerStep.AdamW(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: parameter.decays || decaysAll ? weightDecay : 0, time: stepCount,
        gradientScale: gradientScale)
      OptimizerStep.apply(
        step, to: &parameter.value, gradient: gradient, first: &first[index], second: &second[index])
    }
  }

  public var state: [(name: String, tensor: Tensor)] {
    zip(parameters, first).map { ("first.\($0.name)", $1) }
      + zip(parameters, second).map { ("second.\($0.name)", $1) }
  }

  public func restore(stepCount: Int, tensor: (String) throws -> Tensor) rethrows {
    for (index, parameter) in parameters.enumerated() {
      first[index] = try tensor("first.\(parameter.name)")
      second[index] = try tensor("second.\(parameter.name)")
    }
    self.stepCount = stepCount
  }
}
