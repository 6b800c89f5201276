import CFoveaKernels
import FoveaTensor

/// The CBAM gate of a network that does not learn any more: what `CBAMGate.forward` computes with running statistics,
/// in three sweeps over the features.
///
/// An image is cut into bands of pixels, by its extents alone, and what is pooled over all pixels is added up band by
/// band. So an image's bits depend neither on its batch nor on the threads, and a single image keeps all of them busy.
public final class PreparedGate {
  // Classes, since every image of a batch takes them in hand: one reference to count in place of all that they hold.
  private final class ChannelGate {
    let pools: CBAMGate.ChannelPools
    let hiddenCount: Int
    let w1Transposed: Source  // [hidden, C]
    let w2: Source  // [hidden, C]
    let b1: Source?
    /// Counted once for each pool.
    let bias: Source?

    init(_ gate: CBAMGate.Channel) {
      pools = gate.pools
      hiddenCount = gate.w1.shape[1]
      w1Transposed = Source(gate.w1.transposed([1, 0]))
      w2 = Source(gate.w2)
      b1 = gate.b1.map { Source($0) }
      bias = gate.b2.map { b2 in
        Source(Tensor(b2.scalars.map { Float(gate.pools.count) * $0 }, shape: b2.shape))
      }
    }
  }

  private final class SpatialGate {
    let size: Int
    let weights: Source  // [2, k, k]
    let affine: fk_affine

    init(_ gate: CBAMGate.Spatial) {
      size = gate.weight.shape[0]
      weights = Source(gate.weight.transposed([2, 0, 1, 3]))
      affine = CBAMGate.runningScale(gate.normalization).affine
    }
  }

  private let channel: ChannelGate?
  private let spatial: SpatialGate?

  /// - Precondition: the spatial gate's normalisation has running statistics.
  public init(_ parameters: CBAMGate.Parameters) {
    channel = parameters.channel.map { ChannelGate($0) }
    spatial = parameters.spatial.map { SpatialGate($0) }
  }

  /// The perceptron's weights.
  public var ahead: Ahead { channel.map { Ahead($0.w1Transposed.tensor, $0.w2.tensor) } ?? .none }

  /// What the gate let through.
  public struct Maps: Sendable {
    /// The channel gate in 0...1, [N, C]; nil where it is absent.
    public let channel: Tensor?
    /// The spatial gate in 0...1, [N, H, W, 1]; nil where it is absent.
    public let spatial: Tensor?
  }

  /// Gates features where they lie, which spares the caches a third of what would pass through them.
  ///
  /// - Parameters:
  ///   - features: [N, H, W, C].
  ///   - residual: what is added to the gated features, [N, H, W, C], or nil.
  ///   - relu: whether max(0, ·) ends it.
  public func apply(to features: inout Tensor, residual: Tensor? = nil, relu: Bool = false) -> Maps {
    apply(to: &features, of: features.shape, .fp32, residual: residual.map { Activations($0) }, relu: relu)
  }

  /// The same for activations, which stay in the precision that they are stored in.
  public func apply(to features: inout Activations, residual: Activations? = nil, relu: Bool = false) -> Maps
  {
    let (shape, precision) = (features.shape, features.precision)
    return features.withMutableValues {
      apply(to: &$0, of: shape, precision, residual: residual, relu: relu)
    }
  }

  private func apply(
    to values: inout Tensor, of shape: Shape, _ precision: EngineOptions.Precision, residual: Activations?,
    relu: Bool
  ) -> Maps {
    precondition(shape.rank == 4 && shape.count > 0, "no features in \(shape)")
    precondition(
      residual.map { $0.shape == shape } ?? true, "residual \(residual?.shape ?? []) of \(shape)")
    let residual = residual?.stored(in: precision).values
    return values.withUnsafeMutableBufferPointer { values in
      let pass = Pass(self, values.baseAddress!, shape, precision, residual, relu: relu)
      pass.run()
      return Maps(
        channel: channel.map { _ in pass.channelMap.tensor },
        spatial: spatial.map { _ in pass.spatialMap.tensor })
    }
  }

  /// One batch on its way through the gate.
  private final class Pass {
    let gate: PreparedGate
    let image: ImageExtent
    /// Floats or units, as those of the residual.
    let features: MutableFloats
    let precision: EngineOptions.Precision
    let isa = fk_selected()
    let residual: Source?
    let relu: Bool
    let channelMap: Buffer  // [N, C], ones without the gate
    let spatialMap: Buffer  // [N, H, W, 1], ones without the gate
    let pixelsPerBand, bands: Int
    /// [N, bands, 2, C]: each band's sums and maxima.
    let partials: Buffer
    /// [N, 2, hidden]: behind the perceptron's ReLU, of the average and of the maximum.
    let hidden: Buffer
    /// [N, 2, H, W]: maximum and mean over the channels.
    let pooled: Buffer
    /// Padded planes of each image.
    let padded: Buffer

