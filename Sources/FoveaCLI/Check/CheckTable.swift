import FoveaCheck
import FoveaData

/// A check's result for a terminal.
struct CheckTable {
  private let report: CheckReport
  private let console: Console

  /// How many classes are listed one by one.
  private static let classLimit = 40

  init(_ report: CheckReport, _ console: Console) {
    self.report = report
    self.console = console
  }

  var text: String {
    var sections = [head, classTable]
    if !report.findings.isEmpty { sections.append(findingTable) }
    if report.searchRadius < CheckReport.fullSearchRadius {
      sections.append(
        "The images are much alike, so only close copies were looked for: hashes within \(report.searchRadius) of 128 bits instead of \(CheckReport.fullSearchRadius)."
      )
    }
    if !report.isSearchComplete {
      sections.append(
        "So many images are alike that the search for near copies was cut short: there may be more of them.")
    }
    let advice = report.findings.filter { $0.severity != .note }.map { finding in
      styled(finding, finding.kind.title) + ": " + finding.kind.advice
    }
    if !advice.isEmpty { sections.append(advice.joined(separator: "\n")) }
    if !report.needsAttention { sections.append(console.styled("Nothing needs attention.", .good)) }
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// One line for the end: `2 errors and 1 warning need attention`.
  static func verdict(_ report: CheckReport) -> String {
    let counts = [(report.count(.error), "error"), (report.count(.warning), "warning")].filter { $0.0 > 0 }
    let sum = counts.reduce(0) { $0 + $1.0 }
    return counts.map { counted($0.0, $0.1) }.joined(separator: " and ")
      + " \(sum == 1 ? "needs" : "need") attention"
  }

  private var head: String {
    var lines = ["data      \(report.name) (\(report.format.rawValue))"]
    for part in report.parts {
      lines.append("\(padded(part.name, to: 8))  \(counted(part.count, "image")) (\(part.origin))")
    }
    lines.append("classes   \(grouped(report.classes.count))")
    if let widths = report.widths, let heights = report.heights {
      lines.append("width     \(Self.text(widths))\nheight    \(Self.text(heights))")
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ spread: CheckReport.Spread) -> String {
    spread.least == spread.most
      ? "\(spread.least) pixels" : "\(spread.least) to \(spread.most) pixels, \(spread.median) in the middle"
  }

  private var classTable: String {
    guard report.classes.count > 0 else { return "" }
    var table = TextTable(
      ["class"] + report.parts.map(\.name), [.left] + report.parts.map { _ in .right })
    for (label, name) in report.classes.enumerated().prefix(Self.classLimit) {
      table.add([name] + report.parts.map { grouped($0.classCounts[label]) })
    }
    let rest = report.classes.count - Self.classLimit
    return table.text + (rest > 0 ? "\n… and \(grouped(rest)) more" : "")
  }

  private var findingTable: String {
    var table = TextTable(["", "finding", "count", "for example"], [.left, .left, .right, .left])
    for finding in report.findings {
      table.add([
        finding.severity.rawValue, finding.kind.title, grouped(finding.entries.count),
        Self.example(finding.entries[0], report),
      ])
    }
    var lines = table.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (index, finding) in report.findings.enumerated() {
      let word = finding.severity.rawValue
      lines[index + 1] = styled(finding, word) + lines[index + 1].dropFirst(word.count)
    }
    return lines.joined(separator: "\n")
  }

  private func styled(_ finding: Finding, _ text: String) -> String {
    switch finding.severity {
    case .error: console.styled(text, .error)
    case .warning: console.styled(text, .warning)
    case .note: console.styled(text, .faint)
    }
  }

  static func example(_ entry: Finding.Entry, _ report: CheckReport) -> String {
    var text = entry.images.prefix(2).map { Self.name($0, entry, report) }.joined(separator: " = ")
    if entry.images.count > 2 { text += " = … (\(entry.images.count - 2) more)" }
    if let subject = entry.subject { text += subject }
    return entry.remark.isEmpty ? text : "\(text): \(entry.remark)"
  }

  /// With its part, where a part is no folder that the name shows.
  private static func name(_ image: Int, _ entry: Finding.Entry, _ report: CheckReport) -> String {
    let name = report.imageName(image)
    let parts = Set(entry.images.map(report.imagePart))
    return parts.count > 1 && !name.hasPrefix(report.imagePart(image))
      ? "\(name) (\(report.imagePart(image)))" : name
  }
}
