import FoveaCheck
import FoveaData

/// A check's result for programs: everything that was found, with every image.
struct CheckJSON {
  private let report: CheckReport

  init(_ report: CheckReport) { self.report = report }

  var value: JSONText {
    .object([
      ("data", .string(report.name)), ("format", .string(report.format.rawValue)),
      ("images", .int(report.imageCount)), ("needs_attention", .bool(report.needsAttention)),
      ("search_radius", .int(report.searchRadius)), ("search_complete", .bool(report.isSearchComplete)),
      ("errors", .int(report.count(.error))), ("warnings", .int(report.count(.warning))),
      ("width", spread(report.widths)), ("height", spread(report.heights)),
      ("parts", .array(report.parts.map(part))), ("findings", .array(report.findings.map(finding))),
    ])
  }

  private func spread(_ spread: CheckReport.Spread?) -> JSONText {
    guard let spread else { return .null }
    return .object([
      ("least", .int(spread.least)), ("median", .int(spread.median)), ("most", .int(spread.most)),
    ])
  }

  private func part(_ part: CheckReport.Part) -> JSONText {
    .object([
      ("name", .string(part.name)), ("origin", .string(part.origin)), ("images", .int(part.count)),
      (
        "classes",
        .object(zip(report.classes, part.classCounts).map { ($0, .int($1)) })
      ),
    ])
  }

  private func finding(_ finding: Finding) -> JSONText {
    .object([
      ("kind", .string(finding.kind.rawValue)), ("severity", .string(finding.severity.rawValue)),
      ("title", .string(finding.kind.title)), ("advice", .string(finding.kind.advice)),
      ("count", .int(finding.entries.count)), ("entries", .array(finding.entries.map(entry))),
    ])
  }

  private func entry(_ entry: Finding.Entry) -> JSONText {
    var pairs: [(String, JSONText)] = []
    if !entry.images.isEmpty { pairs.append(("images", .array(entry.images.map(image)))) }
    if let subject = entry.subject { pairs.append(("subject", .string(subject))) }
    if !entry.remark.isEmpty { pairs.append(("remark", .string(entry.remark))) }
    return .object(pairs)
  }

  private func image(_ index: Int) -> JSONText {
    let size = report.imageSize(index)
    return .object([
      ("path", .string(report.imageName(index))), ("part", .string(report.imagePart(index))),
      ("class", .string(report.imageClass(index))), ("width", .int(size.width)),
      ("height", .int(size.height)),
    ])
  }
}
