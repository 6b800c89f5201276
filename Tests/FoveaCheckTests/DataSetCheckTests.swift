import FoveaData
import FoveaImage
import FoveaTensor
import Testing

@testable import FoveaCheck

@Suite struct DataSetCheckTests {
  static func report(_ folder: Folder) throws -> CheckReport {
    try DataSetCheck(DataSource(RawPath(folder.path)), rule: HashSplit()).run()
  }

  /// The names of the images of each entry.
  static func names(_ report: CheckReport, _ kind: Finding.Kind) -> [[String]] {
    report.findings.filter { $0.kind == kind }.flatMap(\.entries).map { entry in
      entry.images.isEmpty ? [entry.subject ?? ""] : entry.images.map(report.imageName)
    }
  }

  /// Twelve images for each of two classes to train on, and four to test with.
  static func sound() -> Folder {
    let folder = Folder()
    for (label, name) in ["cat", "dog"].enumerated() {
      for index in 0..<16 {
        let part = index < 12 ? "train" : "test"
        folder.write(picture(100 * label + index), "\(part)/\(name)/\(index < 10 ? "0" : "")\(index).png")
      }
    }
    return folder
  }

  @Test func aSoundSetNeedsNothing() throws {
    let folder = Self.sound()
    let report = try Self.report(folder)
    #expect(report.findings.map(\.kind).isEmpty)
    #expect(!report.needsAttention && report.imageCount == 32)
    #expect(report.parts.map(\.name) == ["train", "test"])
    #expect(report.parts.map(\.classCounts) == [[12, 12], [4, 4]])
    #expect(report.widths == CheckReport.Spread([96]) && report.searchRadius == CheckReport.fullSearchRadius)
  }

  @Test func copiesAreFound() throws {
    let folder = Self.sound()
    folder.write(picture(0), "test/cat/leak.png")
    folder.write(picture(1), "train/dog/conflict.png")
    folder.write(picture(102), "train/dog/again.png")
    folder.write(
      picture(3).resized(width: 60, height: 50).mapped { $0 * 0.9 + 5 }, "test/cat/near.jpg", quality: 60)
    folder.write(picture(104).turnedGray(), "train/cat/gray.png")
    folder.write(picture(5), "train/cat/near.jpg", quality: 70)
    let report = try Self.report(folder)
    #expect(Self.names(report, .leak) == [["train/cat/00.png", "test/cat/leak.png"]])
    #expect(Self.names(report, .conflict) == [["train/cat/01.png", "train/dog/conflict.png"]])
    #expect(Self.names(report, .duplicate) == [["train/dog/02.png", "train/dog/again.png"]])
    #expect(Self.names(report, .nearLeak) == [["train/cat/03.png", "test/cat/near.jpg"]])
    #expect(Self.names(report, .nearConflict) == [["train/cat/gray.png", "train/dog/04.png"]])
    #expect(Self.names(report, .nearDuplicate) == [["train/cat/05.png", "train/cat/near.jpg"]])
    #expect(report.needsAttention && report.isSearchComplete)
  }

  @Test func oddImagesAreFound() throws {
    let folder = Self.sound()
    let jpeg = try picture(30, width: 200, height: 160).jpegData()
    folder.write(Array(jpeg.prefix(jpeg.count / 2)), "train/cat/cut.jpg")
    folder.write(Array("no image at all".utf8), "train/cat/text.jpg")
    folder.write([], "train/cat/zero.png")
    folder.write(try picture(31).pngData(), "train/cat/wrong.jpg")
    folder.write(Image(width: 90, height: 90, fill: RGB(200, 10, 10)), "train/cat/red.png")
    folder.write(picture(32).mapped { $0 / 12 }, "train/cat/dark.png")
    folder.write(picture(33, width: 300, height: 40), "train/cat/long.png")
    folder.write(picture(34, width: 16, height: 12), "train/cat/small.png")
    folder.write(picture(35).turnedGray(), "train/cat/gray.png")
    let report = try Self.report(folder)
    #expect(Self.names(report, .damaged) == [["train/cat/cut.jpg"]])
    #expect(Self.names(report, .unreadable) == [["train/cat/text.jpg"], ["train/cat/zero.png"]])
    #expect(Self.names(report, .wrongExtension) == [["train/cat/wrong.jpg"]])
    #expect(Self.names(report, .constant) == [["train/cat/red.png"]])
    #expect(Self.names(report, .dark) == [["train/cat/dark.png"]])
    #expect(Self.names(report, .elongated) == [["train/cat/long.png"]])
    #expect(Self.names(report, .tiny) == [["train/cat/small.png"]])
    #expect(Self.names(report, .gray) == [["train/cat/gray.png"]])
    #expect(report.findings.flatMap(\.entries).filter { $0.images.isEmpty }.isEmpty)
  }

