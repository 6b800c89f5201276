import CFoveaImage

extension Image {
  /// Decodes a PNG or JPEG file: upright, in RGB, transparent pixels over the background.
  ///
  /// The format is told by content, never by the name. Colour profiles and gamma are ignored: samples are taken as
  /// sRGB. 16-bit samples are scaled to 8 bits. CMYK becomes RGB by the plain product of what ink and black let
  /// through.
  /// - Throws: an ``ImageError`` for anything but a whole, sound image within the limits.
  public static func decode(
    contentsOf path: String, options: DecodeOptions = DecodeOptions()
  ) throws(ImageError) -> DecodedImage {
    let bytes = try ImageFile.bytes(of: path, limit: options.limits.memory)
    return try decode(bytes, name: path, options: options)
  }

  /// Decodes the bytes of a PNG or JPEG file. `name` is what errors call it.
  public static func decode(
    _ bytes: [UInt8], name: String, options: DecodeOptions = DecodeOptions()
  ) throws(ImageError) -> DecodedImage {
    let decoder = try ImageDecoder(bytes, name: name, options: options)
    let denominator = decoder.denominator()
    let size = decoder.size(denominator: denominator, turned: decoder.orientation.swapsSides)
    let decoded = try decoder.pixels(raw: false, denominator: denominator)
    let header = decoder.summary
    return DecodedImage(
      image: Image(width: size.width, height: size.height, pixels: decoded.pixels),
      originalWidth: header.width, originalHeight: header.height, format: header.format,
      orientation: header.orientation, scaleDenominator: denominator, hasAlpha: header.hasAlpha,
      warnings: decoder.warnings + decoded.warnings)
  }

  /// Reads a file's header, without decoding its pixels and without judging whether they are whole.
  public static func probe(_ path: String, limits: DecodeLimits = DecodeLimits()) throws(ImageError)
    -> ImageHeader
  {
    let bytes = try ImageFile.bytes(of: path, limit: limits.memory)
    let options = DecodeOptions(allowTruncated: true, limits: limits)
    return try ImageDecoder(bytes, name: path, options: options).summary
  }

  /// The header of a file whose bytes are at hand; see ``probe(_:limits:)``.
  public static func header(
    of bytes: [UInt8], name: String, limits: DecodeLimits = DecodeLimits()
  ) throws(ImageError) -> ImageHeader {
    try ImageDecoder(bytes, name: name, options: DecodeOptions(allowTruncated: true, limits: limits)).summary
  }

  /// The pixels as the libraries deliver them: neither turned upright nor laid over a background nor, for CMYK,
  /// converted. For comparing with other programs' decoders.
  package static func decodeRaw(
    _ bytes: [UInt8], name: String, options: DecodeOptions = DecodeOptions()
  ) throws(ImageError) -> RawPixels {
    let decoder = try ImageDecoder(bytes, name: name, options: options)
    let size = decoder.size(denominator: 1, turned: false)
    return RawPixels(
      width: size.width, height: size.height, channels: Int(decoder.header.raw_channels),
      bytes: try decoder.pixels(raw: true, denominator: 1).pixels)
  }
}

/// Pixels as stored: RGBA from PNG; RGB, or CMYK as it is in the file, from JPEG.
package struct RawPixels {
  package let width: Int
  package let height: Int
  package let channels: Int
  package let bytes: [UInt8]
}

/// One file's bytes with its header, checked against the limits.
struct ImageDecoder {
  let bytes: [UInt8]
  let name: String
  let options: DecodeOptions
  let header: fi_header
  let warnings: [String]

  init(_ bytes: [UInt8], name: String, options: DecodeOptions) throws(ImageError) {
    guard !bytes.isEmpty else {
      throw ImageError(
        .empty, name: name, found: "no data at all", remedy: "Get a whole copy, or leave it out")
    }
    var header = fi_header()
    var report = fi_report()
    let code = bytes.withUnsafeBufferPointer {
      fi_read_header($0.baseAddress, $0.count, options.allowTruncated, &header, &report)
    }
    self.bytes = bytes
    self.name = name
    self.options = options
    self.header = header
    self.warnings = Self.warnings(in: report)
    guard code == FI_OK.rawValue else { throw error(report) }
    try checkLimits()
  }

