import Foundation
import Glibc

/// What images cost `fovea classify`, one at a time and on one thread.
///
/// They were written by another process: the system counts what a process takes from where its parent stood, and making
/// these images takes a gigabyte.
struct Costs {
  /// What Documentation/reliability.md promises: memory beside the model, and CPU time for one image, twice with
  /// `--allow-truncated`, which reads a damaged file strictly too.
  static let memoryLimit = 300 << 20
  static let secondsLimit = 15.0

  let fovea: String
  let model: String
  let folder: String

  func run() throws {
    var failures: [String] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let path = "\(folder)/\(name)"
      for lenient in [false, true] {
        let cost = try classify(path, lenient: lenient)
        let row =
          "\(name)\(lenient ? ", damage allowed" : ""): \(String(format: "%.1f", cost.seconds)) s, \(cost.memory >> 20) MiB, "
          + cost.outcome
        print(row)
        let seconds = Self.secondsLimit * (lenient ? 2 : 1)
        if cost.memory > Self.memoryLimit || cost.seconds > seconds { failures.append(row) }
      }
      try FileManager.default.removeItem(atPath: path)
    }
    if !failures.isEmpty { throw Failure("beyond the promised bounds: \(failures.joined(separator: "; "))") }
  }

  /// Runs the program to its end.
  private func classify(
    _ path: String, lenient: Bool
  ) throws -> (seconds: Double, memory: Int, outcome: String) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let rows = "\(folder).rows"
    posix_spawn_file_actions_addopen(&actions, 1, rows, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let arguments =
      [fovea, "classify", model, path, "--threads", "1", "--format", "jsonl"]
      + (lenient ? ["--allow-truncated"] : [])
    var pointers = arguments.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    var process = pid_t()
    guard posix_spawn(&process, fovea, &actions, nil, &pointers, environ) == 0 else {
      throw Failure("\(fovea): cannot be run")
    }
    var status: Int32 = 0
    var usage = rusage()
    guard wait4(process, &status, 0, &usage) == process else { throw Failure("\(fovea): is lost") }
    let code = status >> 8 & 255
    guard status & 127 == 0, code == 0 || code == 3 else {
      throw Failure("\(path): ended with status \(status)")
    }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    let row = String(decoding: try Data(contentsOf: URL(fileURLWithPath: rows)), as: UTF8.self)
    let reason =
      row.firstRange(of: "\"error\":\"").map { row[$0.upperBound...].prefix { $0 != "\"" } } ?? "read"
    return (
      seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss << 10, String(reason.prefix(90))
    )
  }
}
