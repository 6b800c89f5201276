import FoveaImage

/// The format of MNIST and Fashion-MNIST: gray images in one file, labels in another, either packed with gzip.
///
/// Big-endian words: a magic number (0, 0, 8 for unsigned bytes, the number of axes), the extents, then the bytes
/// (LeCun, "The MNIST database of handwritten digits").
public enum IDX {
  /// Reads a pair of files.
  ///
  /// - Parameters:
  ///   - classNames: the names of labels 0, 1, …; without them, a label's digits are its class's name.
  ///   - classes: a model's classes, if labels are to be mapped to them.
  public static func load(
    images imagePath: RawPath, labels labelPath: RawPath, classNames: [String]? = nil
  ) throws(DataError) -> ImageSource {
    let images = try array(imagePath, axes: 3)
    let labels = try array(labelPath, axes: 1)
    let count = images.extents[0]
    guard count > 0, images.extents[1] > 0, images.extents[2] > 0 else {
      throw DataError(
        .noImages, imagePath.description,
        found: "\(count) images of \(images.extents[2])×\(images.extents[1]) pixels",
        remedy: "Check the file.")
    }
    guard images.extents[1] * images.extents[2] <= largestImage else {
      throw DataError(
        .tooLarge, imagePath.description,
        found: "images of \(images.extents[2])×\(images.extents[1]) pixels",
        expected: "at most \(largestImage) pixels an image", remedy: "Give such images as PNG or JPEG files.")
    }
    guard FileSystem.hasMemory(for: count * bytesPerSample) else {
      throw DataError(
        .tooLarge, imagePath.description, found: "\(count) images", expected: "as much free memory",
        remedy: "Use a machine with more.")
    }
    guard labels.extents[0] == count else {
      throw DataError(
        .malformed, labelPath.description, found: "\(labels.extents[0]) labels",
        expected: "\(count), as \(imagePath) has images", remedy: "Use the files of one set.")
    }
    let store = GrayStore(
      bytes: images.bytes, start: images.start, width: images.extents[2], height: images.extents[1])
    let values = labels.bytes[labels.start...].map(Int.init)
    let (classes, places) = try classTable(of: values, classNames, labelPath)
    let stem = stem(imagePath)
    let samples = values.enumerated().map { index, value in
      Sample(
        location: .record(index), name: RawPath(bytes: stem + Array("#\(index)".utf8)), label: places[value]!,
        byteCount: store.width * store.height)
    }
    return ImageSource(name: imagePath.description, classes: classes, samples: samples, store: store)
  }

  /// What the list of samples takes, roughly: a small packed file can hold a thousand million images of one pixel.
  private static let bytesPerSample = 256
  /// In pixels: as RGB it takes no more memory than an image of another format may.
  private static let largestImage = DecodeLimits().memory / 3

  /// The files in a folder whose names begin with `train` or `t10k` (or `test`), as MNIST's do.
  static func pair(in folder: RawPath, prefixes: [String]) -> (images: RawPath, labels: RawPath)? {
    for prefix in prefixes {
      let images = existing(folder, "\(prefix)-images", axes: 3)
      let labels = existing(folder, "\(prefix)-labels", axes: 1)
      if let images, let labels { return (images, labels) }
    }
    return nil
  }

  /// The labels that go with a file of images, by its name: `…images…idx3…` and `…labels…idx1…`.
  static func labels(beside images: RawPath) throws(DataError) -> RawPath {
    var name = images.lastComponent[...]
    for (from, to) in [("images", "labels"), ("idx3", "idx1")] {
      guard let range = name.firstRange(of: from.utf8) else {
        throw DataError(
          .missing, images.description, found: "no labels that go with it",
          expected: "a name with 'images' and 'idx3', and labels beside it with 'labels' and 'idx1'",
          remedy: "Give the folder of the data set.")
      }
      name.replaceSubrange(range, with: to.utf8)
    }
    return images.parent.appending(Array(name))
  }

  private static func existing(_ folder: RawPath, _ stem: String, axes: Int) -> RawPath? {
    for separator in ["-", "."] {
      for suffix in ["", ".gz"] {
        let path = folder.appending("\(stem)\(separator)idx\(axes)-ubyte\(suffix)")
        if FileSystem.isFile(path) { return path }
      }
    }
    return nil
  }

