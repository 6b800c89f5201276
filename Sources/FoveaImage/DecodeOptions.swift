/// Bounds on what one image may cost, whatever its file claims.
public struct DecodeLimits: Hashable, Sendable {
  /// Most pixels, as stored. The default is Pillow's: a claim beyond it is taken for an attack.
  public var pixels: Int
  /// Most bytes for decoding one image: its file, its pixels and the decoder's working memory together.
  ///
  /// The default, 256 MiB, is an RGB image of 89 million pixels. Larger photographs can still be read where
  /// ``DecodeOptions/minimumSize`` lets the decoder shrink them on the way.
  public var memory: Int
  /// Most scans of a JPEG. Each costs a pass over the whole image, in as little as a dozen bytes of file.
  public var scans: Int
  /// Most time for decoding one image, in seconds of its thread's CPU, however long others keep it waiting.
  ///
  /// The last resort: arithmetic coding and deflate streams of many short blocks cost a hundred times what a file of their
  /// size should. The default is several times what the largest ordinary photographs take; an image must not be accepted
  /// by one machine and refused by another.
  public var seconds: Double

  public init(
    pixels: Int = 178_956_970, memory: Int = 256 << 20, scans: Int = 100, seconds: Double = 10
  ) {
    self.pixels = pixels
    self.memory = memory
    self.scans = scans
    self.seconds = seconds
  }
}

/// How to decode an image.
public struct DecodeOptions: Sendable {
  /// What transparent pixels are laid over, and what fills the missing part of a truncated PNG.
  public var background: RGB
  /// Accept damaged and cut-off files as far as they can be read. ``DecodedImage/warnings`` then says what was
  /// missing. Otherwise any damage is an error.
  public var allowTruncated: Bool
  public var limits: DecodeLimits
  /// If only a small image is wanted: a JPEG is decoded at 1/2, 1/4 or 1/8 of its size as long as the result, upright,
  /// is at least so large in both directions. Much faster, and smoother than the nearest neighbour, but not the
  /// same pixels as decoding in full and resizing.
  public var minimumSize: (width: Int, height: Int)?

  public init(
    background: RGB = .white,
    allowTruncated: Bool = false,
    limits: DecodeLimits = DecodeLimits(),
    minimumSize: (width: Int, height: Int)? = nil
  ) {
    self.background = background
    self.allowTruncated = allowTruncated
    self.limits = limits
    self.minimumSize = minimumSize
  }
}

/// The formats that are read and written.
public enum ImageFormat: String, Hashable, Sendable {
  case png
  case jpeg
}

/// How the stored rows and columns lie to the upright picture, by EXIF's numbers.
public enum Orientation: Int, Hashable, Sendable, CaseIterable {
  case upright = 1
  case mirrored
  case rotated180
  case flipped
  case transposed
  /// To be turned a quarter clockwise to stand upright.
  case rotated90
  case transversed
  /// To be turned a quarter anticlockwise to stand upright.
  case rotated270

  /// Whether stored rows are the upright picture's columns.
  public var swapsSides: Bool { rawValue >= 5 }
}

/// What a file says of itself before its pixels are decoded.
public struct ImageHeader: Hashable, Sendable {
  /// Upright: with ``orientation`` applied.
  public var width: Int
  /// Upright: with ``orientation`` applied.
  public var height: Int
  public var format: ImageFormat
  public var orientation: Orientation
  /// Whether pixels may be transparent.
  public var hasAlpha: Bool
  /// As stored: every image is decoded to 8-bit RGB.
  public var colorModel: ColorModel
  /// As stored: of a sample, or of an index into a palette.
  public var bitsPerSample: Int
}

/// What the samples of a file stand for.
public enum ColorModel: String, Hashable, Sendable {
  case gray
  case rgb
  case palette
  case cmyk
}

/// An image, upright, and where it came from.
public struct DecodedImage: Sendable {
  public var image: Image
  /// The width of the upright picture at full size, where ``image`` may be a fraction of it.
  public var originalWidth: Int
  /// The height of the upright picture at full size.
  public var originalHeight: Int
  public var format: ImageFormat
  /// What the file stated. It is applied already.
  public var orientation: Orientation
  /// 1, or 2, 4 or 8 if the image was decoded at a fraction of its size.
  public var scaleDenominator: Int
  /// Whether pixels may have been transparent before they were laid over the background.
  public var hasAlpha: Bool
  /// What the decoder found amiss and was told to accept, or what does not concern the pixels.
  public var warnings: [String]
}
