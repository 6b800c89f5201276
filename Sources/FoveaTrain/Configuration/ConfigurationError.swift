/// A mistake in a configuration, with the place where it was made.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where: "configs/a.yaml:14", "--set train.epochs=many", or the file alone.
  public let place: String
  /// What was found, what was expected, what to do.
  public let message: String

  public init(place: String, message: String) {
    self.place = place
    self.message = message
  }

  public var description: String { "\(place): \(message)" }
}
