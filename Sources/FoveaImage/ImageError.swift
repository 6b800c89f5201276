/// Why an image could not be read or written: which one, what was found, and what to do about it.
public struct ImageError: Error, Hashable, Sendable {
  /// What kind of trouble it is, for programs that treat kinds differently.
  public enum Kind: Hashable, Sendable {
    /// The file cannot be opened or read, or does not exist.
    case unreadable
    /// A directory, pipe, socket or device.
    case notAFile
    case empty
    /// Neither PNG nor JPEG by its first bytes.
    case notAnImage
    /// The data ends before the image does.
    case truncated
    /// The data contradicts itself or its checksums.
    case corrupt
    /// A kind of PNG or JPEG that is not read here.
    case unsupported
    /// Beyond one of ``DecodeLimits``.
    case overLimit
    /// The system gave no memory.
    case outOfMemory
    /// The picture does not fit the format: no pixels, too many, or text that it cannot hold.
    case cannotEncode
    /// The file cannot be written.
    case unwritable
  }

  public var kind: Kind
  /// The file's path, or the name that the caller gave the bytes.
  public var name: String
  /// What was found, as the rest of a sentence that begins with the name.
  public var found: String
  /// What to do, as a sentence of its own, without its full stop.
  public var remedy: String

  public init(_ kind: Kind, name: String, found: String, remedy: String) {
    self.kind = kind
    self.name = name
    self.found = found
    self.remedy = remedy
  }
}

extension ImageError: CustomStringConvertible {
  /// One line, whatever bytes the name has: `photos/cat.heic: not a PNG or JPEG file (it starts with 00 00 00 18).
  /// Convert it, or leave it out.`
  public var description: String {
    "\(Self.printable(name)): \(found). \(remedy)."
  }

  /// Control characters escaped, so that a name cannot break a line or steer a terminal.
  private static func printable(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
