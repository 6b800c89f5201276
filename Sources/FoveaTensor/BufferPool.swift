import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory that is handed out again after use.
///
/// Fresh pages cost a fault each on first touch, far more than the arithmetic on them in small layers, so a
/// training step must find the buffers of the step before. Sizes are rounded up to classes (four to each power of
/// two), each with its own stack of free blocks.
public final class BufferPool: Sendable {
  public static let shared = BufferPool()

  /// Alignment of every block in bytes: a cache line, and the widest vector.
  public static let alignment = 64

  private struct State {
    // Addresses as integers: pointers are not Sendable, and nobody reads through these while they are free.
    var free: [Int: [UInt]] = [:]
    var freeBytes = 0
    var liveBytes = 0
    var peakBytes = 0
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
    let blocks = state.withLock { state -> [UInt] in
      defer {
        state.free = [:]
        state.freeBytes = 0
      }
      return state.free.values.flatMap { $0 }
    }
    for block in blocks { free(UnsafeMutableRawPointer(bitPattern: block)) }
  }

  /// The size of the block that a request of so many bytes gets.
  public static func blockSize(for bytes: Int) -> Int {
    let minimum = 256
    if bytes <= minimum { return minimum }
    let step = max(64, (1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount)) / 4)
    return (bytes + step - 1) / step * step
  }

  func take(bytes: Int) -> UnsafeMutableRawPointer {
    let size = Self.blockSize(for: bytes)
    let reused = state.withLock { state -> UInt? in
      state.liveBytes += size
      state.peakBytes = max(state.peakBytes, state.liveBytes)
      guard let block = state.free[size]?.popLast() else { return nil }
      state.freeBytes -= size
      return block
    }
    if let reused { return UnsafeMutableRawPointer(bitPattern: reused)! }
    return allocate(size)
  }

  func give(_ block: UnsafeMutableRawPointer, bytes: Int) {
    let size = Self.blockSize(for: bytes)
    state.withLock { state in
      state.liveBytes -= size
      state.freeBytes += size
      state.free[size, default: []].append(UInt(bitPattern: block))
    }
  }

  private func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    // Large blocks sit on huge pages where the system has them: fewer faults and fewer TLB misses.
    let hugePage = 2 << 20
    let isLarge = size >= 2 * hugePage
    var block: UnsafeMutableRawPointer?
    if posix_memalign(&block, isLarge ? hugePage : Self.alignment, size) != 0 {
      trim()
      if posix_memalign(&block, Self.alignment, size) != 0 {
        fatalError(
          "out of memory: \(size) bytes asked for, \(usage.live) in use. Use a smaller batch or smaller images."
        )
      }
    }
    #if os(Linux)
      if isLarge { madvise(block, size, 14 /* MADV_HUGEPAGE */) }
    #endif
    return block!
  }
}
