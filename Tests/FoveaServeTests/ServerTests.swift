import FoveaAutodiff
import FoveaData
import FoveaImage
import FoveaNN
import FoveaServe
import FoveaTensor
import FoveaTrain
import Foundation
import Testing

@Suite(.serialized) struct ServerTests {
  static let classify = "/api/classify"

  static func form(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var body: [UInt8] = []
    for file in files {
      body += Array(
        "--xyz\r\nContent-Disposition: form-data; name=\"image\"; filename=\"\(file.name)\"\r\n\r\n".utf8)
      body += file.bytes + [13, 10]
    }
    return body + Array("--xyz--\r\n".utf8)
  }

  @Test func anImageIsClassifiedAsTheLibraryDoes() throws {
    let running = try RunningServer()
    let bytes = try picture(1).pngData()
    let response = running.post(Self.classify + "?top=3&overlays=false&maps=true", "image/png", bytes)
    #expect(response.status == 200 && response.headers["content-type"] == "application/json")
    let image = try #require(response.images.first)
    let model = try untrainedModel()
    let decoded = try Image.decode(bytes, name: "image").image
    let expected = Predictor(model).predict([LoadedImage(decoded)]).predictions[0]
    let predictions = try #require(image["predictions"] as? [[String: Any]])
    #expect(predictions.map { $0["label"] as? String } == expected.top(3).map { model.classes[$0] })
    for (prediction, index) in zip(predictions, expected.top(3)) {
      #expect((prediction["logit"] as? NSNumber)?.floatValue == expected.logits[index])
    }
    let maps = try #require(image["maps"] as? [[String: Any]])
    #expect(maps.map { $0["block"] as? String } == model.network.attentionBlockNames + ["grad-cam"])
    #expect((maps[0]["values"] as? [Any])?.count == 32 * 32 && maps[0]["overlay"] == nil)
    #expect(image["width"] as? Int == 40 && image["height"] as? Int == 40)
  }

  @Test func overlaysArePicturesOfTheSizeAskedFor() throws {
    let running = try RunningServer()
    let response = running.post(Self.classify + "?side=64", "image/jpeg", try picture(2, side: 90).jpegData())
    let maps = try #require(response.images.first?["maps"] as? [[String: Any]])
    for map in maps {
      let url = try #require(map["overlay"] as? String)
      let data = try #require(Data(base64Encoded: String(url.dropFirst("data:image/jpeg;base64,".count))))
      let overlay = try Image.decode([UInt8](data), name: "overlay").image
      #expect(overlay.width == 64 && overlay.height == 64)
    }
  }

  @Test func severalImagesAndABadOneAmongThem() throws {
    let running = try RunningServer()
    let body = Self.form([
      ("a.png", try picture(1).pngData()), ("b.txt", Array("no".utf8)), ("<i>.png", try picture(2).pngData()),
    ])
    let response = running.post(Self.classify, "multipart/form-data; boundary=xyz", body)
    #expect(response.status == 200)
    #expect(response.images.map { $0["name"] as? String } == ["a.png", "b.txt", "<i>.png"])
    #expect(response.images.map { $0["error"] != nil } == [false, true, false])
  }

  /// Weights that are finite, and so large that an image's sums are not.
  @Test func anAnswerThatIsNoNumberIsAnError() throws {
    let model = try untrainedModel()
    let weight = try #require(model.network.parameters.first { $0.name == "fc.weight" })
    weight.value = Tensor(repeating: 3e38, shape: weight.value.shape)
    let response = try RunningServer(model).post(Self.classify, "image/png", try picture(1).pngData())
    #expect(response.status == 422 && response.text.contains("the model's answer is no number"))
  }

  /// Requests at once go through the network together, and get what they get alone.
  @Test func simultaneousRequestsAreBatched() throws {
    let running = try RunningServer()
    let images = try (0..<12).map { try picture($0).pngData() }
    let alone = images.map { running.post(Self.classify + "?overlays=false", "image/png", $0).text }
    func begin(_ body: [UInt8]) -> Wire {
      running.begin(
        "POST \(Self.classify)?overlays=false HTTP/1.1",
        ["Content-Type": "image/png", "Content-Length": "\(body.count)"], body)
    }
    // While the network is busy with a large image, the others come.
    let before = running.server.statistics
    let large = begin(try picture(1, side: 3_000).pngData())
    while running.server.statistics.batches == before.batches { usleep(1_000) }
    let waiting = images.map(begin)
    #expect(waiting.map { $0.response().text } == alone)
    #expect(large.response().status == 200)
    let after = running.server.statistics
    #expect(after.images - before.images == 13)
    #expect(after.batches - before.batches < 13, "no two were in one batch")
  }

