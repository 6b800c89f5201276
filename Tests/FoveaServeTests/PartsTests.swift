import NIOHTTP1
import Testing

@testable import FoveaServe

@Suite struct PartsTests {
  @Test func aFormIsTakenApart() throws {
    let body = Array(
      "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\0\r\n--bx\r\n--b\r\n\r\nplain\r\n--b--\r\n"
        .utf8)
    let parts = try Multipart.parts(body, boundary: Array("b".utf8), limit: 5)
    #expect(parts.map(\.filename) == ["a.png", nil])
    #expect(parts.map { Array($0.body) } == [Array("\0\r\n--bx".utf8), Array("plain".utf8)])
  }

  @Test func whateverIsCutOffIsRefused() {
    let body = Array("--b\r\nX: y\r\n\r\nbody\r\n--b--\r\n".utf8)
    for count in 0..<(body.count - 4) {
      #expect(throws: Multipart.Malformed.self, "\(count) bytes") {
        try Multipart.parts(Array(body.prefix(count)), boundary: Array("b".utf8), limit: 5)
      }
    }
    #expect(throws: Never.self) { try Multipart.parts(body, boundary: Array("b".utf8), limit: 1) }
    #expect(throws: Multipart.Malformed.self) {
      try Multipart.parts(body, boundary: Array("b".utf8), limit: 0)
    }
  }

  @Test func boundaries() {
    func found(_ type: String) -> String? {
      Multipart.boundary(type).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found("multipart/form-data; boundary=abc") == "abc")
    #expect(found("multipart/form-data; charset=x; Boundary=\"a b\"") == "a b")
    #expect(found("multipart/form-data") == nil && found("multipart/form-data; boundary=") == nil)
    #expect(found("multipart/form-data; boundary=" + String(repeating: "x", count: 71)) == nil)
  }

  @Test func whichNamesAreThisMachine() {
    var configuration = ServeConfiguration()
    configuration.allowedHosts = ["Fovea.home"]
    let guardian = RequestGuard(configuration)
    func isLetIn(_ host: String, _ headers: [(String, String)] = []) -> Bool {
      let head = HTTPRequestHead(
        version: .http1_1, method: .GET, uri: "/", headers: HTTPHeaders([("Host", host)] + headers))
      return guardian.refusal(head) == nil
    }
    for host in ["127.0.0.1:80", "localhost", "LOCALHOST:1", "[::1]:8080", "192.168.1.2", "fovea.home:8080"] {
      #expect(isLetIn(host), "\(host)")
    }
    for host in [
      "example.com", "127.0.0.1.example.com", "localhost.example.com", "", "1.2.3", "256.1.1.1",
      "[::1].example.com", "a@127.0.0.1",
    ] {
      #expect(!isLetIn(host), "\(host)")
    }
    #expect(isLetIn("localhost:80", [("Origin", "http://localhost:80")]))
    #expect(!isLetIn("localhost:80", [("Origin", "http://localhost:81")]))
    #expect(!isLetIn("localhost:80", [("Origin", "https://localhost:80")]))
    #expect(
      isLetIn("localhost", [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]),
      "a link is followed")
  }

  @Test func escapesInPaths() {
    #expect(Request.decoded("a%20b") == "a b" && Request.decoded("%C3%A9") == "é")
    for bad in ["%", "%2", "%zz", "%00", "%ff", "%+1"] {
      #expect(Request.decoded(Substring(bad)) == nil, "\(bad)")
    }
  }
}
