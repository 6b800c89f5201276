import FoveaOps
import FoveaTensor

/// Records coarse operations as they run, and runs them backwards to get gradients.
///
/// An operation is recorded with its output, its inputs and a closure that turns the output's gradient into those of
/// the inputs. What the closure holds is freed as backward consumes it, so that memory falls while gradients flow.
/// Gradients that meet at one variable are summed in the reverse order of recording: always the same one. A tape
/// serves one forward and one backward pass, on one thread.
public final class Tape {
  /// Turns the gradient of an operation's output into the gradients of its inputs: one each in the order of recording,
  /// nil for those that are not needed. The output's gradient is the operation's own, and may become that of an input in its
  /// place.
  public typealias Backward = (_ dOutput: inout Tensor, _ needs: Needs) -> [Tensor?]

  private struct Node {
    var inputs: [Int?] = []
    var needs: Needs?
    var backward: Backward?
    var parameter: Parameter?
    var shape: Shape
    var retainsGradient = false
    var gradient: Tensor?
  }

  /// What gradients are wanted of.
  public enum Recording: Sendable {
    /// Parameters and inputs: for training.
    case everything
    /// Inputs alone: parameters are constants, and what only their gradients would need is not computed.
    case inputs
    /// Nothing: the tape hands values on, for inference.
    case nothing
  }

  public let recording: Recording
  private var nodes: [Node] = []
  private var leaves: [ObjectIdentifier: Int] = [:]
  private var isConsumed = false

  public init(recording: Recording = .everything) {
    self.recording = recording
  }

  /// A value that no gradient goes through.
  public func constant(_ value: Tensor) -> Variable {
    constant(Activations(value))
  }

  func constant(_ value: Activations) -> Variable {
    Variable(activations: value, saved: SavedValue(value), node: nil, tape: ObjectIdentifier(self))
  }

  /// A parameter's value; its gradient is added to `parameter.gradient`. Asked for twice, it is the same variable.
  public func leaf(_ parameter: Parameter) -> Variable {
    guard recording == .everything, parameter.isTrainable else { return constant(parameter.value) }
    let id = ObjectIdentifier(parameter)
    let value = Activations(parameter.value)
    if let node = leaves[id] { return variable(value, node) }
    let leaf = append(Node(parameter: parameter, shape: value.shape), value)
    leaves[id] = leaf.node
    return leaf
  }

  /// An input whose gradient `gradient(of:)` gives after backward.
  public func input(_ value: Tensor) -> Variable {
    guard recording != .nothing else { return constant(value) }
    return append(Node(shape: value.shape, retainsGradient: true), Activations(value))
  }

  /// Records one operation. Where no input wants a gradient the output is a constant, and `backward` and what it holds
  /// are dropped at once.
  ///
  /// - Parameters:
  ///   - saved: the output for operations that need it in their backward; nil for the output itself.
  ///   - backward: should hold values by what is saved of them.
  public func record(
    _ output: Tensor, inputs: [Variable], saved: SavedValue? = nil, backward: @escaping Backward
  ) -> Variable {
    record(Activations(output), inputs: inputs, saved: saved, backward: backward)
  }

  /// The same for an output that may be stored in bf16.
  public func record(
    _ output: Activations, inputs: [Variable], saved: SavedValue? = nil, backward: @escaping Backward
  ) -> Variable {
    precondition(!isConsumed, "an operation after the backward pass: a tape serves one pass")
    for input in inputs {
      precondition(input.tape == ObjectIdentifier(self), "an input from another tape")
    }
    guard inputs.contains(where: \.requiresGradient) else { return constant(output) }
    let node = Node(
      inputs: inputs.map(\.node), needs: Needs(inputs), backward: backward, shape: output.shape)
    return append(node, output, saved)
  }

  /// Makes backward keep the gradient of a variable, for `gradient(of:)`.
  public func retainGradient(of variable: Variable) {
    guard let node = variable.node else { return }
    nodes[node].retainsGradient = true
  }

  /// Runs the recorded operations backwards, from the last to the first.
  ///
  /// - Parameters:
  ///   - output: where to start, a loss of shape [] as a rule.
  ///   - seed: the gradient of `output`, of its shape; ones if nil.
  /// - Precondition: the first backward pass of this tape.
  public func backward(from output: Variable, seed: Tensor? = nil) {
    precondition(!isConsumed, "a second backward pass: a tape serves one")
    isConsumed = true
    guard let last = output.node else { return }
    let seed = seed ?? Tensor(repeating: 1, shape: output.shape)
    precondition(seed.shape == output.shape, "seed \(seed.shape) for an output \(output.shape)")
    nodes[last].gradient = seed
    for index in stride(from: nodes.count - 1, through: 0, by: -1) { consume(index) }
  }

  /// The gradient of an `input`, or of a variable given to `retainGradient`; nil if none reached it.
  public func gradient(of variable: Variable) -> Tensor? {
    precondition(variable.tape == ObjectIdentifier(self), "a variable of another tape")
    return variable.node.flatMap { nodes[$0].gradient }
  }

  private func consume(_ index: Int) {
    let backward = nodes[index].backward
    nodes[index].backward = nil
    guard var gradient = nodes[index].gradient else { return }
    if !nodes[index].retainsGradient { nodes[index].gradient = nil }
    if let parameter = nodes[index].parameter {
      Self.add(gradient, to: &parameter.gradient)
    }
    guard let backward, let needs = nodes[index].needs else { return }
    let inputs = nodes[index].inputs
    let gradients = backward(&gradient, needs)
    precondition(gradients.count == inputs.count, "\(gradients.count) gradients for \(inputs.count) inputs")
    for (position, input) in inputs.enumerated() {
      guard let input, let dInput = gradients[position] else { continue }
      precondition(
        dInput.shape == nodes[input].shape, "gradient \(dInput.shape) for a value \(nodes[input].shape)")
      Self.add(dInput, to: &nodes[input].gradient)
    }
  }

  private static func add(_ gradient: Tensor, to sum: inout Tensor?) {
    guard var total = sum.take() else {
      sum = gradient
      return
    }
    Accumulation.add(gradient, into: &total)
    sum = total
  }

  private func append(_ node: Node, _ value: Activations, _ saved: SavedValue? = nil) -> Variable {
    nodes.append(node)
    return variable(value, nodes.count - 1, saved)
  }

  private func variable(_ value: Activations, _ node: Int, _ saved: SavedValue? = nil) -> Variable {
    Variable(activations: value, saved: saved ?? SavedValue(value), node: node, tape: ObjectIdentifier(self))
  }
}
