/// Folders that are passed by because of their names, and have images in them.
public struct HiddenFolders: Hashable, Sendable {
  public let folder: RawPath
  /// Files at any depth that are images by their names.
  public let images: Int
  /// Whether there may be more: counting stops at some point.
  public let isMore: Bool

  private static let countLimit = 100_000

  /// The hidden folders below a data set's, except those within other hidden ones.
  public static func find(below root: RawPath) -> [HiddenFolders] {
    FolderWalk(root).compactMap { element in
      guard case .passedBy(let path, FolderWalk.hidden) = element, FileSystem.isFolder(path) else {
        return nil
      }
      var images = 0
      var seen = 0
      for inner in FolderWalk(path) {
        seen += 1
        if case .file(let file, _) = inner, ImageFiles.isNamedAsImage(file) { images += 1 }
        if seen >= countLimit { break }
      }
      return images > 0 ? HiddenFolders(folder: path, images: images, isMore: seen >= countLimit) : nil
    }
  }
}

extension ImageFiles {
  /// Whether a file would be taken for an image by its extension, also of a format that is not read.
  public static func isNamedAsImage(_ path: RawPath) -> Bool {
    ImageFileNames.extensions.contains(path.lowercasedExtension)
  }
}
