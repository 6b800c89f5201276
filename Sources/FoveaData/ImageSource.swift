import FoveaImage

/// One labelled image of a source.
public struct Sample: Hashable, Sendable {
  /// Where its pixels are.
  public enum Location: Hashable, Sendable {
    /// A file of its own.
    case file(RawPath)
    /// The n-th record of a file that holds many.
    case record(Int)
  }

  public let location: Location
  /// A name that is its own within the source: the path below the source's folder, or `train-images#17`.
  public let name: RawPath
  /// The index of its class in the source's `classes`.
  public let label: Int
  /// The bytes that it takes where it is stored.
  public let byteCount: Int

  public init(location: Location, name: RawPath, label: Int, byteCount: Int) {
    self.location = location
    self.name = name
    self.label = label
    self.byteCount = byteCount
  }

  func labelled(_ label: Int) -> Sample {
    Sample(location: location, name: name, label: label, byteCount: byteCount)
  }
}

/// An image as a source gives it: upright, in RGB, perhaps decoded at a fraction of its size.
public struct LoadedImage: Sendable {
  public let image: Image
  /// The size of the whole, upright image, in pixels.
  public let originalWidth: Int
  public let originalHeight: Int
  /// A pixel of `image` stands for so many of the original along each side: 1, 2, 4 or 8.
  public let scaleDenominator: Int

  /// - Precondition: `image` has the original's size divided by the denominator, rounded up.
  public init(_ image: Image, originalWidth: Int, originalHeight: Int, scaleDenominator: Int = 1) {
    precondition(
      image.width == (originalWidth + scaleDenominator - 1) / scaleDenominator
        && image.height == (originalHeight + scaleDenominator - 1) / scaleDenominator,
      "\(image.width)×\(image.height) for 1/\(scaleDenominator) of \(originalWidth)×\(originalHeight)")
    self.image = image
    self.originalWidth = originalWidth
    self.originalHeight = originalHeight
    self.scaleDenominator = scaleDenominator
  }

  public init(_ image: Image) {
    self.init(image, originalWidth: image.width, originalHeight: image.height)
  }

  /// A part of the original, in the pixels of `image`.
  func partOfImage(_ part: Rect) -> Rect {
    let scale = 1 / Double(scaleDenominator)
    return Rect(x: part.x * scale, y: part.y * scale, width: part.width * scale, height: part.height * scale)
  }
}

/// How images are to be decoded.
public struct ImageRequest: Hashable, Sendable {
  /// What shows through transparent parts.
  public var background: RGB
  /// Images may be decoded smaller, but not narrower or lower than this; nil asks for the full size.
  public var minimumWidth: Int?
  public var minimumHeight: Int?
  /// Accept what can be read of a damaged file.
  public var allowsTruncated: Bool

  public init(
    background: RGB = .white, minimumWidth: Int? = nil, minimumHeight: Int? = nil,
    allowsTruncated: Bool = false
  ) {
    self.background = background
    self.minimumWidth = minimumWidth
    self.minimumHeight = minimumHeight
    self.allowsTruncated = allowsTruncated
  }
}

/// Where the pixels of a source's samples come from. Called from several threads at once.
public protocol ImageStore: Sendable {
  func image(of sample: Sample, _ request: ImageRequest) throws(DataError) -> LoadedImage
}

/// A set of labelled images.
public struct ImageSource: Sendable {
  /// The folder or file it comes from, for messages.
  public let name: String
  /// The names of the classes, each once: in bytewise order, or a model's in the order of its logits.
  public let classes: [String]
  /// In a stable order.
  public let samples: [Sample]
  /// What is in the folder and was not taken, with the reason; hidden files are not mentioned.
  public let ignored: [Ignored]
  private let store: any ImageStore

  public struct Ignored: Hashable, Sendable {
    public let path: RawPath
    public let reason: String
  }

  /// - Precondition: every label is the index of a class.
  public init(
    name: String, classes: [String], samples: [Sample], ignored: [Ignored] = [], store: any ImageStore
  ) {
    precondition(samples.allSatisfy { classes.indices.contains($0.label) }, "a label without a class")
    self.name = name
    self.classes = classes
    self.samples = samples
    self.ignored = ignored
    self.store = store
  }

  /// A source of images in memory.
  ///
  /// - Precondition: as many labels as images, each the index of a class.
  public init(name: String, classes: [String], images: [Image], labels: [Int]) {
    precondition(images.count == labels.count, "\(images.count) images with \(labels.count) labels")
    let samples = zip(images, labels).enumerated().map { index, pair in
      Sample(
        location: .record(index), name: RawPath("\(name)#\(index)"), label: pair.1,
        byteCount: pair.0.pixels.count)
    }
    self.init(name: name, classes: classes, samples: samples, store: MemoryStore(images: images))
  }

  public var count: Int { samples.count }

  /// Reads and decodes a sample's image.
  public func image(at index: Int, _ request: ImageRequest = ImageRequest()) throws(DataError) -> LoadedImage
  {
    try store.image(of: samples[index], request)
  }

  /// How many samples each class has.
  public var classCounts: [Int] {
    samples.reduce(into: [Int](repeating: 0, count: classes.count)) { $0[$1.label] += 1 }
  }

  /// The samples at some indices, in that order.
  public func subset(_ indices: [Int]) -> ImageSource {
    ImageSource(
      name: name, classes: classes, samples: indices.map { samples[$0] }, ignored: ignored, store: store)
  }

  /// The same images under another name.
  func named(_ name: String) -> ImageSource {
    ImageSource(name: name, classes: classes, samples: samples, ignored: ignored, store: store)
  }

  /// The same images labelled by the places that their classes' *names* have in a model's list.
  ///
  /// A source may lack classes that the model has. Where it has classes that the model lacks, no label would be
  /// right.
  ///
  /// - Parameter known: the model's class names, in the order of its logits.
  public func relabelled(to known: [String]) throws(DataError) -> ImageSource {
    if known == classes { return self }
    let places = Dictionary(known.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var relabelled: [Sample] = []
    relabelled.reserveCapacity(count)
    for sample in samples {
      let name = classes[sample.label]
      guard let place = places[name] else {
        throw ClassNames.unknown(name, in: self.name, known: known)
      }
      relabelled.append(sample.labelled(place))
    }
    return ImageSource(name: name, classes: known, samples: relabelled, ignored: ignored, store: store)
  }
}

private struct MemoryStore: ImageStore {
  let images: [Image]

  func image(of sample: Sample, _ request: ImageRequest) throws(DataError) -> LoadedImage {
    guard case .record(let index) = sample.location else { preconditionFailure("a file in memory") }
    return LoadedImage(images[index])
  }
}
