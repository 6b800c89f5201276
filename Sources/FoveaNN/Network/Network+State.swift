import FoveaAutodiff
import FoveaTensor

extension Network {
  /// How strict loading is about the classifier.
  public enum ClassifierLoading: Sendable {
    case required
    /// Where `fc.weight` or `fc.bias` is missing or has another shape, the network keeps its own: for going on from a
    /// network trained on other classes.
    case ifFitting
  }

  /// All parameters, running statistics and counts, named and laid out as in the authors' PyTorch code.
  public func stateTensors() -> [(name: String, value: StateValue)] {
    store.entries.map { entry in
      switch entry {
      case .parameter(let parameter, let layout):
        (parameter.name, .tensor(layout.toFile(parameter.value)))
      case .buffer(let buffer): (buffer.name, .tensor(buffer.value))
      case .counter(let counter): (counter.name, .count(counter.value))
      }
    }
  }

  /// The names and shapes of `stateTensors()`.
  public var stateShapes: [(name: String, shape: Shape)] {
    store.entries.map { ($0.name, $0.fileShape) }
  }

  /// Takes over a state: this network's own, or one under the names of other programs (see the guide on file formats).
  ///
  /// - Throws: `StateError` with all that does not fit; the network is then unchanged.
  /// - Returns: the names of the classifier's parameters that were left as they are, with `.ifFitting`.
  @discardableResult
  public func load(
    state: [(name: String, value: StateValue)], classifier: ClassifierLoading = .required
  ) throws(StateError) -> [String] {
    let values = Dictionary(state.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let plan = try plan(state.map { ($0.name, $0.value.shape) }, classifier)
    for step in plan.steps { assign(Self.prepared(values[step.source.original]!, step), step) }
    return plan.kept
  }

  /// Takes over a state that is read tensor by tensor, after all names and shapes are known to fit: for files.
  ///
  /// - Parameters:
  ///   - entries: the names and shapes of what there is.
  ///   - read: gives an entry's value, of the shape declared.
  /// - Throws: `StateError`, or what `read` throws; the network is then unchanged.
  @discardableResult
  public func load(
    entries: [(name: String, shape: Shape)], classifier: ClassifierLoading = .required,
    read: (String) throws -> StateValue
  ) throws -> [String] {
    let plan = try plan(entries, classifier)
    // Each is laid out as it is read, so that one file's tensor at a time is held twice.
    let values = try plan.steps.map { Self.prepared(try read($0.source.original), $0) }
    for (step, value) in zip(plan.steps, values) { assign(value, step) }
    return plan.kept
  }

  /// Takes over a state but for some parameters, which stay as they are and are read when they are asked for.
  ///
  /// - Parameters:
  ///   - entries: the names and shapes of what there is.
  ///   - later: parameters of this network.
  ///   - read: gives an entry's value, of the shape declared.
  /// - Throws: `StateError`, or what `read` throws; the network is then unchanged.
  /// - Returns: the value of one of those left out.
  func load(
    entries: [(name: String, shape: Shape)], leaving later: [Parameter],
    read: @escaping (String) throws -> StateValue
  ) throws -> (Parameter) throws -> Tensor {
    let plan = try plan(entries, .required)
    let names = Set(later.map(\.name))
    let now = plan.steps.filter { !names.contains($0.entry.name) }
    let values = try now.map { Self.prepared(try read($0.source.original), $0) }
    for (step, value) in zip(now, values) { assign(value, step) }
    let steps = Dictionary(
      uniqueKeysWithValues: plan.steps.lazy.filter { names.contains($0.entry.name) }.map {
        ($0.entry.name, $0)
      })
    return { parameter in
      let step = steps[parameter.name]!
      guard case .tensor(let tensor) = Self.prepared(try read(step.source.original), step) else {
        preconditionFailure("\(parameter.name): declared as a tensor, read as a count")
      }
      return tensor
    }
  }

  private struct Step {
    let entry: ParameterStore.Entry
    let source: StateNames.Source
  }

  private func plan(
    _ entries: [(name: String, shape: Shape)], _ classifier: ClassifierLoading
  ) throws(StateError) -> (steps: [Step], kept: [String]) {
    let shapes = Dictionary(entries.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    var sources = StateNames.resolve(entries.map(\.name))
    var error = StateError()
    var steps: [Step] = []
    var kept: [String] = []
    for entry in store.entries {
      let isLenient = classifier == .ifFitting && entry.name.hasPrefix("fc.")
      guard let source = sources.removeValue(forKey: entry.name) else {
        if isLenient {
          kept.append(entry.name)
        } else if !entry.isCounter {
          error.missing.append(entry.name)
        }
        continue
      }
      let found = StateNames.shape(shapes[source.original]!, after: source.conversion)
      if found == entry.fileShape || entry.isCounter && found.count == 1 {
        steps.append(Step(entry: entry, source: source))
      } else if isLenient {
        kept.append(entry.name)
      } else {
        error.misshapen.append(.init(name: source.original, found: found, expected: entry.fileShape))
      }
    }
    error.superfluous = sources.values.map(\.original).sorted()
    // A classifier of which only a half fits is none.
    if !kept.isEmpty {
      steps.removeAll { $0.entry.name.hasPrefix("fc.") }
      kept = store.entries.map(\.name).filter { $0.hasPrefix("fc.") }
    }
    if !error.isEmpty { throw error }
    return (steps, kept)
  }

  /// A value in the layout of memory.
  private static func prepared(_ value: StateValue, _ step: Step) -> StateValue {
    guard case .parameter(_, let layout) = step.entry, case .tensor(let tensor) = value else { return value }
    return .tensor(layout.fromFile(StateNames.convert(tensor, step.source.conversion)))
  }

  private func assign(_ value: StateValue, _ step: Step) {
    switch (step.entry, value) {
    case (.parameter(let parameter, _), .tensor(let tensor)):
      precondition(tensor.shape == parameter.value.shape, "\(parameter.name): read as \(tensor.shape)")
      parameter.value = tensor
    case (.buffer(let buffer), .tensor(let tensor)):
      precondition(tensor.shape == buffer.value.shape, "\(buffer.name): read as \(tensor.shape)")
      buffer.value = tensor
    case (.counter(let counter), .count(let count)): counter.value = count
    case (.counter(let counter), .tensor(let tensor)):
      // Some exporters write the count as a float.
      counter.value = Int64(exactly: tensor[0].rounded()) ?? 0
    case (.parameter, .count), (.buffer, .count):
      preconditionFailure("\(step.source.original): declared as a tensor, read as a count")
    }
  }
}

extension ParameterStore.Entry {
  var name: String {
    switch self {
    case .parameter(let parameter, _): parameter.name
    case .buffer(let buffer): buffer.name
    case .counter(let counter): counter.name
    }
  }

  /// The shape that it has in files.
  var fileShape: Shape {
    switch self {
    case .parameter(let parameter, let layout): layout.fileShape(parameter.value.shape)
    case .buffer(let buffer): buffer.value.shape
    case .counter: []
    }
  }

  var isCounter: Bool {
    if case .counter = self { true } else { false }
  }
}
