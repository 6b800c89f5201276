import FoveaData
import Foundation
import Testing

@testable import FoveaCLI

/// Lists of paths on standard input.
@Suite struct PathReaderTests {
  /// What a reader makes of bytes that come through a pipe.
  private func inputs(of bytes: [UInt8], zeroSeparated: Bool = false) -> [Input] {
    let pipe = Pipe()
    let writer = Thread {
      // A reader that has had enough closes its end.
      try? pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
      try? pipe.fileHandleForWriting.close()
    }
    signal(SIGPIPE, SIG_IGN)
    writer.start()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    let inputs = Array(PathReader(descriptor: descriptor, zeroSeparated: zeroSeparated))
    try? pipe.fileHandleForReading.close()
    return inputs
  }

  private func inputs(of text: String, zeroSeparated: Bool = false) -> [Input] {
    inputs(of: Array(text.utf8), zeroSeparated: zeroSeparated)
  }

  @Test func areReadLineByLine() {
    #expect(inputs(of: "").isEmpty)
    #expect(inputs(of: "\n\n").isEmpty)
    #expect(inputs(of: "a b\n\nc").map(\.path.description) == ["a b", "c"], "the last line may lack its end")
    #expect(inputs(of: "a\nb\0c\0", zeroSeparated: true).map(\.path) == [RawPath("a\nb"), RawPath("c")])
    #expect(inputs(of: [0xFF, 0x0A]).map(\.path) == [RawPath(bytes: [0xFF])])
  }

  /// More than one read, with lines across the ends of reads.
  @Test func manyPathsKeepTheirOrder() {
    let paths = (0..<20_000).map { "folder/image-\($0).png" }
    #expect(inputs(of: paths.joined(separator: "\n")).map(\.path) == paths.map { RawPath($0) })
  }

  @Test func whatHasNoLinesEndsTheList() throws {
    let found = inputs(of: Array("a\n".utf8) + [UInt8](repeating: 0x78, count: 1 << 20))
    #expect(found.map(\.path) == [RawPath("a"), RawPath("-")])
    #expect(try #require(found.last?.problem).contains("65,536 bytes without the end of a path"))
  }

  @Test func aFailureToReadIsAnInputWithAProblem() throws {
    let folder = open("/", O_RDONLY)
    try #require(folder >= 0)
    defer { close(folder) }
    let found = Array(PathReader(descriptor: folder, zeroSeparated: false))
    #expect(found.map(\.path) == [RawPath("-")])
    #expect(found.first?.problem == "standard input: Is a directory")
    let walked = Array(InputWalk(PathSource(["-", "/nowhere"], zeroSeparated: false, descriptor: folder)))
    #expect(walked.map(\.problem) == ["standard input: Is a directory", "no such file or folder"])
  }

  @Test func linesFromWindowsAreRecognised() {
    let walked = Array(InputWalk(PathSource(["/nowhere/a.png\r"], zeroSeparated: false)))
    #expect(walked.first?.problem?.contains("carriage return, as lines of files from Windows do") == true)
  }
}
