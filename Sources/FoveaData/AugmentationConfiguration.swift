/// The random changes that training images get. Everything is off by default.
///
/// In this order: random resized crop, pad-and-crop, flip, rotation, colour jitter, normalisation, random erasing.
public struct AugmentationConfiguration: Codable, Hashable, Sendable {
  /// Replaces the preparation's resize by that of a random part.
  public var randomResizedCrop: RandomResizedCrop?
  /// Margin in pixels on each side, of which a part as large as the input is cut at random (He et al., "Deep
  /// residual learning", section 4.2, with 4). 0 is off.
  public var padAndCrop: Int
  /// How likely left and right are exchanged.
  public var horizontalFlip: Float
  /// Turns by a uniformly random angle up to so many degrees either way. 0 is off.
  public var rotation: Float
  public var colorJitter: ColorJitter
  public var randomErasing: RandomErasing
  /// What fills the margins of pad-and-crop and of rotation.
  public var border: Border

  public enum Border: String, Codable, CaseIterable, Sendable {
    /// The normalisation's mean, which the network sees as 0.
    case mean
    case black
    /// The preparation's background.
    case background
    /// For pad-and-crop, the image mirrored at its edge; for rotation, its edge drawn out.
    case reflect
  }

  /// A part of random area and shape, as torchvision's `RandomResizedCrop` chooses it: ten tries of a uniform share of
  /// the area and a log-uniform ratio of width to height, then the largest centred part whose ratio is allowed.
  public struct RandomResizedCrop: Codable, Hashable, Sendable {
    public var scale: ClosedRange<Float>
    public var ratio: ClosedRange<Float>

    public init(scale: ClosedRange<Float> = 0.08...1, ratio: ClosedRange<Float> = 0.75...1.333_333_4) {
      self.scale = scale
      self.ratio = ratio
    }
  }

  /// As torchvision's `ColorJitter`: the four changes in random order, each by a uniformly random amount.
  public struct ColorJitter: Codable, Hashable, Sendable {
    /// Factor of the values, from 1 − b (not below 0) to 1 + b.
    public var brightness: Float
    /// Factor of the distance from the mean gray, likewise.
    public var contrast: Float
    /// Factor of the distance from each pixel's gray, likewise.
    public var saturation: Float
    /// Turn of the hue, up to so many full turns either way, at most 0.5.
    public var hue: Float

    public init(brightness: Float = 0, contrast: Float = 0, saturation: Float = 0, hue: Float = 0) {
      self.brightness = brightness
      self.contrast = contrast
      self.saturation = saturation
      self.hue = hue
    }

    public var isOff: Bool { brightness == 0 && contrast == 0 && saturation == 0 && hue == 0 }
  }

  /// A rectangle painted over (Zhong et al., "Random erasing data augmentation", 2017), as torchvision's.
  public struct RandomErasing: Codable, Hashable, Sendable {
    public var probability: Float
    /// Share of the image's area.
    public var scale: ClosedRange<Float>
    /// Height to width.
    public var ratio: ClosedRange<Float>
    public var fill: Fill

    public enum Fill: String, Codable, CaseIterable, Sendable {
      /// 0 after normalisation.
      case mean
      /// Standard normal values after normalisation.
      case noise
    }

    public init(
      probability: Float = 0, scale: ClosedRange<Float> = 0.02...0.33, ratio: ClosedRange<Float> = 0.3...3.3,
      fill: Fill = .mean
    ) {
      self.probability = probability
      self.scale = scale
      self.ratio = ratio
      self.fill = fill
    }
  }

  public init(
    randomResizedCrop: RandomResizedCrop? = nil, padAndCrop: Int = 0, horizontalFlip: Float = 0,
    rotation: Float = 0,
    colorJitter: ColorJitter = .init(), randomErasing: RandomErasing = .init(), border: Border = .mean
  ) {
    self.randomResizedCrop = randomResizedCrop
    self.padAndCrop = padAndCrop
    self.horizontalFlip = horizontalFlip
    self.rotation = rotation
    self.colorJitter = colorJitter
    self.randomErasing = randomErasing
    self.border = border
  }

