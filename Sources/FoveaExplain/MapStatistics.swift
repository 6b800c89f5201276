#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a map looks like in a few numbers: the columns of `attention.csv`.
public struct MapStatistics: Equatable, Sendable {
  public let minimum: Float
  public let mean: Float
  public let maximum: Float
  /// How evenly the attention is spread: Shannon's entropy of the map divided by its sum, over the entropy of a
  /// constant map. 1 is even, 0 is all in one cell.
  public let entropy: Float
  /// The share of the map's sum within an eighth of the width or height from the border. A constant map has
  /// `evenBorderShare`.
  public let borderShare: Float

  /// How far the border reaches in, as a share of the map's width and height.
  public static let borderWidth = 0.125
  /// What a constant map's border share is: 1 − 0.75².
  public static let evenBorderShare: Float = 0.4375

  public init(_ map: AttentionMap) {
    let range = map.range
    minimum = range.lowerBound
    maximum = range.upperBound
    let weights = map.values.map { $0.isFinite ? Double(max($0, 0)) : 0 }
    let total = weights.reduce(0, +)
    mean = Float(map.values.reduce(0.0) { $0 + ($1.isFinite ? Double($1) : 0) } / Double(map.values.count))
    // A map that is 0 everywhere prefers no place either.
    let shares = total > 0 ? weights.map { $0 / total } : weights.map { _ in 1 / Double(weights.count) }
    let nats = -shares.reduce(0.0) { $1 > 0 ? $0 + $1 * log($1) : $0 }
    entropy = map.values.count > 1 ? Float(nats / log(Double(map.values.count))) : 1
    let across = Self.innerShares(map.width)
    let down = Self.innerShares(map.height)
    var inner = 0.0
    for row in 0..<map.height {
      for column in 0..<map.width { inner += shares[row * map.width + column] * across[column] * down[row] }
    }
    borderShare = Float(1 - inner)
  }

  /// For each of `count` cells along an axis, the part of it that lies away from the border.
  private static func innerShares(_ count: Int) -> [Double] {
    let low = borderWidth * Double(count)
    let high = (1 - borderWidth) * Double(count)
    return (0..<count).map { max(0, min(Double($0 + 1), high) - max(Double($0), low)) }
  }
}