    init(
      _ gate: PreparedGate, _ features: MutableFloats, _ shape: Shape, _ precision: EngineOptions.Precision,
      _ residual: Tensor?, relu: Bool
    ) {
      self.gate = gate
      image = ImageExtent(shape)
      self.features = features
      self.precision = precision
      self.residual = residual.map { Source($0) }
      self.relu = relu
      let mapShape: Shape = [image.count, image.height, image.width, 1]
      channelMap =
        gate.channel == nil
        ? Buffer(repeating: 1, [image.count, image.channels])
        : Buffer([image.count, image.channels])
      spatialMap = gate.spatial == nil ? Buffer(repeating: 1, mapShape) : Buffer(mapShape)
      // 128 kB a band, of whole vectors of pixels.
      pixelsPerBand = max(16, 32_768 / image.channels / 16 * 16)
      bands = (image.pixels - 1) / pixelsPerBand + 1
      partials = Buffer(gate.channel == nil ? [1] : [image.count, bands, 2, image.channels])
      hidden = Buffer([image.count, 2, gate.channel?.hiddenCount ?? 0])
      pooled = Buffer(gate.spatial == nil ? [1] : [image.count, 2, image.pixels])
      let planeFloats = gate.spatial.map { [image] spatial in
        fk_plane_floats(fk_plane(height: image.height, width: image.width, k: spatial.size))
      }
      padded = Buffer([image.count, 2, planeFloats ?? 1])
    }

    func run() {
      defer { withExtendedLifetime(self) {} }
      // Many images: each goes all the way while it is in one core's cache. Few: all cores share each step.
      guard image.count < 8, bands > 1 else {
        return WorkerPool.shared.forEach(image.count) { n in
          if let channel = gate.channel {
            for band in 0..<bands { poolPixels(n, band) }
            excite(n, channel)
          }
          if let spatial = gate.spatial {
            for band in 0..<bands { poolChannels(n, band) }
            convolve(n, spatial)
          }
          for band in 0..<bands { apply(n, band) }
        }
      }
      if let channel = gate.channel {
        forEachBand(poolPixels)
        exciteTogether(channel)
      }
      if let spatial = gate.spatial {
        forEachBand(poolChannels)
        WorkerPool.shared.forEach(image.count) { convolve($0, spatial) }
      }
      forEachBand(apply)
    }

    private func forEachBand(_ body: (Int, Int) -> Void) {
      WorkerPool.shared.forEach(image.count * bands) { body($0 / bands, $0 % bands) }
    }

    /// The band's first pixel, its number of pixels, and where its features begin.
    private func extent(_ n: Int, _ band: Int) -> (first: Int, count: Int, offset: Int) {
      let first = band * pixelsPerBand
      let values = n * image.floats + first * image.channels
      return (first, min(pixelsPerBand, image.pixels - first), precision == .bf16 ? values / 2 : values)
    }

    private func poolPixels(_ n: Int, _ band: Int) {
      let (_, count, offset) = extent(n, band)
      let own = partials.floats + (n * bands + band) * 2 * image.channels
      switch precision {
      case .fp32:
        fk_gate_pool_pixels(own, own + image.channels, features + offset, count, image.channels)
      case .bf16:
        fk_bf16_gate_pool_pixels(isa, own, own + image.channels, features + offset, count, image.channels)
      }
    }

    /// From the bands' pools to the channel map.
    private func excite(_ n: Int, _ gate: ChannelGate) {
      joinBands(n)
      activate(0..<gate.hiddenCount, n, gate)
      open(0..<image.channels, n, gate)
    }

    /// The same for all images, where all cores share the perceptron: that of 2,048 channels has 2 MB of weights to fetch.
    private func exciteTogether(_ gate: ChannelGate) {
      // 128 kB of weights a piece.
      let parts = min(gate.hiddenCount, gate.hiddenCount * image.channels / 32_768)
      guard parts > 1 else { return WorkerPool.shared.forEach(image.count) { excite($0, gate) } }
      WorkerPool.shared.forEach(image.count, joinBands)
      forEachPart(of: gate.hiddenCount, parts, unit: 1) { activate($1, $0, gate) }
      forEachPart(of: image.channels, parts, unit: 64) { open($1, $0, gate) }
    }

