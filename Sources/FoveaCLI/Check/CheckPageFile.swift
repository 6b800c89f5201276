import FoveaData
import FoveaFormats

/// The file that `--html` names. A check promises to change nothing, so it replaces only pages of its own.
enum CheckPageFile {
  static let mark = "id=\"fovea-check\""

  /// Refuses a file that is something else, before any work is done.
  static func examine(_ path: String) throws {
    switch PathKind(of: RawPath(path)) {
    case .problem("no such file or folder"): return
    case .problem(let reason): throw CommandFailure(.usage, "--html \(path): \(reason)")
    case .folder:
      throw CommandFailure(.usage, "--html \(path): a folder. Name a file in it, such as \(path)/check.html")
    case .file:
      if let page = try? WholeFile.bytes(of: path, limit: 1 << 28),
        page.firstRange(of: Array(mark.utf8)) != nil
      {
        return
      }
      throw CommandFailure(
        .usage, "--html \(path): there is a file that is no page of a check. Name another, or remove it")
    }
  }

  static func write(_ html: String, to path: String) throws {
    try DurableFile.write(Array(html.utf8), to: path)
  }
}
