#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Paths that mean the same from any folder.
enum AbsolutePath {
  /// The path without links where it leads to something; otherwise by its text alone.
  static func of(_ path: String) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    if path.hasPrefix("/") { return simplified(path) }
    guard let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return simplified(String(cString: folder) + "/" + path)
  }

  /// Without "." and without names that ".." takes back.
  private static func simplified(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
