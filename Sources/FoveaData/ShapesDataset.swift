import FoveaImage
import FoveaTensor
import Synchronization

/// The data set that comes with the project: small pictures of eight kinds of objects on cluttered grounds, drawn by the
/// program, with a mask for each that says where the object is.
///
/// What a picture shows is a function of the seed, its part, its class and its number alone. The same seed and options
/// give the same bytes, as long as libpng, zlib and libjpeg are the same too.
///
///     DIR/train/CLASS/CLASS-0000.png …    half of the pictures are PNG, half JPEG
///     DIR/val/CLASS/…   DIR/test/CLASS/…
///     DIR/masks/train/CLASS/CLASS-0000.png …    gray, 255 on the object and 0 elsewhere
///     DIR/README.txt
public enum ShapesDataset {
  /// How much to make.
  public struct Options: Hashable, Sendable {
    public var trainPerClass: Int
    public var validationPerClass: Int
    public var testPerClass: Int
    /// Pixels along each side.
    public var imageSize: Int

    public init(
      trainPerClass: Int = 1500, validationPerClass: Int = 60, testPerClass: Int = 100, imageSize: Int = 64
    ) {
      self.trainPerClass = trainPerClass
      self.validationPerClass = validationPerClass
      self.testPerClass = testPerClass
      self.imageSize = imageSize
    }

    /// All pictures, the masks not counted.
    public var imageCount: Int {
      (trainPerClass + validationPerClass + testPerClass) * ShapesDataset.classes.count
    }

    /// - Throws: a ``DataError`` of the kind `invalidSetting`.
    public func validate() throws(DataError) {
      for (name, count) in [
        ("train", trainPerClass), ("val", validationPerClass), ("test", testPerClass),
      ] where !(0...9999).contains(count) {
        throw DataError(
          .invalidSetting, "shapes: images per class in \(name)", found: "\(count)", expected: "0 to 9999",
          remedy: "Choose a number in this range.")
      }
      guard (32...512).contains(imageSize) else {
        throw DataError(
          .invalidSetting, "shapes: image size", found: "\(imageSize)", expected: "32 to 512",
          remedy: "Choose a size in this range.")
      }
    }
  }

  public enum Part: String, CaseIterable, Sendable {
    case train
    case val
    case test
  }

  /// The classes' names, sorted.
  public static let classes: [String] = ShapeOutline.allCases.map(\.rawValue).sorted()

  /// One picture, as it is before it is encoded.
  public struct Picture: Sendable {
    public let image: Image
    /// 255 on the object and 0 elsewhere.
    public let mask: Gray8Image
    /// The JPEG quality; nil for PNG.
    public let jpegQuality: Int?
  }

  /// Draws picture number `number` of a class.
  ///
  /// - Precondition: the class is one of ``classes``, and the number is not negative.
  public static func picture(
    of className: String, number: Int, in part: Part, seed: UInt64 = 0, imageSize: Int = 64
  ) -> Picture {
    guard let label = classes.firstIndex(of: className), let outline = ShapeOutline(rawValue: className)
    else {
      preconditionFailure("no class '\(className)'")
    }
    precondition(number >= 0, "number \(number)")
    let stream = Part.allCases.firstIndex(of: part)! * 256 + label
    var random = CounterRandom(seed: seed, purpose: .dataset, epoch: stream, sample: number)
    let isJPEG = random.chance(0.5)
    let quality = random.integer(in: 80...95)
    let (image, mask) = ShapesScene.render(outline, size: imageSize, random: random)
    return Picture(image: image, mask: mask, jpegQuality: isJPEG ? quality : nil)
  }

  /// Makes the data set.
  ///
  /// - Parameters:
  ///   - directory: is made if it is not there (its parent must be). One that holds anything but a shapes data set is
  ///     refused; a shapes data set is made anew.
  ///   - progress: called now and then, on the calling thread, with the pictures done and those in all.
  /// - Throws: a ``DataError``. What was written until then says of itself that it is not complete, and the next call
  ///   makes it anew.
  public static func generate(
    to directory: String, seed: UInt64 = 0, options: Options = Options(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DataError) {
    try options.validate()
    let folder = try ShapesFolder(claiming: directory)
    try folder.makeFolders()
    let pictures = list(options)
    let chunk = 64
    for start in stride(from: 0, to: pictures.count, by: chunk) {
      let end = min(start + chunk, pictures.count)
      let failure = Mutex<DataError?>(nil)
      WorkerPool.shared.forEach(end - start) { i in
        let entry = pictures[start + i]
        let picture = picture(
          of: entry.className, number: entry.number, in: entry.part, seed: seed, imageSize: options.imageSize)
        do throws(DataError) {
          try folder.write(picture, entry)
        } catch {
          failure.withLock { if $0 == nil { $0 = error } }
        }
      }
      if let error = failure.withLock({ $0 }) { throw error }
      progress(end, pictures.count)
    }
    try folder.finish(ShapesReadme.text(seed: seed, options))
  }

  struct Entry {
    let part: Part
    let className: String
    let number: Int
  }

  /// All pictures, part by part and class by class.
  private static func list(_ options: Options) -> [Entry] {
    var entries: [Entry] = []
    let counts: [(Part, Int)] = [
      (.train, options.trainPerClass), (.val, options.validationPerClass), (.test, options.testPerClass),
    ]
    for (part, count) in counts {
      for className in classes {
        for number in 0..<count { entries.append(Entry(part: part, className: className, number: number)) }
      }
    }
    return entries
  }
}
