import FoveaTrain

/// A configuration. What is accepted must come back the same from the text that a run folder would get.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  guard let configuration = try? TrainingConfiguration(yaml: text) else { return 0 }
  let written = configuration.yaml()
  guard let again = try? TrainingConfiguration(yaml: written) else {
    fatalError("does not read its own text:\n\(written)")
  }
  precondition(again.yaml() == written, "reads its own text as something else:\n\(written)")
  return 0
}
