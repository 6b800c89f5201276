import FoveaImage
import Testing

@testable import FoveaData

extension TemporaryFolder {
  fileprivate func text(_ name: String) -> String { self[name].utf8String! }

  /// All files below a folder, hidden ones too, by their path in it.
  fileprivate func contents(_ name: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    func visit(_ folder: RawPath, _ prefix: String) throws {
      for entry in try FileSystem.entries(of: folder).get() {
        let path = folder.appending(entry.name)
        let name = prefix + String(decoding: entry.name, as: UTF8.self)
        if try entry.status.get().kind == .folder {
          try visit(path, name + "/")
        } else {
          files[name] = try FileSystem.read(path, limit: 1 << 20)
        }
      }
    }
    try visit(self[name], "")
    return files
  }
}

@Suite struct ShapesDatasetTests {
  private static let small = ShapesDataset.Options(trainPerClass: 2, validationPerClass: 1, testPerClass: 1)

  @Test func theSameSeedGivesTheSameBytes() throws {
    let a = TemporaryFolder()
    let b = TemporaryFolder()
    try ShapesDataset.generate(to: a.text("set"), seed: 7, options: Self.small)
    try ShapesDataset.generate(to: b.text("set"), seed: 7, options: Self.small)
    let files = try a.contents("set")
    #expect(try files == b.contents("set"))
    // Four pictures of each of eight classes, with a mask each, and the README.
    #expect(files.count == 4 * 8 * 2 + 1)
    #expect(files.keys.contains { $0.hasSuffix(".jpg") })
  }

  @Test func anotherSeedGivesOtherPictures() {
    for name in ShapesDataset.classes {
      let a = ShapesDataset.picture(of: name, number: 3, in: .train, seed: 1)
      let b = ShapesDataset.picture(of: name, number: 3, in: .train, seed: 2)
      #expect(a.image != b.image && a.mask != b.mask)
    }
  }

  @Test func partsNumbersAndClassesAreIndependent() {
    var seen = Set<[UInt8]>()
    for part in ShapesDataset.Part.allCases {
      for name in ShapesDataset.classes {
        for number in 0..<3 {
          seen.insert(ShapesDataset.picture(of: name, number: number, in: part).image.pixels)
        }
      }
    }
    #expect(seen.count == 3 * 8 * 3)
  }

