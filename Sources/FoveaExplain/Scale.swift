/// Which values of a map get the colour map's two ends.
public enum Normalization: String, CaseIterable, Sendable {
  /// 0 and 1, so that colours mean the same on every picture. A gate's values lie between them.
  case fixed
  /// The smallest and the largest value of each map.
  case image
  /// The smallest and the largest value that a block's maps have in the whole run.
  case run
}

/// The values that the two ends of the colour map stand for.
public struct Scale: Equatable, Sendable {
  public let low: Float
  public let high: Float

  public static let unit = Scale(0...1)

  /// Below this width a range is one value and rounding: stretching it over all colours would show noise as if it
  /// were attention.
  static let flat: Float = 1e-4

  public init(_ range: ClosedRange<Float>) {
    low = range.lowerBound
    high = range.upperBound
  }

  /// The scale to draw a map by: `scale`, unless the map is flat. A map that is the same everywhere says nothing of
  /// where, so it is drawn in neutral gray and its value stated, rather than in whichever colour it would get.
  static func drawing(_ map: AttentionMap, by scale: Scale) -> Scale {
    let own = Scale(map.range)
    return own.isFlat ? own : scale
  }

  /// Whether the values that the scale was made for are all the same: there is nothing to tell apart.
  public var isFlat: Bool { !(high - low > Self.flat * max(1, abs(low), abs(high))) }

  /// A value's place between the ends, 0 to 1, and nil where the scale is flat or the value no number: then no
  /// colour is right.
  public func position(_ value: Float) -> Float? {
    guard !isFlat, value.isFinite else { return nil }
    return min(max((value - low) / (high - low), 0), 1)
  }
}
