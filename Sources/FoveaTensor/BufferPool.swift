import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `free`, whose name the pool's state wants for itself.
private func release(_ block: UnsafeMutableRawPointer?) { free(block) }

/// Memory that is handed out again after use.
///
/// Fresh pages cost a fault each on first touch, far more than the arithmetic on them in small layers, so a
/// training step must find the buffers of the step before. The sizes of small blocks are rounded up to classes (four to
/// each power of two), each with a stack of free blocks for every thread, which so gets a block that it gave back itself and that
/// is in its core's cache; large blocks come from arenas, one for each `Lifetime`.
public final class BufferPool: Sendable {
  public static let shared = BufferPool()

  /// Alignment of every block in bytes: a cache line, and the widest vector.
  public static let alignment = 64
  /// From this size on blocks come from an arena.
  fileprivate static let large = 256 << 10

  /// How long a block is kept, in comparison to others.
  public enum Lifetime: Sendable {
    /// Given back while others come and go.
    case passing
    /// Kept while passing ones come and go. Large lasting blocks have an arena of their own: among passing ones they would leave holes
    /// too small for the next step's largest tensors.
    case lasting
  }

  private struct State {
    // Addresses as integers: pointers are not Sendable, and nobody reads through these while they are free.
    /// By the thread that gave them back, and by their size.
    var free = [[Int: [UInt]]](repeating: [:], count: Home.count)
    /// How many of these may have blocks.
    var homes = 0
    var passing = Arena()
    var lasting = Arena()
    var liveBytes = 0
    var peakBytes = 0

    mutating func take(_ size: Int, _ lifetime: Lifetime, home: Int) -> UInt? {
      let found =
        size <= BufferPool.large
        ? small(size, home) ?? fresh(size)
        : lifetime == .passing ? passing.take(size) : lasting.take(size)
      guard let block = found else { return nil }
      liveBytes += size
      peakBytes = max(peakBytes, liveBytes)
      return block
    }

    /// The block that the thread gave back last, or one that another thread gave back.
    private mutating func small(_ size: Int, _ home: Int) -> UInt? {
      if let own = free[home][size]?.popLast() { return own }
      for other in 0..<homes where other != home {
        if let block = free[other][size]?.popLast() { return block }
      }
      return nil
    }

    mutating func give(_ block: UInt, _ size: Int, _ lifetime: Lifetime, home: Int) {
      liveBytes -= size
      if size <= BufferPool.large {
        homes = max(homes, home + 1)
        free[home][size, default: []].append(block)
      } else if lifetime == .passing {
        passing.give(block, size)
      } else {
        lasting.give(block, size)
      }
    }

    mutating func trim() {
      passing.trim()
      lasting.trim()
      for home in free.indices {
        for block in free[home].values.joined() { release(UnsafeMutableRawPointer(bitPattern: block)) }
        free[home] = [:]
      }
    }

    private func fresh(_ size: Int) -> UInt? {
      var block: UnsafeMutableRawPointer?
      return posix_memalign(&block, BufferPool.alignment, size) == 0 ? UInt(bitPattern: block) : nil
    }
  }

  private let state = Mutex(State())

  /// Bytes in use now, and the most that were in use since the last `resetPeak`.
  public var usage: (live: Int, peak: Int) {
    state.withLock { ($0.liveBytes, $0.peakBytes) }
  }

  public func resetPeak() {
    state.withLock { $0.peakBytes = $0.liveBytes }
  }

  /// Gives free blocks back to the system.
  public func trim() {
    state.withLock { $0.trim() }
  }

  /// The size of the block that a request of so many bytes gets.
  public static func blockSize(for bytes: Int) -> Int {
    if bytes > large { return (bytes + Arena.granule - 1) / Arena.granule * Arena.granule }
    let minimum = 256
    if bytes <= minimum { return minimum }
    let step = max(64, (1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount)) / 4)
    return (bytes + step - 1) / step * step
  }

  /// Unset floats for the duration of `body`.
  public func withScratch<Result>(
    _ count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> Result
  ) rethrows -> Result {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let own = ThreadScratch.own
    if let place = own.take(bytes) {
      defer { own.give(place) }
      return try body(place.bindMemory(to: Float.self, capacity: max(count, 1)))
    }
    let block = take(bytes: bytes)
    defer { give(block, bytes: bytes) }
    return try body(block.bindMemory(to: Float.self, capacity: max(count, 1)))
  }

  func take(bytes: Int, _ lifetime: Lifetime = .passing) -> UnsafeMutableRawPointer {
    let size = Self.blockSize(for: bytes)
    let home = Home.index
    let block = state.withLock { state -> UInt? in
      if let block = state.take(size, lifetime, home: home) { return block }
      state.trim()
      return state.take(size, lifetime, home: home)
    }
    guard let block else {
      fatalError(
        "out of memory: \(size) bytes asked for, \(usage.live) in use. Use a smaller batch or smaller images."
      )
    }
    return UnsafeMutableRawPointer(bitPattern: block)!
  }

  func give(_ block: UnsafeMutableRawPointer, bytes: Int, _ lifetime: Lifetime = .passing) {
    let address = UInt(bitPattern: block)
    let home = Home.index
    state.withLock { $0.give(address, Self.blockSize(for: bytes), lifetime, home: home) }
  }
}

/// Which stacks of free blocks are the calling thread's. Where there are many threads, some share theirs.
enum Home {
  static let count = 64
  private static let next = Atomic<Int>(0)
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, nil)
    precondition(status == 0, "no key for a thread's number: error \(status)")
    return key
  }()

  static var index: Int {
    // Numbers from 1 on, in the place of pointers; nothing is there before the first.
    if let own = pthread_getspecific(key) { return Int(bitPattern: own) - 1 }
    let index = next.add(1, ordering: .relaxed).oldValue % count
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: index + 1))
    return index
  }
}

/// A thread's own block of scratch memory, which it takes without asking the pool: pieces of a loop ask thousands of times a
/// pass, and a lock that two cores take in turn is a cache line that goes back and forth. What is taken last is given back first.
private final class ThreadScratch {
  private static let bytes = 256 << 10

  private let base = BufferPool.shared.take(bytes: ThreadScratch.bytes)
  private var used = 0

  /// Nil where too little is left.
  func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard bytes <= Self.bytes - used else { return nil }
    let place = base + used
    used += (bytes + BufferPool.alignment - 1) / BufferPool.alignment * BufferPool.alignment
    return place
  }

  func give(_ place: UnsafeMutableRawPointer) { used = place - base }

  deinit { BufferPool.shared.give(base, bytes: Self.bytes) }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { own in
      if let own { Unmanaged<ThreadScratch>.fromOpaque(own).release() }
    }
    precondition(status == 0, "no key for a thread's memory: error \(status)")
    return key
  }()

  /// The calling thread's, made when it is first asked for.
  static var own: ThreadScratch {
    if let own = pthread_getspecific(key) {
      return Unmanaged<ThreadScratch>.fromOpaque(own).takeUnretainedValue()
    }
    let scratch = ThreadScratch()
    pthread_setspecific(key, Unmanaged.passRetained(scratch).toOpaque())
    return scratch
  }
}
