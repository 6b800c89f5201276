import FoveaImage
import FoveaTensor

/// One image of ``ShapesDataset``: a ground, clutter that belongs to no class, and one whole object on top.
struct ShapesScene {
  private var random: CounterRandom
  private var canvas: Canvas
  private let size: Int
  /// Lengths are given for 64 pixels and grow with the image.
  private let scale: Double

  /// The image, and a mask that is 255 where the object covers at least half of a pixel and 0 elsewhere.
  static func render(
    _ outline: ShapeOutline, size: Int, random: CounterRandom
  ) -> (image: Image, mask: Gray8Image) {
    var scene = ShapesScene(size: size, random: random)
    scene.addClutter()
    scene.addDistractors()
    let coverage = scene.addObject(outline)
    scene.addThreads(avoiding: coverage)
    var mask = [UInt8](repeating: 0, count: size * size)
    for y in coverage.y..<coverage.y + coverage.height {
      for x in coverage.x..<coverage.x + coverage.width where coverage[x, y] >= 0.5 {
        mask[y * size + x] = 255
      }
    }
    return (scene.canvas.image, Gray8Image(width: size, height: size, pixels: mask))
  }

  private init(size: Int, random: CounterRandom) {
    var random = random
    self.size = size
    scale = Double(size) / 64
    canvas = Canvas(ShapesGround.paint(size: size, &random))
    self.random = random
  }

  private mutating func place() -> Point {
    Point(random.double(in: 0...Double(size)), random.double(in: 0...Double(size)))
  }

  // MARK: What belongs to no class

  private mutating func addClutter() {
    for _ in 0..<random.integer(in: 2...6) {
      let blob = Path.ellipse(
        center: Point(0, 0), radiusX: scale * random.double(in: 2...13),
        radiusY: scale * random.double(in: 2...9))
      let at = place()
      let path = blob.transformed(
        .rotation(turns: Double(random.uniform())).then(.translation(at.x, at.y)))
      canvas.fill(path, Color(random.color(), alpha: random.double(in: 0.15...0.55)))
    }
    for _ in 0..<random.integer(in: 2...5) {
      addThread(width: random.double(in: 0.6...2.6), alpha: random.double(in: 0.3...0.85))
    }
  }

  private mutating func addThread(width: Double, alpha: Double) {
    var path = Path()
    path.move(to: place())
    if random.chance(0.5) {
      path.line(to: place())
    } else {
      path.curve(to: place(), place(), place(), pieces: 12)
    }
    canvas.stroke(path, width: scale * width, Color(random.color(), alpha: alpha))
  }

  private mutating func addDistractors() {
    for _ in 0..<random.integer(in: 2...5) {
      if random.chance(0.35) { addFragment() } else { addPolygon() }
    }
  }

  /// A small polygon around a point.
  private mutating func addPolygon() {
    let corners = random.integer(in: 3...6)
    let radius = scale * random.double(in: 2.5...8)
    let at = place()
    let start = Double(random.uniform())
    let points = (0..<corners).map { k in
      let jitter = random.double(in: -0.3...0.3)
      let (sine, cosine) = sineAndCosine(turns: start + (Double(k) + jitter) / Double(corners))
      let length = radius * random.double(in: 0.6...1)
      return Point(at.x + length * cosine, at.y + length * sine)
    }
    canvas.fillPolygon(points, Color(random.color(), alpha: random.double(in: 0.5...1)))
  }

  /// Less than half of a small object of some class, cut off along a line.
  private mutating func addFragment() {
    let outline = ShapeOutline.allCases[random.integer(below: ShapeOutline.allCases.count)]
    let radius = scale * random.double(in: 5...9)
    let at = place()
    let path = outline.path(&random).transformed(
      Affine.scaling(radius, radius).then(.rotation(turns: Double(random.uniform())))
        .then(.translation(at.x, at.y)))
    let (sine, cosine) = sineAndCosine(turns: Double(random.uniform()))
    let cut = radius * random.double(in: 0.15...0.4)
    let color = Color(random.color(), alpha: random.double(in: 0.6...1))
    canvas.paint(Coverage.fill(path, width: size, height: size)) { x, y in
      let beyond = (Double(x) + 0.5 - at.x) * cosine + (Double(y) + 0.5 - at.y) * sine - cut
      return color.withAlpha(color.alpha * min(max(beyond + 0.5, 0), 1))
    }
  }

