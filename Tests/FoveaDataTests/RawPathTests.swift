import FoveaData
import Testing

@Suite struct RawPathTests {
  @Test func componentsAreTakenFromBytes() {
    #expect(RawPath("a/b/c.PNG").lastComponent == Array("c.PNG".utf8))
    #expect(RawPath("a/b/").lastComponent == Array("b".utf8))
    #expect(RawPath("a/b/c.PNG").lowercasedExtension == "png")
    #expect(RawPath("a.b/.hidden").lowercasedExtension == "")
    #expect(RawPath("a/b/").parent == RawPath("a"))
    #expect(RawPath("a").parent == RawPath("."))
    #expect(RawPath("/a").parent == RawPath("/"))
    #expect(RawPath("/").appending("x") == RawPath("/x"))
    #expect(RawPath("a").appending("x") == RawPath("a/x"))
  }

  @Test func descriptionsAreOneLineAndTellPathsApart() {
    let odd: [([UInt8], String)] = [
      (Array("größe/猫.jpg".utf8), "größe/猫.jpg"),
      ([0x61, 0x0A, 0x62], "a\\nb"),
      (Array("a\\nb".utf8), "a\\\\nb"),
      ([0x61, 0xFF, 0x62], "a\\xffb"),
      ([0xC3], "\\xc3"),
      ([0xE2, 0x82], "\\xe2\\x82"),
      ([0x1B, 0x5B], "\\x1b["),
      (Array("a\u{202E}b".utf8), "a\\xe2\\x80\\xaeb"),
    ]
    for (bytes, text) in odd { #expect(RawPath(bytes: bytes).description == text) }
    #expect(Set(odd.map { RawPath(bytes: $0.0).description }).count == odd.count)
    #expect(RawPath(bytes: [0x61, 0xFF]).utf8String == nil)
    #expect(RawPath("ä").utf8String == "ä")
  }

  @Test func aPathBelowAFolderIsToldWithoutIt() {
    #expect(RawPath("a/b/c").description(below: RawPath("a")) == "b/c")
    #expect(RawPath("a/b/c").description(below: RawPath("a/")) == "b/c")
    #expect(RawPath("/b").description(below: RawPath("/")) == "b")
    #expect(RawPath("ab/c").description(below: RawPath("a")) == "ab/c")
    #expect(RawPath(bytes: [0x61, 0x2F, 0xFF]).description(below: RawPath("a")) == "\\xff")
  }

  @Test func orderIsBytewise() {
    #expect(RawPath("B") < RawPath("a"))
    #expect(RawPath("a") < RawPath("ä"))
    #expect(RawPath("a") < RawPath("a/b"))
    // Equal as strings, but two names to the file system.
    #expect(RawPath("\u{E9}") != RawPath("e\u{301}"))
  }
}
