/// A surface to draw on with antialiased edges.
///
/// Coordinates are pixels with fractions: (0, 0) is the top left corner, y points down, and whole numbers lie between
/// pixels. What lies outside is cut off. Colours are mixed as they are encoded (sRGB).
public struct Canvas: Sendable {
  /// What has been drawn so far.
  public private(set) var image: Image

  public var width: Int { image.width }
  public var height: Int { image.height }

  public init(width: Int, height: Int, background: RGB = .white) {
    image = Image(width: width, height: height, fill: background)
  }

  /// Draws on top of an image.
  public init(_ image: Image) {
    self.image = image
  }

  // MARK: Areas

  public mutating func fill(_ path: Path, _ color: Color, rule: FillRule = .nonZero) {
    paint(Coverage.fill(path, rule: rule, width: width, height: height), color)
  }

  public mutating func fillPolygon(_ points: [Point], _ color: Color, rule: FillRule = .nonZero) {
    fill(Path(points), color, rule: rule)
  }

  public mutating func fillCircle(_ center: Point, radius: Double, _ color: Color) {
    fill(.circle(center: center, radius: radius), color)
  }

  public mutating func fillEllipse(_ center: Point, radiusX: Double, radiusY: Double, _ color: Color) {
    fill(.ellipse(center: center, radiusX: radiusX, radiusY: radiusY), color)
  }

  public mutating func fillRectangle(_ rect: Rect, _ color: Color, cornerRadius: Double = 0) {
    if cornerRadius > 0 {
      fill(.roundedRectangle(rect, radius: cornerRadius), color)
      return
    }
    // The covered area of a pixel is the product of two lengths: exact.
    func overlap(_ i: Int, _ low: Double, _ high: Double) -> Double {
      max(0, min(Double(i + 1), high) - max(Double(i), low))
    }
    let touched = Coverage(touching: rect, width: width, height: height)
    for y in touched.y..<touched.y + touched.height {
      let vertical = overlap(y, rect.y, rect.maxY)
      for x in touched.x..<touched.x + touched.width {
        blend(x, y, color, vertical * overlap(x, rect.x, rect.maxX))
      }
    }
  }

  // MARK: Lines

  /// A line of thickness `width` along a path, with round ends and joins.
  public mutating func stroke(_ path: Path, width lineWidth: Double, _ color: Color) {
    paint(Coverage.stroke(path, lineWidth: lineWidth, width: width, height: height), color)
  }

  public mutating func line(from start: Point, to end: Point, width: Double, _ color: Color) {
    stroke(Path([start, end], closed: false), width: width, color)
  }

  public mutating func polyline(
    _ points: [Point], width: Double, _ color: Color, closed: Bool = false
  ) {
    stroke(Path(points, closed: closed), width: width, color)
  }

  public mutating func strokeCircle(_ center: Point, radius: Double, width: Double, _ color: Color) {
    stroke(.circle(center: center, radius: radius), width: width, color)
  }

  /// A frame with square corners; its line lies half inside and half outside the rectangle's sides.
  public mutating func strokeRectangle(_ rect: Rect, width w: Double, _ color: Color) {
    let outer = rect.inset(by: -w / 2)
    guard rect.width > w && rect.height > w else {
      fillRectangle(outer, color)
      return
    }
    fillRectangle(Rect(x: outer.x, y: outer.y, width: outer.width, height: w), color)
    fillRectangle(Rect(x: outer.x, y: outer.maxY - w, width: outer.width, height: w), color)
    let inner = rect.height - w
    fillRectangle(Rect(x: outer.x, y: outer.y + w, width: w, height: inner), color)
    fillRectangle(Rect(x: outer.maxX - w, y: outer.y + w, width: w, height: inner), color)
  }

  // MARK: Images

  /// Puts an image with its top left corner at pixel (x, y).
  public mutating func draw(_ other: Image, x: Int, y: Int, alpha: Double = 1) {
    for row in max(0, y)..<max(max(0, y), min(height, y + other.height)) {
      for column in max(0, x)..<max(max(0, x), min(width, x + other.width)) {
        blend(column, row, Color(other[column - x, row - y], alpha: alpha), 1)
      }
    }
  }

  /// Puts an image into a rectangle, whose sides are rounded to whole pixels, scaled to fill it.
  public mutating func draw(
    _ other: Image, in rect: Rect, filter: ResizeFilter = .bilinear, alpha: Double = 1
  ) {
    let left = Int(rect.x.rounded())
    let top = Int(rect.y.rounded())
    let newWidth = Int(rect.maxX.rounded()) - left
    let newHeight = Int(rect.maxY.rounded()) - top
    guard newWidth > 0 && newHeight > 0 && other.width > 0 && other.height > 0 else { return }
    draw(other.resized(width: newWidth, height: newHeight, filter: filter), x: left, y: top, alpha: alpha)
  }

  // MARK: Pixels

  /// Replaces a pixel, which lies on the canvas.
  public mutating func setPixel(_ x: Int, _ y: Int, _ color: RGB) { image[x, y] = color }

  /// Paints where the coverage says.
  public mutating func paint(_ coverage: Coverage, _ color: Color) {
    paint(coverage) { _, _ in color }
  }

  /// Paints where the coverage says, each pixel in its own colour.
  public mutating func paint(_ coverage: Coverage, _ color: (_ x: Int, _ y: Int) -> Color) {
    for row in 0..<coverage.height {
      let y = coverage.y + row
      guard y < height else { return }
      for column in 0..<coverage.width {
        let covered = coverage.values[row * coverage.width + column]
        let x = coverage.x + column
        if covered > 0 && x < width { blend(x, y, color(x, y), Double(covered)) }
      }
    }
  }

  /// Moves a pixel towards a colour by its alpha times the coverage. The pixel lies on the canvas.
  private mutating func blend(_ x: Int, _ y: Int, _ color: Color, _ coverage: Double) {
    let t = min(max(color.alpha * coverage, 0), 1)
    let i = 3 * (y * width + x)
    func mix(_ old: UInt8, _ new: UInt8) -> UInt8 {
      UInt8(Double(old) + (Double(new) - Double(old)) * t + 0.5)
    }
    image.pixels[i] = mix(image.pixels[i], color.rgb.red)
    image.pixels[i + 1] = mix(image.pixels[i + 1], color.rgb.green)
    image.pixels[i + 2] = mix(image.pixels[i + 2], color.rgb.blue)
  }
}

extension Image {
  /// This image with another of the same size over it.
  ///
  /// - Parameter alpha: how much of the other shows, 0…1, for each pixel.
  /// - Precondition: all three have one size.
  public func blended(with other: Image, alpha: FloatPlane) -> Image {
    precondition(
      width == other.width && height == other.height && width == alpha.width && height == alpha.height,
      "\(width)×\(height), \(other.width)×\(other.height) and \(alpha.width)×\(alpha.height)")
    var result = self
    for i in alpha.values.indices {
      // NaN shows nothing of the other.
      let t = min(max(0, alpha.values[i]), 1)
      for k in 3 * i..<3 * i + 3 {
        let old = Float(pixels[k])
        result.pixels[k] = UInt8(old + (Float(other.pixels[k]) - old) * t + 0.5)
      }
    }
    return result
  }

  /// This image with another of the same size over it, everywhere by `alpha`, 0…1.
  public func blended(with other: Image, alpha: Float) -> Image {
    blended(with: other, alpha: FloatPlane(width: width, height: height, fill: alpha))
  }
}
