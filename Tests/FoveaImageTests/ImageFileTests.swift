import FoveaImage
import Foundation
import Testing

@Suite struct ImageFileTests {
  private func refusal(
    _ path: String, _ options: DecodeOptions = DecodeOptions(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ImageError {
    let error = #expect(throws: ImageError.self, sourceLocation: sourceLocation) {
      try Image.decode(contentsOf: path, options: options)
    }
    return try #require(error)
  }

  @Test("Pipes, sockets, devices, directories, empty and missing files are named and refused at once")
  func noFiles() throws {
    try Fixture.withFolder { folder in
      mkfifo(folder + "/pipe.png", 0o600)
      #expect(try refusal(folder + "/pipe.png").kind == .notAFile)
      #expect(try refusal(folder + "/pipe.png").found == "a pipe, not a file")
      #expect(try refusal(folder).found == "a directory, not a file")
      #expect(try refusal("/dev/null").found == "a device, not a file")
      #expect(try refusal("/dev/tty").kind != .corrupt)
      _ = FileManager.default.createFile(atPath: folder + "/empty.png", contents: Data())
      #expect(try refusal(folder + "/empty.png").kind == .empty)
      let missing = try refusal(folder + "/missing.png")
      #expect(missing.kind == .unreadable && missing.found.contains("No such file"))
      #expect(missing.description == "\(folder)/missing.png: \(missing.found). \(missing.remedy).")
      #expect(try refusal(folder + "/empty.png/under").kind == .unreadable)
      #expect(try refusal("").kind == .unreadable)
      symlink("loop", folder + "/loop")
      #expect(try refusal(folder + "/loop").kind == .unreadable)
      #expect(
        try refusal(Fixture.path("rgb.png"), DecodeOptions(limits: DecodeLimits(memory: 100))).kind
          == .overLimit)
    }
  }

  @Test("By content, whatever the name says")
  func content() throws {
    try Fixture.withFolder { folder in
      try FileManager.default.copyItem(atPath: Fixture.path("420.jpg"), toPath: folder + "/lie.png")
      #expect(try Image.decode(contentsOf: folder + "/lie.png").format == .jpeg)
      try FileManager.default.copyItem(atPath: Fixture.path("rgb.png"), toPath: folder + "/lie.jpg")
      #expect(try Image.decode(contentsOf: folder + "/lie.jpg").format == .png)
    }
  }

  @Test("A file of another kind is told by its first bytes")
  func otherKinds() throws {
    let heic: [UInt8] = [0, 0, 0, 0x18] + Array("ftypheic".utf8)
    let error = #expect(throws: ImageError.self) { try Image.decode(heic, name: "photos/cat.heic") }
    #expect(
      error?.description
        == "photos/cat.heic: not a PNG or JPEG file (it starts with 00 00 00 18). Convert it, or leave it out."
    )
    for bytes in [[0xFF], [0xFF, 0xD8], [0x89, 0x50], Array("GIF89a".utf8)] as [[UInt8]] {
      #expect(throws: ImageError.self) { try Image.decode(bytes, name: "short") }
    }
  }

  @Test("A name cannot break the line that it stands in")
  func names() throws {
    let error = #expect(throws: ImageError.self) {
      try Image.decode([1], name: "a\nb\u{1B}[31m\u{2028}é.png")
    }
    let text = try #require(error).description
    #expect(text.hasPrefix(#"a\nb\u{1B}[31m\u{2028}é.png: not a PNG"#), "\(text)")
  }
}
