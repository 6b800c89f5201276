import CExif

/// The part of EXIF that says which way up a picture is: a TIFF file, with or without the segment's mark.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start else { return 0 }
  precondition((0...8).contains(fi_exif_orientation(start, count)))
  return 0
}
