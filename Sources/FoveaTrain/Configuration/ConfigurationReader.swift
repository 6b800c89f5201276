import FoveaNN

extension TrainingConfiguration {
  /// Reads a configuration file.
  ///
  /// - Parameters:
  ///   - path: the YAML file. Relative paths in it are relative to its folder.
  ///   - overrides: settings such as "train.epochs=5" that are applied last. Relative paths in them are relative to
  ///     the current folder, where they were typed.
  /// - Throws: `ConfigurationError` with the line of the first mistake.
  public init(contentsOf path: String, overrides: [String] = []) throws(ConfigurationError) {
    let text = try ConfigurationFile.text(of: path)
    let folder = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) : "."
    try self.init(
      yaml: text, file: path, folder: folder.isEmpty ? "/" : folder, overrides: overrides)
    defaultName = Self.stem(of: path)
    makePathsAbsolute()
  }

  /// Reads a configuration from text.
  ///
  /// - Parameters:
  ///   - yaml: the document; an empty one, or `{}`, gives the defaults.
  ///   - file: what messages call it.
  ///   - folder: what relative paths in it are relative to.
  ///   - overrides: see `init(contentsOf:overrides:)`.
  public init(
    yaml: String, file: String = "configuration", folder: String = ".", overrides: [String] = []
  ) throws(ConfigurationError) {
    self.init()
    var reader = ConfigurationReader(file: file)
    let root = try ConfigurationNode(yaml: yaml, file: file)
    try reader.apply(root, to: &self, base: folder)
    for text in overrides { try reader.applyOverride(text, to: &self) }
    try validate { reader.place(of: $0) }
  }

  private static func stem(of path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    for ending in [".yaml", ".yml"] where file.hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }
}

/// Applies nodes to a configuration and remembers where each key was set.
struct ConfigurationReader {
  let file: String
  private var places: [String: String] = [:]

  init(file: String) {
    self.file = file
  }

  /// Where a key was set, for messages about values that do not go together.
  func place(of path: String) -> String { places[path] ?? file }

  mutating func apply(
    _ root: ConfigurationNode, to configuration: inout TrainingConfiguration, base: String
  ) throws(ConfigurationError) {
    guard case .section(let entries) = root.content else {
      throw ConfigurationError(
        place: "\(file):\(root.line)", message: "expected sections such as 'data:', found \(root.excerpt)")
    }
    try apply(entries, section: "", to: &configuration, base: base)
  }

  /// Applies "a.b=c", where c is a YAML value.
  mutating func applyOverride(
    _ text: String, to configuration: inout TrainingConfiguration
  ) throws(ConfigurationError) {
    let place = "--set \(text)"
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw ConfigurationError(place: place, message: "expected KEY=VALUE, as in --set train.epochs=5")
    }
    let path = String(text[..<equals])
    let value = try ConfigurationNode(yaml: String(text[text.index(after: equals)...]), file: place)
    let node: ConfigurationNode
    if case .section(let entries) = value.content, entries.isEmpty {
      node = ConfigurationNode(content: .scalar("", isPlain: true), line: 1)
    } else {
      node = value
    }
    guard let key = ConfigurationKey.byPath[path] else {
      throw unknown(path, section: "", place: place)
    }
    try set(key, node, in: &configuration, base: ".", place: place)
  }

  private mutating func apply(
    _ entries: [ConfigurationNode.Entry], section: String, to configuration: inout TrainingConfiguration,
    base: String
  ) throws(ConfigurationError) {
    for entry in entries {
      let place = "\(file):\(entry.line)"
      let path = section.isEmpty ? entry.key : "\(section).\(entry.key)"
      if let key = ConfigurationKey.byPath[path] {
        try set(key, entry.value, in: &configuration, base: base, place: place)
      } else if ConfigurationKey.sections.contains(path) {
        if entry.value.isNull { continue }
        guard case .section(let children) = entry.value.content else {
          throw ConfigurationError(
            place: place, message: "'\(path)' is a section of keys, found \(entry.value.excerpt)")
        }
        try apply(children, section: path, to: &configuration, base: base)
      } else {
        throw unknown(entry.key, section: section, place: place)
      }
    }
  }

  private mutating func set(
    _ key: ConfigurationKey, _ node: ConfigurationNode, in configuration: inout TrainingConfiguration,
    base: String, place: String
  ) throws(ConfigurationError) {
    guard key.read(node, &configuration) else {
      throw ConfigurationError(
        place: place, message: "\(key.path) takes \(key.expected), found \(node.excerpt)")
    }
    configuration.resolvePath(of: key.path, base: base)
    places[key.path] = place
  }

  private func unknown(_ name: String, section: String, place: String) -> ConfigurationError {
    var message = "unknown key '\(name.prefix(80))'"
    let inSection = ConfigurationKey.children(of: section)
    if !section.isEmpty { message += " in '\(section)'" }
    // "train.epoch" of an override, or of someone who writes dots in YAML, is near to a whole path.
    let paths = name.contains(".") ? ConfigurationKey.all.map(\.path) : []
    if let nearest = NearestName.of(name, in: paths) ?? NearestName.of(name, in: inSection) {
      message += ". Did you mean '\(nearest)'?"
    } else if let key = ConfigurationKey.all.first(where: { $0.name == name || $0.path == name }) {
      message += ". Did you mean '\(key.path)'?"
    } else {
      message += ". Known here: " + inSection.joined(separator: ", ")
    }
    return ConfigurationError(place: place, message: message)
  }
}

extension ConfigurationKey {
  static let byPath: [String: ConfigurationKey] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.path, $0) })

  /// The sections, in order: "data", …, "model", "model.attention", …
  public static let sections: [String] = all.reduce(into: []) { sections, key in
    if !sections.contains(key.section) { sections.append(key.section) }
  }

  /// The names of the keys and sections directly within a section.
  static func children(of section: String) -> [String] {
    let depth = section.isEmpty ? 0 : section.split(separator: ".").count
    var names: [String] = []
    for key in all where section.isEmpty || key.path.hasPrefix(section + ".") {
      let name = String(key.path.split(separator: ".")[depth])
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}
