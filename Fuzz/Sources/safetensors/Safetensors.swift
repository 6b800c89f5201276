import FoveaData
import FoveaFormats
import FoveaTrain
import FuzzSupport

private let file = MemoryFile()

/// A safetensors file: its header, all its tensors by each way of reading them, and what a model file makes of it, for
/// changing and for predictions: also how an image is to be decoded and placed for it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  file.replace(with: UnsafeBufferPointer(start: start, count: count))
  if let opened = try? SafetensorsFile(contentsOf: file.path) {
    for entry in opened.tensors {
      let bytes = try? opened.bytes(entry.name)
      precondition(bytes == nil || bytes!.count == entry.range.count)
      _ = try? opened.tensor(entry.name)
      _ = try? opened.integers(entry.name)
    }
    let model = try? ModelFile.load(file.path)
    let predictor = try? Predictor(contentsOf: file.path)
    precondition((model == nil) == (predictor == nil), "one way of loading refuses what another takes")
    if let preparation = predictor?.preparation {
      _ = preparation.request()
      _ = preparation.geometry(originalWidth: 640, originalHeight: 480)
    }
    _ = try? RunFolder.checkCheckpoint(file.path)
  }
  return 0
}
