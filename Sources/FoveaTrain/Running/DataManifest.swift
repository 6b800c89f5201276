import FoveaData
import FoveaFormats
import FoveaTensor

/// `manifest.tsv`: what the images of a run were when it began, a line each, so that a resumed run can say what has
/// become of them.
///
/// Columns: the part (`train` or `val`), the bytes, 16 hexadecimal digits of a hash of the contents (`-` where they were
/// not read), and the name within the data set, in printable text without tabs and line ends.
struct DataManifest: Equatable {
  struct Entry: Hashable {
    var part: String
    var name: String
    var byteCount: Int
    /// Hexadecimal digits, or "-".
    var hash: String
  }

  var entries: [Entry]

  /// Larger data sets are listed without their contents: reading them would take minutes.
  static let contentLimit = 8 << 30
  static let header = "part\tbytes\thash\tname"

  init(_ split: DataSplit, contentLimit: Int = Self.contentLimit) {
    entries = []
    let parts = [("train", split.training), ("val", split.validation)]
    let total = parts.reduce(0) { $0 + $1.1.samples.reduce(0) { $0 + $1.byteCount } }
    for (part, source) in parts {
      let hashes = total <= contentLimit ? Self.hashes(source) : []
      entries += source.samples.enumerated().map { index, sample in
        Entry(
          part: part, name: sample.name.description, byteCount: sample.byteCount,
          hash: hashes.isEmpty ? "-" : hashes[index].map(Self.digits) ?? "-")
      }
    }
  }

  /// Reads the file's text. nil where it is none.
  init?(text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    guard lines.popFirst().map({ $0 == Self.header }) == true, lines.popLast() == "" else { return nil }
    entries = []
    entries.reserveCapacity(lines.count)
    for line in lines {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 4, let byteCount = Int(fields[1]) else { return nil }
      entries.append(Entry(part: fields[0], name: fields[3], byteCount: byteCount, hash: fields[2]))
    }
  }

  var text: String {
    var text = Self.header + "\n"
    for entry in entries { text += "\(entry.part)\t\(entry.byteCount)\t\(entry.hash)\t\(entry.name)\n" }
    return text
  }

  /// What has become of a part's images since `old`, for people; nil where nothing has.
  func differences(from old: DataManifest, part: String) -> String? {
    let before = Self.byName(old, part)
    let now = Self.byName(self, part)
    var kinds: [(what: String, names: [String])] = [
      ("gone", before.keys.filter { now[$0] == nil }), ("new", now.keys.filter { before[$0] == nil }),
      ("of another size", []), ("with other contents", []),
    ]
    for (name, entry) in now {
      guard let other = before[name] else { continue }
      if other.byteCount != entry.byteCount {
        kinds[2].names.append(name)
      } else if other.hash != entry.hash, other.hash != "-", entry.hash != "-" {
        kinds[3].names.append(name)
      }
    }
    let told = kinds.filter { !$0.names.isEmpty }.map {
      "\($0.names.count) \($0.what) (\(Self.listed($0.names)))"
    }
    return told.isEmpty ? nil : told.joined(separator: ", ")
  }

  private static func byName(_ manifest: DataManifest, _ part: String) -> [String: Entry] {
    Dictionary(
      manifest.entries.lazy.filter { $0.part == part }.map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first })
  }

  private static func listed(_ names: [String]) -> String {
    let shown = names.sorted().prefix(3).joined(separator: ", ")
    return names.count > 3 ? shown + ", …" : shown
  }

  private static func hashes(_ source: ImageSource) -> [UInt64?] {
    WorkerPool.shared.map(source.count) { source.contentHash(at: $0) }
  }

  private static func digits(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension DataManifest {
  func write(to path: String) throws(FormatError) { try DurableFile.write(Array(text.utf8), to: path) }

  /// What the run began with; nil where it cannot be read.
  static func read(_ path: String) -> DataManifest? {
    guard let text = try? ConfigurationFile.text(of: path, limit: 1 << 30) else { return nil }
    return DataManifest(text: text)
  }
}
