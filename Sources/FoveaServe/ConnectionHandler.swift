import NIOCore
import NIOHTTP1

/// One connection: receives a request within its limits, gets the answer from the router, writes it, and so on.
///
/// All of it happens on the connection's event loop, so nothing here is locked.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case idle
    case receiving(HTTPRequestHead)
    case answering(HTTPRequestHead)
    /// An answer that ends the connection is on its way; whatever still comes is dropped.
    case ending
  }

  private let router: Router
  private let guardian: RequestGuard
  private let server: ServerState
  private var state = State.idle
  private var body: [UInt8] = []
  /// Bytes of the server's budget that this request holds.
  private var reserved = 0
  private var deadline: Scheduled<Void>?
  /// Whether this connection is one too many.
  private var isRefused = false
  /// Whether a request was begun and not answered.
  private var isPending = false

  init(_ router: Router, _ server: ServerState) {
    self.router = router
    self.server = server
    guardian = RequestGuard(router.configuration)
  }

  func channelActive(context: ChannelHandlerContext) {
    isRefused = !server.admit()
    server.opened(context.channel)
    restartDeadline(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    release()
    settle()
    server.closed(context.channel, countsAsOpen: !isRefused)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A connection that broke, or bytes that are no HTTP; the latter were answered with 400 by the pipeline.
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (unwrapInboundIn(data), state) {
    case (.head(let head), .idle): begin(head, context)
    case (.body(let bytes), .receiving(let head)): receive(bytes, head, context)
    case (.end, .receiving(let head)): answer(head, context)
    // The rest of what was refused already.
    default: break
    }
  }

  // MARK: Receiving

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    state = .receiving(head)
    isPending = true
    server.begun()
    if isRefused {
      return write(
        .refusal(.serviceUnavailable, "too many connections; try again in a moment").closing(), head, context)
    }
    guard head.version.major == 1 else {
      return write(.refusal(.httpVersionNotSupported, "HTTP/1.1 is spoken here").closing(), head, context)
    }
    if let refusal = guardian.refusal(head) ?? router.early(head) {
      // What follows of a refused body is not read: the connection ends.
      return write(head.hasBody ? refusal.closing() : refusal, head, context)
    }
    if let text = head.headers.first(name: "content-length") {
      guard let length = Int(text), length >= 0 else {
        return write(.refusal(.badRequest, "Content-Length is no number").closing(), head, context)
      }
      guard length <= router.configuration.bodyBytes else { return write(tooLarge, head, context) }
      guard reserve(length) else { return write(busy, head, context) }
      body.reserveCapacity(length)
    }
    if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
      context.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
    }
  }

  private func receive(_ bytes: ByteBuffer, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let total = body.count + bytes.readableBytes
    guard total <= router.configuration.bodyBytes else { return write(tooLarge, head, context) }
    guard total <= reserved || reserve(total - reserved) else { return write(busy, head, context) }
    bytes.withUnsafeReadableBytes { body.append(contentsOf: $0) }
  }

  private var tooLarge: Reply {
    .refusal(.payloadTooLarge, "more than \(router.configuration.bodyBytes >> 20) MiB in one request")
      .closing()
  }

  private var busy: Reply {
    .refusal(.serviceUnavailable, "too much is being sent at once; try again in a moment").closing()
  }

  private func reserve(_ count: Int) -> Bool {
    guard server.reserve(count) else { return false }
    reserved += count
    return true
  }

  private func release() {
    server.release(reserved)
    reserved = 0
    body = []
  }

  private func settle() {
    if isPending { server.answered() }
    isPending = false
  }

  /// A request must be whole within a time, however slowly its bytes drip.
  private func restartDeadline(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: .seconds(router.configuration.receiveSeconds)) {
      let (handler, context) = bound.value
      handler.ranOut(context)
    }
  }

  private func ranOut(_ context: ChannelHandlerContext) {
    switch state {
    case .receiving(let head):
      write(
        .refusal(
          .requestTimeout, "the request was not whole after \(router.configuration.receiveSeconds) s"
        ).closing(), head, context)
    // Nothing was asked, or not even a whole head: there is nobody to answer.
    case .idle, .ending: context.close(promise: nil)
    case .answering: break
    }
  }

  // MARK: Answering

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    state = .answering(head)
    switch router.outcome(Request(head: head, body: body)) {
    case .now(let reply): write(reply, head, context)
    case .later(let start):
      // The images have been copied out; the budget counts until they are answered.
      body = []
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      let loop = context.eventLoop
      let refusal = start { reply in
        loop.execute {
          let (handler, context) = bound.value
          if context.channel.isActive { handler.write(reply, head, context) }
        }
      }
      if let refusal { write(refusal, head, context) }
    }
  }

  private func write(_ reply: Reply, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let ends = reply.closes || !head.isKeepAlive || server.isStopping
    var headers = HTTPHeaders(RequestGuard.headers)
    headers.add(name: "Content-Security-Policy", value: reply.policy)
    headers.add(name: "Content-Type", value: reply.contentType)
    headers.add(name: "Content-Length", value: "\(reply.body.count)")
    for (name, value) in reply.headers { headers.add(name: name, value: value) }
    headers.add(name: "Connection", value: ends ? "close" : "keep-alive")
    server.count(reply.status)
    state = ends ? .ending : .idle
    release()
    settle()
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers))),
      promise: nil)
    if head.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
    }
    let written = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    restartDeadline(context)
    guard ends else { return }
    written.futureResult.whenComplete { _ in
      let (_, context) = bound.value
      // Closing at once, with unread bytes, would reset the connection and lose the answer on its way: say that nothing
      // more comes, and close when the client has read it or the deadline ends its patience.
      context.close(mode: .output, promise: nil)
      context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.1.close(promise: nil) }
    }
  }
}

extension HTTPRequestHead {
  /// Whether a body may follow.
  fileprivate var hasBody: Bool {
    headers.contains(name: "transfer-encoding")
      || headers.first(name: "content-length").map { $0 != "0" } ?? false
  }
}
