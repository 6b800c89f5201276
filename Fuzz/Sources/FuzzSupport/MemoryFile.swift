import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file in memory with a path: what reads files can be fuzzed without a disk.
public struct MemoryFile: Sendable {
  public let path: String
  private let descriptor: CInt
  private static let serial = Atomic<Int>(0)

  public init() {
    // Without its name, which no other process needs, it goes with this one. Each file of a target has another.
    let serial = Self.serial.add(1, ordering: .relaxed).newValue
    let name = "/dev/shm/fuzz-\(getpid())-\(serial)"
    descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "no file in memory: \(name)")
    unlink(name)
    path = "/proc/self/fd/\(descriptor)"
  }

  public func replace(with bytes: UnsafeBufferPointer<UInt8>) {
    precondition(ftruncate(descriptor, 0) == 0)
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    precondition(pwrite(descriptor, base, bytes.count, 0) == bytes.count)
  }
}

/// An input that stands for two files: its first two bytes say how long the first one is.
public func halves(
  _ start: UnsafePointer<UInt8>?, _ count: Int
) -> (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>)? {
  guard let start, count >= 2 else { return nil }
  let first = min(Int(start[0]) << 8 | Int(start[1]), count - 2)
  return (
    UnsafeBufferPointer(start: start + 2, count: first),
    UnsafeBufferPointer(start: start + 2 + first, count: count - 2 - first)
  )
}
