import FoveaImage
import Testing

@testable import FoveaData

@Suite struct DataSourceTests {
  private func tree(_ names: [String]) -> TemporaryFolder {
    let folder = TemporaryFolder()
    for name in names { folder.write(Image.plain(2, 2, .black), name) }
    return folder
  }

  private func parts(_ parts: [String]) -> TemporaryFolder {
    tree(parts.flatMap { part in ["ant/1.png", "bee/1.png", "bee/2.png"].map { "\(part)/\($0)" } })
  }

  private func origin(_ folder: TemporaryFolder, _ part: DataPart = .auto) throws -> String {
    try DataSource(folder.path).split(validation: part, HashSplit(fraction: 0.25)).validationOrigin
  }

  @Test func validationIsWhatLiesBesideTraining() throws {
    #expect(try origin(parts(["train", "val", "test"])) == "val")
    #expect(try origin(parts(["train", "validation"])) == "val")
    #expect(try origin(parts(["train", "test"])) == "test")
    #expect(try origin(parts(["train", "val", "test"]), .test) == "test")
    #expect(try origin(parts(["train", "val"]), .split) == "25 % of the training images, by name")
    #expect(try origin(parts(["train"])) == "25 % of the training images, by name")
    #expect(
      try origin(tree(["ant/1.png", "ant/2.png", "bee/1.png"])) == "25 % of the training images, by name")
  }

  @Test func partsThatAreMissingOrDoubleAreErrors() {
    #expect(dataError { _ = try origin(parts(["train", "test"]), .val) }?.kind == .missing)
    #expect(dataError { _ = try origin(parts(["train", "val", "valid"])) }?.kind == .malformed)
    #expect(dataError { _ = try origin(parts(["train"]), .train) }?.kind == .invalidSetting)
    #expect(dataError { _ = try origin(tree(["train/ant/1.png", "val/ant/1.png"])) }?.kind == .tooFewClasses)
    #expect(dataError { _ = try origin(tree(["ant/1.png", "bee/1.png"])) }?.kind == .noImages)
    #expect(dataError { _ = try DataSource(RawPath("/nowhere/at/all")) }?.kind == .missing)
  }

  @Test func aFileIsNoFolder() {
    let folder = tree(["x.png"])
    let error = dataError { _ = try DataSource(folder["x.png"]).split(HashSplit()) }
    #expect(error?.subject == folder["x.png"].description)
    #expect(error?.found == "not a folder")
  }

  @Test func memoryThatNoMachineHasIsNotPromised() {
    #expect(FileSystem.hasMemory(for: 1 << 20))
    #expect(!FileSystem.hasMemory(for: 1 << 60))
  }

  @Test func classesNamedAsPartsAreClasses() throws {
    let folder = tree(["train/1.png", "train/2.png", "tram/1.png", "test/1.png", "test/2.png"])
    let split = try DataSource(folder.path).split(HashSplit())
    #expect(split.training.classes == ["test", "train", "tram"])
  }

  @Test func aValidationClassThatTrainingLacksIsNamed() {
    let folder = parts(["train", "val"])
    folder.write(Image.plain(1, 1, .black), "val/wasp/1.png")
    let error = dataError { _ = try origin(folder) }
    #expect(error?.kind == .unknownClass)
    #expect(error?.description.contains("'wasp'") == true)
  }

  @Test func validationMayLackClasses() throws {
    let folder = tree(["train/ant/1.png", "train/bee/1.png", "val/bee/1.png"])
    folder.folder("val/ant")
    let split = try DataSource(folder.path).split(HashSplit())
    #expect(split.validation.classes == ["ant", "bee"])
    #expect(split.validation.samples.map(\.label) == [1])
  }

  @Test func evaluationTakesTestThenValidationThenAll() throws {
    let classes = ["aardvark", "ant", "bee"]
    func source(_ folder: TemporaryFolder, _ part: DataPart = .auto) throws -> ImageSource {
      try DataSource(folder.path).evaluation(part, classes: classes)
    }
    #expect(try source(parts(["train", "val", "test"])).name.hasSuffix("/test"))
    #expect(try source(parts(["train", "val"])).name.hasSuffix("/val"))
    #expect(try source(parts(["train", "val"]), .train).name.hasSuffix("/train"))
    let whole = try source(tree(["ant/1.png", "bee/1.png"]))
    #expect(whole.classes == classes)
    #expect(whole.samples.map(\.label) == [1, 2])
    #expect(dataError { _ = try source(tree(["cow/1.png"])) }?.kind == .unknownClass)
    let folder = parts(["train"])
    let split = try DataSource(folder.path).split(HashSplit())
    #expect(try source(folder, .split).count == split.validation.count)
  }

  @Test func whatWasTrainedOnIsNotEvaluatedUnasked() throws {
    let folder = tree((0..<20).flatMap { ["ant/\($0).png", "bee/\($0).png"] })
    let data = try DataSource(folder.path)
    let split = try data.split(HashSplit())
    let own = try data.evaluation(classes: ["ant", "bee"], HashSplit(), trainedOnRest: true)
    #expect(own.samples.map(\.name) == split.validation.samples.map(\.name))
    #expect(own.name.hasSuffix(", the 20 % set aside to validate"))
    #expect(try data.evaluation(classes: ["ant", "bee"], HashSplit()).count == 40)
    // A part of its own was not trained on.
    let withTest = parts(["train", "test"])
    #expect(
      try DataSource(withTest.path).evaluation(classes: ["ant", "bee"], HashSplit(), trainedOnRest: true).name
        .hasSuffix(
          "/test"))
  }

  @Test func idxIsFoundByItsNames() throws {
    let folder = TemporaryFolder()
    folder.write(IDXTests.images(6, 2, 2), "train-images-idx3-ubyte")
    folder.write(GzipSamples.labels, "t10k-labels-idx1-ubyte.gz")
    folder.write(IDXTests.labels([0, 1, 2, 3, 1, 2]), "train-labels.idx1-ubyte")
    folder.write(IDXTests.images(3, 2, 2), "t10k-images-idx3-ubyte")
    let source = try DataSource(folder.path, classNames: ["d", "c", "b", "a"])
    #expect(source.format == .idx)
    let split = try source.split(HashSplit())
    #expect(split.training.samples.map(\.label) == [3, 2, 1, 0, 2, 1])
    #expect(split.validation.samples.map(\.label) == [0, 2, 1])
    #expect(try source.evaluation(classes: ["a", "b", "c", "d"]).samples.map(\.label) == [0, 2, 1])
    let one = folder.write(IDXTests.images(6, 2, 2), "sub/train-images-idx3-ubyte")
    folder.write(IDXTests.labels([0, 1, 0, 1, 0, 1]), "sub/train-labels-idx1-ubyte")
    #expect(try DataSource(one).evaluation(classes: ["0", "1"]).count == 6)
  }
}
