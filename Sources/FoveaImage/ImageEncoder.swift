import CFoveaImage

/// A PNG text entry: a keyword of 1 to 79 Latin-1 characters ("Title", "Software", "Description"…), and a text.
public typealias PNGText = (keyword: String, text: String)

extension Image {
  /// Encodes as 8-bit RGB PNG. Texts that fit Latin-1 become tEXt chunks, others iTXt.
  /// - Throws: an ``ImageError`` if there are no pixels, or a keyword or text that PNG cannot hold.
  public func pngData(text: [PNGText] = []) throws(ImageError) -> [UInt8] {
    try ImageEncoder.png(pixels, width: width, height: height, channels: 3, text: text, name: "PNG image")
  }

  /// Encodes as baseline JPEG with chroma halved both ways (4:2:0).
  /// - Parameter quality: 1…100, libjpeg's scale.
  /// - Throws: an ``ImageError`` if there are no pixels or a side is longer than 65,500 pixels.
  public func jpegData(quality: Int = 90) throws(ImageError) -> [UInt8] {
    try ImageEncoder.jpeg(self, quality: quality, name: "JPEG image")
  }

  /// Writes the file as PNG or JPEG, as its extension says (.png, .jpg, .jpeg). The file appears whole or not at all.
  /// - Parameters:
  ///   - quality: for JPEG.
  ///   - text: for PNG; JPEG leaves it out.
  public func write(to path: String, quality: Int = 90, text: [PNGText] = []) throws(ImageError) {
    switch ImageEncoder.fileExtension(of: path) {
    case "png":
      let bytes = try ImageEncoder.png(
        pixels, width: width, height: height, channels: 3, text: text, name: path)
      try ImageFile.save(bytes, to: path)
    case "jpg", "jpeg":
      try ImageFile.save(ImageEncoder.jpeg(self, quality: quality, name: path), to: path)
    default:
      throw ImageError(
        .cannotEncode, name: path, found: "a name that ends neither in .png nor in .jpg",
        remedy: "Name the file so that the format can be told")
    }
  }
}

extension Gray8Image {
  /// Encodes as 8-bit gray PNG.
  public func pngData(text: [PNGText] = []) throws(ImageError) -> [UInt8] {
    try ImageEncoder.png(pixels, width: width, height: height, channels: 1, text: text, name: "PNG image")
  }

  /// Writes a PNG file, which appears whole or not at all.
  public func write(to path: String, text: [PNGText] = []) throws(ImageError) {
    let bytes = try ImageEncoder.png(
      pixels, width: width, height: height, channels: 1, text: text, name: path)
    try ImageFile.save(bytes, to: path)
  }
}

extension Gray16Image {
  /// Encodes as 16-bit gray PNG.
  public func pngData(text: [PNGText] = []) throws(ImageError) -> [UInt8] {
    try ImageEncoder.png(pixels, width: width, height: height, channels: 1, text: text, name: "PNG image")
  }

  /// Writes a PNG file, which appears whole or not at all.
  public func write(to path: String, text: [PNGText] = []) throws(ImageError) {
    let bytes = try ImageEncoder.png(
      pixels, width: width, height: height, channels: 1, text: text, name: path)
    try ImageFile.save(bytes, to: path)
  }
}

enum ImageEncoder {
  /// Samples of 8 or 16 bits, by their type.
  static func png<Sample: FixedWidthInteger & UnsignedInteger>(
    _ samples: [Sample], width: Int, height: Int, channels: Int32, text: [PNGText], name: String
  ) throws(ImageError) -> [UInt8] {
    let size = try checkedSize(width: width, height: height, longest: Int(Int32.max), name: name)
    let entries = try encoded(text, name: name)
    var buffer = fi_buffer()
    var report = fi_report()
    samples.withUnsafeBytes { pixels in
      entries.withUnsafeBufferPointer { entries in
        _ = fi_encode_png(
          pixels.baseAddress, size.width, size.height, channels, Int32(Sample.bitWidth), entries.baseAddress,
          entries.count, &buffer, &report)
      }
    }
    return try result(&buffer, report, name: name)
  }

  static func jpeg(_ image: Image, quality: Int, name: String) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG quality \(quality) is not in 1…100")
    let size = try checkedSize(width: image.width, height: image.height, longest: 65_500, name: name)
    var buffer = fi_buffer()
    var report = fi_report()
    image.pixels.withUnsafeBufferPointer { pixels in
      _ = fi_encode_jpeg(pixels.baseAddress, size.width, size.height, Int32(quality), &buffer, &report)
    }
    return try result(&buffer, report, name: name)
  }

  /// The part after the last dot of the last component, in small letters.
  static func fileExtension(of path: String) -> String {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  private static func checkedSize(
    width: Int, height: Int, longest: Int, name: String
  ) throws(ImageError) -> (width: UInt32, height: UInt32) {
    guard width > 0 && height > 0 && width <= longest && height <= longest else {
      throw ImageError(
        .cannotEncode, name: name,
        found: "\(width)×\(height) pixels, where each side must be 1 to \(longest)",
        remedy: "Resize the image first")
    }
    return (UInt32(width), UInt32(height))
  }

  private static func result(
    _ buffer: inout fi_buffer, _ report: fi_report, name: String
  ) throws(ImageError) -> [UInt8] {
    defer { fi_buffer_free(&buffer) }
    guard report.code == FI_OK.rawValue else {
      let kind: ImageError.Kind = report.code == FI_NO_MEMORY.rawValue ? .outOfMemory : .cannotEncode
      throw ImageError(
        kind, name: name, found: "it cannot be encoded (\(ImageDecoder.text(report.message)))",
        remedy: "Make the image smaller")
    }
    return Array(UnsafeBufferPointer(start: buffer.data, count: buffer.count))
  }

  /// The entries as the C side takes them.
  private static func encoded(_ text: [PNGText], name: String) throws(ImageError) -> [UInt8] {
    var bytes: [UInt8] = []
    for entry in text {
      let keyword = entry.keyword.unicodeScalars.map { Character($0) }
      guard let key = latin1(entry.keyword), (1...79).contains(key.count), isKeyword(key) else {
        throw ImageError(
          .cannotEncode, name: name, found: "'\(String(keyword))' as a keyword of a PNG text",
          remedy: "Use 1 to 79 printable Latin-1 characters, without spaces at the ends or next to each other"
        )
      }
      guard !entry.text.unicodeScalars.contains("\0") else {
        throw ImageError(
          .cannotEncode, name: name, found: "a zero character in the text '\(entry.keyword)'",
          remedy: "Take it out")
      }
      let plain = latin1(entry.text)
      bytes.append(UInt8(ascii: plain == nil ? "i" : "t"))
      bytes += key + [0]
      bytes += (plain ?? Array(entry.text.utf8)) + [0]
    }
    return bytes
  }

  private static func latin1(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard scalar.value < 256 else { return nil }
      bytes.append(UInt8(scalar.value))
    }
    return bytes
  }

  /// PNG, third edition, section 11.3.3.2: printable, no space at either end, none twice running.
  private static func isKeyword(_ key: [UInt8]) -> Bool {
    let space = UInt8(ascii: " ")
    guard key.allSatisfy({ (32...126).contains($0) || $0 >= 161 }) else { return false }
    guard key.first != space && key.last != space else { return false }
    return !zip(key, key.dropFirst()).contains { $0 == space && $1 == space }
  }
}
