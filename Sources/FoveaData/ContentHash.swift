import FoveaImage

extension ImageSource {
  /// A hash of a sample's bytes as they are stored now; of its pixels where one file holds many samples.
  ///
  /// It tells whether a file has changed, by accident; it is no defence against someone who wants it to stay the same.
  ///
  /// - Returns: nil where the file cannot be read.
  public func contentHash(at index: Int) -> UInt64? {
    let bytes: [UInt8]
    do throws(DataError) {
      switch samples[index].location {
      case .file(let path): bytes = try FileSystem.read(path, limit: FileSystem.imageFileLimit)
      case .record: bytes = try image(at: index).image.pixels
      }
    } catch {
      return nil
    }
    var hash = StableHash()
    bytes.withUnsafeBufferPointer { hash.combine($0) }
    return hash.value
  }
}
