/// A colour to draw with, sRGB-encoded, and how much it covers what is under it.
public struct Color: Hashable, Sendable {
  public var rgb: RGB
  /// 0 leaves what is under it, 1 hides it.
  public var alpha: Double

  public init(_ rgb: RGB, alpha: Double = 1) {
    self.rgb = rgb
    self.alpha = alpha
  }

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, alpha: Double = 1) {
    self.init(RGB(red, green, blue), alpha: alpha)
  }

  /// A gray, 0 for black and 255 for white.
  public init(gray: UInt8, alpha: Double = 1) {
    self.init(gray, gray, gray, alpha: alpha)
  }

  public static let white = Color(gray: 255)
  public static let black = Color(gray: 0)

  /// The same colour, covering so much.
  public func withAlpha(_ alpha: Double) -> Color { Color(rgb, alpha: alpha) }
}

extension RGB {
  /// From this colour, at 0, to another, at 1, channel by channel.
  public func mixed(with other: RGB, _ t: Double) -> RGB {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(min(max(Double(a) + (Double(b) - Double(a)) * t, 0), 255) + 0.5)
    }
    return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }

  /// Rec. 709 luma, 0…255: how bright it looks, roughly. Black text reads well on colours above 140 or so.
  public var luma: Double { 0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue) }
}
