import FoveaData
import FoveaImage
import FoveaTensor

/// What `DataSetCheck` found.
public struct CheckReport: Sendable {
  public struct Part: Sendable {
    /// `train`, `val` or `test`.
    public let name: String
    /// Where it comes from, for people.
    public let origin: String
    public let count: Int
    /// How many images of each of the report's classes it has.
    public let classCounts: [Int]
  }

  /// The smallest, the middle and the largest of some numbers.
  public struct Spread: Sendable, Equatable {
    public let least: Int
    public let median: Int
    public let most: Int

    init?(_ values: [Int]) {
      guard !values.isEmpty else { return nil }
      let sorted = values.sorted()
      (least, median, most) = (sorted[0], sorted[sorted.count / 2], sorted[sorted.count - 1])
    }
  }

  /// The data set's path.
  let root: RawPath
  public let format: DataFormat
  /// Of all parts together, in bytewise order.
  public let classes: [String]
  public let parts: [Part]
  /// By severity, then in the order of their kinds.
  public let findings: [Finding]
  /// Of all images, upright, in pixels; nil where none could be read.
  public let widths: Spread?
  public let heights: Spread?
  /// In how many of 128 bits the perceptual hashes of near copies may differ: fewer where the set's images are much alike.
  public let searchRadius: Int
  /// Whether the search for near duplicates went through everything that it promises to.
  public let isSearchComplete: Bool
  let images: [ImageEntry]

  /// The data set's path, for people and programs.
  public var name: String { root.description }

  public var imageCount: Int { images.count }

  /// The search radius for sets of images that are not much alike.
  public static let fullSearchRadius = NearDuplicateSearch.largestDistance

  /// Whether anything is more than a note.
  public var needsAttention: Bool { findings.contains { $0.severity != .note } }

  public func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }

  /// The path below the data set's folder, or what else names the image.
  public func imageName(_ index: Int) -> String { images[index].name(below: root) }

  public func imagePart(_ index: Int) -> String { parts[images[index].part].name }

  public func imageClass(_ index: Int) -> String { classes[images[index].label] }

  public func imageSize(_ index: Int) -> (width: Int, height: Int) {
    (images[index].facts.width, images[index].facts.height)
  }

  /// Reads some images once more, in parallel; see `thumbnail(_:side:)`.
  public func thumbnails(_ indices: [Int], side: Int) -> [Int: Image] {
    let made = WorkerPool.shared.map(indices.count) { thumbnail(indices[$0], side: side) }
    return Dictionary(
      zip(indices, made).compactMap { index, image in image.map { (index, $0) } }, uniquingKeysWith: { $1 })
  }

  /// Reads an image once more, to show it.
  ///
  /// - Parameter side: the longer side of the result, at most.
  /// - Returns: nil where nothing can be read of it.
  public func thumbnail(_ index: Int, side: Int) -> Image? {
    images[index].load(allowsTruncated: true)?.shrunk(toLongerSide: side)
  }
}

/// An image of the data set, with what was found out about it.
struct ImageEntry: Sendable {
  let part: Int
  /// Among the report's classes.
  let label: Int
  let sample: Sample
  let source: ImageSource
  /// Within `source`.
  let index: Int
  var facts: ImageFacts

  /// For people and programs; with the part, where it is no folder of the data set.
  func name(below root: RawPath) -> String {
    guard case .file(let path) = sample.location else { return sample.name.description }
    return path.description(below: root)
  }

  func load(allowsTruncated: Bool = false) -> Image? {
    guard case .file(let path) = sample.location else {
      return (try? source.image(at: index))?.image
    }
    guard let bytes = try? ImageFiles.bytes(of: path) else { return nil }
    let options = ImageInspector.options(allowsTruncated: allowsTruncated)
    return (try? Image.decode(bytes, name: path.description, options: options))?.image
  }
}
