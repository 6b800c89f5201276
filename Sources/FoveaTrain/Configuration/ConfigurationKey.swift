/// One key of a training configuration: what it is called, what it takes, what it does.
///
/// The table of these (`ConfigurationKey.all`) is the one place where keys are listed. Reading, the messages for
/// mistakes, the resolved dump and the documentation all come from it. Defaults are not in it: they are the initial
/// values of `TrainingConfiguration`'s properties.
public struct ConfigurationKey: Sendable {
  /// The sections and the name, with dots: "train.epochs".
  public let path: String
  /// What it does, in a sentence or two.
  public let help: String
  /// What it takes: "a whole number, 1 or more".
  public let expected: String

  /// Sets the key from a node; false where the node is not what is expected.
  let read: @Sendable (ConfigurationNode, inout TrainingConfiguration) -> Bool
  let write: @Sendable (TrainingConfiguration) -> ConfigurationValue

  init<Value>(
    _ path: String, _ property: WritableKeyPath<TrainingConfiguration, Value> & Sendable,
    _ format: ValueFormat<Value>, _ help: String
  ) {
    self.path = path
    self.help = help
    expected = format.expected
    read = { node, configuration in
      guard let value = format.read(node) else { return false }
      configuration[keyPath: property] = value
      return true
    }
    write = { format.write($0[keyPath: property]) }
  }

  /// "train" of "train.epochs"; "model.attention" of "model.attention.variant".
  public var section: String { path.split(separator: ".").dropLast().joined(separator: ".") }

  /// "epochs" of "train.epochs".
  public var name: String { String(path.split(separator: ".").last!) }

  /// The value that holds where a configuration does not mention the key.
  public var defaultValue: ConfigurationValue { write(TrainingConfiguration()) }

  public func value(in configuration: TrainingConfiguration) -> ConfigurationValue { write(configuration) }
}
