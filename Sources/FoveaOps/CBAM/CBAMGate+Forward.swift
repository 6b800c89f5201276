import CFoveaKernels
import FoveaTensor

extension CBAMGate {
  /// One forward pass over a batch.
  ///
  /// For each image: pools over its pixels, the perceptron, pools over its gated channels, the convolution; then,
  /// once the statistics are known, the spatial map and the output.
  final class ForwardPass {
    private let image: ImageExtent
    private let parameters: Parameters
    private let end: End
    private let channel: ChannelForward?
    private let spatial: SpatialForward?
    /// Stands in for the map of an absent gate.
    private let ones: Buffer

    init(
      _ x: Activations, _ transform: BatchNorm.Transform?, residual: Activations?, relu: Bool,
      parameters: Parameters
    ) {
      image = ImageExtent(x.shape)
      self.parameters = parameters
      end = End(x, transform, residual: residual, relu: relu)
      channel = parameters.channel.map { [image] in ChannelForward($0, image) }
      spatial = parameters.spatial.map { [image] in SpatialForward($0, image) }
      ones = Buffer(repeating: 1, [max(image.channels, image.pixels)])
    }

    func run() -> Result {
      defer { withExtendedLifetime(self) {} }
      guard let spatial else {
        WorkerPool.shared.forEach(image.count) { n in
          if let channel { end.features.withFloats(of: n) { channel.run(n, $0) } }
          apply(n)
        }
        return result(nil, nil)
      }
      if let known = spatial.knownScale {
        WorkerPool.shared.forEach(image.count) { n in
          gate(n, spatial)
          spatial.finish(n, known)
          apply(n)
        }
        return result(nil, spatial.state(known))
      }
      let statistics = gatedStatistics(spatial)
      let scale = spatial.scale(statistics)
      // Backwards, since the last images are still in the cache.
      WorkerPool.shared.forEach(image.count, backwards: true) { n in
        spatial.finish(n, scale)
        apply(n)
      }
      return result(statistics, spatial.state(scale))
    }

    /// Everything in an image up to the convolution.
    private func gate(_ n: Int, _ spatial: SpatialForward) {
      end.features.withFloats(of: n) { features in
        channel?.run(n, features)
        spatial.convolve(n, features, channel: channelMap(n))
      }
    }

    /// The same for all images, and the statistics of the convolution's output.
    private func gatedStatistics(_ spatial: SpatialForward) -> ChannelStatistics {
      var moments = [Double](repeating: 0, count: 2 * image.count)
      moments.withUnsafeMutableBufferPointer { moments in
        let moments = moments.baseAddress!
        WorkerPool.shared.forEach(image.count) { n in
          gate(n, spatial)
          fk_plane_moments(
            spatial.convolved.floats + n * image.pixels, image.pixels, moments + 2 * n, moments + 2 * n + 1)
        }
      }
      let images = RowPieces(rows: image.count * image.pixels, rowsPerPiece: image.pixels)
      return ChannelStatistics(merging: moments, of: images, channels: 1)
    }

    private func apply(_ n: Int) {
      let spatialMap = spatial.map { Floats($0.map.floats) + n * image.pixels } ?? Floats(ones.floats)
      end.run(n, channel: channelMap(n), spatial: spatialMap)
    }

    private func channelMap(_ n: Int) -> Floats {
      channel.map { Floats($0.map.floats) + n * image.channels } ?? Floats(ones.floats)
    }

    private func result(_ statistics: ChannelStatistics?, _ spatialState: SpatialState?) -> Result {
      let saved = Saved(
        shape: end.features.shape, transform: end.features.transform, relu: end.relu,
        hasResidual: end.residual != nil, parameters: parameters, channel: channel?.state,
        spatial: spatialState)
      return Result(
        activations: end.activations, channelMap: saved.channel?.map, spatialMap: spatial?.map.tensor,
        spatialStatistics: statistics, saved: saved)
    }
  }

  /// The end of a forward pass, where the maps are known: the features times both, the residual, the ReLU.
  final class End {
    let features: Features
    /// Floats or units, as the features are.
    let residual: Source?
    let relu: Bool
    private let output: Buffer
    private let image: ImageExtent
    private let isa = fk_selected()

    init(_ x: Activations, _ transform: BatchNorm.Transform?, residual: Activations?, relu: Bool) {
      features = Features(x, transform)
      self.residual = residual.map { Source($0.stored(in: x.precision).values) }
      self.relu = relu
      output = Buffer(x.values.shape)
      image = ImageExtent(x.shape)
    }

    /// The output, once all images have run.
    var activations: Activations {
      features.precision == .fp32 ? Activations(output.tensor) : Activations(units: output.tensor)
    }

    /// - Parameters:
    ///   - channel: image `n`'s channel map, [C].
    ///   - spatial: its spatial map, [H, W].
    func run(_ n: Int, channel: Floats, spatial: Floats) {
      switch features.precision {
      case .fp32:
        let first = n * image.floats
        fk_gate_apply(
          output.floats + first, features.image(n), residual.map { $0.floats + first }, channel, spatial,
          image.pixels, image.channels, relu)
      case .bf16:
        let first = n * image.floats / 2
        fk_bf16_gate_apply(
          isa, output.floats + first, features.image(n), residual.map { $0.floats + first }, channel, spatial,
          image.pixels, image.channels, relu)
      }
    }

