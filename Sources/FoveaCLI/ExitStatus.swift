/// What a command's exit code says.
public enum ExitStatus: Int32, Sendable {
  /// Everything asked for was done.
  case done = 0
  case failed = 1
  /// The command line, the environment or a configuration is wrong; nothing was done.
  case usage = 2
  /// Done, but some inputs could not be read, or a data set needs attention; each was named.
  case skipped = 3
  /// Training stopped at a loss that is no number.
  case diverged = 4
  /// Stopped by Ctrl-C, with a checkpoint saved.
  case interrupted = 130
  /// Stopped by SIGTERM, with a checkpoint saved.
  case terminated = 143
}

/// A command's end with anything but success, and what to tell the person.
struct CommandFailure: Error, CustomStringConvertible {
  let status: ExitStatus
  /// Without "error:", and empty where everything has been said already.
  let description: String

  init(_ status: ExitStatus, _ description: String = "") {
    self.status = status
    self.description = description
  }
}
