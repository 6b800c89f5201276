import NIOHTTP1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An answer, before the headers that all answers have.
struct Reply: Sendable {
  var status: HTTPResponseStatus
  var contentType: String
  var body: [UInt8]
  var headers: [(name: String, value: String)] = []
  /// What a browser lets a page do.
  var policy = RequestGuard.strictPolicy
  /// Whether the connection ends with it: what is left of the request is not worth reading.
  var closes = false

  init(_ status: HTTPResponseStatus, _ contentType: String, _ body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  /// The forms in which the server answers.
  static func html(_ text: String) -> Reply {
    var reply = Reply(.ok, "text/html; charset=utf-8", Array(text.utf8))
    reply.policy = RequestGuard.pagePolicy
    return reply
  }

  static func json(_ value: some Encodable, status: HTTPResponseStatus = .ok) -> Reply {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let data = try? encoder.encode(value) else {
      return refusal(.internalServerError, "the answer cannot be written as JSON")
    }
    return Reply(status, "application/json", Array(data))
  }

  /// Why a request is not answered, for people and programs.
  static func refusal(_ status: HTTPResponseStatus, _ reason: String) -> Reply {
    struct Refusal: Encodable {
      let error: String
      let status: Int
    }
    var reply = json(Refusal(error: reason, status: Int(status.code)), status: status)
    if status == .serviceUnavailable || status == .tooManyRequests {
      reply.headers.append(("Retry-After", "1"))
    }
    return reply
  }

  func closing() -> Reply {
    var reply = self
    reply.closes = true
    return reply
  }
}
