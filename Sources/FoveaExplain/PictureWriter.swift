import FoveaImage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Why a picture could not be written.
public struct PictureError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let problem: String

  public var description: String { "\(path): \(problem)" }
}

/// Which file a path leads to, by whatever name: its device and number.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// Nil where there is nothing at the path, links followed.
  public init?(_ path: UnsafePointer<CChar>) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    device = UInt64(information.st_dev)
    number = UInt64(information.st_ino)
  }
}

/// Writes an image's pictures below one folder:
///
///     panels/NAME.png            everything on one sheet
///     overlays/NAME/BLOCK.png    a block's spatial gate over the original
///     maps/NAME/BLOCK.png        the gate as it is, one 16-bit gray pixel a cell
///
/// where BLOCK is also `grad-cam`. A file that is one of the inputs is never written over.
public struct PictureWriter: Sendable {
  public let folder: String
  private let inputs: Set<FileIdentity>
  private let software: String

  /// - Parameters:
  ///   - folder: made if it is not there.
  ///   - inputs: what must not be written over.
  ///   - software: the program's name and version, written into every picture.
  public init(folder: String, inputs: Set<FileIdentity>, software: String) throws(PictureError) {
    self.folder = folder
    self.inputs = inputs
    self.software = software
    try Self.makeFolder(folder)
  }

  /// Where a file goes; its folder is there then.
  public func place(_ name: String) throws(PictureError) -> String {
    let path = "\(folder)/\(name)"
    if let slash = path.lastIndex(of: "/") { try Self.makeFolder(String(path[..<slash])) }
    if let identity = FileIdentity(path), inputs.contains(identity) {
      throw PictureError(
        path: path, problem: "is one of the inputs, and would be written over. Choose another folder")
    }
    return path
  }

  /// Writes the panel of one image.
  public func write(_ panel: Panel, name: String) throws {
    try panel.drawn().write(
      to: place("panels/\(name).png"), text: [("Software", software), ("Title", panel.title)])
  }

  /// Writes one map over the original, and as it is.
  ///
  /// - Parameters:
  ///   - block: the file's name.
  ///   - what: what the map is, for the file's description.
  ///   - top: the value that white stands for in the raw map.
  public func write(
    _ map: AttentionMap, block: String, of name: String, what: String, top: Float, original: Image,
    placement: Placement, scale: Scale, style: OverlayStyle
  ) throws {
    let overlay = Overlay.blended(map, over: original, placement: placement, scale: scale, style: style)
    try overlay.write(
      to: place("overlays/\(name)/\(block).png"),
      text: [
        ("Software", software),
        (
          "Description",
          "\(what); \(style.colorMap.rawValue) from \(scale.low) to \(scale.high), \(style.filter.rawValue)"
        ),
      ])
    try map.gray16(top: top).write(
      to: place("maps/\(name)/\(block).png"),
      text: [("Software", software), ("Description", "\(what); 65535 is \(top)")])
  }

  private static func makeFolder(_ path: String) throws(PictureError) {
    guard mkdir(path, 0o777) != 0, errno != EEXIST else {
      return try checkFolder(path)
    }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw PictureError(
        path: path, problem: "the folder cannot be made: \(String(cString: strerror(errno)))")
    }
    try makeFolder(String(path[..<slash]))
    // Another thread may have made it meanwhile.
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw PictureError(
        path: path, problem: "the folder cannot be made: \(String(cString: strerror(errno)))")
    }
  }

  private static func checkFolder(_ path: String) throws(PictureError) {
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
      throw PictureError(path: path, problem: "is there and is not a folder")
    }
  }
}
