import FoveaTensor

/// A tensor that training changes, with the gradient that the last backward passes left.
public final class Parameter {
  /// Its name in files: `layer1.0.conv1.weight`.
  public let name: String
  public var value: Tensor
  /// The sum of the gradients of all backward passes since it was last set to nil.
  public var gradient: Tensor?
  /// Whether weight decay applies by default: to weights, not to biases and normalisation parameters.
  public let decays: Bool
  /// A frozen parameter gets no gradient, and what only its gradient would need is not computed.
  public var isTrainable = true

  public init(name: String, value: Tensor, decays: Bool) {
    self.name = name
    self.value = value
    self.decays = decays
  }
}
