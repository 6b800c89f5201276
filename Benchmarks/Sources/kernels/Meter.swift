import CProbe
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Times work against the core's own speed of the moment.
///
/// The speed of a shared machine drifts by half within seconds. So every sample lies between two probes of pure
/// multiply-adds on as many threads, counts as a share of what they reached, and is dropped where they disagree.
struct Meter {
  let threads: Int
  let samples: Int
  let vectorWidth: Int

  struct Result {
    /// Medians: floating-point operations a nanosecond, and the share of the probe's.
    let rate, share: Double
  }

  func measure(operations: Double, _ body: () -> Void) -> Result? {
    WorkerPool.shared.limitThreads(to: threads)
    body()
    let once = seconds(body)
    let repetitions = max(1, Int((0.01 / once).rounded(.up)))
    var rates: [(rate: Double, share: Double)] = []
    for _ in 0..<samples * 4 where rates.count < samples {
      let before = probe()
      let elapsed = seconds { for _ in 0..<repetitions { body() } }
      let after = probe()
      guard abs(before - after) < 0.1 * max(before, after) else { continue }
      let rate = operations * Double(repetitions) / elapsed * 1e-9
      rates.append((rate, rate / ((before + after) / 2)))
    }
    guard !rates.isEmpty else { return nil }
    return Result(rate: median(rates.map(\.rate)), share: median(rates.map(\.share)))
  }

  /// Floating-point operations a nanosecond of pure multiply-adds, all threads together.
  private func probe() -> Double {
    let steps = 60_000
    var operations = [Double](repeating: 0, count: threads)
    let elapsed = seconds {
      operations.withUnsafeMutableBufferPointer { operations in
        nonisolated(unsafe) let operations = operations
        WorkerPool.shared.forEach(threads) { operations[$0] = fovea_probe(Int32(vectorWidth), steps) }
      }
    }
    return operations.reduce(0, +) / elapsed * 1e-9
  }

  /// On one thread the thread's own time, so that what else runs on the machine does not count; on several, the clock
  /// on the wall, so that waiting for each other does.
  private func seconds(_ body: () -> Void) -> Double {
    let clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC
    func now() -> Double {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    body()
    return now() - start
  }

  private func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
  }
}
