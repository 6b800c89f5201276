import FoveaImage

/// PNG files: strictly, then as far as they can be read, at a fraction of their size where the decoder can.
///
/// The limits are small, so that time goes into odd files and not into large ones; that limits hold is what is tested.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
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