    /// All images once more.
    func run(_ saved: Saved) -> Activations {
      let ones = Source(Tensor(repeating: 1, shape: [max(image.channels, image.pixels)]))
      let channel = saved.channel.map { Source($0.map) }
      let convolved = saved.spatial.map { Source($0.convolved) }
      WorkerPool.shared.forEach(image.count) { n in
        let channel = channel.map { $0.floats + n * image.channels } ?? ones.floats
        guard let convolved, let spatial = saved.spatial else {
          return run(n, channel: channel, spatial: ones.floats)
        }
        withScratch(image.pixels) { map in
          fk_plane_sigmoid(map, convolved.floats + n * image.pixels, image.pixels, spatial.scale.affine)
          run(n, channel: channel, spatial: map)
        }
      }
      withExtendedLifetime((ones, channel, convolved)) {}
      return activations
    }
  }

  /// The channel gate of a forward pass.
  final class ChannelForward {
    private let image: ImageExtent
    private let hiddenCount: Int
    private let pools: ChannelPools
    private let w1Transposed, w2: Source
    private let b1, bias: Source?
    let map: Buffer
    private let pooled, hidden, hiddenSum: Buffer
    private let maximumPixel: Buffer?

    init(_ gate: Channel, _ image: ImageExtent) {
      self.image = image
      hiddenCount = gate.w1.shape[1]
      pools = gate.pools
      w1Transposed = Source(gate.w1.transposed([1, 0]))
      w2 = Source(gate.w2)
      b1 = gate.b1.map { Source($0) }
      // The output bias counts once for each pool.
      bias = gate.b2.map { b2 in
        Source(Tensor(b2.scalars.map { Float(gate.pools.count) * $0 }, shape: b2.shape))
      }
      map = Buffer([image.count, image.channels])
      pooled = Buffer([pools.count * image.count, image.channels])
      hidden = Buffer([pools.count * image.count, hiddenCount])
      hiddenSum = Buffer([image.count, hiddenCount])
      maximumPixel = pools.contains(.maximum) ? Buffer([image.count, image.channels]) : nil
    }

    /// - Parameter features: of image `n`.
    func run(_ n: Int, _ features: fk_features) {
      let own = n * image.channels
      let last = own + (pools.count - 1) * image.count * image.channels
      fk_pool_pixels(
        features, image.pixels, image.channels, pools.contains(.average) ? pooled.floats + own : nil,
        maximumPixel.map { _ in pooled.floats + last }, maximumPixel.map { $0.indices + own })
      let sum = hiddenSum.floats + n * hiddenCount
      sum.update(repeating: 0, count: hiddenCount)
      for pool in 0..<pools.count {
        let row = pool * image.count + n
        let units = hidden.floats + row * hiddenCount
        fk_gate_hidden(
          units, pooled.floats + row * image.channels, w1Transposed.floats, b1?.floats, hiddenCount,
          image.channels)
        for unit in 0..<hiddenCount { sum[unit] += units[unit] }
      }
      fk_gate_channel(
        map.floats + own, sum, w2.floats, image.channels, bias?.floats, hiddenCount, image.channels)
    }

    var state: ChannelState {
      ChannelState(
        map: map.tensor, pooled: pooled.tensor, hidden: hidden.tensor, hiddenSum: hiddenSum.tensor,
        maximumPixel: maximumPixel?.tensor, w1Transposed: w1Transposed.tensor)
    }
  }

  /// The spatial gate of a forward pass.
  final class SpatialForward {
    private let image: ImageExtent
    private let gate: Spatial
    private let plane: fk_plane
    /// [2, k, k]
    private let weights: Source
    let map, convolved: Buffer

    init(_ gate: Spatial, _ image: ImageExtent) {
      self.image = image
      self.gate = gate
      let k = gate.weight.shape[0]
      plane = fk_plane(height: image.height, width: image.width, k: k)
      weights = Source(gate.weight.transposed([2, 0, 1, 3]))
      map = Buffer([image.count, image.height, image.width, 1])
      convolved = Buffer([image.count, image.height, image.width])
    }

    /// How to normalise, where that is known before the batch is; nil where the batch decides.
    var knownScale: SpatialScaleState? {
      guard let normalization = gate.normalization else { return SpatialScaleState() }
      guard case .running(let mean, let variance) = normalization.statistics else { return nil }
      return scale(mean: mean[0], variance: variance[0], normalization)
    }

    /// How to normalise with the statistics of the batch.
    func scale(_ statistics: ChannelStatistics) -> SpatialScaleState {
      scale(mean: statistics.mean[0], variance: statistics.variance[0], gate.normalization!)
    }

    private func scale(mean: Float, variance: Float, _ normalization: Normalization) -> SpatialScaleState {
      let inverseStd = 1 / (Double(variance) + Double(normalization.epsilon)).squareRoot()
      return SpatialScaleState(
        mean: mean, inverseStd: Float(inverseStd), gamma: normalization.gamma[0],
        beta: normalization.beta[0])
    }

    /// - Parameters:
    ///   - features: of image `n`, [H, W, C].
    ///   - channel: its channel map, [C].
    func convolve(_ n: Int, _ features: fk_features, channel: Floats) {
      let size = fk_plane_floats(plane)
      let pixels = image.pixels
      withScratch(2 * (size + pixels)) { pools in
        let padded = pools + 2 * pixels
        fk_gate_pool_channels(pools, pools + pixels, features, channel, pixels, image.channels)
        fk_plane_pad(padded, pools, plane)
        fk_plane_pad(padded + size, pools + pixels, plane)
        fk_plane_correlate(convolved.floats + n * pixels, padded, 2, weights.floats, plane)
      }
    }

    func finish(_ n: Int, _ scale: SpatialScaleState) {
      let own = n * image.pixels
      fk_plane_sigmoid(map.floats + own, convolved.floats + own, image.pixels, scale.affine)
    }

    func state(_ scale: SpatialScaleState) -> SpatialState {
      SpatialState(convolved: convolved.tensor, scale: scale)
    }
  }
}

extension CBAMGate.SpatialScaleState {
  var affine: fk_affine { fk_affine(mean: mean, gain: gain, offset: beta) }
}
