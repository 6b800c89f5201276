import FoveaData
import FoveaImage
import FoveaTensor

/// Looks through a data set before anyone trains on it: every image once, the candidates for near duplicates twice.
/// Nothing is ever written.
///
/// The result does not depend on the number of threads. Memory holds some hundred bytes for each image, and as many
/// decoded images as there are threads.
public struct DataSetCheck: Sendable {
  /// How far the check has come.
  public struct Progress: Sendable {
    public enum Phase: String, Sendable {
      /// Images are read and measured.
      case reading
      /// Hashes are compared.
      case searching
      /// Pairs of similar hashes are compared by their pixels.
      case verifying
    }

    public let phase: Phase
    public let done: Int
    public let total: Int
  }

  private let source: DataSource
  private let parts: [DataSource.Part]
  private let thresholds: CheckThresholds

  /// Lists the images.
  ///
  /// - Parameters:
  ///   - validation: which part validates, as for `DataSource.split`.
  ///   - rule: which share of the training images validates where no part does.
  public init(
    _ source: DataSource, validation: DataPart = .auto, rule: HashSplit,
    thresholds: CheckThresholds = CheckThresholds()
  ) throws(DataError) {
    self.source = source
    self.thresholds = thresholds
    parts = try source.parts(validation: validation, rule)
  }

  public var imageCount: Int { parts.reduce(0) { $0 + $1.source.count } }

  /// - Parameter progress: called on the calling thread, several times a second.
  public func run(progress: (Progress) -> Void = { _ in }) -> CheckReport {
    let classes = Array(Set(parts.flatMap(\.source.classes))).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    let images = inspected(entries(classes), progress)
    var groups = DuplicateGroups(images)
    let search = groups.addNearDuplicates(images, progress)
    let summaries = parts.enumerated().map { index, part in
      var counts = [Int](repeating: 0, count: classes.count)
      for image in images where image.part == index { counts[image.label] += 1 }
      return CheckReport.Part(
        name: part.name, origin: part.origin, count: part.source.count, classCounts: counts)
    }
    var findings = ImageFindings(images, thresholds).all
    findings += groups.findings(images)
    findings += StructureFindings(source, parts, summaries, classes, thresholds).all
    let readable = images.filter { $0.facts.width > 0 }
    let order = Finding.Kind.allCases
    return CheckReport(
      root: source.root, format: source.format, classes: classes, parts: summaries,
      findings: findings.filter { !$0.entries.isEmpty }.sorted {
        ($0.severity, order.firstIndex(of: $0.kind)!) < ($1.severity, order.firstIndex(of: $1.kind)!)
      },
      widths: CheckReport.Spread(readable.map(\.facts.width)),
      heights: CheckReport.Spread(readable.map(\.facts.height)), searchRadius: search.radius,
      isSearchComplete: search.isComplete, images: images)
  }

  private func entries(_ classes: [String]) -> [ImageEntry] {
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    return parts.enumerated().flatMap { partIndex, part in
      let labels = part.source.classes.map { places[$0]! }
      return part.source.samples.enumerated().map { index, sample in
        ImageEntry(
          part: partIndex, label: labels[sample.label], sample: sample, source: part.source, index: index,
          facts: ImageFacts())
      }
    }
  }

  private func inspected(_ images: [ImageEntry], _ progress: (Progress) -> Void) -> [ImageEntry] {
    let inspector = ImageInspector(thresholds: thresholds)
    var images = images
    // Few at a time: large photographs take long, and someone watches.
    let group = 64
    for start in stride(from: 0, to: images.count, by: group) {
      let range = start..<min(start + group, images.count)
      let part = images[range]
      let facts = WorkerPool.shared.map(part.count) { place in
        let image = part[start + place]
        return inspector.facts(of: image.sample, in: image.source, at: image.index)
      }
      for (place, fact) in facts.enumerated() { images[start + place].facts = fact }
      progress(Progress(phase: .reading, done: range.upperBound, total: images.count))
    }
    return images
  }
}
