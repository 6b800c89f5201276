import FoveaData
import FoveaImage
import FoveaNN
import FoveaServe
import FoveaTrain
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A small network that has seen nothing.
func untrainedModel() throws -> ModelFile {
  var configuration = NetworkConfiguration()
  configuration.classes = 3
  return ModelFile(
    network: try Network(configuration, seed: 7), classes: ["cat", "dog", "<b>"],
    preparation: Preparation(width: 32, height: 32))
}

func picture(_ seed: Int, side: Int = 40) -> Image {
  var image = Image(width: side, height: side)
  for index in image.pixels.indices { image.pixels[index] = UInt8((index * (seed + 3) + seed * 17) & 255) }
  return image
}

/// A server on a free port of this machine, which stops with its last reference.
final class RunningServer {
  let server: ClassifyServer
  let port: UInt16
  var authority: String { "127.0.0.1:\(port)" }

  init(_ model: ModelFile? = nil, _ change: (inout ServeConfiguration) -> Void = { _ in }) throws {
    var configuration = ServeConfiguration()
    configuration.port = 0
    configuration.stopSeconds = 5
    change(&configuration)
    server = ClassifyServer(try model ?? untrainedModel(), name: "small", configuration: configuration)
    let address = try server.start()
    port = UInt16(address.split(separator: ":").last!.dropLast())!
  }

  deinit { server.stop() }

  func get(_ path: String, _ headers: [String: String] = [:]) -> Response {
    send("GET \(path) HTTP/1.1", headers, [])
  }

  func post(_ path: String, _ type: String, _ body: [UInt8], _ headers: [String: String] = [:]) -> Response {
    send(
      "POST \(path) HTTP/1.1",
      headers.merging(["Content-Type": type, "Content-Length": "\(body.count)"]) { a, _ in a }, body)
  }

  func send(_ line: String, _ headers: [String: String], _ body: [UInt8]) -> Response {
    begin(line, headers, body).response()
  }

  /// Sends a request whose answer is read later.
  func begin(_ line: String, _ headers: [String: String], _ body: [UInt8]) -> Wire {
    var text = line + "\r\n"
    for (name, value) in ["Host": authority, "Connection": "close"].merging(headers, uniquingKeysWith: { $1 })
    {
      text += "\(name): \(value)\r\n"
    }
    let wire = Wire(port)
    wire.send(Array((text + "\r\n").utf8) + body)
    return wire
  }
}

struct Response {
  var status = 0
  var headers: [String: String] = [:]
  var body: [UInt8] = []

  var text: String { String(decoding: body, as: UTF8.self) }

  var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:] }

  var images: [[String: Any]] { json["images"] as? [[String: Any]] ?? [] }
}

/// One connection, byte by byte.
final class Wire: @unchecked Sendable {
  // @unchecked: one thread sends while another reads, which sockets are made for.
  private let descriptor: Int32
  private var rest: [UInt8] = []

  init(_ port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    precondition(status == 0, "cannot connect: \(errno)")
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// False once the server has closed.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func sendLater(_ byte: UInt8) { send([byte]) }

  /// One answer; status 0 where the connection ended without.
  func response() -> Response {
    while rest.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
      guard fill() else { return Response() }
    }
    let end = rest.firstRange(of: Array("\r\n\r\n".utf8))!
    let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    var response = Response(status: Int(lines[0].split(separator: " ")[1]) ?? -1)
    for line in lines.dropFirst() {
      let parts = line.components(separatedBy: ": ")
      response.headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
    }
    rest.removeSubrange(..<end.upperBound)
    let length = Int(response.headers["content-length"] ?? "0") ?? 0
    while rest.count < length, fill() {}
    response.body = Array(rest.prefix(length))
    rest.removeFirst(min(length, rest.count))
    return response
  }

  /// Whether the server has ended the connection.
  var isEnded: Bool { !fill() }

  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    rest += chunk[..<count]
    return true
  }
}
