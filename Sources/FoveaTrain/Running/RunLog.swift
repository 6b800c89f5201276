#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `log.txt`: what happened when, a line each, for people.
final class RunLog {
  private let file: TextFile

  init(path: String) throws(TrainingError) {
    file = try TextFile(path: path)
  }

  /// Appends a line with the time. A log that cannot be written to is no reason to end a run.
  func write(_ text: String) {
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ⏎ ")
    try? file.append("\(Date.now.formatted(.iso8601)) \(line)")
  }
}
