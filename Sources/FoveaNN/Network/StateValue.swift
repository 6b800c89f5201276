import FoveaTensor

/// One entry of a network's state, in the layout of files: convolutions [O, C/groups, kh, kw], linear layers
/// [out, in].
public enum StateValue: Sendable {
  case tensor(Tensor)
  /// A count: a scalar of 64-bit integers in files.
  case count(Int64)

  public var shape: Shape {
    switch self {
    case .tensor(let tensor): tensor.shape
    case .count: []
    }
  }
}

/// A state that is not the network's: everything that does not fit, by name.
public struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
  public struct Misfit: Hashable, Sendable {
    public let name: String
    public let found: Shape
    public let expected: Shape
  }

  /// What the network has and the state has not.
  public var missing: [String] = []
  /// What the state has and the network has not, under the state's own names.
  public var superfluous: [String] = []
  /// What has another shape.
  public var misshapen: [Misfit] = []

  public var isEmpty: Bool { missing.isEmpty && superfluous.isEmpty && misshapen.isEmpty }

  public var description: String {
    var parts: [String] = []
    if !missing.isEmpty {
      parts.append("\(Self.count(missing, "missing")): \(missing.joined(separator: ", "))")
    }
    if !superfluous.isEmpty {
      parts.append("\(Self.count(superfluous, "superfluous")): \(superfluous.joined(separator: ", "))")
    }
    if !misshapen.isEmpty {
      let list = misshapen.map { "\($0.name) \($0.found), expected \($0.expected)" }
      parts.append("\(Self.count(list, "of another shape")): \(list.joined(separator: "; "))")
    }
    return "the weights are not this network's. " + parts.joined(separator: ". ") + ". \(remedy)"
  }

  private static func count(_ names: [String], _ what: String) -> String {
    names.count == 1 ? "1 tensor is \(what)" : "\(names.count) tensors are \(what)"
  }

  private var remedy: String {
    if missing.isEmpty, superfluous.isEmpty,
      misshapen.allSatisfy({ $0.name.contains("fc.") || $0.name.contains("linear.") })
    {
      return "The number of classes differs."
    }
    if missing.contains(where: { $0.contains(".cbam.") })
      || superfluous.contains(where: { $0.contains("cbam") })
    {
      return "Check the attention in the network's configuration, then its architecture."
    }
    return "Check the architecture in the network's configuration."
  }
}