  static let refusals: [(request: String, headers: [String: String], body: [UInt8], status: Int)] = [
    ("GET / HTTP/1.1", ["Host": "evil.example"], [], 421),
    ("GET / HTTP/1.1", ["Host": "127.0.0.1.evil.example"], [], 421),
    ("GET /api/health HTTP/1.1", ["Origin": "http://evil.example"], [], 403),
    ("GET /api/health HTTP/1.1", ["Origin": "null"], [], 403),
    ("GET /api/health HTTP/1.1", ["Sec-Fetch-Site": "cross-site"], [], 403),
    ("GET /elsewhere HTTP/1.1", [:], [], 404), ("GET /runs HTTP/1.1", [:], [], 404),
    ("PUT / HTTP/1.1", [:], [], 405), ("OPTIONS /api/classify HTTP/1.1", [:], [], 405),
    ("POST / HTTP/1.1", ["Content-Type": "image/png"], [], 405),
    ("POST /api/classify HTTP/1.1", ["Content-Type": "text/plain", "Content-Length": "1"], [0x78], 415),
    ("POST /api/classify HTTP/1.1", ["Content-Type": "image/png", "Content-Length": "1"], [0x78], 422),
    ("POST /api/classify HTTP/1.1", ["Content-Type": "image/png", "Content-Length": "0"], [], 400),
    ("POST /api/classify?top=0 HTTP/1.1", ["Content-Type": "image/png", "Content-Length": "1"], [0x78], 400),
    (
      "POST /api/classify?tops=1 HTTP/1.1", ["Content-Type": "image/png", "Content-Length": "1"], [0x78], 400
    ),
    (
      "POST /api/classify HTTP/1.1", ["Content-Type": "image/png", "Content-Length": "999999999"], [0x78], 413
    ),
    (
      "POST /api/classify HTTP/1.1", ["Content-Type": "multipart/form-data", "Content-Length": "1"], [0x78],
      400
    ),
    (
      "POST /api/classify HTTP/1.1",
      ["Content-Type": "multipart/form-data; boundary=q", "Content-Length": "1"], [0x78], 400
    ),
    ("GET / NONSENSE", [:], [], 400),
  ]

  @Test func whatIsWrongIsRefusedWithItsStatus() throws {
    let running = try RunningServer()
    for refusal in Self.refusals {
      let response = running.send(refusal.request, refusal.headers, refusal.body)
      #expect(response.status == refusal.status, "\(refusal.request) \(refusal.headers)")
      #expect(response.headers["access-control-allow-origin"] == nil)
    }
    #expect(running.post(Self.classify, "image/png", try picture(1).pngData()).status == 200, "and goes on")
  }