  var orientation: Orientation { Orientation(rawValue: Int(header.orientation)) ?? .upright }

  private var colorModel: ColorModel {
    switch fi_color(rawValue: UInt32(bitPattern: header.color)) {
    case FI_GRAY: .gray
    case FI_PALETTE: .palette
    case FI_INKS: .cmyk
    default: .rgb
    }
  }

  var format: ImageFormat { header.format == FI_PNG.rawValue ? .png : .jpeg }

  var summary: ImageHeader {
    let upright = size(denominator: 1, turned: orientation.swapsSides)
    return ImageHeader(
      width: upright.width, height: upright.height, format: format, orientation: orientation,
      hasAlpha: header.has_alpha, colorModel: colorModel, bitsPerSample: Int(header.bits))
  }

  /// The size of the result: rounded up, as libjpeg does.
  func size(denominator: Int, turned: Bool) -> (width: Int, height: Int) {
    let width = (Int(header.width) + denominator - 1) / denominator
    let height = (Int(header.height) + denominator - 1) / denominator
    return turned ? (height, width) : (width, height)
  }

  /// The strongest reduction that leaves what is wanted.
  func denominator() -> Int {
    guard format == .jpeg, let minimum = options.minimumSize else { return 1 }
    for denominator in [8, 4, 2] {
      let reduced = size(denominator: denominator, turned: orientation.swapsSides)
      if reduced.width >= minimum.width && reduced.height >= minimum.height { return denominator }
    }
    return 1
  }

  /// Decodes into one array, in which the pixels are stored once, in their final places.
  func pixels(raw: Bool, denominator: Int) throws(ImageError) -> (pixels: [UInt8], warnings: [String]) {
    let size = size(denominator: denominator, turned: false)
    // No overflow: neither format has sides of more than a million pixels.
    let count = size.width * size.height * (raw ? Int(header.raw_channels) : 3)
    let left = max(0, options.limits.memory) - bytes.count - count
    guard left >= 0, header.working_memory <= UInt64(left) else { throw overMemoryLimit(count) }
    guard ImageFile.canAllocate(count) else { throw ImageFile.outOfMemory(name, count) }

    var request = fi_request(
      orientation: raw ? 1 : header.orientation, denominator: Int32(denominator), raw: raw,
      lenient: options.allowTruncated,
      background: (options.background.red, options.background.green, options.background.blue),
      scans: Int32(clamping: options.limits.scans), memory: UInt64(left), nanoseconds: nanoseconds)
    var report = fi_report()
    var header = header
    var code: Int32 = 0
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      code = bytes.withUnsafeBufferPointer {
        fi_decode($0.baseAddress, $0.count, &header, &request, buffer.baseAddress, count, &report)
      }
      initialized = code == FI_OK.rawValue ? count : 0
    }
    guard code == FI_OK.rawValue else { throw error(report) }
    return (pixels, Self.warnings(in: report))
  }

  /// The time limit; at least 1, since 0 would be none.
  private var nanoseconds: UInt64 {
    let seconds = options.limits.seconds
    return seconds > 1e-9 ? UInt64(min(seconds, 1e9) * 1e9) : 1
  }

  private func checkLimits() throws(ImageError) {
    let pixels = Int(header.width) * Int(header.height)
    guard pixels <= options.limits.pixels else {
      throw ImageError(
        .overLimit, name: name,
        found: "\(header.width)×\(header.height) pixels, more than the limit of \(options.limits.pixels)",
        remedy: "Shrink it, or raise the limit if you trust the file")
    }
    guard Int(header.scans) <= options.limits.scans else {
      throw ImageError(
        .overLimit, name: name,
        found: "a JPEG of \(header.scans) scans, more than the limit of \(options.limits.scans)",
        remedy: "Save it anew as an ordinary JPEG, or leave it out")
    }
  }
}
