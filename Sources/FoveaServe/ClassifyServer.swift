import FoveaExplain
import FoveaOps
import FoveaTrain
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Serves a model: a page for people and an interface for programs.
public final class ClassifyServer {
  private let configuration: ServeConfiguration
  private let state: ServerState
  private let engine: ClassifyEngine
  private let router: Router
  private let worker: WorkerThread
  private var group: MultiThreadedEventLoopGroup?
  private var listener: (any Channel)?

  /// - Parameters:
  ///   - name: what the model is called on the page.
  ///   - engine: how products are computed.
  public init(
    _ model: ModelFile, name: String, engine options: EngineOptions = EngineOptions(),
    configuration: ServeConfiguration = ServeConfiguration()
  ) {
    var configuration = configuration
    configuration.batchSize = model.batchSize(atMost: configuration.batchSize)
    self.configuration = configuration
    state = ServerState(configuration)
    engine = ClassifyEngine(configuration)
    router = Router(
      configuration: configuration, facts: ModelFacts(model, name: name), engine: engine,
      runs: configuration.runs.map { RunsFolder(path: $0) })
    worker = WorkerThread(engine, ClassifyWorker(model, explainer: Explainer(model.network, engine: options)))
  }

  /// Starts to listen.
  ///
  /// - Returns: the address, with the port that was chosen where any was asked for.
  public func start() throws -> String {
    worker.start()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    self.group = group
    let (state, router) = (state, router)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(ConnectionHandler(router, state))
        }
      }
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.allowRemoteHalfClosure, value: false)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    do {
      listener = try bootstrap.bind(host: configuration.host, port: configuration.port).wait()
    } catch {
      stop()
      throw ServeError(
        description:
          "cannot listen on \(configuration.host), port \(configuration.port): \(Self.reason(error)). Choose another with --port or --host"
      )
    }
    let port = listener?.localAddress?.port ?? configuration.port
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    return "http://\(host):\(port)/"
  }

  private static func reason(_ error: any Error) -> String {
    (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
  }

  /// Takes no more connections, lets what was begun be answered, and ends.
  public func stop() {
    state.beginStopping()
    try? listener?.close().wait()
    listener = nil
    // Answers from now on close their connections; those that are idle have nothing to wait for.
    let end = monotonicSeconds() + configuration.stopSeconds
    while state.hasPending, monotonicSeconds() < end { usleep(20_000) }
    // What was written last is still on its way.
    usleep(50_000)
    for channel in state.channels { channel.close(promise: nil) }
    engine.stop()
    worker.join()
    try? group?.syncShutdownGracefully()
    group = nil
  }

  /// How many answers there were of each status.
  public var answers: [(status: Int, count: Int)] { state.answers }

  /// Batches that went through the network, and images in them.
  public var statistics: (batches: Int, images: Int) { engine.statistics }
}

/// The engine's thread, with a stack that decoders and kernels are used to.
private final class WorkerThread: @unchecked Sendable {
  // @unchecked: the worker is handed to the thread before it starts and used by nobody else.
  private let engine: ClassifyEngine
  private let worker: ClassifyWorker
  private var thread: pthread_t?

  init(_ engine: ClassifyEngine, _ worker: ClassifyWorker) {
    self.engine = engine
    self.worker = worker
  }

  func start() {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    var made = pthread_t()
    let status = pthread_create(
      &made, &attributes,
      { raw in
        let thread = Unmanaged<WorkerThread>.fromOpaque(raw!).takeRetainedValue()
        thread.engine.run(thread.worker)
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(status == 0, "cannot start the engine's thread: error \(status)")
    thread = made
  }

  func join() {
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }
}