  /// More pictures of a class do not change those that were there.
  @Test func aPictureDoesNotDependOnHowManyThereAre() throws {
    let a = TemporaryFolder()
    try ShapesDataset.generate(to: a.text("set"), options: Self.small)
    try ShapesDataset.generate(
      to: a.text("more"), options: .init(trainPerClass: 3, validationPerClass: 0, testPerClass: 1))
    let few = try a.contents("set")
    let more = try a.contents("more")
    for (name, bytes) in few where name.contains("train/") { #expect(more[name] == bytes) }
  }

  @Test func masksLieOnTheObject() {
    for name in ShapesDataset.classes {
      for number in 0..<12 {
        let picture = ShapesDataset.picture(of: name, number: number, in: .test)
        #expect(Set(picture.mask.pixels) == [0, 255])
        let inside = picture.mask.pixels.indices.filter { picture.mask.pixels[$0] == 255 }
        let share = Double(inside.count) / Double(64 * 64)
        #expect(share > 0.01 && share < 0.35, "\(name) \(number): \(share)")
        // The whole object is in the picture.
        #expect(inside.allSatisfy { (1...62).contains($0 % 64) && (1...62).contains($0 / 64) })
        #expect(contrast(picture) > 25, "\(name) \(number): \(contrast(picture))")
      }
    }
  }

  /// How much lighter or darker the masked pixels are than those around the mask, in the median.
  private func contrast(_ picture: ShapesDataset.Picture) -> Double {
    func isMasked(_ x: Int, _ y: Int) -> Bool {
      (0..<64).contains(x) && (0..<64).contains(y) && picture.mask.pixels[y * 64 + x] == 255
    }
    var inside: [Double] = []
    var around: [Double] = []
    for y in 0..<64 {
      for x in 0..<64 {
        if isMasked(x, y) {
          inside.append(picture.image[x, y].luma)
        } else if (-4...4).contains(where: { isMasked(x + $0, y) || isMasked(x, y + $0) }) {
          around.append(picture.image[x, y].luma)
        }
      }
    }
    return abs(inside.sorted()[inside.count / 2] - around.sorted()[around.count / 2])
  }

  @Test func theLoaderReadsIt() throws {
    let folder = TemporaryFolder()
    try ShapesDataset.generate(to: folder.text("set"), options: Self.small)
    let data = try DataSource(folder["set"])
    let split = try data.split(validation: .auto, HashSplit())
    #expect(split.training.classes == ShapesDataset.classes)
    #expect(split.training.samples.count == 16 && split.validation.samples.count == 8)
    let labels = split.training.samples.map(\.label)
    for label in 0..<8 { #expect(labels.count { Int($0) == label } == 2) }
  }

  @Test func progressEndsAtTheTotal() throws {
    let folder = TemporaryFolder()
    var calls: [(Int, Int)] = []
    try ShapesDataset.generate(to: folder.text("set"), options: Self.small) { calls.append(($0, $1)) }
    #expect(calls.last! == (Self.small.imageCount, Self.small.imageCount))
    #expect(zip(calls, calls.dropFirst()).allSatisfy { $0.0 < $1.0 })
  }

  // MARK: The folder

  @Test func itsOwnFolderIsMadeAnew() throws {
    let folder = TemporaryFolder()
    let path = folder.text("set")
    try ShapesDataset.generate(
      to: path, seed: 1, options: .init(trainPerClass: 3, validationPerClass: 1, testPerClass: 1))
    // What an interrupted run leaves.
    folder.write(Array("half".utf8), "set/train/star/star-0001.png.partial-12-34")
    try ShapesDataset.generate(to: path, seed: 2, options: Self.small)
    try ShapesDataset.generate(to: folder.text("fresh"), seed: 2, options: Self.small)
    #expect(try folder.contents("set") == folder.contents("fresh"))
  }

  @Test func anEmptyFolderIsTaken() throws {
    let folder = TemporaryFolder()
    try ShapesDataset.generate(to: folder.text("."), options: Self.small)
    #expect(try folder.contents(".").count == 65)
  }

  /// What the error names is the foreign file, or the first folder that is foreign.
  @Test(
    arguments: [
      ("photo.jpg", "set/photo.jpg"), ("train/star/mine.png", "star/mine.png"),
      ("train/star/star-0001.gif", "star-0001.gif"), (".hidden", "set/.hidden"),
      ("train/dog/star-0001.png", "train/dog"), ("masks/star/star-0001.png", "masks/star"),
    ])
  func filesOfOthersAreLeftAlone(foreign: String, named: String) throws {
    let folder = TemporaryFolder()
    try ShapesDataset.generate(to: folder.text("set"), options: Self.small)
    folder.write(Array("mine".utf8), "set/\(foreign)")
    let before = try folder.contents("set")
    let error = dataError {
      try ShapesDataset.generate(to: folder.text("set"), seed: 5, options: Self.small)
    }
    #expect(error?.kind == .occupied)
    #expect(error?.description.contains(named) == true)
    #expect(try folder.contents("set") == before)
  }

  @Test func aFolderOfTheSameShapeWithoutItsReadmeIsRefused() throws {
    let folder = TemporaryFolder()
    folder.write(Array("mine".utf8), "set/train/star/star-0001.png")
    let error = dataError {
      try ShapesDataset.generate(to: folder.text("set"), options: Self.small)
    }
    #expect(error?.kind == .occupied)
    #expect(try folder.contents("set").count == 1)
  }

  @Test func aFileOrAMissingParentIsNamed() throws {
    let folder = TemporaryFolder()
    folder.write(Array("x".utf8), "file")
    let occupied = dataError {
      try ShapesDataset.generate(to: folder.text("file"), options: Self.small)
    }
    #expect(occupied?.kind == .occupied)
    let missing = dataError {
      try ShapesDataset.generate(to: folder.text("no/set"), options: Self.small)
    }
    #expect(missing?.kind == .unwritable && missing?.description.contains("no/set") == true)
  }

  @Test func optionsOutOfRangeAreRefused() throws {
    let folder = TemporaryFolder()
    for options in [
      ShapesDataset.Options(trainPerClass: -1), .init(testPerClass: 10_000), .init(imageSize: 8),
      .init(imageSize: 4096),
    ] {
      let error = dataError {
        try ShapesDataset.generate(to: folder.text("set"), options: options)
      }
      #expect(error?.kind == .invalidSetting)
    }
    #expect(try folder.contents(".").isEmpty)
  }
}
