import FoveaImage
import FoveaTensor

/// One number for each cell of a grid that covers the network's input: a spatial gate, or Grad-CAM's answer.
public struct AttentionMap: Equatable, Sendable {
  /// At least one cell; row-major from the top left.
  public let plane: FloatPlane

  /// Cells across.
  public var width: Int { plane.width }
  /// Cells down.
  public var height: Int { plane.height }
  /// Row-major from the top left, `width · height` of them.
  public var values: [Float] { plane.values }

  /// - Precondition: at least one cell, and as many values as cells.
  public init(width: Int, height: Int, values: [Float]) {
    precondition(width > 0 && height > 0, "a map of \(width)×\(height)")
    plane = FloatPlane(width: width, height: height, values: values)
  }

  /// The map of one image of a batch.
  ///
  /// - Parameters:
  ///   - maps: [N, H, W, 1].
  ///   - image: which of the N.
  public init(_ maps: Tensor, image: Int) {
    precondition(maps.shape.rank == 4 && maps.shape[3] == 1, "not maps: \(maps.shape)")
    self.init(
      width: maps.shape[2], height: maps.shape[1], values: maps.slice(image..<image + 1).scalars)
  }

  public subscript(column: Int, row: Int) -> Float {
    precondition(column >= 0 && column < width && row >= 0 && row < height, "(\(column), \(row))")
    return plane[column, row]
  }

  /// The smallest and the largest value. Values that are not numbers are passed over.
  public var range: ClosedRange<Float> {
    var low = Float.infinity
    var high = -Float.infinity
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    return low <= high ? low...high : 0...0
  }

  /// The map at every pixel of the original that it belongs to.
  ///
  /// A cell's value belongs to its middle (half-pixel centres); beyond the outermost middles the outermost value goes
  /// on, also where the network did not see. Values stay within the map's own range: a cubic overshoots, and would
  /// show extremes that the map does not have.
  public func drawn(on placement: Placement, filter: ResizeFilter = .bilinear) -> FloatPlane {
    var drawn = plane.resized(
      width: placement.originalWidth, height: placement.originalHeight, filter: filter,
      from: placement.original(inCellsOf: self))
    let limits = range
    for index in drawn.values.indices where drawn.values[index].isFinite {
      drawn.values[index] = min(max(drawn.values[index], limits.lowerBound), limits.upperBound)
    }
    return drawn
  }
}
