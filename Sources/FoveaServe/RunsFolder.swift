import FoveaData
import FoveaTrain

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The runs below one folder, read only.
///
/// A name from a request is never part of a path before it has been found among the folder's own entries, and files are
/// only those that a run writes, opened below the run's folder without following links.
struct RunsFolder: Sendable {
  /// What is shown of a run, with its type.
  static let files: [String: String] = [
    "report.html": "text/html; charset=utf-8", "curves.png": "image/png", "confusion.png": "image/png",
    "metrics.csv": "text/plain; charset=utf-8", "log.txt": "text/plain; charset=utf-8",
    "config.yaml": "text/plain; charset=utf-8", "classes.txt": "text/plain; charset=utf-8",
    "divergence.txt": "text/plain; charset=utf-8",
  ]
  private static let fileLimit = 64 << 20
  private static let runLimit = 1000

  let path: String

  struct Run: Sendable {
    let name: String
    /// Nil where its configuration cannot be read.
    let state: RunState?
    /// How many it is to have; nil where it is given steps, or its configuration cannot be read.
    let epochs: Int?
    let files: [String]
    let rows: [MetricsTable.Row]
    /// Seconds since 1970 of the last line of its metrics.
    let changed: Int
  }

  /// The runs, the one that changed last first.
  func runs() -> [Run] {
    names().compactMap(load).sorted { ($1.changed, $0.name) < ($0.changed, $1.name) }
  }

  func run(_ name: String) -> Run? { names().contains(name) ? load(name) : nil }

  /// - Parameter name: one of `names()`.
  private func load(_ name: String) -> Run? {
    guard let folder = openFolder(name) else { return nil }
    defer { close(folder) }
    var present: [String] = []
    for file in Self.files.keys.sorted() {
      var information = stat()
      if fstatat(folder, file, &information, AT_SYMLINK_NOFOLLOW) == 0,
        information.st_mode & S_IFMT == S_IFREG
      {
        present.append(file)
      }
    }
    guard present.contains("config.yaml") else { return nil }
    var information = stat()
    let isDated = fstatat(folder, "metrics.csv", &information, AT_SYMLINK_NOFOLLOW) == 0
    let rows = MetricsTable(csv: Self.text("metrics.csv", in: folder) ?? "").rows
    let configuration = Self.text("config.yaml", in: folder).flatMap { try? TrainingConfiguration(yaml: $0) }
    let isHeld = RunLock.isHeld(in: folder)
    let state = configuration.map {
      RunState(isHeld: isHeld, $0, rows: rows, divergence: Self.text("divergence.txt", in: folder))
    }
    return Run(
      name: name, state: state ?? (isHeld ? .running : nil),
      epochs: configuration.flatMap { $0.train.steps == nil ? $0.train.epochs : nil }, files: present,
      rows: rows, changed: isDated ? Int(information.st_mtim.tv_sec) : 0)
  }

  /// A file of a run; nil for anything that is not one of `files` in a run's own folder.
  func file(_ file: String, of run: String) -> (type: String, bytes: [UInt8])? {
    guard let type = Self.files[file], names().contains(run), let folder = openFolder(run) else { return nil }
    defer { close(folder) }
    return Self.bytes(of: file, in: folder).map { (type, $0) }
  }

  private func names() -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream), names.count < Self.runLimit {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard bytes.first != UInt8(ascii: "."), let name = String(validating: bytes, as: UTF8.self) else {
        continue
      }
      names.append(name)
    }
    return names
  }

  private func openFolder(_ run: String) -> Int32? {
    let root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { return nil }
    defer { close(root) }
    let folder = openat(root, run, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    return folder >= 0 ? folder : nil
  }

  private static func text(_ file: String, in folder: Int32) -> String? {
    bytes(of: file, in: folder).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func bytes(of file: String, in folder: Int32) -> [UInt8]? {
    let descriptor = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      information.st_size <= fileLimit
    else { return nil }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while content.count <= fileLimit {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { return content }
      content += chunk[..<count]
    }
    return nil
  }
}
