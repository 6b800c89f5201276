import FoveaAutodiff
import FoveaTensor

/// How a tensor lies in files, beside how it lies in memory.
public enum FileLayout: Sendable {
  case same
  /// [kh, kw, C/groups, O] in memory, [O, C/groups, kh, kw] in files.
  case convolution
  /// [in, out] in memory, [out, in] in files.
  case linear

  func toFile(_ tensor: Tensor) -> Tensor {
    switch self {
    case .same: tensor
    case .convolution: tensor.transposed([3, 2, 0, 1])
    case .linear: tensor.transposed([1, 0])
    }
  }

  func fromFile(_ tensor: Tensor) -> Tensor {
    switch self {
    case .same: tensor
    case .convolution: tensor.transposed([2, 3, 1, 0])
    case .linear: tensor.transposed([1, 0])
    }
  }

  func fileShape(_ shape: Shape) -> Shape {
    switch self {
    case .same: shape
    case .convolution: [shape[3], shape[2], shape[0], shape[1]]
    case .linear: [shape[1], shape[0]]
    }
  }
}

/// All of a network's state, in the order in which its layers declared it.
public final class ParameterStore {
  enum Entry {
    case parameter(Parameter, FileLayout)
    case buffer(Buffer)
    case counter(Counter)
  }

  /// Decides, with each parameter's name, what it starts as. Nil leaves parameters unset, to be loaded: memory that
  /// nobody has touched costs nothing.
  public let seed: UInt64?
  private(set) var entries: [Entry] = []
  private var names: Set<String> = []

  public init(seed: UInt64?) {
    self.seed = seed
  }

  /// Where the outermost layers declare theirs.
  public var root: Scope { Scope(store: self, path: "") }

  public var parameters: [Parameter] {
    entries.compactMap { if case .parameter(let parameter, _) = $0 { parameter } else { nil } }
  }

  public var buffers: [Buffer] {
    entries.compactMap { if case .buffer(let buffer) = $0 { buffer } else { nil } }
  }

  public var counters: [Counter] {
    entries.compactMap { if case .counter(let counter) = $0 { counter } else { nil } }
  }

  func add(_ entry: Entry, name: String) {
    precondition(names.insert(name).inserted, "two tensors of state named '\(name)'")
    entries.append(entry)
  }
}

/// A place in the tree of names, where a layer declares its parameters: `scope["layer1"]["0"]["conv1"]`.
public struct Scope {
  let store: ParameterStore
  /// The names on the way here, joined by dots.
  public let path: String

  public subscript(name: String) -> Scope { Scope(store: store, path: full(name)) }

  public func parameter(
    _ name: String, shape: Shape, layout: FileLayout = .same, _ initialization: Initialization, decays: Bool
  ) -> Parameter {
    let value =
      store.seed.map { initialization.tensor(shape, seed: $0, name: full(name)) }
      ?? Tensor(uninitialized: shape)
    let parameter = Parameter(name: full(name), value: value, decays: decays)
    store.add(.parameter(parameter, layout), name: parameter.name)
    return parameter
  }

  public func buffer(_ name: String, value: Tensor) -> Buffer {
    let buffer = Buffer(name: full(name), value: value)
    store.add(.buffer(buffer), name: buffer.name)
    return buffer
  }

  public func counter(_ name: String) -> Counter {
    let counter = Counter(name: full(name))
    store.add(.counter(counter), name: counter.name)
    return counter
  }

  private func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
