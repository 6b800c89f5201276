import FoveaImage

/// Images in files of their own.
struct FileStore: ImageStore {
  func image(of sample: Sample, _ request: ImageRequest) throws(DataError) -> LoadedImage {
    guard case .file(let path) = sample.location else { preconditionFailure("a record among files") }
    return try ImageFiles.load(path, request)
  }
}

/// Image files as every road into the program reads them: regular files only, whole, upright, by content.
public enum ImageFiles {
  public static func load(_ path: RawPath, _ request: ImageRequest = ImageRequest()) throws(DataError)
    -> LoadedImage
  {
    let decoded = try decode(path, request)
    return LoadedImage(decoded)
  }

  /// The whole file, if it is a regular one that is not longer than any image's may be.
  public static func bytes(of path: RawPath) throws(DataError) -> [UInt8] {
    try FileSystem.read(path, limit: FileSystem.imageFileLimit)
  }

  /// As `load`, with what the decoder has to say about the file.
  public static func decode(_ path: RawPath, _ request: ImageRequest = ImageRequest()) throws(DataError)
    -> DecodedImage
  {
    let bytes = try bytes(of: path)
    guard !bytes.isEmpty else {
      throw DataError(
        .undecodable, path.description, found: "an empty file", expected: "a PNG or JPEG file",
        remedy: "Remove it.")
    }
    do {
      return try Image.decode(bytes, name: path.description, options: request.decodeOptions)
    } catch {
      throw DataError(.undecodable, path.description, found: error.found, remedy: "\(error.remedy).")
    }
  }
}

extension LoadedImage {
  public init(_ decoded: DecodedImage) {
    self.init(
      decoded.image, originalWidth: decoded.originalWidth, originalHeight: decoded.originalHeight,
      scaleDenominator: decoded.scaleDenominator)
  }
}

extension ImageRequest {
  /// The same for the decoder, with its usual limits.
  public var decodeOptions: DecodeOptions {
    var options = DecodeOptions()
    options.background = background
    options.allowTruncated = allowsTruncated
    if let width = minimumWidth, let height = minimumHeight { options.minimumSize = (width, height) }
    return options
  }
}
