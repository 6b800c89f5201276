import Yams

/// A YAML document reduced to what a configuration may contain: scalars, lists and sections, each with its line.
struct ConfigurationNode {
  indirect enum Content {
    /// Plain scalars may be numbers, truth values or null; quoted ones are text.
    case scalar(String, isPlain: Bool)
    case list([ConfigurationNode])
    case section([Entry])
  }

  struct Entry {
    let key: String
    let line: Int
    let value: ConfigurationNode
  }

  let content: Content
  let line: Int

  var isNull: Bool {
    if case .scalar(let text, isPlain: true) = content { return ["", "~", "null"].contains(text) }
    return false
  }

  /// How an error message shows it.
  var excerpt: String {
    switch content {
    case .scalar(let text, let isPlain):
      let short = text.count > 40 ? text.prefix(40) + "…" : text[...]
      return isNull ? "nothing" : isPlain ? "'\(short)'" : "the text \"\(short)\""
    case .list(let items): return "a list of \(items.count)"
    case .section: return "a section"
    }
  }
}

extension ConfigurationNode {
  /// Larger files are not configurations.
  static let maximumBytes = 256 << 10
  static let maximumDepth = 8
  /// Anchors and aliases are refused anyway; a file with more than this many is refused before it is composed, since
  /// nested aliases in a key cost exponential time there.
  static let maximumAliases = 16

  /// Parses a document. An empty one is an empty section.
  ///
  /// - Throws: `ConfigurationError` for anything that is not a plain tree of scalars, lists and sections.
  init(yaml: String, file: String) throws(ConfigurationError) {
    func fail(_ message: String, line: Int? = nil) -> ConfigurationError {
      ConfigurationError(place: line.map { "\(file):\($0)" } ?? file, message: message)
    }
    if yaml.utf8.count > Self.maximumBytes {
      throw fail("\(yaml.utf8.count) bytes are too many for a configuration (limit \(Self.maximumBytes))")
    }
    if Self.countAliases(yaml) > Self.maximumAliases {
      throw fail("too many YAML aliases (*name). Configurations use none; write the values out")
    }
    let root: Node?
    let parser: Parser
    do {
      parser = try Parser(yaml: yaml)
      root = try parser.singleRoot()
    } catch {
      throw Self.translated(error, file: file)
    }
    guard let root else {
      self.init(content: .section([]), line: 1)
      return
    }
    // Nodes refer to their anchors weakly; the parser owns them.
    defer { withExtendedLifetime(parser) {} }
    let node = try Self(root, depth: 0, fallbackLine: 1, fail: { fail($0, line: $1) })
    self = node.isNull ? Self(content: .section([]), line: 1) : node
  }

  private init(
    _ node: Node, depth: Int, fallbackLine: Int, fail: (String, Int) -> ConfigurationError
  ) throws(ConfigurationError) {
    let line = node.mark?.line ?? fallbackLine
    if depth > Self.maximumDepth { throw fail("nested more than \(Self.maximumDepth) levels deep", line) }
    if node.anchor != nil {
      throw fail("YAML anchors and aliases are not supported; write the value out", line)
    }
    switch node {
    case .scalar(let scalar):
      let content = Content.scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
      self.init(content: content, line: line)
    case .sequence(let sequence):
      var items: [Self] = []
      for item in sequence {
        items.append(try Self(item, depth: depth + 1, fallbackLine: line, fail: fail))
      }
      self.init(content: .list(items), line: line)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let keyLine = key.mark?.line ?? line
        guard case .scalar(let name) = key, name.anchor == nil else {
          throw fail("a key must be a plain name", keyLine)
        }
        let child = try Self(value, depth: depth + 1, fallbackLine: keyLine, fail: fail)
        entries.append(Entry(key: name.string, line: keyLine, value: child))
      }
      self.init(content: .section(entries), line: line)
    case .alias:
      throw fail("YAML aliases are not supported; write the value out", line)
    }
  }

  /// How many `*name` stand where a value may stand. Counts some in comments and quotes too, hence the allowance.
  private static func countAliases(_ yaml: String) -> Int {
    var count = 0
    var previous = UInt8(ascii: "\n")
    for byte in yaml.utf8 {
      if byte == UInt8(ascii: "*"), "\n\r-?:[{,".utf8.contains(previous) { count += 1 }
      if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { previous = byte }
    }
    return count
  }

  private static func translated(_ error: any Error, file: String) -> ConfigurationError {
    func place(_ mark: Mark) -> String { "\(file):\(mark.line)" }
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return ConfigurationError(place: place(mark), message: "not valid YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      return ConfigurationError(place: place(context.mark), message: "\(names) given more than once")
    case .reader(let problem, _, _, _):
      return ConfigurationError(place: file, message: "not valid YAML: \(problem)")
    default:
      return ConfigurationError(place: file, message: "not valid YAML")
    }
  }
}
