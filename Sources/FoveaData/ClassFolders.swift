/// Images in folders whose names are their classes: `ROOT/CLASS/…/image.jpg`.
public enum ClassFolders {
  /// Lists the class folders of `root` and the images in them, at any depth, in bytewise order.
  ///
  /// No image is decoded. Files count as images by their extension, also of formats that cannot be decoded, so that
  /// a folder of HEIC photos is not passed over in silence; files with other extensions count if they begin as a PNG
  /// or JPEG file does.
  ///
  /// - Parameter allowsEmptyClasses: whether a class folder without images is passed by. Nothing can be learnt of
  ///   such a class, but among images for evaluation it may be missing.
  public static func scan(_ root: RawPath, allowsEmptyClasses: Bool = false) throws(DataError) -> ImageSource
  {
    let folders = try classFolders(of: root)
    var classes: [Found] = []
    var ignored: [ImageSource.Ignored] = folders.ignored
    for name in folders.names {
      let found = try images(in: root.appending(name), below: root)
      ignored += found.ignored
      guard found.samples.isEmpty else {
        classes.append(found)
        continue
      }
      guard allowsEmptyClasses else {
        throw DataError(
          .noImages, root.appending(name).description, found: emptyClass,
          expected: "PNG or JPEG files", remedy: "Add images, or remove the folder.")
      }
      ignored.append(.init(path: root.appending(name), reason: emptyClass))
    }
    guard !classes.isEmpty else { throw noClasses(root) }
    let names = try ClassNames.sorted(classes.map(\.name), in: root.description)
    let labels = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let samples = classes.flatMap { found in found.samples.map { $0.labelled(labels[found.name]!) } }
    return ImageSource(
      name: root.description, classes: names, samples: samples, ignored: ignored, store: FileStore())
  }

  /// The reason given for a folder that would be a class if it had images.
  public static let emptyClass = "a class folder without images"

  /// The names of the folders in `root` that are not hidden.
  static func classFolders(
    of root: RawPath
  ) throws(DataError) -> (names: [[UInt8]], ignored: [ImageSource.Ignored]) {
    switch FileSystem.entries(of: root) {
    case .failure(let error): throw error.dataError(root)
    case .success(let entries):
      var names: [[UInt8]] = []
      var ignored: [ImageSource.Ignored] = []
      for entry in entries where !FolderWalk.isHidden(entry.name) {
        switch entry.status {
        case .success(let status) where status.kind == .folder: names.append(entry.name)
        case .success(let status):
          ignored.append(
            .init(path: root.appending(entry.name), reason: "\(status.kind.noun) outside the class folders"))
        case .failure(let error):
          ignored.append(.init(path: root.appending(entry.name), reason: error.message))
        }
      }
      return (names, ignored)
    }
  }

  private struct Found {
    let name: String
    var samples: [Sample] = []
    var ignored: [ImageSource.Ignored] = []
  }

  private static func images(in folder: RawPath, below root: RawPath) throws(DataError) -> Found {
    var found = Found(name: RawPath.printable(folder.lastComponent))
    let prefix = root.appending([]).bytes.count
    for element in FolderWalk(folder) {
      switch element {
      case .file(let path, let byteCount):
        if let reason = reasonToIgnore(path) {
          found.ignored.append(.init(path: path, reason: reason))
        } else {
          let name = RawPath(bytes: path.bytes.dropFirst(prefix))
          found.samples.append(Sample(location: .file(path), name: name, label: 0, byteCount: byteCount))
        }
      case .passedBy(let path, let reason):
        if reason != FolderWalk.hidden { found.ignored.append(.init(path: path, reason: reason)) }
      case .failed(let path, let reason):
        // A folder that cannot be listed may be half of the class: not one file that is skipped.
        if FileSystem.isFolder(path) {
          throw DataError(
            .unreadable, path.description, found: reason, expected: "a folder that can be listed",
            remedy: "Make it readable, or remove it.")
        }
        if ImageFileNames.extensions.contains(path.lowercasedExtension) {
          let name = RawPath(bytes: path.bytes.dropFirst(prefix))
          found.samples.append(Sample(location: .file(path), name: name, label: 0, byteCount: 0))
        } else {
          found.ignored.append(.init(path: path, reason: reason))
        }
      }
    }
    return found
  }

  private static func reasonToIgnore(_ path: RawPath) -> String? {
    if ImageFileNames.extensions.contains(path.lowercasedExtension) { return nil }
    guard let start = try? FileSystem.readPrefix(path, count: 8) else {
      return "no image by its name, and unreadable"
    }
    return ImageFileNames.startsAsImage(start) ? nil : "not an image"
  }

  private static func noClasses(_ root: RawPath) -> DataError {
    DataError(
      .noImages, root.description, found: "no folder with images",
      expected: "one folder per class, with its images",
      remedy: "Give the folder that holds the class folders.")
  }
}

/// What tells an image file from others before it is decoded.
enum ImageFileNames {
  /// Those that can be decoded, and those that a user would take for part of the data.
  static let extensions: Set<String> = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "webp", "tif", "tiff", "heic", "heif", "avif",
    "jp2",
    "jxl", "ppm", "pgm", "pnm", "tga", "dng", "cr2", "nef", "arw",
  ]

  static func startsAsImage(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
      || bytes.starts(with: [0xFF, 0xD8, 0xFF])
  }
}
