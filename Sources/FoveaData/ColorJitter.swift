import FoveaImage
import FoveaTensor

/// The changes of colour that one sample gets in one epoch, in their order.
struct JitterPlan {
  enum Step: Equatable {
    case brightness(Float)
    case contrast(Float)
    case saturation(Float)
    case hue(Float)
  }

  let steps: [Step]

  init(steps: [Step]) { self.steps = steps }

  /// Draws the amounts and the order. Changes that are off take no place in the order.
  init(_ jitter: AugmentationConfiguration.ColorJitter, _ random: inout CounterRandom) {
    func factor(_ amount: Float) -> Float { random.uniform(max(0, 1 - amount)...(1 + amount)) }
    var drawn: [Step] = []
    if jitter.brightness > 0 { drawn.append(.brightness(factor(jitter.brightness))) }
    if jitter.contrast > 0 { drawn.append(.contrast(factor(jitter.contrast))) }
    if jitter.saturation > 0 { drawn.append(.saturation(factor(jitter.saturation))) }
    if jitter.hue > 0 { drawn.append(.hue(random.uniform(-jitter.hue...jitter.hue))) }
    steps = random.permutation(drawn.count).map { drawn[$0] }
  }

  /// Writes the changed image, normalised. Between the steps values are floats in 0…1, so nothing is rounded.
  func write(_ image: Image, normalizer: Normalizer, to output: UnsafeMutableBufferPointer<Float>) {
    precondition(image.pixels.count == output.count)
    image.pixels.withUnsafeBufferPointer { input in
      for i in 0..<input.count { output[i] = Float(input[i]) * (1 / 255) }
    }
    for step in steps { Self.apply(step, to: output) }
    normalizer.normalize(output)
  }

  static func apply(_ step: Step, to values: UnsafeMutableBufferPointer<Float>) {
    switch step {
    case .brightness(let factor): blend(values, factor) { _ in 0 }
    case .contrast(let factor):
      var sum = 0.0
      for i in stride(from: 0, to: values.count, by: 3) { sum += Double(gray(values.baseAddress! + i)) }
      let mean = Float(sum / Double(values.count / 3))
      blend(values, factor) { _ in mean }
    case .saturation(let factor): blend(values, factor, gray)
    case .hue(let turn): turnHue(values, turn)
    }
  }

  /// The luma of ITU-R BT.601 with the digits that Pillow and torchvision use.
  @inline(__always)
  private static func gray(_ pixel: UnsafeMutablePointer<Float>) -> Float {
    0.2989 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
  }

  /// value ← factor · value + (1 − factor) · other, kept in 0…1.
  @inline(__always)
  private static func blend(
    _ values: UnsafeMutableBufferPointer<Float>, _ factor: Float,
    _ other: (UnsafeMutablePointer<Float>) -> Float
  ) {
    guard var pixel = values.baseAddress else { return }
    let end = pixel + values.count
    while pixel < end {
      let added = (1 - factor) * other(pixel)
      pixel[0] = min(1, max(0, factor * pixel[0] + added))
      pixel[1] = min(1, max(0, factor * pixel[1] + added))
      pixel[2] = min(1, max(0, factor * pixel[2] + added))
      pixel += 3
    }
  }

  /// Through HSV: hue plus `turn` full turns, saturation and value kept.
  private static func turnHue(_ values: UnsafeMutableBufferPointer<Float>, _ turn: Float) {
    guard var pixel = values.baseAddress else { return }
    let end = pixel + values.count
    while pixel < end {
      let (r, g, b) = (pixel[0], pixel[1], pixel[2])
      let highest = max(r, max(g, b))
      let range = highest - min(r, min(g, b))
      if range > 0 {
        // In sixths of a turn.
        var hue: Float
        if highest == r {
          hue = (g - b) / range
        } else if highest == g {
          hue = 2 + (b - r) / range
        } else {
          hue = 4 + (r - g) / range
        }
        hue += 6 * turn
        hue -= 6 * (hue / 6).rounded(.down)
        // A channel is highest up to one sixth from its own hue, lowest from two sixths on, linear in between.
        let lowest = highest - range
        pixel[0] = lowest + range * min(1, max(0, 2 - abs(wrapped(hue))))
        pixel[1] = lowest + range * min(1, max(0, 2 - abs(wrapped(hue - 2))))
        pixel[2] = lowest + range * min(1, max(0, 2 - abs(wrapped(hue - 4))))
      }
      pixel += 3
    }
  }

  /// The distance in sixths of a turn, in −3…3.
  @inline(__always)
  private static func wrapped(_ hue: Float) -> Float {
    hue > 3 ? hue - 6 : (hue < -3 ? hue + 6 : hue)
  }
}
