#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder for one test, removed with it.
final class Scratch {
  let folder: String

  init() {
    folder =
      FileManager.default.temporaryDirectory.path + "/fovea-formats-\(UInt64.random(in: 0...UInt64.max))"
    try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func names() -> [String] { try! FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]) -> String {
    // Not through FileManager, which waits for the disk.
    let file = fopen(path(name), "wb")!
    precondition(fwrite(bytes, 1, bytes.count, file) == bytes.count && fclose(file) == 0)
    return path(name)
  }

  func bytes(_ name: String) -> [UInt8] { Array(FileManager.default.contents(atPath: path(name))!) }

  /// A safetensors file with this header and so many bytes of data.
  func safetensors(_ header: String, data: Int = 0, length: UInt64? = nil) -> String {
    let header = Array(header.utf8)
    let length = length ?? UInt64(header.count)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return file("hostile.safetensors", prefix + header + (0..<data).map { UInt8(truncatingIfNeeded: $0) })
  }
}
