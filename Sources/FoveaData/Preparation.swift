import FoveaImage
import FoveaTensor

/// How an image of any size and shape becomes one of the network's size.
public enum ResizeRule: String, Codable, CaseIterable, Sendable {
  /// The largest centred part of the input's shape, scaled. What is at the long sides' ends is not seen.
  case crop
  /// The whole image, scaled to fit, centred on the background colour.
  case pad
  /// The whole image, stretched.
  case squash
}

/// What happens to every image between the decoder and the network, outside of augmentation.
///
/// It is stored with the model. Validation, `evaluate`, `classify` and `explain` all go through it, so an image has
/// the same input bits on every road.
public struct Preparation: Codable, Hashable, Sendable {
  /// The network's input, in pixels.
  public var width: Int
  public var height: Int
  public var resize: ResizeRule
  /// With `crop`: the share of the largest part that is kept along each side, 0.01…1. 0.875 is the customary
  /// "resize to 256, crop 224".
  public var cropFraction: Double
  public var filter: ResizeFilter
  /// JPEGs are decoded at 1/2, 1/4 or 1/8 of their size as long as so many times the input's size is left, 0.5…16. From 2
  /// on, the antialiased resize decides how the image looks; below, the decoder's coarse one has a part in it, and decoding
  /// is faster.
  public var decodeScale: Double
  /// Per channel, of values scaled to 0…1: the network gets (x − mean)/std.
  public var mean: [Float]
  public var std: [Float]
  /// What shows through transparent parts and beside padded images.
  public var background: RGB

  public init(
    width: Int, height: Int, resize: ResizeRule = .crop, cropFraction: Double = 1,
    filter: ResizeFilter = .bilinear, decodeScale: Double = 2,
    mean: [Float] = [0.5, 0.5, 0.5], std: [Float] = [0.5, 0.5, 0.5], background: RGB = .white
  ) {
    self.width = width
    self.height = height
    self.resize = resize
    self.cropFraction = cropFraction
    self.filter = filter
    self.decodeScale = decodeScale
    self.mean = mean
    self.std = std
    self.background = background
  }

  /// The largest side that an input may have.
  public static let largestSide = 4096

  /// Checks what a file or a person may have written.
  public func validate() throws(DataError) {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws(DataError) {
      guard holds else {
        throw DataError(
          .invalidSetting, "preparation \(name)", found: "\(found)", expected: expected, remedy: "Correct it."
        )
      }
    }
    let sides = 1...Self.largestSide
    try check(sides.contains(width), "width", width, "1 to \(Self.largestSide)")
    try check(sides.contains(height), "height", height, "1 to \(Self.largestSide)")
    // Its inverse becomes a number of pixels.
    try check(
      cropFraction >= 0.01 && cropFraction <= 1, "crop_fraction", cropFraction, "a number in 0.01…1")
    try check(
      decodeScale >= 0.5 && decodeScale <= 16, "decode_scale", decodeScale, "a number in 0.5…16")
    try check(
      mean.count == 3 && mean.allSatisfy { $0.isFinite && abs($0) <= 1000 }, "mean", mean,
      "three finite numbers")
    try check(
      std.count == 3 && std.allSatisfy { $0.isFinite && $0 >= 1e-6 && $0 <= 1000 }, "std", std,
      "three numbers above 0")
  }
}

// MARK: - Coding

extension Preparation {
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case width
    case height
    case resize
    case cropFraction = "crop_fraction"
    case filter
    case decodeScale = "decode_scale"
    case mean
    case std
    case background
  }

  /// Width and height must be there; the rest has defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      width: try container.decode(Int.self, forKey: .width),
      height: try container.decode(Int.self, forKey: .height))
    resize = try container.decodeIfPresent(ResizeRule.self, forKey: .resize) ?? resize
    cropFraction = try container.decodeIfPresent(Double.self, forKey: .cropFraction) ?? cropFraction
    filter = try container.decodeIfPresent(ResizeFilter.self, forKey: .filter) ?? filter
    decodeScale = try container.decodeIfPresent(Double.self, forKey: .decodeScale) ?? decodeScale
    mean = try container.decodeIfPresent([Float].self, forKey: .mean) ?? mean
    std = try container.decodeIfPresent([Float].self, forKey: .std) ?? std
    if let levels = try container.decodeIfPresent([UInt8].self, forKey: .background) {
      guard levels.count == 3 else {
        throw DecodingError.dataCorruptedError(
          forKey: .background, in: container,
          debugDescription: "\(levels.count) levels, expected red, green, blue")
      }
      background = RGB(levels[0], levels[1], levels[2])
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(resize, forKey: .resize)
    try container.encode(cropFraction, forKey: .cropFraction)
    try container.encode(filter, forKey: .filter)
    try container.encode(decodeScale, forKey: .decodeScale)
    try container.encode(mean, forKey: .mean)
    try container.encode(std, forKey: .std)
    try container.encode([background.red, background.green, background.blue], forKey: .background)
  }
}

