/// A network configuration that describes no network: which key, what was found, and what would do.
public struct NetworkConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key as it is written in files, from the `model` section on: "widths", "attention.reduction".
  public let key: String
  public let problem: String
  public let remedy: String

  public init(key: String, problem: String, remedy: String) {
    self.key = key
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String { "\(key): \(problem). \(remedy)" }
}
