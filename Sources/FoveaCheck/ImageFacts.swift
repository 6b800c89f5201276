import FoveaImage

/// What was found out about one image.
struct ImageFacts: Sendable {
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt32

    /// Nothing of it can be read.
    static let unreadable = Traits(rawValue: 1 << 0)
    /// Only a part of it can be read, and only if that is allowed.
    static let damaged = Traits(rawValue: 1 << 1)
    static let wrongExtension = Traits(rawValue: 1 << 2)
    /// EXIF says that it is to be turned or mirrored.
    static let oriented = Traits(rawValue: 1 << 3)
    static let alpha = Traits(rawValue: 1 << 4)
    static let cmyk = Traits(rawValue: 1 << 5)
    static let sixteenBit = Traits(rawValue: 1 << 6)
    /// Every pixel is gray, however it is stored.
    static let gray = Traits(rawValue: 1 << 7)
    static let constant = Traits(rawValue: 1 << 8)
    static let dark = Traits(rawValue: 1 << 9)
    static let blurred = Traits(rawValue: 1 << 10)
  }

  var traits: Traits = []
  /// Upright, in pixels; 0 where it cannot be read.
  var width = 0
  var height = 0
  var digest: PixelDigest?
  var hash = PerceptualHash(low: 0, high: 0)
  /// Of the luma.
  var mean: Float = 0
  /// See `BlurEffect`.
  var blur: Float = 0
  /// Why it cannot be read, or what its name claims.
  var remark: String?

  init() {}

  init(unreadable reason: String) {
    traits = .unreadable
    remark = reason
  }

  /// Whether its hash says anything.
  var isComparable: Bool { digest != nil && traits.isDisjoint(with: [.constant, .damaged]) }

  var sizeText: String { "\(width)×\(height)" }
}

/// From where on an image is called dark, constant or blurred.
public struct CheckThresholds: Hashable, Sendable {
  /// Nearly constant: the largest standard deviation of a channel, in levels of 0 to 255.
  public var constantDeviation: Float = 2.5
  /// Dark: 99 of 100 pixels have at most this luma.
  public var darkLevel: Float = 56
  /// Blurred: the blur effect is at least so strong. Of 300 sharp photographs none had more than 0.68; blurred by four
  /// pixels all of them had more than 0.7.
  public var blurEffect: Float = 0.7
  /// Smaller images are never called blurred: their detail is at the pixel's size whatever they show.
  public var blurredSide = 64
  /// Elongated: the longer side is at least so many times the shorter.
  public var aspectRatio = 3.0
  /// Classes of the training images are out of balance: the largest has at least so many times the smallest's images.
  public var imbalance = 10.0
  /// Few: a class has fewer images to train on.
  public var fewImages = 10

  public init() {}
}
