import CFoveaImage

extension ImageDecoder {
  /// What the C side reports, in words for the person who has the file.
  func error(_ report: fi_report) -> ImageError {
    let message = Self.text(report.message)
    let kind = format == .png ? "PNG" : "JPEG"
    switch fi_code(rawValue: UInt32(bitPattern: report.code)) {
    case FI_NOT_AN_IMAGE:
      let start = bytes.prefix(4).map { Self.hexadecimal($0) }.joined(separator: " ")
      return ImageError(
        .notAnImage, name: name, found: "not a PNG or JPEG file (it starts with \(start))",
        remedy: "Convert it, or leave it out")
    case FI_TRUNCATED:
      return ImageError(
        .truncated, name: name, found: "a \(kind) file that is cut short (\(message))", remedy: damageRemedy)
    case FI_UNSUPPORTED:
      return ImageError(
        .unsupported, name: name, found: "a kind of \(kind) file that is not read here (\(message))",
        remedy: "Convert it to an ordinary PNG or JPEG, or leave it out")
    case FI_TOO_MANY_SCANS:
      return ImageError(
        .overLimit, name: name, found: "a JPEG of \(message)",
        remedy: "Save it anew as an ordinary JPEG, or leave it out")
    case FI_OVER_MEMORY_LIMIT:
      return ImageError(
        .overLimit, name: name,
        found: "it takes more memory to decode than the limit of \(options.limits.memory >> 20) MiB",
        remedy: "Shrink it, or raise the limit if you trust the file")
    case FI_OVER_TIME_LIMIT:
      return ImageError(
        .overLimit, name: name,
        found: "it takes more than the limit of \(options.limits.seconds) seconds of CPU time to decode",
        remedy: "Save it anew as an ordinary PNG or JPEG, or raise the limit if you trust the file")
    case FI_NO_MEMORY:
      return ImageError(
        .outOfMemory, name: name, found: "the system gives no memory to decode it (\(message))",
        remedy: "Close other programs, or leave it out")
    default:
      return ImageError(
        .corrupt, name: name, found: "a damaged \(kind) file (\(message))", remedy: damageRemedy)
    }
  }

  func overMemoryLimit(_ pixelBytes: Int) -> ImageError {
    let needed = UInt64(pixelBytes) + header.working_memory + UInt64(bytes.count)
    return ImageError(
      .overLimit, name: name,
      found:
        "\(header.width)×\(header.height) pixels, which take about \(needed >> 20) MiB to decode, more than the"
        + " limit of \(options.limits.memory >> 20) MiB",
      remedy: "Shrink it, or raise the limit if you trust the file")
  }

  private var damageRemedy: String {
    options.allowTruncated
      ? "Nothing of it can be used: get a whole copy, or leave it out"
      : "Get a whole copy, or allow truncated files to use what can be read"
  }

  static func warnings(in report: fi_report) -> [String] {
    guard report.warnings > 0 else { return [] }
    let first = text(report.warning)
    return [report.warnings > 1 ? "\(first) (and \(report.warnings - 1) more)" : first]
  }

  /// A zero-terminated C array as a string.
  static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count < 2 ? "0" + digits : digits
  }
}
