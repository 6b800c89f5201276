extension TrainingConfiguration {
  /// Every key with its value, as a YAML document that reads back to the same configuration.
  ///
  /// - Parameter withHelp: put each key's help above it, as a comment.
  public func yaml(withHelp: Bool = false) -> String {
    ConfigurationKey.document(withHelp: withHelp) { $0.value(in: self).yaml }
  }

  /// What the keys are, what they take and what they default to: a commented configuration of defaults.
  public static var documentation: String {
    "# Every key of a Fovea training configuration, with its default.\n"
      + "# Relative paths are relative to the configuration file.\n\n"
      + TrainingConfiguration().yaml(withHelp: true)
  }

  /// The same as a table in Markdown, one row per key.
  public static var markdownDocumentation: String {
    var text = ""
    for section in ConfigurationKey.sections {
      text += "### `\(section)`\n\n| key | default | takes | what it does |\n|---|---|---|---|\n"
      for key in ConfigurationKey.all where key.section == section {
        text += "| `\(key.name)` | `\(key.defaultValue.yaml)` | \(key.expected) | \(key.help) |\n"
      }
      text += "\n"
    }
    return text
  }
}

extension ConfigurationKey {
  fileprivate static func document(withHelp: Bool, _ value: (ConfigurationKey) -> String) -> String {
    var text = ""
    var open: [Substring] = []
    for key in all {
      let parts = key.path.split(separator: ".")
      let sections = parts.dropLast()
      let shared = zip(open, sections).prefix { $0 == $1 }.count
      for (depth, section) in sections.enumerated().dropFirst(shared) {
        if depth == 0, !text.isEmpty { text += "\n" }
        text += indent(depth) + section + ":\n"
      }
      open = Array(sections)
      if withHelp {
        let help = "\(key.help) Takes \(key.expected)."
        for line in wrapped(help, width: 108 - 2 * sections.count) {
          text += indent(sections.count) + "# " + line + "\n"
        }
      }
      text += "\(indent(sections.count))\(key.name): \(value(key))\n"
    }
    return text
  }

  private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
