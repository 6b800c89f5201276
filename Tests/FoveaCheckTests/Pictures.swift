import FoveaData
import FoveaImage
import Foundation

/// Pictures that look like nothing else: a sum of waves in three channels with some grain, the same for the same seed.
func picture(_ seed: Int, width: Int = 96, height: Int = 80) -> Image {
  var random = SystemlessRandom(UInt64(seed) &* 977 &+ 13)
  let waves = (0..<14).map { Wave(index: $0, &random) }
  var image = Image(width: width, height: height)
  for y in 0..<height {
    for x in 0..<width {
      var levels = [128.0, 128.0, 128.0]
      for wave in waves {
        let value = wave.value(Double(x) / Double(width), Double(y) / Double(height))
        for channel in 0..<3 { levels[channel] += wave.color[channel] * value }
      }
      // Grain, or it would be called blurred.
      let grain = Double(random.next() % 64) - 32
      levels = levels.map { $0 + grain }
      let bytes = levels.map { UInt8(min(max($0, 0), 255)) }
      image[x, y] = RGB(bytes[0], bytes[1], bytes[2])
    }
  }
  return image
}

private struct Wave {
  let across, down, phase: Double
  let color: [Double]

  init(index: Int, _ random: inout SystemlessRandom) {
    across = Double(random.next() % 17) / 16 * Double(1 + index % 5)
    down = Double(random.next() % 17) / 16 * Double(1 + index / 3)
    phase = Double(random.next() % 628) / 100
    color = (0..<3).map { _ in Double(random.next() % 20) }
  }

  func value(_ x: Double, _ y: Double) -> Double {
    let turns: Double = across * x + down * y
    return cos(2 * Double.pi * turns + phase)
  }
}

struct SystemlessRandom {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state >> 11
  }
}

extension Image {
  func mapped(_ change: (Double) -> Double) -> Image {
    var image = self
    for index in image.pixels.indices {
      image.pixels[index] = UInt8(min(max(change(Double(pixels[index])), 0), 255))
    }
    return image
  }

  func turnedGray() -> Image {
    var image = self
    for index in stride(from: 0, to: pixels.count, by: 3) {
      let (red, green, blue) = (Int(pixels[index]), Int(pixels[index + 1]), Int(pixels[index + 2]))
      let luma = UInt8((299 * red + 587 * green + 114 * blue) / 1000)
      for channel in 0..<3 { image.pixels[index + channel] = luma }
    }
    return image
  }

  /// Means over squares of `2 · radius + 1` pixels, twice.
  func blurred(_ radius: Int) -> Image {
    resized(width: max(1, width / (radius + 1)), height: max(1, height / (radius + 1)))
      .resized(width: width, height: height, filter: .bicubic)
  }
}

/// A folder that goes away with its last reference.
final class Folder {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/fovea-check-\(UInt64.random(in: 0 ... .max))"
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], _ name: String) {
    let file = path + "/" + name
    let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  func write(_ image: Image, _ name: String, quality: Int = 92) {
    write(name.hasSuffix(".png") ? try! image.pngData() : try! image.jpegData(quality: quality), name)
  }

  /// Every file with its content and its time of change.
  var contents: [String: [String]] {
    var result: [String: [String]] = [:]
    for name in try! FileManager.default.subpathsOfDirectory(atPath: path) {
      let attributes = try! FileManager.default.attributesOfItem(atPath: path + "/" + name)
      let data = FileManager.default.contents(atPath: path + "/" + name)
      result[name] = ["\(attributes[.modificationDate]!)", "\(data?.hashValue ?? 0)", "\(data?.count ?? -1)"]
    }
    return result
  }
}
