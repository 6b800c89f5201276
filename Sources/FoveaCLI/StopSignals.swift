import FoveaTrain
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Turns SIGINT and SIGTERM into a request to save and stop; the second one ends the process at once.
enum StopSignals {
  private static let stop = StopFlag()
  private static let received = Atomic<Int32>(0)

  /// Takes the signals over.
  ///
  /// - Returns: the flag that the first one sets.
  static func install() -> StopFlag {
    // A log that nobody reads any more is to show as a failed write and not as death.
    signal(SIGPIPE, SIG_IGN)
    // What the handler uses must exist before: making it there is not safe in a signal.
    received.store(0, ordering: .relaxed)
    let stop = stop
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if StopSignals.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        StopSignals.stop.request()
      }
    }
    return stop
  }

  /// What to exit with after an interruption.
  static var exitStatus: ExitStatus {
    received.load(ordering: .relaxed) == SIGTERM ? .terminated : .interrupted
  }
}
