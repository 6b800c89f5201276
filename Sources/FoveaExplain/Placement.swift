import FoveaData
import FoveaImage

/// Where the network's input lies on the original image, so that what the network says about a place of its input
/// can be shown at the place that a person knows.
///
/// Every resize rule comes down to one rectangle, `source`: the part of the original's plane that was scaled to the
/// input. A centre crop's lies within the original, padding's reaches beyond it, squashing's equals it. The original
/// is upright: its EXIF orientation has been applied, as every viewer does.
public struct Placement: Equatable, Sendable {
  public let originalWidth, originalHeight: Int
  /// In the original's pixels.
  public let source: Rect

  /// - Precondition: the original has pixels and `source` an area.
  public init(originalWidth: Int, originalHeight: Int, source: Rect) {
    precondition(originalWidth > 0 && originalHeight > 0, "\(originalWidth)×\(originalHeight)")
    precondition(source.width > 0 && source.height > 0, "\(source)")
    self.originalWidth = originalWidth
    self.originalHeight = originalHeight
    self.source = source
  }

  /// The part of the original that the network saw, in the original's pixels.
  public var visible: Rect {
    let left = max(0, source.x)
    let top = max(0, source.y)
    return Rect(
      x: left, y: top, width: min(Double(originalWidth), source.maxX) - left,
      height: min(Double(originalHeight), source.maxY) - top)
  }

  /// Whether the network saw all of the original.
  public var seesAll: Bool {
    // Half a pixel is rounding in the resize rule, not a crop.
    visible.x < 0.5 && visible.y < 0.5 && visible.maxX > Double(originalWidth) - 0.5
      && visible.maxY > Double(originalHeight) - 0.5
  }

  /// The same placement on a copy of the original of another size.
  public func scaled(width: Int, height: Int) -> Placement {
    let across = Double(width) / Double(originalWidth)
    let down = Double(height) / Double(originalHeight)
    return Placement(
      originalWidth: width, originalHeight: height,
      source: Rect(
        x: source.x * across, y: source.y * down, width: source.width * across, height: source.height * down))
  }

  /// The whole original as a rectangle in a map's cells: beyond the map where a crop cut something off, within it
  /// where there is padding.
  func original(inCellsOf map: AttentionMap) -> Rect {
    let across = Double(map.width) / source.width
    let down = Double(map.height) / source.height
    return Rect(
      x: -source.x * across, y: -source.y * down, width: Double(originalWidth) * across,
      height: Double(originalHeight) * down)
  }

  /// The middle of a map's cell on the original, which with padding may lie outside of it.
  public func centre(column: Int, row: Int, of map: AttentionMap) -> Point {
    Point(
      source.x + (Double(column) + 0.5) / Double(map.width) * source.width,
      source.y + (Double(row) + 0.5) / Double(map.height) * source.height)
  }

  /// Whether the network saw the pixel: its middle lies within `source`.
  public func sees(x: Int, y: Int) -> Bool {
    let x = Double(x) + 0.5
    let y = Double(y) + 0.5
    return x >= source.x && x < source.maxX && y >= source.y && y < source.maxY
  }
}

extension Placement {
  /// Where a prepared image's input lies on it.
  public init(_ geometry: PreparationGeometry) {
    let first = geometry.original(ofInput: Point(0, 0))
    let last = geometry.original(ofInput: Point(Double(geometry.inputWidth), Double(geometry.inputHeight)))
    self.init(
      originalWidth: geometry.originalWidth, originalHeight: geometry.originalHeight,
      source: Rect(x: first.x, y: first.y, width: last.x - first.x, height: last.y - first.y))
  }
}