  /// In some images thin lines run over everything but the object, so that what lies on top is no sign of it.
  private mutating func addThreads(avoiding object: Coverage) {
    guard random.chance(0.4) else { return }
    let before = canvas
    for _ in 0..<random.integer(in: 1...3) { addThread(width: 1.2, alpha: 0.7) }
    let drawn = canvas.image
    canvas = before
    for y in 0..<size {
      for x in 0..<size where object[x, y] == 0 { canvas.setPixel(x, y, drawn[x, y]) }
    }
  }

  // MARK: The object

  private mutating func addObject(_ outline: ShapeOutline) -> Coverage {
    let path = placed(
      outline.path(&random), radius: scale * random.double(in: 8.5...20), turn: outline.largestTurn)
    let coverage = Coverage.fill(path, width: size, height: size)
    let color = contrastingColor(under: coverage)
    if random.chance(0.3) {
      let shadow = path.transformed(.translation(scale * random.double(in: -2...2), scale * 1.5))
      canvas.fill(shadow, Color(.black, alpha: 0.3))
    }
    if random.chance(0.4) {
      // Drawn first, so that it shows around the object and not on it.
      canvas.stroke(path, width: 2 * scale, Color(color.luma > 128 ? .black : .white, alpha: 0.6))
    }
    paint(coverage, color)
    return coverage
  }

  /// The path turned, and moved to a random place where all of it lies inside the image.
  private mutating func placed(_ path: Path, radius: Double, turn: Double) -> Path {
    let turned = path.transformed(
      Affine.scaling(radius, radius).then(.rotation(turns: random.double(in: -turn...turn))))
    guard let bounds = turned.bounds else { return turned }
    let margin = 1.0
    let roomX = max(0, Double(size) - bounds.width - 2 * margin)
    let roomY = max(0, Double(size) - bounds.height - 2 * margin)
    return turned.transformed(
      .translation(
        margin - bounds.x + roomX * Double(random.uniform()),
        margin - bounds.y + roomY * Double(random.uniform())))
  }

  /// A colour whose lightness differs enough from what it will be seen against.
  private mutating func contrastingColor(under coverage: Coverage) -> RGB {
    var sum = 0.0
    var count = 0.0
    for y in max(0, coverage.y - 2)..<min(size, coverage.y + coverage.height + 2) {
      for x in max(0, coverage.x - 2)..<min(size, coverage.x + coverage.width + 2) {
        sum += canvas.image[x, y].luma
        count += 1
      }
    }
    let ground = sum / max(count, 1)
    for _ in 0..<64 {
      let color = random.color()
      if abs(color.luma - ground) > 62 { return color }
    }
    return ground > 128 ? RGB(20, 20, 30) : RGB(240, 240, 225)
  }

  /// Fills the object with its colour, shaded from one side to the other, with grain.
  private mutating func paint(_ coverage: Coverage, _ color: RGB) {
    let other = color.mixed(with: color.luma > 128 ? .black : .white, random.double(in: 0...0.25))
    let (sine, cosine) = sineAndCosine(turns: Double(random.uniform()))
    let span = Double(max(coverage.width, coverage.height))
    let center = Point(
      Double(coverage.x) + Double(coverage.width) / 2, Double(coverage.y) + Double(coverage.height) / 2)
    var grain = random
    let strength = random.double(in: 0...0.12)
    canvas.paint(coverage) { x, y in
      let along = ((Double(x) - center.x) * cosine + (Double(y) - center.y) * sine) / span
      let shaded = color.mixed(with: other, min(max(along + 0.5, 0), 1))
      return Color(
        shaded.mixed(with: grain.chance(0.5) ? .black : .white, strength * Double(grain.uniform())))
    }
    random = grain
  }
}
