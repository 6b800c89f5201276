import CFoveaImage
import FoveaImage
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@testable import FoveaData

@Suite struct IDXTests {
  static func word(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  static func images(_ count: Int, _ height: Int, _ width: Int, magic: Int = 0x803) -> [UInt8] {
    let pixels = (0..<count * height * width).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return word(magic) + word(count) + word(height) + word(width) + pixels
  }

  static func labels(_ labels: [UInt8]) -> [UInt8] { word(0x801) + word(labels.count) + labels }

  private func load(
    _ images: [UInt8], _ labels: [UInt8], classNames: [String]? = nil
  ) throws -> ImageSource {
    let folder = TemporaryFolder()
    return try IDX.load(
      images: folder.write(images, "t10k-images-idx3-ubyte"), labels: folder.write(labels, "labels"),
      classNames: classNames)
  }

  @Test func grayBecomesRGB() throws {
    let source = try load(Self.images(3, 2, 4), Self.labels([7, 0, 7]))
    #expect(source.classes == ["0", "7"])
    #expect(source.samples.map(\.label) == [1, 0, 1])
    #expect(source.samples[2].name.description == "t10k-images-idx3-ubyte#2")
    let image = try source.image(at: 2).image
    #expect(image.width == 4 && image.height == 2)
    let first = UInt8(truncatingIfNeeded: 16 * 7)
    #expect(image[0, 0] == RGB(first, first, first))
    #expect(image[3, 1] == RGB(first &+ 49, first &+ 49, first &+ 49))
  }

  @Test func classNamesAreSortedAndLabelsFollow() throws {
    let source = try load(
      Self.images(3, 1, 1), Self.labels([0, 1, 2]), classNames: ["shirt", "bag", "coat"])
    #expect(source.classes == ["bag", "coat", "shirt"])
    #expect(source.samples.map(\.label) == [2, 0, 1])
    #expect(
      dataError { _ = try load(Self.images(1, 1, 1), Self.labels([2]), classNames: ["a", "b"]) }?.kind
        == .unknownClass)
    #expect(
      dataError { _ = try load(Self.images(1, 1, 1), Self.labels([0]), classNames: ["a", "a"]) }?.kind
        == .duplicateClass)
  }

  @Test func numberedClassesSortAsNames() throws {
    let source = try load(Self.images(3, 1, 1), Self.labels([2, 10, 2]))
    #expect(source.classes == ["10", "2"])
    #expect(source.samples.map(\.label) == [1, 0, 1])
  }

  private struct Fault {
    let bytes: [UInt8]
    let kind: DataError.Kind

    init(_ bytes: [UInt8], _ kind: DataError.Kind) {
      self.bytes = bytes
      self.kind = kind
    }

    /// A header without pixels.
    init(claiming extents: [Int], _ kind: DataError.Kind) {
      self.init(IDXTests.word(0x803) + extents.flatMap(IDXTests.word), kind)
    }
  }

  private static let faults: [Fault] = [
    Fault(Array(images(2, 2, 2).dropLast()), .truncated),
    Fault(images(2, 2, 2) + [0], .malformed),
    Fault(images(2, 2, 2, magic: 0x801), .malformed),
    Fault(images(2, 2, 2, magic: 0xD03), .malformed),
    Fault(Array("not idx at all, but text".utf8), .malformed),
    Fault([], .truncated),
    Fault([0, 0, 8], .truncated),
    Fault(claiming: [0, 28, 28], .noImages),
    Fault(claiming: [2, 0, 28], .noImages),
    Fault(claiming: [1_000_000, 28, 28], .truncated),
    Fault(claiming: [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], .malformed),
  ]

  @Test(arguments: 0..<11) func faultsAreNamed(index: Int) {
    let fault = Self.faults[index]
    let error = dataError { _ = try load(fault.bytes, Self.labels([1, 2])) }
    #expect(error?.kind == fault.kind, "\(String(describing: error))")
    #expect(error?.subject.hasSuffix("t10k-images-idx3-ubyte") == true)
  }

  /// The file is there, with a hole in it: as RGB the image would take three times as much.
  @Test func anImageOfAnySizeIsRefused() throws {
    let folder = TemporaryFolder()
    let header = [0x803, 1, 9_500, 9_500].flatMap(Self.word)
    let images = folder.write(header, "large-images-idx3-ubyte")
    #expect(images.withCString { truncate($0, off_t(header.count + 9_500 * 9_500)) } == 0)
    let error = dataError {
      _ = try IDX.load(images: images, labels: folder.write(Self.labels([1]), "labels"))
    }
    #expect(error?.kind == .tooLarge && error?.found == "images of 9500×9500 pixels")
  }

  @Test func exchangedAndUnequalFilesAreRefused() {
    let exchanged = dataError { _ = try load(Self.labels([1]), Self.images(1, 1, 1)) }
    #expect(exchanged?.description.contains("exchanged") == true)
    let unequal = dataError { _ = try load(Self.images(2, 1, 1), Self.labels([1])) }
    #expect(unequal?.found == "1 labels")
  }
}

