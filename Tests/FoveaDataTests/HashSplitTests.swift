import FoveaImage
import Testing

@testable import FoveaData

@Suite struct HashSplitTests {
  private func source(_ names: [String], classes: Int = 1) -> ImageSource {
    let samples = names.enumerated().map { index, name in
      Sample(location: .record(index), name: RawPath(name), label: index % classes, byteCount: 1)
    }
    return ImageSource(
      name: "set", classes: (0..<classes).map { "c\($0)" }, samples: samples, store: NoStore())
  }

  private struct NoStore: ImageStore {
    func image(of sample: Sample, _ request: ImageRequest) throws(DataError) -> LoadedImage {
      LoadedImage(Image(width: 1, height: 1))
    }
  }

  private func validating(_ source: ImageSource, _ rule: HashSplit) -> Set<RawPath> {
    Set(rule.indices(of: source).validation.map { source.samples[$0].name })
  }

  @Test func filesStayWhereTheyAreWhenOthersComeOrGo() throws {
    let rule = try HashSplit(fraction: 0.2)
    let names = (0..<400).map { "cat/IMG_\($0).jpg" }
    let before = validating(source(names), rule)
    let more = (0..<400).map { "cat/new_\($0).jpg" }
    let after = validating(source(more + names.reversed()), rule)
    #expect(after.intersection(names.map { RawPath($0) }) == before)
    let fewer = names.filter { $0.hasSuffix("3.jpg") }
    #expect(validating(source(fewer), rule) == before.intersection(fewer.map { RawPath($0) }))
  }

  @Test func bothSidesMakeUpTheWholeInTheStatedShares() throws {
    let names = (0..<4000).map { "f\($0)" }
    for fraction in [0.1, 0.25, 0.5] {
      let set = source(names, classes: 4)
      let sides = try HashSplit(fraction: fraction).indices(of: set)
      #expect((sides.training + sides.validation).sorted() == Array(0..<4000))
      for count in set.subset(sides.validation).classCounts {
        #expect(abs(Double(count) - 1000 * fraction) < 60, "\(count) at \(fraction)")
      }
    }
  }

  @Test func theSeedDrawsAnotherSplit() throws {
    let set = source((0..<200).map { "f\($0)" })
    #expect(validating(set, try HashSplit(seed: 1)) != validating(set, try HashSplit(seed: 2)))
  }

  @Test(arguments: 1...12) func smallClassesHaveBothSides(count: Int) throws {
    for trial in 0..<30 {
      let sides = try HashSplit(fraction: 0.2).indices(of: source((0..<count).map { "\(trial)/\($0)" }))
      #expect(sides.training.count >= 1)
      #expect(sides.validation.count >= (count > 1 ? 1 : 0))
    }
  }

  /// The split of a data set must not change with a new version of the program.
  @Test func positionsAreFixedForEver() throws {
    let rule = try HashSplit(seed: 7)
    #expect(rule.position(of: RawPath("cat/1.jpg")) == 0.752_913_718_210_691_5)
  }

  @Test func fractionsOutsideAreRefused() {
    for fraction in [0, 1, -0.1, 1.5, .nan] {
      #expect(dataError { _ = try HashSplit(fraction: fraction) }?.kind == .invalidSetting)
    }
  }
}

@Suite struct FingerprintTests {
  private func source(_ names: [String], label: Int = 0, byteCount: Int = 3, classes: [String] = ["a", "b"])
    -> String
  {
    let samples = names.map {
      Sample(
        location: .file(RawPath("/somewhere/\($0)")), name: RawPath($0), label: label, byteCount: byteCount)
    }
    return ImageSource(name: "x", classes: classes, samples: samples, store: FileStore()).fingerprint
  }

  @Test func itChangesWithTheListAndNothingElse() {
    let start = source(["1.png", "2.png"])
    #expect(start.count == 32)
    #expect(source(["1.png", "2.png"]) == start)
    let others = [
      source(["1.png"]), source(["2.png", "1.png"]), source(["1.png2", ".png"]),
      source(["1.png", "2.png"], label: 1), source(["1.png", "2.png"], byteCount: 4),
      source(["1.png", "2.png"], classes: ["a", "c"]),
    ]
    #expect(Set(others + [start]).count == 7)
  }

  @Test func itStaysWhenTheFolderMoves() throws {
    let trees = [TemporaryFolder(), TemporaryFolder()]
    for tree in trees { for name in ["a/1.png", "b/1.png"] { tree.write(Image.plain(2, 2, .black), name) } }
    let prints = try trees.map { try ClassFolders.scan($0.path).fingerprint }
    #expect(prints[0] == prints[1])
  }
}
