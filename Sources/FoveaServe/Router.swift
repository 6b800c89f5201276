import FoveaData
import FoveaNN
import FoveaTrain
import NIOHTTP1
import Synchronization

/// A whole request, received.
struct Request: Sendable {
  let head: HTTPRequestHead
  let body: [UInt8]

  var method: HTTPMethod { head.method }

  /// Without the query.
  var path: String { String(head.uri.prefix { $0 != "?" }) }

  /// The query's first value of each name, percent escapes undone.
  var query: [String: String] {
    guard let start = head.uri.firstIndex(of: "?") else { return [:] }
    var result: [String: String] = [:]
    for pair in head.uri[head.uri.index(after: start)...].split(separator: "&").prefix(32) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : "")
      else { continue }
      if result[name] == nil { result[name] = value }
    }
    return result
  }

  /// Percent escapes undone; nil for what is no UTF-8 then, or has a zero in it.
  static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16),
        value != 0
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// What the server answers to whom. Answers that need the network come later, on another thread.
struct Router: Sendable {
  let configuration: ServeConfiguration
  let facts: ModelFacts
  let engine: ClassifyEngine
  let runs: RunsFolder?

  enum Outcome {
    case now(Reply)
    /// `start` takes where the answer is to go, and returns a refusal where it cannot be worked on.
    case later(start: (@escaping @Sendable (Reply) -> Void) -> Reply?)
  }

  /// What is wrong with a request before its body has come; nil where the body is wanted.
  func early(_ head: HTTPRequestHead) -> Reply? {
    let path = String(head.uri.prefix { $0 != "?" })
    if head.method == .POST, path == "/api/classify" {
      let type = Self.mediaType(head.headers.first(name: "content-type") ?? "")
      guard Self.imageTypes.contains(type) || type == "multipart/form-data" else {
        return .refusal(
          .unsupportedMediaType,
          "send image/png, image/jpeg or application/octet-stream with one image, or multipart/form-data with several"
        ).closing()
      }
      return nil
    }
    if head.method == .GET || head.method == .HEAD {
      return isKnown(path) ? nil : .refusal(.notFound, "there is nothing at this address")
    }
    var reply = Reply.refusal(.methodNotAllowed, "only GET is answered here, and POST at /api/classify")
      .closing()
    reply.headers.append(("Allow", path == "/api/classify" ? "POST" : "GET, HEAD"))
    return reply
  }

  private static let imageTypes: Set<String> = ["image/png", "image/jpeg", "application/octet-stream"]

  private static func mediaType(_ value: String) -> String {
    String(value.prefix { $0 != ";" && $0 != " " }).lowercased()
  }

  private func isKnown(_ path: String) -> Bool {
    ["/", "/api/model", "/api/openapi.json", "/api/health"].contains(path)
      || runs != nil && (path == "/runs" || path == "/api/runs" || path.hasPrefix("/runs/"))
  }

  func outcome(_ request: Request) -> Outcome {
    if request.method == .POST { return classify(request) }
    switch request.path {
    case "/": return .now(.html(ServePage(facts, showsRuns: runs != nil, configuration).html))
    case "/api/model": return .now(.json(facts))
    case "/api/openapi.json":
      return .now(Reply(.ok, "application/json", Array(OpenAPI.document(configuration).utf8)))
    case "/api/health":
      let (batches, images) = engine.statistics
      return .now(.json(Health(status: "ok", batches: batches, images: images)))
    case "/api/runs": return .now(.json((runs?.runs() ?? []).map(RunFacts.init)))
    case "/runs": return .now(refreshing(.html(RunsPage.list(runs?.runs() ?? []))))
    default: return .now(run(request.path))
    }
  }

  private struct Health: Encodable {
    let status: String
    let batches, images: Int
  }

  // MARK: Runs

