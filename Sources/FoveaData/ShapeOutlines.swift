import FoveaImage
import FoveaTensor

/// The objects of ``ShapesDataset``: outlines within the unit circle, y downwards, with proportions that vary.
///
/// What tells them apart is form alone: each is drawn in any colour, size and place.
enum ShapeOutline: String, CaseIterable {
  case arrow
  case crescent
  case cross
  case heart
  case house
  case key
  case mug
  case star

  /// How far an object is turned at most, in turns to either side: houses and mugs stand more or less upright.
  var largestTurn: Double {
    switch self {
    case .house, .mug: 0.11
    case .heart: 0.2
    default: 0.5
    }
  }

  /// An outline with random proportions; to be filled by the non-zero rule.
  func path(_ random: inout CounterRandom) -> Path {
    switch self {
    case .arrow: Self.arrow(&random)
    case .crescent: Self.crescent(&random)
    case .cross: Self.cross(&random)
    case .heart: Self.heart(&random)
    case .house: Self.house(&random)
    case .key: Self.key(&random)
    case .mug: Self.mug(&random)
    case .star: Self.star(&random)
    }
  }

  private static func arrow(_ random: inout CounterRandom) -> Path {
    let shaft = random.double(in: 0.2...0.3)
    let barb = random.double(in: 0.58...0.72)
    let neck = random.double(in: -0.05...0.2)
    return Path([
      Point(0.98, 0), Point(neck, -barb), Point(neck, -shaft), Point(-0.92, -shaft), Point(-0.92, shaft),
      Point(neck, shaft), Point(neck, barb),
    ])
  }

  /// A disc without a disc that is shifted to one side.
  private static func crescent(_ random: inout CounterRandom) -> Path {
    let inner = random.double(in: 0.72...0.84)
    let shift = random.double(in: 0.42...0.52)
    // The circles x² + y² = 1 and (x − shift)² + y² = inner² cross at this x.
    let x = (1 + shift * shift - inner * inner) / (2 * shift)
    let y = (1 - x * x).squareRoot()
    let horn = turns(Point(x, y))
    let innerHorn = turns(Point(x - shift, y))
    var path = Path()
    path.arc(center: Point(0, 0), radius: 1, from: horn, to: 1 - horn)
    path.arc(center: Point(shift, 0), radius: inner, from: 1 - innerHorn, to: innerHorn)
    path.close()
    return path
  }

  private static func cross(_ random: inout CounterRandom) -> Path {
    let w = random.double(in: 0.2...0.3)
    let l = 0.95
    return Path([
      Point(-w, -l), Point(w, -l), Point(w, -w), Point(l, -w), Point(l, w), Point(w, w), Point(w, l),
      Point(-w, l), Point(-w, w), Point(-l, w), Point(-l, -w), Point(-w, -w),
    ])
  }

  private static func heart(_ random: inout CounterRandom) -> Path {
    let dip = random.double(in: -0.42 ... -0.3)
    let width = random.double(in: 0.9...1)
    var path = Path()
    path.move(to: Point(0, 0.95))
    path.curve(to: Point(-width, -0.3), Point(-0.35, 0.55), Point(-width, 0.15))
    path.curve(to: Point(0, dip), Point(-width, -0.98), Point(-0.15, -0.95))
    path.curve(to: Point(width, -0.3), Point(0.15, -0.95), Point(width, -0.98))
    path.curve(to: Point(0, 0.95), Point(width, 0.15), Point(0.35, 0.55))
    path.close()
    return path
  }

  /// A gable, a chimney, and a door that one can see through.
  private static func house(_ random: inout CounterRandom) -> Path {
    let eaves = random.double(in: -0.2 ... -0.05)
    let wall = random.double(in: 0.6...0.7)
    let door = random.double(in: 0.15...0.22)
    var path = Path([
      Point(0, -0.95), Point(0.95, eaves), Point(wall, eaves), Point(wall, 0.82), Point(-wall, 0.82),
      Point(-wall, eaves), Point(-0.95, eaves),
    ])
    path.append(Path([Point(0.38, -0.9), Point(0.66, -0.9), Point(0.66, eaves), Point(0.38, eaves)]))
    // The other way round, so that its windings cancel the wall's.
    path.append(Path([Point(-door, 0.25), Point(-door, 0.82), Point(door, 0.82), Point(door, 0.25)]))
    return path
  }

  /// A bow with a hole, a shaft and two teeth.
  private static func key(_ random: inout CounterRandom) -> Path {
    let bow = random.double(in: 0.42...0.48)
    let shaft = random.double(in: 0.12...0.15)
    let center = Point(-0.98 + bow, 0)
    var path = Path.circle(center: center, radius: bow)
    path.append(reversed(.circle(center: center, radius: bow * 0.45)))
    func box(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) -> Path {
      .rectangle(Rect(x: x0, y: y0, width: x1 - x0, height: y1 - y0))
    }
    path.append(box(center.x + bow * 0.8, -shaft, 0.98, shaft))
    let depth = random.double(in: 0.42...0.52)
    path.append(box(0.74, 0, 0.98, depth))
    path.append(box(0.32, 0, 0.54, depth * 0.9))
    return path
  }

  /// A cylinder with a handle.
  private static func mug(_ random: inout CounterRandom) -> Path {
    let half = random.double(in: 0.68...0.8)
    let right = random.double(in: 0.25...0.35)
    let left = -0.82
    var path = Path.roundedRectangle(
      Rect(x: left, y: -half, width: right - left, height: 2 * half), radius: 0.14)
    // Half a ring, its ends inside the cup.
    let center = Point(right - 0.04, random.double(in: -0.1...0.05))
    let outer = random.double(in: 0.5...0.56)
    let inner = outer - random.double(in: 0.18...0.22)
    var handle = Path()
    handle.arc(center: center, radius: outer, from: -0.25, to: 0.25)
    handle.arc(center: center, radius: inner, from: 0.25, to: -0.25)
    handle.close()
    path.append(handle)
    return path
  }

  private static func star(_ random: inout CounterRandom) -> Path {
    let inner = random.double(in: 0.4...0.5)
    return Path(
      (0..<10).map { k in
        let (sine, cosine) = sineAndCosine(turns: Double(k) / 10)
        let radius = k % 2 == 0 ? 1 : inner
        return Point(radius * sine, -radius * cosine)
      })
  }

  private static func reversed(_ path: Path) -> Path {
    var result = Path()
    for outline in path.outlines { result.append(Path(outline.points.reversed(), closed: outline.isClosed)) }
    return result
  }

  /// The angle of a point with y ≥ 0, in turns from the x axis, by halving intervals: no library's arctangent, whose last
  /// bit may differ.
  private static func turns(_ point: Point) -> Double {
    var low = 0.0
    var high = 0.5
    for _ in 0..<50 {
      let middle = (low + high) / 2
      let (sine, cosine) = sineAndCosine(turns: middle)
      // The cross product tells on which side of the direction the point lies.
      if cosine * point.y - sine * point.x > 0 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension CounterRandom {
  mutating func double(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(uniform())
  }

  mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + integer(below: range.count)
  }

  /// True with that probability.
  mutating func chance(_ probability: Double) -> Bool { Double(uniform()) < probability }

  /// Any colour, seldom a glaring one.
  mutating func color() -> RGB {
    let color = RGB(UInt8(integer(below: 256)), UInt8(integer(below: 256)), UInt8(integer(below: 256)))
    let gray = UInt8(color.luma)
    return color.mixed(with: RGB(gray, gray, gray), double(in: 0...0.7))
  }
}
