import FoveaImage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The folder that a shapes data set is written to: claims it, fills it, and declares it whole.
///
/// The README comes first and says that the set is not complete; it is replaced when all pictures are there. So an
/// interrupted set is known for what it is, by people and by the next run.
struct ShapesFolder: Sendable {
  private let root: RawPath
  private let text: String

  /// Makes sure of a folder that is new, empty or one of our own, and clears it.
  ///
  /// - Throws: if the folder holds anything that this program did not put there; nothing is changed then.
  init(claiming directory: String) throws(DataError) {
    text = directory
    root = RawPath(directory)
    switch FileSystem.status(of: root) {
    case .failure(let error) where error.code == ENOENT:
      try Self.make(root)
    case .failure(let error):
      throw error.dataError(root)
    case .success(let status):
      guard status.kind == .folder else {
        throw DataError(
          .occupied, root.description, found: status.kind.noun, expected: "a new or empty folder",
          remedy: "Choose another folder.")
      }
      try clear()
    }
    try writeReadme(ShapesReadme.unfinished)
  }

  /// Makes the folders for all parts and classes.
  func makeFolders() throws(DataError) {
    let masks = root.appending("masks")
    try Self.make(masks)
    for parent in [root, masks] {
      for part in ShapesDataset.Part.allCases {
        let partFolder = parent.appending(part.rawValue)
        try Self.make(partFolder)
        for name in ShapesDataset.classes { try Self.make(partFolder.appending(name)) }
      }
    }
  }

  func write(_ picture: ShapesDataset.Picture, _ entry: ShapesDataset.Entry) throws(DataError) {
    let digits = String(entry.number)
    let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    let place = "\(entry.part.rawValue)/\(entry.className)/\(entry.className)-\(number)"
    do {
      if let quality = picture.jpegQuality {
        try picture.image.write(to: "\(text)/\(place).jpg", quality: quality)
      } else {
        try picture.image.write(to: "\(text)/\(place).png")
      }
      try picture.mask.write(to: "\(text)/masks/\(place).png")
    } catch {
      throw DataError(
        .unwritable, RawPath(error.name).description, found: error.found, remedy: error.remedy + ".")
    }
  }

  /// Declares the set whole.
  func finish(_ readme: String) throws(DataError) {
    try writeReadme(readme)
  }

  // MARK: Clearing

  /// Removes a data set of ours; refuses if there is anything else.
  private func clear() throws(DataError) {
    var files: [RawPath] = []
    var folders: [RawPath] = []
    try collect(root, names: Self.topLevel, &files, &folders)
    guard !files.isEmpty || !folders.isEmpty else { return }
    let readme = root.appending("README.txt")
    let start = try? FileSystem.readPrefix(readme, count: ShapesReadme.title.utf8.count)
    guard let start, start.elementsEqual(ShapesReadme.title.utf8) else {
      throw DataError(
        .occupied, root.description,
        found: "a folder that is not empty, without the README.txt of a shapes data set",
        expected: "a new or empty folder, or a shapes data set", remedy: "Choose another folder.")
    }
    // The README goes last: until then it says whose folder this is.
    for file in files where file != readme { try Self.remove(file, unlink) }
    for folder in folders.reversed() { try Self.remove(folder, rmdir) }
    try Self.remove(readme, unlink)
  }

  /// What may stand in a folder, and what in the folders in it.
  private indirect enum Names {
    case top
    case parts
    case classes
    case pictures(String)
  }

  private static let topLevel = Names.top

  private func collect(
    _ folder: RawPath, names: Names, _ files: inout [RawPath], _ folders: inout [RawPath]
  ) throws(DataError) {
    let entries: [FileSystem.Entry]
    switch FileSystem.entries(of: folder) {
    case .success(let found): entries = found
    case .failure(let error): throw error.dataError(folder)
    }
    for entry in entries {
      let path = folder.appending(entry.name)
      let name = String(decoding: entry.name, as: UTF8.self)
      let kind = try? entry.status.get().kind
      if !entry.isLink, kind == .file, Self.isOurFile(name, names) {
        files.append(path)
      } else if !entry.isLink, kind == .folder, let inner = Self.ourFolder(name, names) {
        folders.append(path)
        try collect(path, names: inner, &files, &folders)
      } else {
        throw DataError(
          .occupied, path.description, found: "something that is no part of a shapes data set",
          expected: "a new or empty folder, or a shapes data set",
          remedy: "Move it away, or choose another folder.")
      }
    }
  }

  private static func ourFolder(_ name: String, _ names: Names) -> Names? {
    switch names {
    case .top where name == "masks": .parts
    case .top, .parts: ShapesDataset.Part(rawValue: name) == nil ? nil : .classes
    case .classes: ShapesDataset.classes.contains(name) ? .pictures(name) : nil
    case .pictures: nil
    }
  }

  /// Ours are the README and the pictures, and what an interrupted write leaves of either.
  private static func isOurFile(_ name: String, _ names: Names) -> Bool {
    let whole = name.split(separator: ".partial-", maxSplits: 1).first.map(String.init) ?? name
    switch names {
    case .top: return whole == "README.txt"
    case .parts, .classes: return false
    case .pictures(let className):
      guard whole.hasPrefix(className + "-") else { return false }
      let rest = whole.dropFirst(className.count + 1)
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      return digits.count == 4 && (rest.dropFirst(4) == ".png" || rest.dropFirst(4) == ".jpg")
    }
  }

  // MARK: The system

  private static func make(_ folder: RawPath) throws(DataError) {
    guard folder.withCString({ mkdir($0, 0o777) }) != 0 else { return }
    throw unwritable(folder)
  }

  private static func remove(_ path: RawPath, _ call: (UnsafePointer<CChar>) -> CInt) throws(DataError) {
    guard path.withCString(call) != 0 else { return }
    throw unwritable(path)
  }

  /// Writes the README beside its place and moves it there.
  private func writeReadme(_ text: String) throws(DataError) {
    let path = root.appending("README.txt")
    let temporary = root.appending("README.txt.partial-\(getpid())")
    guard let file = temporary.withCString({ fopen($0, "we") }) else { throw Self.unwritable(temporary) }
    let bytes = Array(text.utf8)
    var isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    isWritten = fclose(file) == 0 && isWritten
    let isMoved = isWritten && temporary.withCString { from in path.withCString { rename(from, $0) } } == 0
    guard isMoved else {
      let error = Self.unwritable(path)
      _ = temporary.withCString { unlink($0) }
      throw error
    }
  }

  private static func unwritable(_ path: RawPath) -> DataError {
    let error = SystemError()
    let remedy =
      switch error.code {
      case ENOENT, ENOTDIR: "Make the folder above it first."
      case ENOSPC, EDQUOT: "Make room on the disk."
      default: "Choose a folder that can be written to."
      }
    return DataError(
      .unwritable, path.description, found: "cannot be written (\(error.message))", remedy: remedy)
  }
}
