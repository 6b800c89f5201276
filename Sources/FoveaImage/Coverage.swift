/// Which parts of a self-crossing outline are inside.
public enum FillRule: Sendable {
  /// Where the outline winds around the point, however often.
  case nonZero
  /// Where a ray from the point crosses the outline an odd number of times.
  case evenOdd
}

/// How much of each pixel of a rectangle a drawing covers, 0…1.
public struct Coverage: Equatable, Sendable {
  /// The rectangle's top left pixel.
  public let x: Int
  public let y: Int
  public let width: Int
  public let height: Int
  /// `width · height` values, rows from the top.
  public private(set) var values: [Float]

  init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = max(0, width)
    self.height = max(0, height)
    values = [Float](repeating: 0, count: self.width * self.height)
  }

  /// The coverage of a pixel; 0 outside the rectangle.
  public subscript(px: Int, py: Int) -> Float {
    guard px >= x && px < x + width && py >= y && py < y + height else { return 0 }
    return values[(py - y) * width + px - x]
  }

  /// The covered area, in pixels.
  public var area: Double { values.reduce(0) { $0 + Double($1) } }

  /// The pixels that a rectangle touches, cut to 0..<width × 0..<height.
  init(touching bounds: Rect?, width: Int, height: Int) {
    guard let bounds, bounds.x < Double(width), bounds.y < Double(height), bounds.maxX > 0, bounds.maxY > 0
    else {
      self.init(x: 0, y: 0, width: 0, height: 0)
      return
    }
    let left = Int(max(bounds.x.rounded(.down), 0))
    let top = Int(max(bounds.y.rounded(.down), 0))
    let right = Int(min(bounds.maxX.rounded(.up), Double(width)))
    let bottom = Int(min(bounds.maxY.rounded(.up), Double(height)))
    self.init(x: left, y: top, width: right - left, height: bottom - top)
  }
}

// MARK: - Filling

extension Coverage {
  /// Scan lines for each row of pixels. Along a scan line coverage is exact.
  private static let scanLines = 16

  /// The inside of a path, on a canvas of `width` × `height` pixels. Outlines with a point that is not finite are left
  /// out.
  public static func fill(_ path: Path, rule: FillRule = .nonZero, width: Int, height: Int) -> Coverage {
    var result = Coverage(touching: path.bounds, width: width, height: height)
    guard result.width > 0 && result.height > 0 else { return result }
    let edges = Edge.all(of: path).sorted { ($0.top, $0.xAtTop) < ($1.top, $1.xAtTop) }
    var active: [Edge] = []
    var next = 0
    var crossings: [(x: Double, winding: Int)] = []
    // Differences along the row: their running sum is the coverage.
    var steps = [Double](repeating: 0, count: result.width + 2)
    for row in 0..<result.height {
      let rowTop = Double(result.y + row)
      while next < edges.count && edges[next].top < rowTop + 1 {
        active.append(edges[next])
        next += 1
      }
      active.removeAll { $0.bottom <= rowTop }
      guard !active.isEmpty else { continue }
      for i in steps.indices { steps[i] = 0 }
      for line in 0..<scanLines {
        let y = rowTop + (Double(line) + 0.5) / Double(scanLines)
        crossings.removeAll(keepingCapacity: true)
        for edge in active where edge.top <= y && y < edge.bottom {
          crossings.append((edge.xAtTop + (y - edge.top) * edge.slope, edge.winding))
        }
        crossings.sort { $0.x < $1.x }
        result.add(crossings, rule, to: &steps)
      }
      result.finish(row, steps)
    }
    return result
  }

  private struct Edge {
    let top, bottom, xAtTop, slope: Double
    let winding: Int

    /// The edges of all outlines, closed, but for level ones, which no scan line crosses.
    static func all(of path: Path) -> [Edge] {
      var edges: [Edge] = []
      for points in path.outlines.map(\.points) where points.count > 1 && points.allSatisfy(\.isFinite) {
        var previous = points[points.count - 1]
        for point in points {
          if previous.y != point.y {
            let (upper, lower) = previous.y < point.y ? (previous, point) : (point, previous)
            edges.append(
              Edge(
                top: upper.y, bottom: lower.y, xAtTop: upper.x,
                slope: (lower.x - upper.x) / (lower.y - upper.y),
                winding: previous.y < point.y ? 1 : -1))
          }
          previous = point
        }
      }
      return edges
    }
  }

