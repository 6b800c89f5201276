/// How a convolutional block attention module is built: the knobs of the paper's study.
///
/// Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018. The initial values of the properties are the
/// defaults.
public struct CBAMConfiguration: Hashable, Sendable {
  /// Whose details are followed where paper and implementations differ.
  public enum Variant: String, CaseIterable, Codable, Sendable {
    /// The authors' code: biases in the MLP, batch normalisation after the spatial convolution with momentum 0.01
    /// and gamma 0 at the start.
    case official
    /// The paper's text: no batch normalisation after the spatial convolution.
    case paper
    /// The timm library: no biases in the MLP, its width rounded, batch normalisation with momentum 0.1 and gamma 1.
    case timm
  }

  /// How the channel gate sums up a channel's map.
  public enum Pool: String, CaseIterable, Codable, Sendable {
    case avg, max
  }

  /// How the spatial gate sums up a pixel's channels.
  public enum SpatialPools: String, CaseIterable, Codable, Sendable {
    /// Their maximum and mean, as two channels.
    case maxmean
    /// A learned 1×1 convolution to one channel.
    case learned
  }

  public enum Order: String, CaseIterable, Codable, Sendable {
    case channelFirst = "channel_first"
    case spatialFirst = "spatial_first"
    /// Both maps from the same input, which is multiplied by both.
    case parallel
  }

  public enum Gates: String, CaseIterable, Codable, Sendable {
    case both, channel, spatial
  }

  public var variant = Variant.official
  /// Which pools feed the channel gate's shared MLP; at least one, each at most once.
  public var channelPools: [Pool] = [.avg, .max]
  /// The MLP's hidden width is the number of channels divided by this.
  public var reduction = 16
  /// The side of the spatial gate's convolution: 3 or 7.
  public var spatialKernel = 7
  public var spatialPools = SpatialPools.maxmean
  public var order = Order.channelFirst
  public var gates = Gates.both
  /// Where gamma of the spatial gate's batch normalisation starts; nil is the variant's own start, 0 in `official`
  /// and 1 in `timm`. With 0 the map is ½ everywhere until training moves it.
  public var spatialGammaStart: Float?

  public init() {}

  /// Whether the spatial convolution is followed by batch normalisation.
  public var hasSpatialNormalization: Bool { variant != .paper }

  /// Whether the MLP has biases.
  public var hasBiases: Bool { variant != .timm }

  /// Momentum of the spatial batch normalisation's running statistics.
  public var spatialMomentum: Float { variant == .official ? 0.01 : 0.1 }

  /// Where gamma of the spatial batch normalisation starts.
  public var resolvedSpatialGammaStart: Float { spatialGammaStart ?? (variant == .official ? 0 : 1) }

  /// The width of the MLP's hidden layer over `channels` channels: at least 1.
  public func hiddenWidth(channels: Int) -> Int {
    // timm rounds the quotient, a half upwards; the others cut it.
    max(1, variant == .timm ? (2 * channels + reduction) / (2 * reduction) : channels / reduction)
  }

  public func validate() throws(NetworkConfigurationError) {
    func fail(_ key: String, _ problem: String, _ remedy: String) -> NetworkConfigurationError {
      NetworkConfigurationError(key: "attention.\(key)", problem: problem, remedy: remedy)
    }
    if channelPools.isEmpty || Set(channelPools).count != channelPools.count {
      throw fail(
        "channel_pools", "\(channelPools.map(\.rawValue)) names none, or one twice",
        "Give [avg, max], [avg] or [max].")
    }
    if !(1...65_536).contains(reduction) {
      throw fail("reduction", "\(reduction) is out of range", "Give 1 to 65536; 16 is customary.")
    }
    if ![3, 7].contains(spatialKernel) {
      throw fail("spatial_kernel", "\(spatialKernel) is not a size that the study has", "Give 3 or 7.")
    }
    if let start = spatialGammaStart {
      if !hasSpatialNormalization {
        throw fail(
          "spatial_gamma_start",
          "\(start) has no effect: variant 'paper' has no batch normalisation after the spatial convolution",
          "Leave it out, or choose variant 'official' or 'timm'.")
      }
      if !(-100...100).contains(start) {
        throw fail("spatial_gamma_start", "\(start) is out of range", "Give 0 or 1.")
      }
    }
  }
}
