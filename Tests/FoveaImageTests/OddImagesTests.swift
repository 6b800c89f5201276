import FoveaImage
import Foundation
import Testing

/// Runs over a folder of odd, broken and hostile files with a `manifest.tsv`. The folder is no part of the project:
/// `FOVEA_ODD_IMAGES=DIR swift test -c release -Xswiftc -enable-testing --filter OddImages`.
@Suite(.serialized) struct OddImagesTests {
  static let folder = ProcessInfo.processInfo.environment["FOVEA_ODD_IMAGES"]

  struct Entry {
    let path: String
    let expected: String
    let width: Int
    let height: Int
    let crc: UInt32
  }

  static func entries() throws -> [Entry] {
    let folder = try #require(folder)
    let text = try String(contentsOfFile: folder + "/manifest.tsv", encoding: .utf8)
    let rows = text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    let header = try #require(rows.first).map(String.init)
    func column(_ name: String) throws -> Int { try #require(header.firstIndex(of: name)) }
    let (path, expected) = (try column("path"), try column("expected"))
    let (width, height, crc) = (try column("width"), try column("height"), try column("pixel_crc32"))
    return try rows.dropFirst().map { row in
      Entry(
        path: folder + "/" + row[path], expected: String(row[expected]), width: try #require(Int(row[width])),
        height: try #require(Int(row[height])), crc: try #require(UInt32(row[crc], radix: 16)))
    }
  }

  /// The most memory that this process has ever held, in MB.
  static func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first) / 1024
  }

  @Test(
    "Every file of the manifest decodes to its pixels, or is refused",
    .enabled(if: folder != nil, "set FOVEA_ODD_IMAGES to the folder"))
  func manifest() throws {
    let clock = ContinuousClock()
    var counts: [String: Int] = [:]
    var slowest = (path: "", time: Duration.zero)
    for entry in try Self.entries() {
      var outcome = "\(entry.expected): refused"
      let time = clock.measure {
        let bytes = FileManager.default.contents(atPath: entry.path).map { [UInt8]($0) } ?? []
        do throws(ImageError) {
          let raw = try Image.decodeRaw(bytes, name: entry.path)
          outcome = "\(entry.expected): decoded"
          #expect(entry.expected != "reject", "\(entry.path) decoded")
          // Where the manifest leaves the choice, its pixels still hold, if it has any.
          if entry.expected == "decode" || entry.crc != 0 {
            #expect(raw.width == entry.width && raw.height == entry.height, "\(entry.path)")
            #expect(Checksums.crc32(raw.bytes) == entry.crc, "\(entry.path)")
          }
        } catch {
          #expect(entry.expected != "decode", "\(error)")
          #expect(
            error.description.hasPrefix(entry.path + ": ") && error.description.hasSuffix(error.remedy + "."))
        }
      }
      counts[outcome, default: 0] += 1
      if time > slowest.time { slowest = (entry.path, time) }
      #expect(time < .seconds(5), "\(entry.path)")
    }
    let peak = try Self.peakMemory()
    #expect(peak < 300)
    print(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; "))
    print("peak memory \(peak) MB; slowest \(slowest.path): \(slowest.time)")
  }

  @Test(
    "The whole road, upright and over the background, also where damage is accepted",
    .enabled(if: folder != nil, "set FOVEA_ODD_IMAGES to the folder"),
    arguments: [false, true])
  func wholeRoad(lenient: Bool) throws {
    let options = DecodeOptions(allowTruncated: lenient, minimumSize: lenient ? (16, 16) : nil)
    var decoded = 0
    for entry in try Self.entries() {
      do throws(ImageError) {
        let result = try Image.decode(contentsOf: entry.path, options: options)
        decoded += 1
        #expect(lenient || entry.expected != "reject", "\(entry.path)")
        let stored = result.orientation.swapsSides ? (entry.height, entry.width) : (entry.width, entry.height)
        if entry.expected == "decode" {
          #expect(result.originalWidth == stored.0 && result.originalHeight == stored.1, "\(entry.path)")
          #expect(result.warnings.isEmpty, "\(entry.path): \(result.warnings)")
        }
      } catch {
        #expect(entry.expected != "decode", "\(error)")
      }
    }
    print("damage \(lenient ? "accepted" : "refused"): \(decoded) decoded; peak \(try Self.peakMemory()) MB")
  }
}
