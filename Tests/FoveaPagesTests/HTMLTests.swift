import FoveaImage
@testable import FoveaPages
import Testing

@Suite struct HTMLTests {
  @Test func textAndAttributesAreEscaped() {
    let hostile = "</script><img src=x onerror='alert(1)'>\"&"
    let element = HTML.element("p", [Attribute("title", hostile)], HTML(hostile))
    #expect(
      element.markup
        == "<p title=\"&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&quot;&amp;\">"
        + "&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&quot;&amp;</p>")
  }

  @Test func whatCannotBeSeenIsMadeVisible() {
    #expect(HTML("a\u{1B}b\u{7F}\u{202E}c").markup == "a\u{241B}b\u{2421}\u{FFFD}c")
    #expect(HTML("a\nb").markup == "a&#10;b")
    #expect(HTML(String(decoding: [0x66, 0xFF, 0x6F] as [UInt8], as: UTF8.self)).markup == "f\u{FFFD}o")
    #expect(HTML.name("x<y").markup == "<bdi>x&lt;y</bdi>")
  }

  @Test func dataCannotEndItsScript() {
    let data = HTML.data(id: "d", json: #"{"name":"</script><!--","and":"a&b\u2028"}"#)
    #expect(
      data.markup == #"<script type="application/json" id="d">{"name":"\u003c/script\u003e\u003c!--","#
        + #""and":"a\u0026b\u2028"}</script>"#)
  }

  @Test func referencesStayBesideThePage() {
    func markup(_ path: [UInt8]) -> String { HTML.void("img", [Attribute("src", .file(path))]).markup }
    #expect(markup(Array("javascript:alert(1)".utf8)) == #"<img src="./javascript%3Aalert%281%29">"#)
    #expect(markup(Array("//host/a b?c#d".utf8)) == #"<img src="./host/a%20b%3Fc%23d">"#)
    #expect(markup([0x61, 0xFF, 0x0A]) == #"<img src="./a%FF%0A">"#)
  }

  @Test func picturesAreWithinThePage() throws {
    let image = Image(width: 2, height: 2, fill: .black)
    #expect(try Reference.png(image).url.hasPrefix("data:image/png;base64,iVBORw0KGgo"))
    #expect(try Reference.jpeg(image).url.hasPrefix("data:image/jpeg;base64,/9j/"))
  }
}

@Suite struct PageTests {
  @Test func thePolicyNamesStyleAndScriptByTheirHash() throws {
    let page = Page(title: "T", content: HTML("x"), style: "p{color:red}", script: "1;")
    let html = page.html
    // What stands between the tags is what the hashes are of, to the byte.
    let style = try #require(html.between("<style>", "</style>"))
    let script = try #require(html.between("<script>", "</script>"))
    #expect(html.contains("style-src &#39;sha256-\(SHA256.base64(style))&#39;"))
    #expect(html.contains("script-src &#39;sha256-\(SHA256.base64(script))&#39;"))
    #expect(html.contains("default-src &#39;none&#39;"))
    #expect(style.hasSuffix("p{color:red}") && script.hasSuffix("1;"))
    #expect(!html.contains("http:") && !html.contains("https:"))
  }

  /// FIPS 180-4's examples, and lengths around a block's end.
  @Test func hashesAreSHA256() {
    func hex(_ text: String) -> String {
      SHA256.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hex(String(repeating: "a", count: 64))
        == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb")
    #expect(
      hex(String(repeating: "a", count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}

@Suite struct PageNumberTests {
  @Test func numbersReadTheSameEverywhere() {
    #expect(PageNumber.fixed(1234.5678, 2) == "1,234.57")
    #expect(PageNumber.fixed(-0.001, 2) == "0.00")
    #expect(PageNumber.fixed(.nan, 2) == "–")
    #expect(PageNumber.percent(0.12345) == "12.3 %")
    #expect(PageNumber.significant(0.000_123_4) == "0.000123")
    #expect(PageNumber.significant(1234.5) == "1,235")
    #expect(PageNumber.significant(0) == "0")
    #expect(PageNumber.grouped(-1_234_567) == "−1,234,567")
    #expect(PageNumber.duration(3725) == "1 h 2 min")
    #expect(PageNumber.duration(75) == "1 min 15 s")
  }
}

extension String {
  func between(_ start: String, _ end: String) -> String? {
    guard let a = firstRange(of: start), let b = self[a.upperBound...].firstRange(of: end) else {
      return nil
    }
    return String(self[a.upperBound..<b.lowerBound])
  }
}
