import FoveaImage
import FoveaTensor

/// Turns images into network inputs, with random changes for training or without.
///
/// The work is in two steps, so that the first can be done once and kept: `stored` reduces a decoded image to what the
/// random changes need of it, `write` makes an input from that. The result depends on the image and the random
/// numbers alone, whether or not it was kept in between.
public struct Augmenter: Sendable {
  public let preparation: Preparation
  /// nil for validation: every image is prepared as the model will see it.
  public let configuration: AugmentationConfiguration?
  private let normalizer: Normalizer
  private let margin: RGB

  /// - Throws: what is out of range in either.
  public init(_ configuration: AugmentationConfiguration?, preparation: Preparation) throws(DataError) {
    try preparation.validate()
    try configuration?.validate()
    self.preparation = preparation
    self.configuration = configuration
    normalizer = Normalizer(preparation)
    margin =
      switch configuration?.border ?? .black {
      case .mean: preparation.meanColor
      case .black, .reflect: .black
      case .background: preparation.background
      }
  }

  /// How images are to be decoded for it.
  public func request(allowsTruncated: Bool = false) -> ImageRequest {
    var request = preparation.request(allowsTruncated: allowsTruncated)
    if let cover {
      request.minimumWidth = cover.width
      request.minimumHeight = cover.height
    }
    return request
  }

  /// With random resized crop: the size that a stored image covers, where the original does. A crop of the smallest
  /// area then still has about the input's resolution, up to twice the input.
  private var cover: (width: Int, height: Int)? {
    guard let crop = configuration?.randomResizedCrop else { return nil }
    let factor = min(2, max(1, 1 / Double(crop.scale.lowerBound).squareRoot()))
    return (
      Int((Double(preparation.width) * factor).rounded(.up)),
      Int((Double(preparation.height) * factor).rounded(.up))
    )
  }

  /// What needs to be kept of an image: the input-sized image, or with random resized crop the whole image, reduced.
  public func stored(_ loaded: LoadedImage) -> Image {
    guard let cover else { return preparation.resized(loaded) }
    let image = loaded.image
    let scale = max(Double(cover.width) / Double(image.width), Double(cover.height) / Double(image.height))
    guard scale < 1 else { return image }
    return image.resized(
      width: max(1, Int((Double(image.width) * scale).rounded())),
      height: max(1, Int((Double(image.height) * scale).rounded())), filter: preparation.filter)
  }

  /// Writes the input made of a stored image: [height, width, 3].
  ///
  /// - Parameters:
  ///   - random: the sample's own stream in this epoch; not used without a configuration.
  ///   - output: 3 · width · height floats.
  public func write(
    _ stored: Image, random: inout CounterRandom, to output: UnsafeMutableBufferPointer<Float>
  ) {
    guard let configuration else {
      normalizer.write(stored, to: output)
      return
    }
    var image = stored
    if let crop = configuration.randomResizedCrop {
      let part = crop.part(width: image.width, height: image.height, &random)
      image = image.resized(
        width: preparation.width, height: preparation.height, filter: preparation.filter,
        from: Rect(
          x: Double(part.x), y: Double(part.y), width: Double(part.width), height: Double(part.height)))
    }
    image = shifted(image, configuration, &random)
    if configuration.rotation > 0 {
      let degrees = random.uniform(-configuration.rotation...configuration.rotation)
      image = image.turned(
        degrees: Double(degrees), margin: configuration.border == .reflect ? nil : margin)
    }
    if configuration.colorJitter.isOff {
      normalizer.write(image, to: output)
    } else {
      JitterPlan(configuration.colorJitter, &random).write(image, normalizer: normalizer, to: output)
    }
    erase(output, configuration.randomErasing, &random)
  }

  /// The input made of an image, for looking at what a configuration does.
  public func apply(_ loaded: LoadedImage, random: inout CounterRandom) -> [Float] {
    let image = stored(loaded)
    var values = [Float](repeating: 0, count: 3 * preparation.width * preparation.height)
    values.withUnsafeMutableBufferPointer { write(image, random: &random, to: $0) }
    return values
  }

  /// Pad-and-crop and flip, in one copy.
  private func shifted(
    _ image: Image, _ configuration: AugmentationConfiguration, _ random: inout CounterRandom
  ) -> Image {
    let pad = configuration.padAndCrop
    var dx = 0
    var dy = 0
    if pad > 0 {
      dx = random.integer(below: 2 * pad + 1) - pad
      dy = random.integer(below: 2 * pad + 1) - pad
    }
    let flips = configuration.horizontalFlip > 0 && random.uniform() < configuration.horizontalFlip
    if dx == 0, dy == 0, !flips { return image }
    return image.shifted(
      dx: dx, dy: dy, flips: flips, margin: configuration.border == .reflect ? nil : margin)
  }

  private func erase(
    _ output: UnsafeMutableBufferPointer<Float>, _ erasing: AugmentationConfiguration.RandomErasing,
    _ random: inout CounterRandom
  ) {
    guard erasing.probability > 0, random.uniform() < erasing.probability else { return }
    guard let part = erasing.part(width: preparation.width, height: preparation.height, &random) else {
      return
    }
    for y in part.y..<(part.y + part.height) {
      let start = 3 * (y * preparation.width + part.x)
      for i in start..<(start + 3 * part.width) {
        output[i] = erasing.fill == .noise ? random.normal() : 0
      }
    }
  }
}

extension Preparation {
  /// The colour that normalisation takes to 0, as near as bytes come.
  var meanColor: RGB {
    let levels = mean.map { UInt8(min(255, max(0, (255 * $0).rounded()))) }
    return RGB(levels[0], levels[1], levels[2])
  }
}

// MARK: - Random rectangles

extension AugmentationConfiguration.RandomResizedCrop {
  func part(width: Int, height: Int, _ random: inout CounterRandom) -> PreparationGeometry.PixelRect {
    let area = Double(width) * Double(height)
    for _ in 0..<10 {
      let target = area * Double(random.uniform(scale))
      let ratio = logUniform(ratio, &random)
      let w = (target * ratio).squareRoot().rounded()
      let h = (target / ratio).squareRoot().rounded()
      guard w >= 1, h >= 1, w <= Double(width), h <= Double(height) else { continue }
      let y = random.integer(below: height - Int(h) + 1)
      let x = random.integer(below: width - Int(w) + 1)
      return .init(x: x, y: y, width: Int(w), height: Int(h))
    }
    let whole = Double(width) / Double(height)
    let nearest = min(max(whole, Double(ratio.lowerBound)), Double(ratio.upperBound))
    let w = whole > nearest ? min(width, max(1, Int((Double(height) * nearest).rounded()))) : width
    let h = whole < nearest ? min(height, max(1, Int((Double(width) / nearest).rounded()))) : height
    return .init(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
  }
}

extension AugmentationConfiguration.RandomErasing {
  /// A rectangle smaller than the image, or nil where ten tries found none.
  func part(width: Int, height: Int, _ random: inout CounterRandom) -> PreparationGeometry.PixelRect? {
    let area = Double(width) * Double(height)
    for _ in 0..<10 {
      let target = area * Double(random.uniform(scale))
      let ratio = logUniform(ratio, &random)
      let h = (target * ratio).squareRoot().rounded()
      let w = (target / ratio).squareRoot().rounded()
      guard w >= 1, h >= 1, w < Double(width), h < Double(height) else { continue }
      let y = random.integer(below: height - Int(h) + 1)
      let x = random.integer(below: width - Int(w) + 1)
      return .init(x: x, y: y, width: Int(w), height: Int(h))
    }
    return nil
  }
}
