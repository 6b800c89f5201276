import Glibc
import Testing

@testable import FoveaData

@Suite struct FolderWalkTests {
  private func names(_ folder: TemporaryFolder) -> [String] {
    let prefix = folder.path.bytes.count + 1
    func short(_ path: RawPath) -> String { RawPath(bytes: path.bytes.dropFirst(prefix)).description }
    return FolderWalk(folder.path).map { element in
      switch element {
      case .file(let path, let count): "\(short(path)) \(count)"
      case .passedBy(let path, let reason): "- \(short(path)): \(reason)"
      case .failed(let path, let reason): "! \(short(path)): \(reason)"
      }
    }
  }

  @Test func filesComeDepthFirstInBytewiseOrder() {
    let folder = TemporaryFolder()
    for name in ["b/z.png", "b/a/1.png", "B.png", "ä.png", "c.png"] { folder.write([1, 2], name) }
    folder.folder("empty/nested")
    #expect(names(folder) == ["B.png 2", "b/a/1.png 2", "b/z.png 2", "c.png 2", "ä.png 2"])
  }

  /// A large folder is listed in parts; nothing may be doubled or missing at their seams.
  @Test(arguments: [1, 2, 3, 7, 50]) func partsMakeTheWhole(_ size: Int) {
    let folder = TemporaryFolder()
    for number in 0..<23 { folder.write([1], "\(number * 7 % 23).png") }
    for name in ["10/a.png", "10/b.png", "10/c.png", "2/d.png"] { folder.write([1], name) }
    let whole = Array(FolderWalk(folder.path))
    #expect(whole.count == 27)
    #expect(Array(FolderWalk(folder.path, partSize: size)) == whole)
  }

  @Test func litterIsPassedBy() {
    let folder = TemporaryFolder()
    for name in [
      ".DS_Store", ".ipynb_checkpoints/x.png", "__MACOSX/x.png", "Thumbs.db", "Thumbs.dbx", "a/.hidden.png",
    ] { folder.write([], name) }
    #expect(
      names(folder) == [
        "- .DS_Store: hidden", "- .ipynb_checkpoints: hidden", "- Thumbs.db: hidden", "Thumbs.dbx 0",
        "- __MACOSX: hidden", "- a/.hidden.png: hidden",
      ])
  }

  @Test func namesMayBeAnyBytes() {
    let folder = TemporaryFolder()
    let odd: [[UInt8]] = [[0x61, 0x0A, 0x62], [0xFF, 0xFE], Array("ö".utf8)]
    for name in odd { folder.write([7], name) }
    var found: [[UInt8]] = []
    for case .file(let path, _) in FolderWalk(folder.path) {
      #expect((try? FolderWalkTests.read(path)) == [7])
      found.append(path.lastComponent)
    }
    #expect(found == [odd[0], odd[2], odd[1]])
  }

  private static func read(_ path: RawPath) throws -> [UInt8] {
    let descriptor = path.withCString { open($0, O_RDONLY) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return Array(bytes.prefix(max(count, 0)))
  }

  @Test(.timeLimit(.minutes(1))) func linksEndAndPipesAreNotOpened() {
    let folder = TemporaryFolder()
    folder.write([1], "a/x.png")
    folder.link("a/up", to: "..")
    folder.link("a/self", to: "self")
    folder.link("b", to: "a")
    folder.link("gone", to: "nowhere")
    _ = folder["pipe.png"].withCString { mkfifo($0, 0o644) }
    #expect(
      names(folder) == [
        "! a/self: a broken link: a symbolic link that leads to itself",
        "- a/up: a link to a folder that was seen before", "a/x.png 1",
        "- b: a link to a folder that was seen before", "! gone: a broken link: no such file or folder",
        "- pipe.png: a pipe",
      ])
  }

  /// Each folder links to the next one twice: 2³⁰ ways down.
  @Test(.timeLimit(.minutes(1))) func crossedLinksDoNotMultiply() {
    let folder = TemporaryFolder()
    for level in 0..<30 {
      folder.write([1], "tree/\(level)/x.png")
      folder.link("tree/\(level)/l", to: "../\(level + 1)")
      folder.link("tree/\(level)/r", to: "../\(level + 1)")
    }
    #expect(FolderWalk(folder.path).reduce(0) { count, _ in count + 1 } < 1000)
  }

  @Test func whatIsNoFolderFails() {
    let folder = TemporaryFolder()
    let file = folder.write([1], "x")
    #expect(Array(FolderWalk(file)) == [.failed(file, reason: "a file, not a folder")])
    #expect(Array(FolderWalk(folder["no"])) == [.failed(folder["no"], reason: "no such file or folder")])
  }
}
