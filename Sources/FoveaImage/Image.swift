/// A colour, sRGB-encoded.
public struct RGB: Hashable, Sendable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  public static let white = RGB(255, 255, 255)
  public static let black = RGB(0, 0, 0)
}

/// An 8-bit RGB image, sRGB-encoded, rows from the top, three bytes a pixel, no padding.
public struct Image: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// `3 · width · height` bytes.
  public var pixels: [UInt8]

  /// - Precondition: `pixels.count == 3 * width * height`.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width >= 0 && height >= 0 && pixels.count == 3 * width * height,
      "\(pixels.count) bytes for \(width)×\(height)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  public init(width: Int, height: Int, fill color: RGB = .white) {
    let count = 3 * width * height
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
      for start in stride(from: 0, to: count, by: 3) {
        bytes[start] = color.red
        bytes[start + 1] = color.green
        bytes[start + 2] = color.blue
      }
      initialized = count
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  public subscript(x: Int, y: Int) -> RGB {
    get {
      precondition(x >= 0 && x < width && y >= 0 && y < height, "(\(x), \(y)) outside \(width)×\(height)")
      let i = 3 * (y * width + x)
      return RGB(pixels[i], pixels[i + 1], pixels[i + 2])
    }
    set {
      precondition(x >= 0 && x < width && y >= 0 && y < height, "(\(x), \(y)) outside \(width)×\(height)")
      let i = 3 * (y * width + x)
      pixels[i] = newValue.red
      pixels[i + 1] = newValue.green
      pixels[i + 2] = newValue.blue
    }
  }
}
