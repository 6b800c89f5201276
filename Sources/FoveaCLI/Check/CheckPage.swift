import FoveaCheck
import FoveaImage
import FoveaPages

/// A check's result as one page with thumbnails.
struct CheckPage {
  private let report: CheckReport

  /// How many entries of a finding, and images of an entry, are shown; the JSON has all.
  private static let entryLimit = 60
  private static let imageLimit = 4
  private static let thumbnailSide = 128

  init(_ report: CheckReport) { self.report = report }

  var html: String {
    Page(
      title: "Check of \(report.name)", subtitle: subtitle,
      links: [("Findings", "findings"), ("Classes", "classes")],
      content: HTML([summary, findings, classes, data]), style: Self.style
    ).html
  }

  private var subtitle: String {
    let parts = report.parts.map { "\($0.name): \(counted($0.count, "image")) (\($0.origin))" }
    return parts.joined(separator: " · ")
  }

  private var summary: HTML {
    var tiles = [(grouped(report.imageCount), "images"), (grouped(report.classes.count), "classes")]
    for severity in [Severity.error, .warning, .note] {
      tiles.append((grouped(report.count(severity)), Self.plural(severity)))
    }
    if let widths = report.widths, let heights = report.heights {
      tiles.append(("\(widths.median)×\(heights.median)", "median pixels"))
    }
    var html = HTML.tiles(tiles.map { (value: $0.0, label: $0.1) })
    if !report.isSearchComplete {
      html += .warning(
        "So many images are alike that the search for near copies was cut short: there may be more of them.")
    }
    if report.searchRadius < CheckReport.fullSearchRadius {
      html += .note(
        "The images are much alike, so only close copies were looked for: hashes within \(report.searchRadius) of 128 bits instead of \(CheckReport.fullSearchRadius)."
      )
    }
    return html
  }

  private static func plural(_ severity: Severity) -> String {
    switch severity {
    case .error: "errors"
    case .warning: "warnings"
    case .note: "notes"
    }
  }

  // MARK: Findings

  private var findings: HTML {
    var html = HTML.heading("Findings", id: "findings")
    if !report.needsAttention { html += .paragraph("Nothing needs attention.") }
    return html + HTML(report.findings.map(finding))
  }

  private func finding(_ finding: Finding) -> HTML {
    let head = HTML.element(
      "h3", [],
      .badge(finding.severity.rawValue, Self.tone(finding.severity)),
      HTML(" \(Self.capitalized(finding.kind.title)) "),
      .element("span", [.class("soft")], HTML(grouped(finding.entries.count))))
    let shown = Array(finding.entries.prefix(Self.entryLimit))
    var body = HTML.note(finding.kind.advice)
    if shown.contains(where: { !$0.images.isEmpty }) {
      body += .cards(cards(shown))
    } else {
      body +=
        Table(
          [.init("What"), .init("Found")],
          rows: shown.map { [.name($0.subject ?? ""), .text($0.remark)] }
        ).html
    }
    let rest = finding.entries.count - shown.count
    if rest > 0 { body += .note("… and \(grouped(rest)) more; fovea check --json lists them all.") }
    return .element("section", [.class("finding")], head, body)
  }

  private static func tone(_ severity: Severity) -> HTML.Tone {
    switch severity {
    case .error: .bad
    case .warning: .warning
    case .note: .plain
    }
  }

  private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  private func cards(_ entries: [Finding.Entry]) -> [HTML] {
    let needed = Array(Set(entries.flatMap { $0.images.prefix(Self.imageLimit) })).sorted()
    let thumbnails = report.thumbnails(needed, side: Self.thumbnailSide)
    return entries.map { entry in
      let shown = entry.images.prefix(Self.imageLimit)
      let pictures = shown.map { picture($0, thumbnails[$0]) }
      var names = shown.map { image in
        HTML.element(
          "div", [], .name(report.imageName(image)),
          .element("span", [.class("soft")], HTML(" \(describe(image))")))
      }
      let rest = entry.images.count - shown.count
      if rest > 0 { names.append(.element("div", [.class("soft")], HTML("… and \(grouped(rest)) more"))) }
      if !entry.remark.isEmpty { names.append(.element("div", [], HTML(entry.remark))) }
      return .element(
        "div", [.class("card")], .element("div", [.class("thumbs")], pictures), HTML(names))
    }
  }

  private func describe(_ image: Int) -> String {
    let size = report.imageSize(image)
    let place = "\(report.imagePart(image)), \(report.imageClass(image))"
    return size.width > 0 ? "\(place), \(size.width)×\(size.height)" : place
  }

  private func picture(_ image: Int, _ thumbnail: Image?) -> HTML {
    guard let thumbnail, let reference = try? reference(thumbnail) else {
      return .element("div", [.class("nothing")], HTML("no picture"))
    }
    return .image(reference, alternative: report.imageName(image), lazy: true)
  }

  /// Small pictures stay as they are; JPEG would smear their few pixels.
  private func reference(_ image: Image) throws(ImageError) -> Reference {
    image.width * image.height <= 64 * 64 ? try .png(image) : try .jpeg(image, quality: 80)
  }

  // MARK: Classes

  private var classes: HTML {
    let most = max(report.parts.flatMap(\.classCounts).max() ?? 0, 1)
    var columns = [Table.Column("Class")]
    for part in report.parts { columns += [.init(part.name, numeric: true), .init("")] }
    let rows = report.classes.enumerated().map { label, name in
      var cells = [Table.Cell.name(name)]
      for (index, part) in report.parts.enumerated() {
        let count = part.classCounts[label]
        cells += [.count(count), .html(bar(Double(count) / Double(most), index), order: Double(count))]
      }
      return cells
    }
    return .heading("Classes", id: "classes") + Table(columns, rows: rows).html
  }

  private func bar(_ share: Double, _ part: Int) -> HTML {
    let length = 110.0
    let fill: Attribute = part == 0 ? .class("f1") : part == 1 ? .class("f2") : .class("f3")
    return .element(
      "svg",
      [
        Attribute("width", length), Attribute("height", 12.0), Attribute("role", "img"),
        Attribute("aria-label", PageNumber.percent(share)),
      ],
      .element(
        "rect",
        [
          fill, Attribute("y", 2.0), Attribute("width", max(share * length, share > 0 ? 1 : 0)),
          Attribute("height", 9.0),
        ]))
  }

  /// For programs, and the mark by which a later check knows its own page.
  private var data: HTML {
    let summary = JSONText.object([
      ("data", .string(report.name)), ("images", .int(report.imageCount)),
      ("errors", .int(report.count(.error))), ("warnings", .int(report.count(.warning))),
    ])
    return .data(id: "fovea-check", json: summary.compact)
  }

  private static let style: StaticString = """
    .finding{margin:0 0 26px}
    .finding h3{font-size:16px;margin:22px 0 2px}
    .thumbs{display:grid;grid-template-columns:repeat(auto-fit,minmax(72px,1fr));gap:6px;margin-bottom:6px}
    .thumbs img{width:100%;max-width:128px;height:auto;border-radius:4px;display:block;image-rendering:auto}
    .nothing{aspect-ratio:4/3;max-width:128px;display:grid;place-items:center;border:1px dashed var(--line);\
    border-radius:4px;color:var(--soft);font-size:12px}
    """
}
