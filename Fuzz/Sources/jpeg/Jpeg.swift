import FuzzSupport

/// JPEG files.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  decode(start, count, signature: [0xFF, 0xD8, 0xFF])
}