  /// Adds the spans between crossings that the rule calls inside.
  private func add(_ crossings: [(x: Double, winding: Int)], _ rule: FillRule, to steps: inout [Double]) {
    var winding = 0
    for (x, change) in crossings {
      let wasInside = winding != 0
      winding = rule == .evenOdd ? 1 - winding : winding + change
      let isInside = winding != 0
      guard isInside != wasInside else { continue }
      let sign: Double = isInside ? 1 : -1
      let place = min(max(x - Double(self.x), 0), Double(width))
      let pixel = Int(place)
      let fraction = place - Double(pixel)
      steps[pixel] += sign * (1 - fraction)
      steps[pixel + 1] += sign * fraction
    }
  }

  private mutating func finish(_ row: Int, _ steps: [Double]) {
    var sum = 0.0
    for column in 0..<width {
      sum += steps[column]
      values[row * width + column] = Float(min(max(sum / Double(Self.scanLines), 0), 1))
    }
  }
}

// MARK: - Stroking

extension Coverage {
  /// A line of some thickness along a path, with round ends and joins, on a canvas of `width` × `height` pixels.
  ///
  /// A pixel's coverage comes from its centre's distance to the nearest piece, so pieces that meet or overlap leave no
  /// seam. Lines thinner than a pixel are paler instead. Pieces whose ends are not finite are left out.
  public static func stroke(_ path: Path, lineWidth: Double, width: Int, height: Int) -> Coverage {
    let radius = max(lineWidth, 0) / 2
    let reach = max(radius, 0.5) + 0.5
    var result = Coverage(
      touching: path.bounds.map { $0.inset(by: -reach) }, width: width, height: height)
    guard result.width > 0 && result.height > 0 && radius > 0 else { return result }
    for outline in path.outlines {
      let points = outline.points
      if points.count == 1 { result.addCapsule(points[0], points[0], radius: radius) }
      for (a, b) in zip(points, points.dropFirst()) { result.addCapsule(a, b, radius: radius) }
      if outline.isClosed && points.count > 2 {
        result.addCapsule(points[points.count - 1], points[0], radius: radius)
      }
    }
    return result
  }

  private mutating func addCapsule(_ a: Point, _ b: Point, radius: Double) {
    guard a.isFinite && b.isFinite else { return }
    let reach = radius + 0.5
    let peak = min(1, 2 * radius)
    let along = b - a
    let squaredLength = along.x * along.x + along.y * along.y
    let inverse = squaredLength > 0 ? 1 / squaredLength : 0
    let bottom = Double(y + height)
    let right = Double(x + width)
    let firstRow = Int(min(max((min(a.y, b.y) - reach).rounded(.down), Double(y)), bottom))
    let lastRow = Int(max(min((max(a.y, b.y) + reach).rounded(.up), bottom), Double(y)))
    for row in firstRow..<max(firstRow, lastRow) {
      let py = Double(row) + 0.5
      // Only the stretch of the row that the capsule can reach: the part of its axis within `reach` of the row.
      var low = min(a.x, b.x)
      var high = max(a.x, b.x)
      if along.y != 0 {
        let t0 = min(max((py - reach - a.y) / along.y, 0), 1)
        let t1 = min(max((py + reach - a.y) / along.y, 0), 1)
        low = min(a.x + t0 * along.x, a.x + t1 * along.x)
        high = max(a.x + t0 * along.x, a.x + t1 * along.x)
      }
      let first = Int(min(max((low - reach).rounded(.down), Double(x)), right))
      let last = Int(max(min((high + reach).rounded(.up), right), Double(x)))
      let base = (row - y) * width - x
      for column in first..<max(first, last) {
        let offset = Point(Double(column) + 0.5, py) - a
        let t = min(max((offset.x * along.x + offset.y * along.y) * inverse, 0), 1)
        let distance = (offset - along * t).length
        let covered = Float(min(peak, reach - distance))
        if covered > values[base + column] { values[base + column] = covered }
      }
    }
  }
}
