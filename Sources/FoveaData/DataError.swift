/// What is wrong with data from outside: which file, what was found there, what should be there, what to do.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sort of fault, for programs; the text is for people.
  public enum Kind: String, Sendable {
    /// No such file or folder.
    case missing
    /// The system refuses to read it.
    case unreadable
    /// The system refuses to write it.
    case unwritable
    /// A folder that should be written to and holds something else.
    case occupied
    /// A pipe, a device, a socket, or a folder where a file should be.
    case notARegularFile
    /// Longer than the limit, or than this machine's memory allows.
    case tooLarge
    /// Not what it says it is.
    case malformed
    /// It ends too early.
    case truncated
    /// An image file that cannot be decoded.
    case undecodable
    /// No images at all, or none in a class.
    case noImages
    /// Fewer than two classes.
    case tooFewClasses
    /// Two classes under one name.
    case duplicateClass
    /// A class that the model, or the training set, does not have.
    case unknownClass
    /// More files could not be read than `max_bad` allows.
    case tooManyBadFiles
    /// A setting outside its range.
    case invalidSetting
  }

  public let kind: Kind
  /// The file, folder or setting.
  public let subject: String
  public let found: String
  /// What should have been found; empty where `found` says it all.
  public let expected: String
  public let remedy: String

  public init(_ kind: Kind, _ subject: String, found: String, expected: String = "", remedy: String) {
    self.kind = kind
    self.subject = subject
    self.found = found
    self.expected = expected
    self.remedy = remedy
  }

  public var description: String {
    var text = "\(subject): \(found)"
    if !expected.isEmpty { text += ", expected \(expected)" }
    return "\(text). \(remedy)"
  }
}

/// A share as people write it: 0.05 is "5 %", 0.125 is "12.5 %".
func percentText(_ share: Double) -> String {
  let percent = (10_000 * share).rounded() / 100
  return percent == percent.rounded() ? "\(Int(percent)) %" : "\(percent) %"
}
