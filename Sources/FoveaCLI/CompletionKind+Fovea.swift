import ArgumentParser
import FoveaTrain

/// What shells offer for what several commands take.
extension CompletionKind {
  /// The keys of a configuration, to be followed by a value.
  static var settings: CompletionKind { .list(ConfigurationKey.all.map { $0.path + "=" }) }

  static var configuration: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}
