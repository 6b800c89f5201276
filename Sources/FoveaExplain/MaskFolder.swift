import FoveaData
import FoveaImage

/// The masks of a data set: for an image `…/CLASS/NAME.jpg` a picture `CLASS/NAME.png` (or `NAME.png`, or with more of
/// the image's path before it) whose bright pixels are the object.
public struct MaskFolder: Sendable {
  private let folder: RawPath
  /// How many of the image's folders a mask's path may repeat.
  private static let depth = 4

  public init(_ folder: RawPath) { self.folder = folder }

  /// The mask of an image; nil where there is none.
  ///
  /// - Throws: where the file cannot be read.
  public func mask(of image: RawPath) throws(DataError) -> ObjectMask? {
    for path in candidates(of: image) where Self.exists(path) {
      let picture = try ImageFiles.load(path, ImageRequest(background: .black)).image
      return ObjectMask(
        width: picture.width, height: picture.height,
        inside: (0..<picture.width * picture.height).map { picture.pixels[3 * $0 + 1] > 127 })
    }
    return nil
  }

  /// The longest first: it says most about which image is meant.
  private func candidates(of image: RawPath) -> [RawPath] {
    var components = image.bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
    guard var name = components.popLast() else { return [] }
    if let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 { name.removeSubrange(dot...) }
    name += Array(".png".utf8)
    let parents = components.suffix(Self.depth).filter { $0 != [0x2E] && $0 != [0x2E, 0x2E] }
    return (0...parents.count).map { skipped in
      (parents.dropFirst(skipped) + [name]).reduce(folder) { $0.appending($1) }
    }
  }

  private static func exists(_ path: RawPath) -> Bool {
    path.withCString { FileIdentity($0) } != nil
  }
}
