#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The memory that this process can still get.
enum SystemMemory {
  /// In bytes: the least of what the system has to give, the process's control group and its own limit allow. nil
  /// where nothing is known.
  static var available: Int? {
    [systemMemory(), groupMemory(), limitedMemory()].compactMap { $0 }.min()
  }

  /// Free memory, what the system would give up for it, and swap.
  private static func systemMemory() -> Int? {
    guard let text = text(of: "/proc/meminfo") else { return nil }
    var kilobytes = 0
    for line in text.split(separator: "\n")
    where line.hasPrefix("MemAvailable:") || line.hasPrefix("SwapFree:") {
      let number = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      kilobytes += min(number ?? 0, 1 << 50)
    }
    return kilobytes > 0 ? kilobytes * 1024 : nil
  }

  /// What a container's limit leaves (control groups, version 2).
  private static func groupMemory() -> Int? {
    guard let limit = number(in: "/sys/fs/cgroup/memory.max"),
      let used = number(in: "/sys/fs/cgroup/memory.current")
    else { return nil }
    // What files in memory take is given up first.
    let cached = text(of: "/sys/fs/cgroup/memory.stat").flatMap { stat in
      stat.split(separator: "\n").first { $0.hasPrefix("inactive_file ") }.flatMap { Int($0.dropFirst(14)) }
    }
    return max(0, limit - used + (cached ?? 0))
  }

  /// What `ulimit -v` leaves.
  private static func limitedMemory() -> Int? {
    var limit = rlimit()
    #if canImport(Glibc)
      let status = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #elseif canImport(Musl)
      let status = getrlimit(RLIMIT_AS, &limit)
    #endif
    guard status == 0, limit.rlim_cur < rlim_t(Int.max),
      let pages = text(of: "/proc/self/statm")?.split(separator: " ").first.flatMap({ Int($0) })
    else { return nil }
    return max(0, Int(limit.rlim_cur) - pages * sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func number(in path: String) -> Int? {
    text(of: path).flatMap { Int($0.split(separator: "\n").first ?? "") }
  }

  /// A small file of the system's.
  private static func text(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