  /// The classes, sorted, and each label's place among them.
  ///
  /// With given names every name is a class, used or not, so that training and test files agree.
  private static func classTable(
    of values: [Int], _ names: [String]?, _ path: RawPath
  ) throws(DataError) -> (classes: [String], places: [Int: Int]) {
    let used = Set(values)
    if let names, let highest = used.max(), highest >= names.count {
      throw DataError(
        .unknownClass, path.description, found: "label \(highest)",
        expected: "labels below \(names.count), the number of class names",
        remedy: "Give a name for every label.")
    }
    let table = names.map { Array($0.enumerated()) } ?? used.sorted().map { ($0, String($0)) }
    let classes = try ClassNames.sorted(table.map { $0.1 }, in: path.description)
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    return (classes, Dictionary(uniqueKeysWithValues: table.map { ($0.0, places[$0.1]!) }))
  }

  private static func stem(_ path: RawPath) -> [UInt8] {
    let name = path.lastComponent
    return name.suffix(3) == Array(".gz".utf8) ? name.dropLast(3) : name
  }

  struct ByteArray {
    let extents: [Int]
    let bytes: [UInt8]
    /// Where the elements begin in `bytes`.
    let start: Int
  }

  /// Reads an IDX file of unsigned bytes with so many axes. Its length must be what its header says.
  static func array(_ path: RawPath, axes: Int) throws(DataError) -> ByteArray {
    let name = path.description
    let raw = try FileSystem.read(path, limit: 1 << 34)
    let start = 4 + 4 * axes
    let isPacked = Gunzip.isGzip(raw)
    let header = isPacked ? try Gunzip.prefix(raw, count: start, name: name) : Array(raw.prefix(start))
    guard header.count < 4 || header.starts(with: [0, 0, 8, UInt8(axes)]) else {
      let digits = header.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(
        separator: " ")
      throw DataError(
        .malformed, name, found: "a file that starts with \(digits)",
        expected: "00 00 08 0\(axes), an IDX file of bytes with \(axes == 1 ? "1 axis" : "\(axes) axes")",
        remedy: "Check that images and labels are not exchanged.")
    }
    guard header.count == start else {
      throw DataError(
        .truncated, name, found: "\(header.count) bytes", expected: "an IDX header of \(start)",
        remedy: "Fetch the file again.")
    }
    let extents = (0..<axes).map { axis in
      header[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
    }
    let total = try byteCount(extents, header: start, name: name)
    if isPacked {
      guard total / Gunzip.highestRatio <= raw.count else {
        throw tooFewBytes(name, extents, found: "\(raw.count) packed bytes", total)
      }
      guard FileSystem.hasMemory(for: total) else {
        throw DataError(
          .tooLarge, name, found: "\(total) bytes unpacked", expected: "as much free memory",
          remedy: "Use a machine with more.")
      }
      return ByteArray(extents: extents, bytes: try Gunzip.exactly(total, of: raw, name: name), start: start)
    }
    guard raw.count >= total else { throw tooFewBytes(name, extents, found: "\(raw.count) bytes", total) }
    guard raw.count == total else {
      throw DataError(
        .malformed, name, found: "\(raw.count) bytes", expected: "\(total), by its header",
        remedy: "Fetch the file again.")
    }
    return ByteArray(extents: extents, bytes: raw, start: start)
  }

  private static func byteCount(_ extents: [Int], header: Int, name: String) throws(DataError) -> Int {
    var total = 1
    for extent in extents {
      let (product, overflow) = total.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= 1 << 40 else {
        throw DataError(
          .malformed, name, found: "a header that claims \(text(extents)) bytes", expected: "a sane size",
          remedy: "Fetch the file again.")
      }
      total = product
    }
    return total + header
  }

  private static func tooFewBytes(_ name: String, _ extents: [Int], found: String, _ total: Int) -> DataError
  {
    DataError(
      .truncated, name, found: found,
      expected: "\(total) bytes for the \(text(extents)) that its header claims",
      remedy: "Fetch the file again.")
  }

  private static func text(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: "×") }
}

/// Gray images, each value three times for red, green and blue.
private struct GrayStore: ImageStore {
  let bytes: [UInt8]
  let start: Int
  let width: Int
  let height: Int

  func image(of sample: Sample, _ request: ImageRequest) throws(DataError) -> LoadedImage {
    guard case .record(let index) = sample.location else { preconditionFailure("a file in an IDX file") }
    let count = width * height
    let pixels = bytes.withUnsafeBufferPointer { bytes in
      [UInt8](unsafeUninitializedCapacity: 3 * count) { output, written in
        let gray = bytes.baseAddress! + start + index * count
        for i in 0..<count {
          output[3 * i] = gray[i]
          output[3 * i + 1] = gray[i]
          output[3 * i + 2] = gray[i]
        }
        written = 3 * count
      }
    }
    return LoadedImage(Image(width: width, height: height, pixels: pixels))
  }
}
