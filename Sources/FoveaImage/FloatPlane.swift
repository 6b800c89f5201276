/// A map of floats, such as an attention map: `width · height` values, rows from the top.
public struct FloatPlane: Equatable, Sendable {
  public let width: Int
  public let height: Int
  public var values: [Float]

  /// - Precondition: `values.count == width * height`.
  public init(width: Int, height: Int, values: [Float]) {
    precondition(
      width >= 0 && height >= 0 && values.count == width * height,
      "\(values.count) values for \(width)×\(height)")
    self.width = width
    self.height = height
    self.values = values
  }

  public init(width: Int, height: Int, fill value: Float = 0) {
    self.init(width: width, height: height, values: [Float](repeating: value, count: width * height))
  }

  public subscript(x: Int, y: Int) -> Float {
    get { values[y * width + x] }
    set { values[y * width + x] = newValue }
  }

  /// The map at another size, with the same geometry as ``Image/resized(width:height:filter:from:)``: half-pixel
  /// centres, the edge's value beyond the outermost centres, antialiased when shrinking.
  ///
  /// - Parameter source: the part to show, in this map's cells; the whole map by default. Parts that lie outside
  ///   the map show its edge.
  /// - Precondition: neither map is empty.
  public func resized(
    width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .bilinear, from source: Rect? = nil
  ) -> FloatPlane {
    precondition(
      width > 0 && height > 0 && newWidth > 0 && newHeight > 0,
      "cannot resize a map of \(width)×\(height) to \(newWidth)×\(newHeight)")
    let box = source ?? Rect(x: 0, y: 0, width: Double(width), height: Double(height))
    precondition(
      box.width > 0 && box.height > 0 && max(abs(box.x), abs(box.y), box.width, box.height) < 1e9,
      "source rectangle \(box)")
    let columns = Resampling(inSize: width, from: box.x, to: box.maxX, outSize: newWidth, filter: filter)
    let rows = Resampling(inSize: height, from: box.y, to: box.maxY, outSize: newHeight, filter: filter)
    return resampledAlongX(columns).resampledAlongY(rows)
  }

  private func resampledAlongX(_ columns: Resampling) -> FloatPlane {
    let newWidth = columns.starts.count
    var result = FloatPlane(width: newWidth, height: height)
    for y in 0..<height {
      for x in 0..<newWidth {
        let start = y * width + Int(columns.starts[x])
        var sum = 0.0
        for k in 0..<Int(columns.counts[x]) {
          sum += columns.weights[x * columns.stride + k] * Double(values[start + k])
        }
        result.values[y * newWidth + x] = Float(sum)
      }
    }
    return result
  }

  private func resampledAlongY(_ rows: Resampling) -> FloatPlane {
    let newHeight = rows.starts.count
    var result = FloatPlane(width: width, height: newHeight)
    var sums = [Double](repeating: 0, count: width)
    for y in 0..<newHeight {
      for x in 0..<width { sums[x] = 0 }
      for k in 0..<Int(rows.counts[y]) {
        let weight = rows.weights[y * rows.stride + k]
        let start = (Int(rows.starts[y]) + k) * width
        for x in 0..<width { sums[x] += weight * Double(values[start + x]) }
      }
      for x in 0..<width { result.values[y * width + x] = Float(sums[x]) }
    }
    return result
  }
}
