import FoveaImage

/// Where in an image its object is. The truth that a map's idea of "where" is scored against.
public struct ObjectMask: Equatable, Sendable {
  public let width, height: Int
  /// Row-major from the top left; true is the object.
  public let inside: [Bool]

  /// - Precondition: as many flags as pixels.
  public init(width: Int, height: Int, inside: [Bool]) {
    precondition(width > 0 && height > 0 && inside.count == width * height, "\(inside.count) flags")
    self.width = width
    self.height = height
    self.inside = inside
  }

  /// The object's share of the image.
  public var area: Double { Double(inside.lazy.filter { $0 }.count) / Double(inside.count) }
}

/// How well a map finds an object whose mask is known.
public struct Localization: Equatable, Sendable {
  /// The pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016): 1 if the map's
  /// largest value lies on the object, else 0. Cells that share the largest value share the point, so a constant map
  /// scores what pointing blindly would.
  public let pointing: Double
  /// The share of the map's sum that lies on the object (the energy-based pointing game of Wang et al., "Score-CAM",
  /// CVPR workshops 2020), over the pixels that the network saw.
  public let energy: Double
  /// The object's share of the pixels that the network saw: the energy of a constant map.
  public let area: Double

  /// - Precondition: the mask has the original's size.
  public init(_ map: AttentionMap, mask: ObjectMask, placement: Placement) {
    precondition(
      mask.width == placement.originalWidth && mask.height == placement.originalHeight,
      "mask of \(mask.width)×\(mask.height)")
    pointing = Self.pointing(map, mask, placement)
    let values = map.drawn(on: placement).values
    var all = 0.0
    var within = 0.0
    var seen = 0
    var seenObject = 0
    for y in 0..<mask.height {
      for x in 0..<mask.width where placement.sees(x: x, y: y) {
        let value = values[y * mask.width + x]
        let weight = value.isFinite ? Double(max(value, 0)) : 0
        let isObject = mask.inside[y * mask.width + x]
        seen += 1
        all += weight
        if isObject {
          seenObject += 1
          within += weight
        }
      }
    }
    area = seen > 0 ? Double(seenObject) / Double(seen) : 0
    // A map that is 0 everywhere prefers no place.
    energy = all > 0 ? within / all : area
  }

  private static func pointing(_ map: AttentionMap, _ mask: ObjectMask, _ placement: Placement) -> Double {
    let peak = map.range.upperBound
    var peaks = 0
    var hits = 0
    for row in 0..<map.height {
      for column in 0..<map.width where map[column, row] == peak {
        peaks += 1
        let place = placement.centre(column: column, row: row, of: map)
        guard place.x >= 0, place.y >= 0, place.x < Double(mask.width), place.y < Double(mask.height)
        else { continue }
        if mask.inside[Int(place.y) * mask.width + Int(place.x)] { hits += 1 }
      }
    }
    return peaks > 0 ? Double(hits) / Double(peaks) : 0
  }
}

/// The mean of many images' scores, one line of the table that `fovea explain --masks` prints.
public struct LocalizationScore: Equatable, Sendable {
  public private(set) var images = 0
  private var pointingSum = 0.0
  private var energySum = 0.0
  private var areaSum = 0.0

  public init() {}

  public mutating func add(_ score: Localization) {
    images += 1
    pointingSum += score.pointing
    energySum += score.energy
    areaSum += score.area
  }

  /// The share of images whose map points at the object.
  public var pointing: Double { images > 0 ? pointingSum / Double(images) : 0 }
  /// The mean share of a map's sum on the object.
  public var energy: Double { images > 0 ? energySum / Double(images) : 0 }
  /// The mean share of the object's area: what a constant map scores in both.
  public var area: Double { images > 0 ? areaSum / Double(images) : 0 }
}
