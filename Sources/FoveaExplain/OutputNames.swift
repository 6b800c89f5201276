import FoveaData

/// Where the pictures of each input go: the tree of the inputs, mirrored, under names that can neither collide nor
/// leave the output folder, nor do harm in a shell or a listing.
public struct OutputNames {
  private let working: [[UInt8]]
  /// The folder that all inputs lie in, and that no name repeats.
  private let base: [[UInt8]]
  private var folders: [[[UInt8]]: String] = [:]
  private var takenFolders: Set<String> = []
  private var takenFiles: Set<String> = []

  /// - Parameters:
  ///   - roots: the folders that were asked for, and the folders of the files that were.
  ///   - workingFolder: the absolute path that relative ones start from.
  public init(roots: [RawPath], workingFolder: RawPath) {
    working = Self.components(workingFolder.bytes)
    let all = roots.map { [working] in Self.resolved($0, from: working) }
    base = all.dropFirst().reduce(all.first ?? []) { common, path in
      Array(zip(common, path).prefix { $0 == $1 }.map(\.0))
    }
  }

  /// A relative name for an input, of which `NAME.png` is free for a file and `NAME` for a folder.
  public mutating func claim(_ input: RawPath) -> String {
    var path = Self.resolved(input, from: working)
    if path.starts(with: base), path.count > base.count { path.removeFirst(base.count) }
    let folder = folderName(Array(path.dropLast()))
    let name = (folder.isEmpty ? "" : folder + "/") + Self.safe(path.last ?? Array("input".utf8))
    let free = Self.firstFree(name) {
      !takenFiles.contains($0) && !takenFolders.contains($0) && !takenFolders.contains($0 + ".png")
        && !takenFiles.contains($0 + ".png")
    }
    takenFiles.insert(free + ".png")
    takenFolders.insert(free)
    return free
  }

  private mutating func folderName(_ path: [[UInt8]]) -> String {
    guard let last = path.last else { return "" }
    if let known = folders[path] { return known }
    let parent = folderName(Array(path.dropLast()))
    let name = Self.firstFree((parent.isEmpty ? "" : parent + "/") + Self.safe(last)) {
      !takenFolders.contains($0) && !takenFiles.contains($0)
    }
    takenFolders.insert(name)
    folders[path] = name
    return name
  }

  private static func firstFree(_ name: String, _ isFree: (String) -> Bool) -> String {
    if isFree(name) { return name }
    var number = 2
    while !isFree("\(name)~\(number)") { number += 1 }
    return "\(name)~\(number)"
  }

  private static func components(_ path: [UInt8]) -> [[UInt8]] {
    path.split(separator: UInt8(ascii: "/")).map(Array.init)
  }

  /// Absolute, with `.` and `..` taken away by the letter.
  private static func resolved(_ path: RawPath, from working: [[UInt8]]) -> [[UInt8]] {
    var result = path.bytes.first == UInt8(ascii: "/") ? [] : working
    for component in components(path.bytes) {
      if component == Array(".".utf8) { continue }
      if component == Array("..".utf8) {
        _ = result.popLast()
      } else {
        result.append(component)
      }
    }
    return result
  }

  /// A file name that shows what the original was: control characters, bytes that are not UTF-8, backslashes, marks
  /// that turn the direction of writing, and a leading dot or dash become `%` and two hexadecimal digits a byte, and
  /// so does `%` itself. Names that would be too long for a file system end in a number made of all their bytes.
  static func safe(_ name: [UInt8]) -> String {
    var result = ""
    var rest = name[...]
    while !rest.isEmpty {
      var decoder = UTF8()
      var bytes = rest.makeIterator()
      if case .scalarValue(let scalar) = decoder.decode(&bytes), !needsEscape(scalar, isFirst: result.isEmpty)
      {
        result.unicodeScalars.append(scalar)
        rest.removeFirst(UTF8.width(scalar))
      } else {
        let digits = String(rest.removeFirst(), radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    guard result.utf8.count > 200 else { return result.isEmpty ? "%" : result }
    // FNV-1a.
    let hash = name.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    while result.utf8.count > 200 { result.unicodeScalars.removeLast() }
    return result + "~" + String(hash, radix: 16)
  }

  private static func needsEscape(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    case 0x25, 0x2F, 0x5C: true
    case 0x2D, 0x2E: isFirst
    default: false
    }
  }
}