@Suite struct GunzipTests {
  /// `gzip -n` of "hello fovea\n".
  private static let hello: [UInt8] = GzipSamples.hello

  @Test func wholeFilesAreUnpacked() throws {
    #expect(try Gunzip.exactly(12, of: Self.hello, name: "x") == Array("hello fovea\n".utf8))
    #expect(try Gunzip.prefix(Self.hello, count: 5, name: "x") == Array("hello".utf8))
    #expect(try Gunzip.exactly(24, of: Self.hello + Self.hello, name: "x").count == 24)
  }

  @Test func otherLengthsAreErrors() {
    #expect(dataError { _ = try Gunzip.exactly(11, of: Self.hello, name: "x") }?.kind == .malformed)
    #expect(dataError { _ = try Gunzip.exactly(13, of: Self.hello, name: "x") }?.kind == .truncated)
  }

  @Test func everyTruncationIsAnError() {
    for count in 0..<Self.hello.count {
      let part = Array(Self.hello.prefix(count))
      #expect(dataError { _ = try Gunzip.exactly(12, of: part, name: "x") } != nil, "\(count) bytes")
    }
  }

  @Test func everyFlippedBitIsNoticed() {
    // Bytes 3 to 9 are flags, time and system: a flip there may rightly go unnoticed, or ask for more header.
    for byte in Self.hello.indices where !(3...9).contains(byte) {
      for bit in 0..<8 {
        var damaged = Self.hello
        damaged[byte] ^= 1 << bit
        let unpacked = try? Gunzip.exactly(12, of: damaged, name: "x")
        #expect(unpacked == nil || unpacked == Array("hello fovea\n".utf8), "bit \(bit) of byte \(byte)")
      }
    }
  }

  @Test func trailingBytesAreAnError() {
    #expect(dataError { _ = try Gunzip.exactly(12, of: Self.hello + [1, 2, 3], name: "x") } != nil)
  }

  @Test func packedIDXIsReadAndBoundedByItsHeader() throws {
    let folder = TemporaryFolder()
    let labels = folder.write(GzipSamples.labels, "train-labels-idx1-ubyte.gz")
    #expect(try IDX.array(labels, axes: 1).extents == [3])
    #expect(Array(try IDX.array(labels, axes: 1).bytes.suffix(3)) == [3, 1, 2])
    // 60 bytes that claim 16 GB: refused by deflate's highest ratio, before any memory is taken.
    let bomb = folder.write(GzipSamples.hugeClaim, "train-images-idx3-ubyte.gz")
    let error = dataError { _ = try IDX.array(bomb, axes: 3) }
    #expect(error?.kind == .truncated)
    #expect(error?.found.contains("packed bytes") == true)
  }
}