    /// Calls `body` with every image and a range of so many neighbours, cut between multiples of `unit`.
    private func forEachPart(of count: Int, _ parts: Int, unit: Int, _ body: (Int, Range<Int>) -> Void) {
      let size = ((count - 1) / parts / unit + 1) * unit
      let parts = (count - 1) / size + 1
      WorkerPool.shared.forEach(image.count * parts) { piece in
        let (n, part) = piece.quotientAndRemainder(dividingBy: parts)
        body(n, part * size..<min(count, (part + 1) * size))
      }
    }

    /// From the bands' sums and maxima to the image's mean and maximum, in the first band's place.
    private func joinBands(_ n: Int) {
      fk_gate_join_pools(
        partials.floats + n * bands * 2 * image.channels, bands, image.pixels, image.channels)
    }

    /// Some hidden units, for each pool that is looked at.
    private func activate(_ units: Range<Int>, _ n: Int, _ gate: ChannelGate) {
      let C = image.channels
      let first = units.lowerBound
      for (slot, pool) in [CBAMGate.ChannelPools.average, .maximum].enumerated()
      where gate.pools.contains(pool) {
        fk_gate_hidden(
          hidden.floats + (2 * n + slot) * gate.hiddenCount + first,
          partials.floats + (n * bands * 2 + slot) * C, gate.w1Transposed.floats + first * C,
          gate.b1.map { $0.floats + first }, units.count, C)
      }
    }

    /// Some channels of the map.
    private func open(_ channels: Range<Int>, _ n: Int, _ gate: ChannelGate) {
      let count = gate.hiddenCount
      let units = hidden.floats + 2 * n * count
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { sums in
        let sum = sums.baseAddress!
        for unit in 0..<count {
          let average = gate.pools.contains(.average) ? units[unit] : 0
          sum[unit] = gate.pools.contains(.maximum) ? average + units[count + unit] : average
        }
        fk_gate_channel(
          channelMap.floats + n * image.channels + channels.lowerBound, sum,
          gate.w2.floats + channels.lowerBound, image.channels,
          gate.bias.map { $0.floats + channels.lowerBound }, count, channels.count)
      }
    }

    private func poolChannels(_ n: Int, _ band: Int) {
      let (first, count, offset) = extent(n, band)
      let maxima = pooled.floats + n * 2 * image.pixels + first
      let map = channelMap.floats + n * image.channels
      let own = fk_features(values: features + offset)
      switch precision {
      case .fp32:
        fk_gate_pool_channels(maxima, maxima + image.pixels, own, map, count, image.channels)
      case .bf16:
        fk_bf16_gate_pool_channels(isa, maxima, maxima + image.pixels, own, map, count, image.channels)
      }
    }

    /// From the pools over the channels to the spatial map.
    private func convolve(_ n: Int, _ gate: SpatialGate) {
      let plane = fk_plane(height: image.height, width: image.width, k: gate.size)
      let size = fk_plane_floats(plane)
      let planes = padded.floats + n * 2 * size
      let pools = pooled.floats + n * 2 * image.pixels
      fk_plane_pad(planes, pools, plane)
      fk_plane_pad(planes + size, pools + image.pixels, plane)
      let map = spatialMap.floats + n * image.pixels
      fk_plane_correlate(map, planes, 2, gate.weights.floats, plane)
      fk_plane_sigmoid(map, map, image.pixels, gate.affine)
    }

    private func apply(_ n: Int, _ band: Int) {
      let (first, count, offset) = extent(n, band)
      let own = features + offset
      let residual = residual.map { $0.floats + offset }
      let (channel, spatial) = (
        channelMap.floats + n * image.channels, spatialMap.floats + n * image.pixels + first
      )
      let read = fk_features(values: own)
      switch precision {
      case .fp32: fk_gate_apply(own, read, residual, channel, spatial, count, image.channels, relu)
      case .bf16: fk_bf16_gate_apply(isa, own, read, residual, channel, spatial, count, image.channels, relu)
      }
    }
  }
}

extension CBAMGate {
  /// How the spatial gate's convolution is normalised where the statistics are given.
  static func runningScale(_ normalization: Normalization?) -> SpatialScaleState {
    guard let normalization else { return SpatialScaleState() }
    guard case .running(let mean, let variance) = normalization.statistics else {
      preconditionFailure("inference needs running statistics")
    }
    let inverseStd = 1 / (Double(variance[0]) + Double(normalization.epsilon)).squareRoot()
    return SpatialScaleState(
      mean: mean[0], inverseStd: Float(inverseStd), gamma: normalization.gamma[0],
      beta: normalization.beta[0])
  }
}
