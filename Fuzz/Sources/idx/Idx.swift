import FoveaData
import FuzzSupport

private let files = (images: MemoryFile(), labels: MemoryFile())

/// MNIST's pair of files: labels, then images.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let (labels, images) = halves(start, count) else { return -1 }
  files.labels.replace(with: labels)
  files.images.replace(with: images)
  guard
    let source = try? IDX.load(images: RawPath(files.images.path), labels: RawPath(files.labels.path))
  else { return 0 }
  for index in [0, source.count - 1] {
    let image = try? source.image(at: index).image
    precondition(source.classes.indices.contains(source.samples[index].label) && image != nil)
  }
  return 0
}
