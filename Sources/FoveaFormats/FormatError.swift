/// A file that cannot be read or written: which one, what was found, and what to do about it.
public struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, as the caller named it.
  public let path: String
  /// What was found, and what was expected instead.
  public let problem: String
  /// What a person can do; empty where `problem` is whole sentences that say it.
  public let remedy: String
  /// The system's error number, where a system call failed (ENOSPC, EIO, …); nil otherwise.
  public let systemError: Int32?

  public init(path: String, problem: String, remedy: String, systemError: Int32? = nil) {
    self.path = path
    self.problem = problem
    self.remedy = remedy
    self.systemError = systemError
  }

  public var description: String { remedy.isEmpty ? "\(path): \(problem)" : "\(path): \(problem). \(remedy)" }
}