  /// `/runs/NAME/` and `/runs/NAME/FILE`.
  private func run(_ path: String) -> Reply {
    let missing = Reply.refusal(.notFound, "there is nothing at this address")
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).map(Request.decoded)
    guard let runs, parts.count == 2, let name = parts[0], let file = parts[1] else { return missing }
    if file.isEmpty {
      guard let run = runs.run(name) else { return missing }
      return refreshing(.html(RunsPage.page(run)))
    }
    guard let (type, bytes) = runs.file(file, of: name) else { return missing }
    var reply = Reply(.ok, type, bytes)
    if type.hasPrefix("text/html") { reply.policy = RequestGuard.strangerPolicy }
    return reply
  }

  /// Runs go on while they are looked at.
  private func refreshing(_ reply: Reply) -> Reply {
    var reply = reply
    reply.headers.append(("Refresh", "10"))
    return reply
  }

  // MARK: Classifying

  private func classify(_ request: Request) -> Outcome {
    let options: ClassifyOptions
    let images: [(name: String, bytes: [UInt8])]
    do throws(BadRequest) {
      options = try Self.options(request.query)
      images = try self.images(request)
    } catch {
      return .now(.refusal(error.status, error.reason))
    }
    return .later { finish in
      let collector = Collector(count: images.count, isSingle: images.count == 1, finish)
      let now = monotonicSeconds()
      let jobs = images.enumerated().map { index, image in
        ClassifyJob(bytes: image.bytes, name: image.name, options: options, arrival: now) {
          collector.take($0, at: index)
        }
      }
      return engine.submit(jobs)
        ? nil : .refusal(.serviceUnavailable, "too many images are waiting; try again in a moment")
    }
  }

  private struct BadRequest: Error {
    let status: HTTPResponseStatus
    let reason: String
  }

  private static func options(_ query: [String: String]) throws(BadRequest) -> ClassifyOptions {
    var options = ClassifyOptions()
    func flag(_ name: String, _ preset: Bool) throws(BadRequest) -> Bool {
      switch query[name] {
      case nil: return preset
      case "true", "1": return true
      case "false", "0": return false
      case .some: throw BadRequest(status: .badRequest, reason: "\(name) is true or false")
      }
    }
    func number(_ name: String, _ preset: Int, _ range: ClosedRange<Int>) throws(BadRequest) -> Int {
      guard let text = query[name] else { return preset }
      guard let value = Int(text), range.contains(value) else {
        throw BadRequest(
          status: .badRequest, reason: "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    options.overlays = try flag("overlays", options.overlays)
    options.maps = try flag("maps", options.maps)
    options.top = try number("top", options.top, 1...1000)
    options.side = try number("side", options.side, 32...1024)
    let known: Set<String> = ["overlays", "maps", "top", "side"]
    if let stranger = query.keys.filter({ !known.contains($0) }).sorted().first {
      throw BadRequest(
        status: .badRequest,
        reason: "there is no '\(stranger.prefix(40))': known are overlays, maps, top and side")
    }
    return options
  }

  private func images(_ request: Request) throws(BadRequest) -> [(name: String, bytes: [UInt8])] {
    let type = request.head.headers.first(name: "content-type") ?? ""
    guard Self.mediaType(type) == "multipart/form-data" else {
      guard !request.body.isEmpty else { throw BadRequest(status: .badRequest, reason: "the body is empty") }
      return [("image", request.body)]
    }
    guard let boundary = Multipart.boundary(type) else {
      throw BadRequest(status: .badRequest, reason: "multipart/form-data without a boundary")
    }
    let parts: [Multipart.Part]
    do throws(Multipart.Malformed) {
      // One more than is allowed, so that the reason can be told apart.
      parts = try Multipart.parts(request.body, boundary: boundary, limit: configuration.imagesPerRequest + 1)
        .filter { $0.filename != nil }
    } catch {
      throw BadRequest(status: error.isTooMany ? .payloadTooLarge : .badRequest, reason: error.reason)
    }
    guard !parts.isEmpty else { throw BadRequest(status: .badRequest, reason: "the form has no file") }
    guard parts.count <= configuration.imagesPerRequest else {
      throw BadRequest(
        status: .payloadTooLarge, reason: "more than \(configuration.imagesPerRequest) images in one request")
    }
    return parts.enumerated().map { ($1.filename ?? "image \($0 + 1)", Array($1.body)) }
  }
}

/// Puts a request's images together again and answers when the last is there.
private final class Collector: Sendable {
  private struct State {
    var answers: [ImageAnswer?]
    var missing: Int
  }

  private let state: Mutex<State>
  private let isSingle: Bool
  private let finish: @Sendable (Reply) -> Void

  init(count: Int, isSingle: Bool, _ finish: @escaping @Sendable (Reply) -> Void) {
    state = Mutex(State(answers: Array(repeating: nil, count: count), missing: count))
    self.isSingle = isSingle
    self.finish = finish
  }

  func take(_ answer: ImageAnswer, at index: Int) {
    let all: [ImageAnswer]? = state.withLock { state in
      state.answers[index] = answer
      state.missing -= 1
      return state.missing == 0 ? state.answers.compactMap { $0 } : nil
    }
    guard let all else { return }
    // One image that cannot be read is a bad request; one of several has its own error beside the others' answers.
    if isSingle, let error = all[0].error {
      return finish(.refusal(all[0].isLate ? .serviceUnavailable : .unprocessableEntity, error))
    }
    struct Answer: Encodable { let images: [ImageAnswer] }
    finish(.json(Answer(images: all)))
  }
}

/// What programs are told about the model.
public struct ModelFacts: Encodable, Sendable {
  public let model: String
  public let architecture: String
  public let classes: [String]
  public let inputWidth, inputHeight: Int
  public let parameters: Int
  public let blocks: [String]

  public init(_ model: ModelFile, name: String) {
    self.model = name
    architecture = model.configuration.architecture
    classes = model.classes
    (inputWidth, inputHeight) = (model.preparation.width, model.preparation.height)
    parameters = (try? model.configuration.parameterCount()) ?? 0
    blocks = model.network.attentionBlockNames
  }

  enum CodingKeys: String, CodingKey {
    case model, architecture, classes, parameters, blocks
    case inputWidth = "input_width"
    case inputHeight = "input_height"
  }
}

/// What programs are told about a run.
struct RunFacts: Encodable, Sendable {
  struct Epoch: Encodable {
    let epoch: Int
    let learningRate, trainingLoss, trainingTop1, validationLoss, validationTop1: Double

    enum CodingKeys: String, CodingKey {
      case epoch
      case learningRate = "learning_rate"
      case trainingLoss = "training_loss"
      case trainingTop1 = "training_top1"
      case validationLoss = "validation_loss"
      case validationTop1 = "validation_top1"
    }
  }

  let name: String
  /// As `RunState.name` has it; nil where the run's configuration cannot be read.
  let state: String?
  let files: [String]
  let changed: Int
  let epochs: [Epoch]

  init(_ run: RunsFolder.Run) {
    name = run.name
    state = run.state?.name
    files = run.files
    changed = run.changed
    epochs = run.rows.map {
      Epoch(
        epoch: $0.epoch, learningRate: $0.learningRate, trainingLoss: $0.training.loss,
        trainingTop1: $0.training.top1, validationLoss: $0.validation.loss, validationTop1: $0.validation.top1
      )
    }
  }
}
