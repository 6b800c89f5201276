import FoveaImage
import Glibc
import Testing

@testable import FoveaData

/// A folder that goes away with its last reference.
final class TemporaryFolder {
  let path: RawPath

  init() {
    var template = Array("/tmp/fovea-data-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { RawPath(String(cString: mkdtemp($0.baseAddress!)!)) }
  }

  deinit { Self.remove(path) }

  subscript(_ name: String) -> RawPath { path.appending(name) }

  /// Writes a file and the folders above it.
  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) -> RawPath { write(bytes, Array(name.utf8)) }

  @discardableResult
  func write(_ bytes: [UInt8], _ name: [UInt8]) -> RawPath {
    let file = path.appending(name)
    makeFolder(file.parent)
    let descriptor = file.withCString { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
    precondition(descriptor >= 0, "\(file)")
    defer { close(descriptor) }
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    return file
  }

  @discardableResult
  func write(_ image: Image, _ name: String) -> RawPath { write(try! image.pngData(), name) }

  func folder(_ name: String) { makeFolder(self[name]) }

  func link(_ name: String, to target: String) {
    makeFolder(self[name].parent)
    precondition(self[name].withCString { symlink(target, $0) } == 0)
  }

  private func makeFolder(_ folder: RawPath) {
    if FileSystem.isFolder(folder) { return }
    makeFolder(folder.parent)
    precondition(folder.withCString { mkdir($0, 0o755) } == 0, "\(folder)")
  }

  private static func remove(_ path: RawPath) {
    if path.withCString({ unlink($0) }) == 0 { return }
    _ = path.withCString { chmod($0, 0o755) }
    if case .success(let entries) = FileSystem.entries(of: path) {
      for entry in entries { remove(path.appending(entry.name)) }
    }
    _ = path.withCString { rmdir($0) }
  }
}

extension Image {
  /// An image of one colour.
  static func plain(_ width: Int, _ height: Int, _ color: RGB) -> Image {
    Image(width: width, height: height, fill: color)
  }

  /// Different pixels everywhere, so that any shift shows.
  static func pattern(_ width: Int, _ height: Int, seed: Int = 0) -> Image {
    var image = Image(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        image[x, y] = RGB(
          UInt8((x * 7 + seed * 31) & 255), UInt8((y * 5 + seed * 17) & 255),
          UInt8((x * 3 + y * 11 + seed) & 255))
      }
    }
    return image
  }
}

/// The error that a closure throws, or a failed test.
func dataError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> DataError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return nil
  } catch let error as DataError {
    return error
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
    return nil
  }
}
