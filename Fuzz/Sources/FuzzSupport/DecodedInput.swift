import FoveaImage

/// Decodes an input that starts with a format's signature: strictly, then as far as it can be read, at a fraction of its
/// size where the decoder can.
///
/// The limits are small, so that time goes into odd files and not into large ones; that limits hold is what is tested.
///
/// - Returns: what libFuzzer wants to know: -1 for an input that is not worth keeping.
public func decode(_ start: UnsafePointer<UInt8>?, _ count: Int, signature: [UInt8]) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  guard input.starts(with: signature) else { return -1 }
  let bytes = Array(input)
  let limits = DecodeLimits(pixels: 1 << 18, memory: 8 << 20, scans: 20)
  for allowTruncated in [false, true] {
    var options = DecodeOptions(allowTruncated: allowTruncated, limits: limits)
    if allowTruncated { options.minimumSize = (9, 7) }
    guard let decoded = try? Image.decode(bytes, name: "input", options: options) else { continue }
    precondition(decoded.image.pixels.count == 3 * decoded.image.width * decoded.image.height)
    precondition(decoded.image.width * decoded.image.height <= limits.pixels)
  }
  return 0
}
