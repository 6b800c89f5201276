import FoveaImage

/// The binary version of CIFAR-10: records of a label byte and a 32×32 image in planes of red, green and blue
/// (Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the data set's page).
public enum CIFARBinary {
  static let side = 32
  static let recordBytes = 1 + 3 * side * side
  static let namesFile = "batches.meta.txt"

  /// Reads the records of some files, one after another.
  ///
  /// - Parameters:
  ///   - files: `data_batch_1.bin` and so on.
  ///   - names: `batches.meta.txt`, a class name per line in the order of the labels.
  public static func load(_ files: [RawPath], names: RawPath) throws(DataError) -> ImageSource {
    let listed = try classNames(names)
    let classes = try ClassNames.sorted(listed, in: names.description)
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    var contents: [[UInt8]] = []
    var samples: [Sample] = []
    for file in files {
      let bytes = try FileSystem.read(file, limit: 1 << 34)
      guard bytes.count > 0, bytes.count.isMultiple(of: recordBytes) else {
        throw DataError(
          .truncated, file.description, found: "\(bytes.count) bytes",
          expected: "whole records of \(recordBytes)",
          remedy: "Fetch the file again; it is CIFAR-10's binary version.")
      }
      for record in 0..<bytes.count / recordBytes {
        let label = Int(bytes[record * recordBytes])
        guard label < listed.count else {
          throw DataError(
            .malformed, file.description, found: "label \(label) in record \(record)",
            expected: "a label below \(listed.count), the number of names in \(names)",
            remedy: "Fetch the file again; it is CIFAR-10's binary version.")
        }
        samples.append(
          Sample(
            location: .record(samples.count),
            name: RawPath(bytes: file.lastComponent + Array("#\(record)".utf8)),
            label: places[listed[label]]!, byteCount: recordBytes))
      }
      contents.append(bytes)
    }
    return ImageSource(
      name: files.first.map { files.count == 1 ? $0.description : $0.parent.description } ?? "",
      classes: classes,
      samples: samples, store: PlanarStore(files: contents))
  }

  /// The training files in a folder, in the order of their numbers, or none.
  static func trainingFiles(in folder: RawPath) -> [RawPath] {
    guard case .success(let entries) = FileSystem.entries(of: folder) else { return [] }
    return entries.filter {
      $0.name.starts(with: "data_batch_".utf8) && $0.name.suffix(4) == Array(".bin".utf8)
    }.map { folder.appending($0.name) }
  }

  static func testFile(in folder: RawPath) -> RawPath? {
    let path = folder.appending("test_batch.bin")
    return FileSystem.isFile(path) ? path : nil
  }

  private static func classNames(_ path: RawPath) throws(DataError) -> [String] {
    let bytes = try FileSystem.read(path, limit: 1 << 20)
    let names = bytes.split(separator: UInt8(ascii: "\n")).map { line in
      RawPath.printable(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }.filter { !$0.isEmpty }
    guard !names.isEmpty, names.count <= 256 else {
      throw DataError(
        .malformed, path.description, found: "\(names.count) class names",
        expected: "one per line, 10 for CIFAR-10",
        remedy: "Fetch the file again.")
    }
    return names
  }
}

/// Images whose channels lie in planes.
private struct PlanarStore: ImageStore {
  let files: [[UInt8]]
  /// The first record of each file.
  let firsts: [Int]

  init(files: [[UInt8]]) {
    self.files = files
    firsts = files.reduce(into: [0]) { $0.append($0.last! + $1.count / CIFARBinary.recordBytes) }
  }

  func image(of sample: Sample, _ request: ImageRequest) throws(DataError) -> LoadedImage {
    guard case .record(let index) = sample.location else { preconditionFailure("a file in a CIFAR file") }
    let file = firsts.lastIndex { $0 <= index }!
    let count = CIFARBinary.side * CIFARBinary.side
    let start = (index - firsts[file]) * CIFARBinary.recordBytes + 1
    let pixels = files[file].withUnsafeBufferPointer { bytes in
      [UInt8](unsafeUninitializedCapacity: 3 * count) { output, written in
        let planes = bytes.baseAddress! + start
        for i in 0..<count {
          output[3 * i] = planes[i]
          output[3 * i + 1] = planes[count + i]
          output[3 * i + 2] = planes[2 * count + i]
        }
        written = 3 * count
      }
    }
    return LoadedImage(Image(width: CIFARBinary.side, height: CIFARBinary.side, pixels: pixels))
  }
}
