import FoveaData
import FuzzSupport

private let files = (names: MemoryFile(), records: MemoryFile())

/// CIFAR-10's binary version: the class names, then the records.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let (names, records) = halves(start, count) else { return -1 }
  files.names.replace(with: names)
  files.records.replace(with: records)
  guard let source = try? CIFARBinary.load([RawPath(files.records.path)], names: RawPath(files.names.path))
  else { return 0 }
  for index in [0, source.count - 1] {
    let image = try? source.image(at: index).image
    precondition(source.classes.indices.contains(source.samples[index].label) && image != nil)
  }
  return 0
}
