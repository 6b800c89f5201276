/// An 8-bit gray image, rows from the top: a mask, for example.
public struct Gray8Image: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// `width · height` values.
  public var pixels: [UInt8]

  /// - Precondition: `pixels.count == width * height`.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width >= 0 && height >= 0 && pixels.count == width * height,
      "\(pixels.count) values for \(width)×\(height)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

/// A 16-bit gray image, rows from the top: a map of values, 0 for 0 and 65535 for 1.
public struct Gray16Image: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// `width · height` values.
  public var pixels: [UInt16]

  /// - Precondition: `pixels.count == width * height`.
  public init(width: Int, height: Int, pixels: [UInt16]) {
    precondition(
      width >= 0 && height >= 0 && pixels.count == width * height,
      "\(pixels.count) values for \(width)×\(height)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