  /// Checks what a file or a person may have written.
  public func validate() throws(DataError) {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws(DataError) {
      guard holds else {
        throw DataError(
          .invalidSetting, "augmentation \(name)", found: "\(found)", expected: expected,
          remedy: "Correct it.")
      }
    }
    func checkRange(_ range: ClosedRange<Float>, _ limit: ClosedRange<Float>, _ name: String)
      throws(DataError)
    {
      try check(
        limit.contains(range.lowerBound) && limit.contains(range.upperBound), name, range,
        "two ascending numbers in \(limit)")
    }
    func checkShare(_ value: Float, _ name: String) throws(DataError) {
      try check(value >= 0 && value <= 1, name, value, "a number in 0…1")
    }
    if let crop = randomResizedCrop {
      try checkRange(crop.scale, 1e-4...1, "random_resized_crop.scale")
      try checkRange(crop.ratio, 0.01...100, "random_resized_crop.ratio")
    }
    try check((0...1024).contains(padAndCrop), "pad_and_crop", padAndCrop, "0 to 1024 pixels")
    try checkShare(horizontalFlip, "horizontal_flip")
    try check(rotation >= 0 && rotation <= 180, "rotation", rotation, "0 to 180 degrees")
    let jitter = colorJitter
    for (name, value) in [
      ("brightness", jitter.brightness), ("contrast", jitter.contrast), ("saturation", jitter.saturation),
    ] {
      try check(value >= 0 && value <= 10, "color_jitter.\(name)", value, "a number in 0…10")
    }
    try check(jitter.hue >= 0 && jitter.hue <= 0.5, "color_jitter.hue", jitter.hue, "a number in 0…0.5")
    try checkShare(randomErasing.probability, "random_erasing.probability")
    try checkRange(randomErasing.scale, 1e-4...1, "random_erasing.scale")
    try checkRange(randomErasing.ratio, 0.01...100, "random_erasing.ratio")
  }
}

// MARK: - Coding: snake case, and a default for every key

extension AugmentationConfiguration {
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case randomResizedCrop = "random_resized_crop"
    case padAndCrop = "pad_and_crop"
    case horizontalFlip = "horizontal_flip"
    case rotation
    case colorJitter = "color_jitter"
    case randomErasing = "random_erasing"
    case border
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    randomResizedCrop = try container.decodeIfPresent(RandomResizedCrop.self, forKey: .randomResizedCrop)
    padAndCrop = try container.decodeIfPresent(Int.self, forKey: .padAndCrop) ?? padAndCrop
    horizontalFlip = try container.decodeIfPresent(Float.self, forKey: .horizontalFlip) ?? horizontalFlip
    rotation = try container.decodeIfPresent(Float.self, forKey: .rotation) ?? rotation
    colorJitter = try container.decodeIfPresent(ColorJitter.self, forKey: .colorJitter) ?? colorJitter
    randomErasing = try container.decodeIfPresent(RandomErasing.self, forKey: .randomErasing) ?? randomErasing
    border = try container.decodeIfPresent(Border.self, forKey: .border) ?? border
  }
}

extension AugmentationConfiguration.RandomResizedCrop {
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case scale
    case ratio
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    scale = try container.decodeIfPresent(ClosedRange<Float>.self, forKey: .scale) ?? scale
    ratio = try container.decodeIfPresent(ClosedRange<Float>.self, forKey: .ratio) ?? ratio
  }
}

extension AugmentationConfiguration.ColorJitter {
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case brightness
    case contrast
    case saturation
    case hue
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      brightness: try container.decodeIfPresent(Float.self, forKey: .brightness) ?? 0,
      contrast: try container.decodeIfPresent(Float.self, forKey: .contrast) ?? 0,
      saturation: try container.decodeIfPresent(Float.self, forKey: .saturation) ?? 0,
      hue: try container.decodeIfPresent(Float.self, forKey: .hue) ?? 0)
  }
}

extension AugmentationConfiguration.RandomErasing {
  public enum CodingKeys: String, CodingKey, CaseIterable {
    case probability
    case scale
    case ratio
    case fill
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    probability = try container.decodeIfPresent(Float.self, forKey: .probability) ?? probability
    scale = try container.decodeIfPresent(ClosedRange<Float>.self, forKey: .scale) ?? scale
    ratio = try container.decodeIfPresent(ClosedRange<Float>.self, forKey: .ratio) ?? ratio
    fill = try container.decodeIfPresent(Fill.self, forKey: .fill) ?? fill
  }
}
