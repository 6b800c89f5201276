#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Large blocks, cut from regions of address space that the system backs with memory where it is touched.
///
/// A free block is handed out again to any request that it can hold, and free neighbours become one: a step whose
/// tensors come in many sizes then takes little more than the most that is in use at once. The smallest free block that
/// fits is cut, at its lower end, and fresh regions lie behind what there is: memory that no step has touched yet is
/// used last.
struct Arena {
  /// Blocks are multiples of this.
  static let granule = 16 << 10
  private static let hugePage = 2 << 20
  /// Regions that hold several blocks; larger blocks get their own.
  private static let regionSize = 64 << 20

  private struct Segment {
    var start: UInt
    var size: Int
    var end: UInt { start + UInt(size) }
  }

  /// In the order of their addresses; no two of them touch.
  private var free: [Segment] = []
  /// Where the last region ends.
  private var end: UInt?

  /// - Parameter size: a multiple of the granule.
  /// - Returns: nil where the system has no more.
  mutating func take(_ size: Int) -> UInt? {
    if let index = smallest(holding: size) { return cut(size, from: index) }
    guard let region = map(size) else { return nil }
    insert(region)
    return smallest(holding: size).map { cut(size, from: $0) }
  }

  mutating func give(_ start: UInt, _ size: Int) {
    insert(Segment(start: start, size: size))
  }

  /// Gives all free blocks back to the system.
  mutating func trim() {
    for segment in free { munmap(UnsafeMutableRawPointer(bitPattern: segment.start), segment.size) }
    if let last = free.last, last.end == end { end = last.start }
    free = []
  }

  private func smallest(holding size: Int) -> Int? {
    var best: Int?
    for (index, segment) in free.enumerated() where segment.size >= size {
      // The last, behind which nothing is in use, has memory that was never touched, and however small it is it grows.
      if let found = best, segment.size >= free[found].size || segment.end == end { continue }
      best = index
    }
    return best
  }

  private mutating func cut(_ size: Int, from index: Int) -> UInt {
    let start = free[index].start
    if free[index].size == size {
      free.remove(at: index)
    } else {
      free[index].start += UInt(size)
      free[index].size -= size
    }
    return start
  }

  private mutating func insert(_ segment: Segment) {
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].start < segment.start { low = middle + 1 } else { high = middle }
    }
    let touchesBefore = low > 0 && free[low - 1].end == segment.start
    let touchesAfter = low < free.count && segment.end == free[low].start
    switch (touchesBefore, touchesAfter) {
    case (true, true):
      free[low - 1].size += segment.size + free[low].size
      free.remove(at: low)
    case (true, false): free[low - 1].size += segment.size
    case (false, true):
      free[low].start = segment.start
      free[low].size += segment.size
    case (false, false): free.insert(segment, at: low)
    }
  }

  /// Fresh address space, behind what there is if that is free, so that blocks can reach over both and the memory that
  /// was touched already is used first.
  private mutating func map(_ size: Int) -> Segment? {
    let wanted = max(Self.regionSize, (size + Self.hugePage - 1) / Self.hugePage * Self.hugePage)
    for length in [wanted, size] {
      guard let start = mapBehind(length) ?? Self.mapAligned(length) else { continue }
      #if os(Linux)
        // On huge pages where the system has them: fewer faults and fewer TLB misses.
        madvise(UnsafeMutableRawPointer(bitPattern: start), length, 14 /* MADV_HUGEPAGE */)
      #endif
      end = start + UInt(length)
      return Segment(start: start, size: length)
    }
    return nil
  }

  private mutating func mapBehind(_ length: Int) -> UInt? {
    #if os(Linux)
      guard let start = end ?? Self.roomToGrow() else { return nil }
      let fixed = MAP_PRIVATE | MAP_ANONYMOUS | 0x10_0000 /* MAP_FIXED_NOREPLACE */
      let mapped = mmap(
        UnsafeMutableRawPointer(bitPattern: start), length, PROT_READ | PROT_WRITE, fixed, -1, 0)
      guard let mapped, mapped != MAP_FAILED else { return nil }
      // Before Linux 4.17 the flag is unknown and the address a wish.
      if UInt(bitPattern: mapped) == start { return start }
      munmap(mapped, length)
    #endif
    return nil
  }

  /// An address with nothing behind it for a long way: the system puts what others ask for at the far end.
  private static func roomToGrow() -> UInt? { mapAligned(1 << 36, then: { munmap($0, $1) }) }

  /// At the beginning of a huge page.
  private static func mapAligned(
    _ length: Int, then use: (UnsafeMutableRawPointer, Int) -> Void = { _, _ in }
  ) -> UInt? {
    let mapped = mmap(
      nil, length + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    let first = UInt(bitPattern: mapped)
    let start = (first + UInt(hugePage) - 1) / UInt(hugePage) * UInt(hugePage)
    if start > first { munmap(mapped, Int(start - first)) }
    let end = start + UInt(length)
    let rest = first + UInt(length + hugePage) - end
    if rest > 0 { munmap(UnsafeMutableRawPointer(bitPattern: end), Int(rest)) }
    use(UnsafeMutableRawPointer(bitPattern: start)!, length)
    return start
  }
}
