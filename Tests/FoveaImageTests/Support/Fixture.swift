import Foundation
import Testing

/// The images in `Fixtures`, and what they decode to.
enum Fixture {
  static var folder: String {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures").path
  }

  static func path(_ name: String) -> String { folder + "/" + name }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: path(name)), "no fixture \(name)"))
  }

  struct Expectation: CustomTestStringConvertible {
    let name: String
    let denominator: Int
    let width: Int
    let height: Int
    let crc: UInt32

    var testDescription: String { denominator == 1 ? name : "\(name) at 1/\(denominator)" }
  }

  /// The rows of `pixels.tsv`.
  static func expectations() throws -> [Expectation] {
    let text = try String(contentsOfFile: path("pixels.tsv"), encoding: .utf8)
    return try text.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: "\t")
      return Expectation(
        name: String(fields[0]), denominator: try #require(Int(fields[1])),
        width: try #require(Int(fields[2])),
        height: try #require(Int(fields[3])), crc: try #require(UInt32(fields[4], radix: 16)))
    }
  }

  /// Runs with a folder of its own, which goes away afterwards.
  static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = NSTemporaryDirectory() + "/fovea-image-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }
}
