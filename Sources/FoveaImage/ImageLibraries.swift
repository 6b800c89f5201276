import CFoveaImage

/// The libraries that read and write image files.
public enum ImageLibraries {
  /// Names and versions, as they are at run time where a library tells.
  public static var versions: [(name: String, version: String)] {
    [
      ("libpng", String(cString: fi_png_version())), ("libjpeg", String(cString: fi_jpeg_version())),
      ("zlib", String(cString: fi_zlib_version())),
    ]
  }
}
