import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A command as ArgumentParser describes it for programs.
struct CommandDescription: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String

      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: String
    let names: [Name]?
    let valueName: String?
    let abstract: String?
    let discussion: String?
    let defaultValue: String?
    let allValues: [String]?
    let isOptional: Bool
    let isRepeating: Bool
    let shouldDisplay: Bool
  }

  let commandName: String
  let abstract: String?
  let discussion: String?
  let arguments: [Argument]?
  let subcommands: [CommandDescription]?
  let shouldDisplay: Bool

  private struct Document: Decodable { let command: CommandDescription }

  static func ofFovea() throws -> CommandDescription {
    try JSONDecoder().decode(Document.self, from: Data(FoveaCommand._dumpHelp().utf8)).command
  }
}

/// The manual page, made from the commands' own descriptions, so that it tells of every one of them.
struct ManualPage {
  private let root: CommandDescription

  init(_ root: CommandDescription) { self.root = root }

  var text: String {
    var lines = [
      ".TH FOVEA 1 \"\" \"fovea \(foveaVersion)\" \"User commands\"", ".SH NAME",
      "fovea \\- " + Self.escaped(Self.clause(root.abstract ?? "")), ".SH SYNOPSIS", ".B fovea",
      "\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]", ".SH DESCRIPTION",
    ]
    lines += Self.paragraphs(root.discussion ?? "")
    lines.append(".SH COMMANDS")
    for command in root.subcommands ?? [] where command.shouldDisplay && command.commandName != "help" {
      lines += section(command, path: "fovea \(command.commandName)")
    }
    lines += Self.environment + Self.ends
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ command: CommandDescription, path: String) -> [String] {
    var lines = [".SS \"\(Self.escaped(path))\"", Self.escaped(command.abstract ?? "")]
    if let discussion = command.discussion { lines += [".PP"] + Self.paragraphs(discussion) }
    for argument in command.arguments ?? [] where argument.shouldDisplay { lines += Self.entry(argument) }
    for inner in command.subcommands ?? [] where inner.shouldDisplay && inner.commandName != "help" {
      lines += section(inner, path: "\(path) \(inner.commandName)")
    }
    return lines
  }

  private static func entry(_ argument: CommandDescription.Argument) -> [String] {
    let value = "\\fI\(escaped(argument.valueName ?? "value"))\\fR"
    let names = (argument.names ?? []).map { "\\fB\(escaped($0.text))\\fR" }.joined(separator: ", ")
    let head =
      switch argument.kind {
      case "positional": argument.isOptional ? "[\(value)]" : value
      case "option": "\(names) \(value)"
      default: names
      }
    var text = [argument.abstract, argument.discussion].compactMap { $0 }.filter { !$0.isEmpty }
    if let values = argument.allValues, !values.isEmpty {
      text.append("Values: \(values.joined(separator: ", ")).")
    }
    if let value = argument.defaultValue, !value.isEmpty { text.append("Default: \(value).") }
    return [".TP", head + (argument.isRepeating ? " ..." : ""), escaped(text.joined(separator: " "))]
  }

  private static let environment = [
    ".SH ENVIRONMENT", ".TP", "\\fBFOVEA_THREADS\\fR",
    "How many threads to use, where \\fB\\-\\-threads\\fR does not say.",
    ".TP", "\\fBFOVEA_KERNELS\\fR", "The instruction set: baseline (neon on arm64), avx2 or avx512.", ".TP",
    "\\fBFOVEA_BF16\\fR", "\\fBemulate\\fR computes with bf16 factors on CPUs that have none.", ".TP",
    "\\fBNO_COLOR\\fR",
    "Set and not empty: no colours, unless \\fB\\-\\-color always\\fR asks for them.",
  ]

  private static let ends = [
    ".SH EXIT STATUS", ".TP", "\\fB0\\fR", "Done.", ".TP", "\\fB1\\fR", "Failed.", ".TP", "\\fB2\\fR",
    "The command line, the environment or a configuration is wrong; nothing was done.", ".TP", "\\fB3\\fR",
    "Done, but some inputs could not be read, or a data set needs attention.", ".TP", "\\fB4\\fR",
    "Training diverged.",
    ".TP", "\\fB130\\fR, \\fB143\\fR", "Interrupted by SIGINT or SIGTERM.",
  ]

  /// "Train classifiers." as it stands after a dash: "train classifiers".
  private static func clause(_ sentence: String) -> String {
    let trimmed = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    return trimmed.prefix(1).lowercased() + trimmed.dropFirst()
  }

  /// Lines that are set apart by spaces stay as they are; empty lines part paragraphs.
  private static func paragraphs(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      if line.isEmpty { return [".PP"] }
      let isTabular = line.contains("   ")
      return isTabular ? [".nf", escaped(String(line)), ".fi"] : [escaped(String(line))]
    }
  }

  /// Text that roff takes for text: no control line, no escape, no ligature of dashes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "\n": result += " "
      case "\"": result += "\\(dq"
      default: result.append(character)
      }
    }
    return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
  }
}
