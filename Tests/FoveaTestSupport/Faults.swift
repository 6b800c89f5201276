import CFoveaFaults
import Testing

/// Whether system calls can be made to fail: not under a sanitizer.
public let faultsArePossible = fovea_faults_are_possible()

/// Whether this process's memory is what its code takes: a sanitizer keeps shadows of it, and what was freed.
public let memoryIsTheProgramsOwn = faultsArePossible

/// Runs `body` while this thread's `at`-th call of a kind, and only it, fails with this error number; with 0 a read finds
/// the end of the file.
///
/// The call must be made: a fault that never came would test nothing.
public func withFault<Result>(
  _ call: fovea_call, _ error: Int32, at: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) rethrows -> Result {
  fovea_fail(call, Int32(at), error)
  defer {
    if !fovea_recover(call) {
      Issue.record("call \(call.rawValue) was not made \(at) times", sourceLocation: sourceLocation)
    }
  }
  return try body()
}
