import FoveaData
import FoveaImage
import Glibc
import Testing

@Suite struct ClassFoldersTests {
  private func tree(_ names: [String]) -> TemporaryFolder {
    let folder = TemporaryFolder()
    for name in names { folder.write(Image.plain(2, 2, .black), name) }
    return folder
  }

  @Test func classesAreSortedAndHiddenOnesPassedBy() throws {
    let folder = tree([
      "zebra/1.png", "ant/deep/er/2.png", "ant/1.png", ".ipynb_checkpoints/1.png", "Bee/x.PNG",
    ])
    let source = try ClassFolders.scan(folder.path)
    #expect(source.classes == ["Bee", "ant", "zebra"])
    #expect(
      source.samples.map(\.name.description) == [
        "Bee/x.PNG", "ant/1.png", "ant/deep/er/2.png", "zebra/1.png",
      ])
    #expect(source.samples.map(\.label) == [0, 1, 1, 2])
    #expect(source.classCounts == [1, 2, 1])
    #expect(try source.image(at: 0).image == .plain(2, 2, .black))
  }

  @Test func filesAreTakenByContentOrByAnImagesName() throws {
    let folder = tree(["a/1.png", "b/no-extension"])
    folder.write(Array("hello".utf8), "a/notes.txt")
    folder.write(Array("ftypheic".utf8), "b/photo.heic")
    folder.write([1], "stray.png")
    let source = try ClassFolders.scan(folder.path)
    #expect(source.samples.map(\.name.description) == ["a/1.png", "b/no-extension", "b/photo.heic"])
    let ignored = source.ignored.map { "\(RawPath(bytes: $0.path.lastComponent)): \($0.reason)" }
    #expect(ignored == ["stray.png: a file outside the class folders", "notes.txt: not an image"])
    let error = dataError { _ = try source.image(at: 2) }
    #expect(error?.kind == .undecodable)
    #expect(error?.subject == folder["b/photo.heic"].description)
  }

  @Test func namesThatAreNoTextAreReadAndShown() throws {
    let folder = tree(["a/1.png"])
    let image = try Image.plain(1, 1, .white).pngData()
    folder.write(image, Array("b/x".utf8) + [0x0A, 0xFF] + Array(".png".utf8))
    folder.write(image, [0xFE] + Array("/1.png".utf8))
    let source = try ClassFolders.scan(folder.path)
    #expect(source.classes == ["\\xfe", "a", "b"])
    #expect(source.samples.map(\.name.description).sorted() == ["\\xfe/1.png", "a/1.png", "b/x\\n\\xff.png"])
    for index in source.samples.indices { #expect(try source.image(at: index).image.width > 0) }
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    let folder = tree(["a/1.png", "b/1.png"])
    folder.write([], "a/empty.png")
    folder.link("b/gone.jpg", to: "nowhere")
    folder.link("b/link.png", to: "1.png")
    _ = folder["b/pipe.png"].withCString { mkfifo($0, 0o644) }
    let source = try ClassFolders.scan(folder.path)
    #expect(
      source.samples.map(\.name.description) == [
        "a/1.png", "a/empty.png", "b/1.png", "b/gone.jpg", "b/link.png",
      ])
    #expect(
      dataError { _ = try source.image(at: 1) }?.description.contains("a/empty.png: an empty file") == true)
    #expect(dataError { _ = try source.image(at: 3) }?.kind == .missing)
    #expect(try source.image(at: 4).image.width == 2)
    #expect(source.ignored.map(\.reason) == ["a pipe"])
  }

  @Test func emptyFoldersAreErrorsWhereTheyMatter() {
    let folder = tree(["a/1.png", "b/1.png"])
    folder.folder("c")
    let error = dataError { _ = try ClassFolders.scan(folder.path) }
    #expect(error?.kind == .noImages)
    #expect(error?.subject == folder["c"].description)
    #expect((try? ClassFolders.scan(folder.path, allowsEmptyClasses: true))?.classes == ["a", "b"])
    let empty = TemporaryFolder()
    #expect(dataError { _ = try ClassFolders.scan(empty.path) }?.kind == .noImages)
    #expect(dataError { _ = try ClassFolders.scan(empty["no"]) }?.kind == .missing)
  }

  @Test func classesThatLookTheSameAreRefused() {
    let folder = tree(["\u{E9}/1.png", "e\u{301}/1.png"])
    #expect(dataError { _ = try ClassFolders.scan(folder.path) }?.kind == .duplicateClass)
  }
}

@Suite struct RelabellingTests {
  private func source(_ classes: [String], _ labels: [Int]) -> ImageSource {
    ImageSource(
      name: "set", classes: classes, images: labels.map { _ in .plain(1, 1, .black) }, labels: labels)
  }

  @Test func labelsFollowNamesAndNotOrder() throws {
    // Without 'ant', the folders' own numbers would all be one too small.
    let evaluated = source(["bee", "cow"], [0, 1, 1])
    #expect(try evaluated.relabelled(to: ["ant", "bee", "cow"]).samples.map(\.label) == [1, 2, 2])
    let reordered = try evaluated.relabelled(to: ["cow", "ant", "bee"])
    #expect(reordered.samples.map(\.label) == [2, 0, 0])
    #expect(reordered.classes == ["cow", "ant", "bee"])
  }

  @Test func aClassThatTheModelLacksIsNamed() {
    let error = dataError { _ = try source(["ant", "zebu"], [0, 1]).relabelled(to: ["ant", "bee"]) }
    #expect(error?.kind == .unknownClass)
    #expect(error?.description.contains("'zebu'") == true)
    #expect(error?.description.contains("ant, bee") == true)
  }

  @Test func namesWithoutImagesDoNotCount() throws {
    #expect(try source(["ant", "zebu"], [0]).relabelled(to: ["ant", "bee"]).samples.map(\.label) == [0])
  }
}