  @Test func classesAndFoldersAreLookedAt() throws {
    let folder = Self.sound()
    for index in 0..<120 {
      folder.write(picture(500 + index, width: 40, height: 40), "train/Bird/\(index).png")
    }
    folder.write(picture(700), "test/fish/1.png")
    folder.write(picture(701), "train/cat_/1.png")
    folder.write(picture(702), "train/.ipynb_checkpoints/a.png")
    folder.write(picture(703), "train/stray.png")
    folder.write(Array("x".utf8), "train/cat/notes.txt")
    folder.write([], "train/empty/.keep")
    let report = try Self.report(folder)
    #expect(report.classes == ["Bird", "cat", "cat_", "dog", "fish"])
    #expect(Self.names(report, .missingInTraining) == [["fish"]])
    #expect(Self.names(report, .onlyInTraining) == [["Bird"], ["cat_"]])
    #expect(Self.names(report, .similarNames) == [["cat"]])
    #expect(Self.names(report, .imbalance) == [["cat_"]])
    #expect(Self.names(report, .fewImages) == [["cat_"]])
    #expect(Self.names(report, .hiddenFolder) == [["train/.ipynb_checkpoints"]])
    #expect(Self.names(report, .outsideClasses) == [["train/stray.png"]])
    #expect(Self.names(report, .passedBy) == [["train/cat/notes.txt"]])
    #expect(Self.names(report, .emptyClass) == [["train/empty"]])
    let severities = report.findings.map(\.severity)
    #expect(severities == severities.sorted(), "the gravest come first")
  }

  /// A tree without parts is split as training splits it, and copies on both sides are leaks.
  @Test func theSplitThatTrainingMakes() throws {
    let folder = Folder()
    for label in ["a", "b"] {
      for index in 0..<40 {
        folder.write(picture(index % 20 + (label == "a" ? 0 : 50)), "\(label)/\(index).png")
      }
    }
    let report = try Self.report(folder)
    #expect(report.parts.map(\.name) == ["train", "val"])
    let leaks = Self.names(report, .leak)
    let duplicates = Self.names(report, .duplicate)
    #expect(leaks.count + duplicates.count == 40 && leaks.count > 5)
    let split = try DataSource(RawPath(folder.path)).split(HashSplit())
    let validation = Set(split.validation.samples.map(\.name.description))
    #expect(
      leaks.allSatisfy {
        $0.contains { validation.contains($0) } && !$0.allSatisfy { validation.contains($0) }
      })
  }

  @Test func recordsAreCheckedToo() throws {
    let folder = Folder()
    var images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 24, 0, 0, 0, 28, 0, 0, 0, 28]
    var labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 24]
    for index in 0..<24 {
      let gray = picture(index == 20 ? 3 : index, width: 28, height: 28).turnedGray()
      images += stride(from: 0, to: gray.pixels.count, by: 3).map { gray.pixels[$0] }
      labels.append(UInt8(index & 1))
    }
    folder.write(images, "train-images-idx3-ubyte")
    folder.write(labels, "train-labels-idx1-ubyte")
    let report = try Self.report(folder)
    #expect(report.format == .idx && report.imageCount == 24)
    #expect(
      Self.names(report, .conflict).map { $0.sorted() } == [
        ["train-images-idx3-ubyte#20", "train-images-idx3-ubyte#3"]
      ])
    #expect(Self.names(report, .gray).isEmpty, "where all are gray, none stands out")
  }

  @Test func nothingIsChanged() throws {
    let folder = Self.sound()
    let before = folder.contents
    _ = try Self.report(folder)
    #expect(folder.contents == before)
  }

  @Test func anyNumberOfThreadsFindsTheSame() throws {
    let folder = Self.sound()
    for index in 0..<6 { folder.write(picture(index), "test/dog/copy\(index).jpg", quality: 70) }
    func findings(threads: Int) throws -> String {
      WorkerPool.shared.limitThreads(to: threads)
      defer { WorkerPool.shared.limitThreads(to: 256) }
      let report = try Self.report(folder)
      return report.findings.map { "\($0.kind) \($0.entries.map { "\($0)" })" }.joined(separator: "\n")
    }
    #expect(try findings(threads: 1) == findings(threads: 2))
  }

  @Test func progressComesToItsEnd() throws {
    let folder = Self.sound()
    folder.write(picture(0), "test/cat/near.jpg", quality: 60)
    var last: [DataSetCheck.Progress.Phase: (Int, Int)] = [:]
    _ = try DataSetCheck(DataSource(RawPath(folder.path)), rule: HashSplit()).run { step in
      #expect(step.done >= last[step.phase]?.0 ?? 0 && step.done <= step.total)
      last[step.phase] = (step.done, step.total)
    }
    for phase in [DataSetCheck.Progress.Phase.reading, .searching, .verifying] {
      #expect(last[phase].map { $0.0 == $0.1 } == true, "\(phase)")
    }
  }

  @Test func thumbnailsFit() throws {
    let folder = Self.sound()
    let report = try Self.report(folder)
    let thumbnail = try #require(report.thumbnail(3, side: 48), "no thumbnail")
    #expect(thumbnail.width == 48 && thumbnail.height == 40)
    #expect(report.thumbnail(3, side: 500)?.width == 96)
  }
}