// MARK: - The road of an image

extension Preparation {
  /// How to decode an image that will be prepared.
  ///
  /// JPEGs may be decoded at a fraction of their size, as `decodeScale` says.
  public func request(allowsTruncated: Bool = false) -> ImageRequest {
    let scale = decodeScale / (resize == .crop ? cropFraction : 1)
    return ImageRequest(
      background: background, minimumWidth: Int((scale * Double(width)).rounded(.up)),
      minimumHeight: Int((scale * Double(height)).rounded(.up)), allowsTruncated: allowsTruncated)
  }

  /// The image at the network's size, not yet normalised.
  ///
  /// - Precondition: the image has at least one pixel.
  public func resized(_ loaded: LoadedImage) -> Image {
    let geometry = geometry(originalWidth: loaded.originalWidth, originalHeight: loaded.originalHeight)
    let image = loaded.image
    if image.width == width, image.height == height, geometry.isIdentity { return image }
    let target = geometry.target
    let visible = image.resized(
      width: target.width, height: target.height, filter: filter,
      from: loaded.partOfImage(geometry.part))
    return visible.padded(
      left: target.x, top: target.y, right: width - target.x - target.width,
      bottom: height - target.y - target.height, color: background)
  }

  /// The network's input for one image: [height, width, 3] values (x/255 − mean)/std.
  public func apply(_ loaded: LoadedImage) -> [Float] {
    let image = resized(loaded)
    return [Float](unsafeUninitializedCapacity: 3 * width * height) { buffer, count in
      Normalizer(self).write(image, to: UnsafeMutableBufferPointer(rebasing: buffer[..<(3 * width * height)]))
      count = 3 * width * height
    }
  }

  /// The network's input for one image at full size.
  public func apply(_ image: Image) -> [Float] { apply(LoadedImage(image)) }

  /// A batch of prepared images: [N, height, width, 3].
  ///
  /// - Parameter images: at the network's size, as `resized` returns them.
  public func tensor(_ images: [Image]) -> Tensor {
    let normalizer = Normalizer(self)
    let row = 3 * width * height
    return Tensor([images.count, height, width, 3]) { buffer in
      for (index, image) in images.enumerated() {
        precondition(image.width == width && image.height == height, "\(image.width)×\(image.height)")
        normalizer.write(
          image, to: UnsafeMutableBufferPointer(rebasing: buffer[(index * row)..<((index + 1) * row)]))
      }
    }
  }
}

/// (x/255 − mean)/std for every byte and channel, looked up.
struct Normalizer: Sendable {
  /// 256 values for each channel in turn.
  private let table: [Float]
  private let mean: [Float]
  private let std: [Float]

  init(_ preparation: Preparation) {
    mean = preparation.mean
    std = preparation.std
    table = (0..<3).flatMap { channel in
      (0..<256).map { (Float($0) / 255 - preparation.mean[channel]) / preparation.std[channel] }
    }
  }

  /// The same for values in 0…1, in place.
  func normalize(_ values: UnsafeMutableBufferPointer<Float>) {
    let (r, g, b) = (mean[0], mean[1], mean[2])
    let (sr, sg, sb) = (std[0], std[1], std[2])
    guard let start = values.baseAddress else { return }
    var i = 0
    while i < values.count {
      start[i] = (start[i] - r) / sr
      start[i + 1] = (start[i + 1] - g) / sg
      start[i + 2] = (start[i + 2] - b) / sb
      i += 3
    }
  }

  func write(_ image: Image, to output: UnsafeMutableBufferPointer<Float>) {
    image.pixels.withUnsafeBufferPointer { write($0, to: output) }
  }

  /// - Parameters:
  ///   - pixels: three bytes a pixel.
  ///   - output: as many floats.
  func write(_ pixels: UnsafeBufferPointer<UInt8>, to output: UnsafeMutableBufferPointer<Float>) {
    precondition(pixels.count == output.count && pixels.count.isMultiple(of: 3))
    guard let input = pixels.baseAddress, let output = output.baseAddress else { return }
    table.withUnsafeBufferPointer { table in
      let table = table.baseAddress!
      var i = 0
      while i < pixels.count {
        output[i] = table[Int(input[i])]
        output[i + 1] = table[256 + Int(input[i + 1])]
        output[i + 2] = table[512 + Int(input[i + 2])]
        i += 3
      }
    }
  }
}
