import FoveaImage
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The threads of a loader and what they share. The loader owns it; each thread holds it until it ends.
///
/// `@unchecked Sendable`: `session`, `threads` and `isShutDown` are guarded by the monitor.
final class LoaderEngine: @unchecked Sendable {
  let store: LoaderStore
  private let source: ImageSource
  private let augmenter: Augmenter
  private let configuration: LoaderConfiguration
  private let monitor = Monitor()
  private var session: LoaderSession?
  private var threads: [pthread_t] = []
  private var isShutDown = false

  init(source: ImageSource, augmenter: Augmenter, configuration: LoaderConfiguration) {
    self.source = source
    self.augmenter = augmenter
    self.configuration = configuration
    store = LoaderStore(source: source, augmenter: augmenter, configuration: configuration)
  }

  func start(_ session: LoaderSession) {
    monitor.withLock {
      precondition(!isShutDown, "the loader is shut down")
      self.session?.isCancelled = true
      self.session = session
      if threads.isEmpty {
        let count = configuration.threads ?? WorkerPool.shared.threadCount
        for _ in 0..<count { startThread() }
      }
      monitor.wakeWorkers()
    }
  }

  func cancel(_ session: LoaderSession) {
    monitor.withLock {
      session.isCancelled = true
      session.slots = []
      if self.session === session { self.session = nil }
    }
  }

  func shutDown() {
    let ending = monitor.withLock {
      isShutDown = true
      session?.isCancelled = true
      monitor.wakeWorkers()
      monitor.wakeConsumer()
      defer { threads = [] }
      return threads
    }
    for thread in ending { pthread_join(thread, nil) }
  }

  /// Waits for the session's next batch; nil at its end, or where it was cancelled.
  func nextBatch(_ session: LoaderSession) -> Batch? {
    let slot: BatchSlot? = monitor.withLock {
      guard session.consumed < session.order.batchesPerEpoch else { return nil }
      while !session.isCancelled, session.slots.first.map({ $0.unfinished > 0 }) ?? true {
        monitor.waitAsConsumer()
      }
      if session.isCancelled { return nil }
      session.consumed += 1
      monitor.wakeWorkers()
      return session.slots.removeFirst()
    }
    return slot?.batch(epoch: session.epoch, source: source)
  }

  private func startThread() {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 8 << 20)
    let context = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, &attributes,
      { raw in
        Unmanaged<LoaderEngine>.fromOpaque(raw!).takeRetainedValue().work()
        return nil
      }, context.toOpaque())
    precondition(status == 0, "cannot start a data thread: error \(status)")
    threads.append(thread)
  }

  private func work() {
    // Ctrl-C is for the thread that trains.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    let preparation = augmenter.preparation
    while true {
      let claimed: (LoaderSession, LoaderTask)? = monitor.withLock {
        while !isShutDown {
          if let session, let task = session.claim(height: preparation.height, width: preparation.width) {
            return (session, task)
          }
          monitor.waitAsWorker()
        }
        return nil
      }
      guard let (session, task) = claimed else { return }
      let failures = make(task, epoch: session.epoch)
      monitor.withLock {
        task.slot.failures += failures
        task.slot.unfinished -= task.rows.count
        if task.slot.unfinished == 0 { monitor.wakeConsumer() }
      }
    }
  }

  private func make(_ task: LoaderTask, epoch: Int) -> [(row: Int, error: DataError)] {
    var failures: [(row: Int, error: DataError)] = []
    for row in task.rows {
      let index = task.slot.indices[row]
      var random = CounterRandom(
        seed: configuration.seed ?? 0, purpose: .augmentation, epoch: epoch, sample: index)
      switch store.image(at: index) {
      case .success(let image): augmenter.write(image, random: &random, to: task.slot.row(row))
      case .failure(let error): failures.append((row, error))
      }
    }
    return failures
  }
}

/// A mutex with two conditions: work to do, and a batch done.
final class Monitor: Sendable {
  // Addresses: the objects must not move. They are freed with the monitor, when no thread is left that could use it.
  private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private nonisolated(unsafe) let work: UnsafeMutablePointer<pthread_cond_t>
  private nonisolated(unsafe) let done: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    work = .allocate(capacity: 1)
    done = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(work, nil)
    pthread_cond_init(done, nil)
  }

  deinit {
    pthread_cond_destroy(done)
    pthread_cond_destroy(work)
    pthread_mutex_destroy(mutex)
    done.deallocate()
    work.deallocate()
    mutex.deallocate()
  }

  func withLock<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// These four only within `withLock`.
  func waitAsWorker() { pthread_cond_wait(work, mutex) }
  func waitAsConsumer() { pthread_cond_wait(done, mutex) }
  func wakeWorkers() { pthread_cond_broadcast(work) }
  func wakeConsumer() { pthread_cond_broadcast(done) }
}
