import FoveaImage

/// What single images have about them.
struct ImageFindings {
  private let images: [ImageEntry]
  private let thresholds: CheckThresholds

  init(_ images: [ImageEntry], _ thresholds: CheckThresholds) {
    self.images = images
    self.thresholds = thresholds
  }

  var all: [Finding] {
    [
      finding(.unreadable, .unreadable) { $0.remark ?? "" }, finding(.damaged, .damaged) { $0.remark ?? "" },
      finding(.wrongExtension, .wrongExtension) { $0.remark ?? "" },
      finding(.constant, .constant) { "luma \(Self.text($0.mean)), of \($0.sizeText) pixels" },
      finding(.dark, .dark) { "mean luma \(Self.text($0.mean)) of 255" },
      finding(.blurred, .blurred) { "blur effect \(Self.hundredths($0.blur)) of 1" },
      finding(.oriented, .oriented) { _ in "" }, finding(.alpha, .alpha) { _ in "" },
      finding(.cmyk, .cmyk) { _ in "" }, finding(.sixteenBit, .sixteenBit) { _ in "" }, gray, tiny, elongated,
    ]
  }

  private func finding(
    _ kind: Finding.Kind, _ trait: ImageFacts.Traits, remark: (ImageFacts) -> String
  ) -> Finding {
    finding(kind, where: { $0.traits.contains(trait) }, remark: remark)
  }

  private func finding(
    _ kind: Finding.Kind, where holds: (ImageFacts) -> Bool, remark: (ImageFacts) -> String
  ) -> Finding {
    Finding(
      kind: kind,
      entries: images.indices.filter { holds(images[$0].facts) }.map {
        Finding.Entry(images: [$0], remark: remark(images[$0].facts))
      })
  }

  /// Gray images are worth a word only where others are not.
  private var gray: Finding {
    let readable = images.count { $0.facts.digest != nil }
    let gray = images.count { $0.facts.traits.contains(.gray) }
    guard gray < readable else { return Finding(kind: .gray, entries: []) }
    return finding(.gray, where: { $0.traits.contains(.gray) && !$0.traits.contains(.constant) }) { _ in "" }
  }

  /// A sixteenth of the middle image's pixels, or less.
  private var tiny: Finding {
    let areas = images.filter { $0.facts.width > 0 }.map { $0.facts.width * $0.facts.height }.sorted()
    guard !areas.isEmpty else { return Finding(kind: .tiny, entries: []) }
    let limit = areas[areas.count / 2] / 16
    return finding(.tiny, where: { $0.width > 0 && $0.width * $0.height <= limit }) {
      "\($0.sizeText) pixels"
    }
  }

  private var elongated: Finding {
    finding(
      .elongated,
      where: {
        let (shorter, longer) = (min($0.width, $0.height), max($0.width, $0.height))
        return shorter > 0 && Double(longer) >= thresholds.aspectRatio * Double(shorter)
      }
    ) { "\($0.sizeText) pixels" }
  }

  private static func text(_ level: Float) -> String { "\(Int(level.rounded()))" }

  private static func hundredths(_ share: Float) -> String {
    let value = Int((share * 100).rounded())
    return "\(value / 100).\(value % 100 < 10 ? "0" : "")\(value % 100)"
  }
}