  @Test func limits() throws {
    let running = try RunningServer {
      $0.bodyBytes = 10_000; $0.imagesPerRequest = 2
    }
    #expect(running.post(Self.classify, "image/png", [UInt8](repeating: 1, count: 10_001)).status == 413)
    let small = Array("x".utf8)
    let three = Self.form([("1", small), ("2", small), ("3", small)])
    let many = Self.form((0..<40).map { ("\($0)", small) })
    for body in [three, many] {
      #expect(running.post(Self.classify, "multipart/form-data; boundary=xyz", body).status == 413)
    }
    // Without a length in advance, it ends when it has become too much.
    let wire = Wire(running.port)
    wire.send(
      "POST \(Self.classify) HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for _ in 0..<12 { wire.send("400\r\n" + String(repeating: "z", count: 0x400) + "\r\n") }
    #expect(wire.response().status == 413)
  }

  @Test func aSlowRequestIsCutOff() throws {
    let running = try RunningServer { $0.receiveSeconds = 1 }
    let body = Wire(running.port)
    body.send(
      "POST \(Self.classify) HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 100\r\n\r\nx"
    )
    let head = Wire(running.port)
    head.send("GET / HTT")
    #expect(body.response().status == 408)
    #expect(head.isEnded)
  }

  @Test func tooManyAtOnceAreToldSo() throws {
    let running = try RunningServer {
      $0.connections = 2; $0.totalBodyBytes = 1000
    }
    let first = Wire(running.port)
    first.send(
      "POST \(Self.classify) HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 900\r\n\r\n"
    )
    usleep(200_000)
    let second = running.post(Self.classify, "image/png", [UInt8](repeating: 0, count: 200))
    #expect(second.status == 503 && second.headers["retry-after"] == "1", "the budget of bytes")
    let idle = Wire(running.port)
    usleep(200_000)
    let third = Wire(running.port)
    third.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    #expect(third.response().status == 503, "the number of connections")
    withExtendedLifetime((first, idle)) {}
  }

  @Test func aQueueThatIsFullSaysSo() throws {
    let running = try RunningServer {
      $0.waitingImages = 1; $0.imagesPerRequest = 4
    }
    let png = try picture(1).pngData()
    let body = Self.form([("a", png), ("b", png)])
    #expect(running.post(Self.classify, "multipart/form-data; boundary=xyz", body).status == 503)
    #expect(running.post(Self.classify, "image/png", png).status == 200)
  }

  @Test func connectionsAreKeptAndPipelinesAnsweredInOrder() throws {
    let running = try RunningServer()
    let wire = Wire(running.port)
    for path in ["/api/health", "/api/model", "/nothing"] {
      wire.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
    #expect(wire.response().json["status"] as? String == "ok")
    #expect(wire.response().json["model"] as? String == "small")
    #expect(wire.response().status == 404)
    wire.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    #expect(wire.response().status == 200 && wire.isEnded)
  }

  @Test func expectContinueIsAnswered() throws {
    let running = try RunningServer()
    let png = try picture(1).pngData()
    let wire = Wire(running.port)
    wire.send(
      "POST \(Self.classify) HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nExpect: 100-continue\r\nContent-Length: \(png.count)\r\n\r\n"
    )
    #expect(wire.response().status == 100)
    wire.send(png)
    #expect(wire.response().status == 200)
  }

  @Test func thePageLeavesNothingToOthers() throws {
    let running = try RunningServer()
    let response = running.get("/")
    #expect(response.status == 200)
    #expect(
      response.headers["x-content-type-options"] == "nosniff" && response.headers["x-frame-options"] == "DENY"
    )
    let policy = try #require(response.headers["content-security-policy"])
    #expect(
      policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'")
        && !policy.contains("http"))
    #expect(
      response.text.contains("connect-src &#39;self&#39;") || response.text.contains("connect-src 'self'"))
    #expect(
      !response.text.contains("<b></bdi>") && response.text.contains("&lt;b&gt;"), "a class's name is text")
    for foreign in ["http://", "https://", "//cdn"] { #expect(!response.text.contains(foreign)) }
    let head = running.send("HEAD / HTTP/1.1", [:], [])
    #expect(head.status == 200 && head.headers["content-length"] == "\(response.body.count)")
  }

  @Test func theInterfaceIsDescribed() throws {
    let running = try RunningServer()
    let document = running.get("/api/openapi.json").json
    #expect(document["openapi"] as? String == "3.1.0")
    let paths = try #require(document["paths"] as? [String: Any])
    for path in paths.keys where path != "/api/runs" && path != Self.classify {
      #expect(running.get(path).status == 200, "\(path)")
    }
    #expect(paths[Self.classify] != nil)
  }

  @Test func stoppingAnswersWhatWasBegun() throws {
    var running: RunningServer? = try RunningServer()
    let png = try picture(1).pngData()
    let wire = Wire(running!.port)
    wire.send(
      "POST \(Self.classify) HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: \(png.count)\r\n\r\n"
    )
    wire.send(Array(png.dropLast()))
    usleep(100_000)
    let last = png.last!
    DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { wire.sendLater(last) }
    let start = Date()
    running!.server.stop()
    #expect(wire.response().status == 200)
    #expect(Date().timeIntervalSince(start) < 4)
    running = nil
  }
}
