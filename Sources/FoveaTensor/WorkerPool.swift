import CFoveaKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Threads that run the pieces of one loop together.
///
/// Work is cut by shape, never by the number of threads: the caller says how many pieces there are, each piece
/// writes only what is its own, and sums over pieces are added by the caller in the order of the pieces. So the
/// result has the same bits for any number of threads.
///
/// Each thread has a share of the pieces, neighbours, and claims them in their order from a counter of its own: so it comes back
/// to the same part of an image or a batch in loop after loop, and finds it in its own cache. Who is done helps the others, so
/// uneven pieces and a busy core balance out.
///
/// Idle workers spin for a short while, since the next loop of a training step is microseconds away, and then sleep.
public final class WorkerPool: @unchecked Sendable {
  // @unchecked: the job is written before the gate opens and read only by those inside; the opener waits until they
  // have left before it writes again. Everything else is atomic or immutable.

  public static let shared = WorkerPool(threadCount: defaultThreadCount())

  /// The threads of the pool, the caller's among them. 1 runs everything on the caller.
  public var threadCount: Int { limit.load(ordering: .relaxed) }

  private typealias Job = (Int) -> Void

  private let maximum: Int
  private let limit: Atomic<Int>
  private let busy = Atomic<Bool>(false)
  /// Bit 0: open. Bits 1 to 15: workers inside. From bit 16: how often it was opened. A worker that comes late finds
  /// it shut and goes on waiting, so a loop never waits for a worker that the system has put aside.
  private let gate = Atomic<Int>(0)
  /// The next piece of each thread's share.
  private let next: Counters
  private let sleepers = Atomic<Int>(0)
  private nonisolated(unsafe) var job: Job?
  private nonisolated(unsafe) var isBackwards = false
  private nonisolated(unsafe) var pieces = 0
  private nonisolated(unsafe) var participants = 0
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  public init(threadCount: Int) {
    maximum = max(1, threadCount)
    limit = Atomic(maximum)
    next = Counters(count: maximum)
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    for index in 1..<max(maximum, 2) where index < maximum { startWorker(index) }
  }

  /// The environment's FOVEA_THREADS, or as many as the process may run on.
  private static func defaultThreadCount() -> Int {
    if let text = getenv("FOVEA_THREADS"), let count = Int(String(cString: text)), count > 0 {
      return min(count, 256)
    }
    return max(1, Int(fk_processor_count()))
  }

  /// Runs at most so many threads from the next loop on; never more than the pool was made with.
  public func limitThreads(to count: Int) {
    limit.store(min(max(1, count), maximum), ordering: .relaxed)
  }

  /// Runs `body(0)`, …, `body(count - 1)`, each once, on the pool's threads, and returns when all are done.
  ///
  /// A call from within a piece, or while another thread has the pool, runs on the calling thread alone.
  ///
  /// - Parameter backwards: each thread runs its share from the end, for a loop over what the last loop went over: what that came to
  ///   last is still in the thread's cache.
  public func forEach(_ count: Int, backwards: Bool = false, _ body: (Int) -> Void) {
    guard count > 0 else { return }
    let threads = min(count, threadCount)
    guard threads > 1, busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else {
      for index in 0..<count { body(backwards ? count - 1 - index : index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      job = body
      isBackwards = backwards
      pieces = count
      participants = threads
      for thread in 0..<threads { next[thread].store(share(thread).lowerBound, ordering: .relaxed) }
      let opening = (gate.load(ordering: .relaxed) >> 16 + 1) << 16 | 1
      gate.store(opening, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
      }
      claim(body, as: 0)
      gate.bitwiseAnd(~1, ordering: .sequentiallyConsistent)
      var spins = 0
      while gate.load(ordering: .acquiring) & 0xFFFE != 0 {
        spins += 1
        fk_pause()
        if spins & 0x3FF == 0 { sched_yield() }
      }
      job = nil
    }
    busy.store(false, ordering: .releasing)
  }

  /// What `body` makes of 0, …, `count - 1`, in this order, on the pool's threads; see `forEach`.
  public func map<Element: Sendable>(_ count: Int, _ body: (Int) -> Element) -> [Element] {
    let results = Mutex([Element?](repeating: nil, count: count))
    forEach(count) { index in
      let element = body(index)
      results.withLock { $0[index] = element }
    }
    return results.withLock { $0.map { $0! } }
  }

  /// The pieces of one participant in the loop.
  private func share(_ thread: Int) -> Range<Int> {
    thread * pieces / participants..<(thread + 1) * pieces / participants
  }

  /// Runs the pieces of a thread's own share and then what the others have not come to yet.
  private func claim(_ body: (Int) -> Void, as thread: Int) {
    for step in 0..<participants {
      let owner = (thread + step) % participants
      let share = share(owner)
      while next[owner].load(ordering: .relaxed) < share.upperBound {
        let index = next[owner].add(1, ordering: .relaxed).oldValue
        guard index < share.upperBound else { break }
        body(isBackwards ? share.lowerBound + share.upperBound - 1 - index : index)
      }
    }
  }

  private func startWorker(_ index: Int) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(WorkerStart(pool: self, index: index))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 4 << 20)
    let status = pthread_create(
      &thread, &attributes,
      { raw in
        let start = Unmanaged<WorkerStart>.fromOpaque(raw!).takeRetainedValue()
        start.pool.work(start.index)
        return nil
      }, context.toOpaque())
    precondition(status == 0, "cannot start worker thread \(index): error \(status)")
    pthread_detach(thread)
  }

  private func work(_ index: Int) {
    var seen = 0
    while true {
      let opened = waitForOpening(after: seen)
      seen = opened >> 16
      guard gate.compareExchange(expected: opened, desired: opened + 2, ordering: .acquiring).exchanged else {
        // Another worker came in, or the gate was shut, in between: look again.
        seen -= 1
        continue
      }
      if index < participants { takePart(as: index) }
      gate.subtract(2, ordering: .releasing)
    }
  }

  /// Not inlined, so that the reference to the job is let go before the worker leaves the gate: the opener traps if
  /// anyone still holds its closure by then.
  @inline(never)
  private func takePart(as index: Int) {
    if let job { claim(job, as: index) }
  }

  /// Waits until the gate is open for a loop later than number `seen`, and returns its state.
  private func waitForOpening(after seen: Int) -> Int {
    func isNew(_ state: Int) -> Bool { state & 1 == 1 && state >> 16 > seen }
    for _ in 0..<20_000 {
      let state = gate.load(ordering: .acquiring)
      if isNew(state) { return state }
      fk_pause()
    }
    pthread_mutex_lock(mutex)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    var state = gate.load(ordering: .sequentiallyConsistent)
    while !isNew(state) {
      pthread_cond_wait(condition, mutex)
      state = gate.load(ordering: .sequentiallyConsistent)
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
    return state
  }
}

private final class WorkerStart: Sendable {
  let pool: WorkerPool
  let index: Int

  init(pool: WorkerPool, index: Int) {
    self.pool = pool
    self.index = index
  }
}

/// Counters that do not share a cache line, nor the pair of lines that some CPUs fetch together. They live as long as the process.
private struct Counters {
  private let first: UnsafeMutablePointer<Atomic<Int>>
  private static let stride = 128 / MemoryLayout<Int>.size

  init(count: Int) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 128 * count, alignment: 128)
    first = bytes.bindMemory(to: Atomic<Int>.self, capacity: count * Self.stride)
    for index in 0..<count { (first + index * Self.stride).initialize(to: Atomic(0)) }
  }

  subscript(index: Int) -> Atomic<Int> {
    _read { yield first[index * Self.stride] }
  }
}
