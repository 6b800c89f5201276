/// Small files that are read at once.
public enum WholeFile {
  /// - Parameter limit: in bytes; a larger file is refused before it is read.
  public static func bytes(of path: String, limit: Int) throws(FormatError) -> [UInt8] {
    let file = try RegularFile(path: path)
    guard file.byteCount <= limit else {
      throw FormatError(
        path: path, problem: "has \(file.byteCount) bytes, more than the \(limit) that such a file can have",
        remedy: "It is not what it should be: move it away.")
    }
    return try file.bytes(file.byteCount, at: 0)
  }

  /// The same as UTF-8.
  public static func text(of path: String, limit: Int) throws(FormatError) -> String {
    guard let text = String(validating: try bytes(of: path, limit: limit), as: UTF8.self) else {
      throw FormatError(path: path, problem: "is not text in UTF-8", remedy: "Restore it.")
    }
    return text
  }
}
