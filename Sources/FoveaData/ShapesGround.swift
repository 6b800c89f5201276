import FoveaImage
import FoveaTensor

/// The textured grounds of ``ShapesDataset``: a gradient, noise at several scales, stripes, and grain.
struct ShapesGround {
  private var random: CounterRandom
  private let size: Int

  static func paint(size: Int, _ random: inout CounterRandom) -> Image {
    var ground = ShapesGround(random: random, size: size)
    let image = ground.paint()
    random = ground.random
    return image
  }

  private init(random: CounterRandom, size: Int) {
    self.random = random
    self.size = size
  }

  private mutating func paint() -> Image {
    var pixels = gradient()
    for cell in [24, 12, 6, 3] where random.chance(0.75) { addNoise(&pixels, cell: cell) }
    if random.chance(0.4) { addStripes(&pixels) }
    addGrain(&pixels)
    return Image(width: size, height: size, pixels: pixels.map { UInt8(min(max($0, 0), 255) + 0.5) })
  }

  private mutating func gradient() -> [Float] {
    let from = random.color()
    let to = from.mixed(with: random.color(), random.double(in: 0.1...0.7))
    let (sine, cosine) = sineAndCosine(turns: Double(random.uniform()))
    var pixels = [Float](repeating: 0, count: 3 * size * size)
    for y in 0..<size {
      for x in 0..<size {
        let along = (Double(x) / Double(size) - 0.5) * cosine + (Double(y) / Double(size) - 0.5) * sine
        let t = Float(min(max(along + 0.5, 0), 1))
        let i = 3 * (y * size + x)
        pixels[i] = Float(from.red) + (Float(to.red) - Float(from.red)) * t
        pixels[i + 1] = Float(from.green) + (Float(to.green) - Float(from.green)) * t
        pixels[i + 2] = Float(from.blue) + (Float(to.blue) - Float(from.blue)) * t
      }
    }
    return pixels
  }

  /// Random values on a lattice of so many pixels, smoothly joined, in a random tint.
  private mutating func addNoise(_ pixels: inout [Float], cell: Int) {
    let side = size / cell + 2
    let lattice = (0..<side * side).map { _ in random.uniform(-1...1) }
    let strength = random.uniform(6...26)
    let tint = [random.uniform(0.3...1), random.uniform(0.3...1), random.uniform(0.3...1)]
    for y in 0..<size {
      let (row, fy) = (y / cell, smooth(Float(y % cell) / Float(cell)))
      for x in 0..<size {
        let (column, fx) = (x / cell, smooth(Float(x % cell) / Float(cell)))
        let k = row * side + column
        let upper = lattice[k] + (lattice[k + 1] - lattice[k]) * fx
        let lower = lattice[k + side] + (lattice[k + side + 1] - lattice[k + side]) * fx
        let value = (upper + (lower - upper) * fy) * strength
        let i = 3 * (y * size + x)
        pixels[i] += value * tint[0]
        pixels[i + 1] += value * tint[1]
        pixels[i + 2] += value * tint[2]
      }
    }
  }

  private func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }

  private mutating func addStripes(_ pixels: inout [Float]) {
    let color = random.color()
    let strength = random.uniform(0.08...0.32)
    let period = random.double(in: 4...16)
    let (sine, cosine) = sineAndCosine(turns: Double(random.uniform()) / 2)
    let isCheck = random.chance(0.25)
    for y in 0..<size {
      for x in 0..<size {
        var t = wave((Double(x) * cosine + Double(y) * sine) / period)
        if isCheck { t *= wave((Double(y) * cosine - Double(x) * sine) / period) }
        let amount = strength * Float(t)
        let i = 3 * (y * size + x)
        pixels[i] += (Float(color.red) - pixels[i]) * amount
        pixels[i + 1] += (Float(color.green) - pixels[i + 1]) * amount
        pixels[i + 2] += (Float(color.blue) - pixels[i + 2]) * amount
      }
    }
  }

  /// 0…1 and back within a turn, with flat ends.
  private func wave(_ turns: Double) -> Double {
    let place = turns - turns.rounded(.down)
    return min(max(abs(place - 0.5) * 6 - 1, 0), 1)
  }

  /// Each pixel a little lighter or darker, as a camera's sensor does.
  private mutating func addGrain(_ pixels: inout [Float]) {
    let strength = random.uniform(2...12)
    for i in stride(from: 0, to: pixels.count, by: 3) {
      let word = random.nextWord()
      // The sum of two uniform values leans towards the middle.
      let value = strength * (Float(word & 0xFFFF) + Float(word >> 16) - 65535) * 0x1p-16
      pixels[i] += value
      pixels[i + 1] += value
      pixels[i + 2] += value
    }
  }
}
