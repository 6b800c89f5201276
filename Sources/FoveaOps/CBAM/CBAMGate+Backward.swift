import CFoveaKernels
import FoveaTensor

extension CBAMGate {
  /// One backward pass over a batch: everything of the forward pass in reverse.
  ///
  /// For each image: the gradient behind the ReLU and that of the spatial map; then, once the sums that the
  /// normalisation needs are known, back through the convolution, the pools over the channels, the perceptron and
  /// the pools over the pixels. Every image leaves its own partial sums, which are added in the order of the images.
  final class BackwardPass {
    private let image: ImageExtent
    private let saved: Saved
    private let needsParameters: Bool
    private let features: Features
    private let x: Activations
    private let dOutput: Source
    private let output: Features?
    /// Behind the ReLU: the gradient of the sum, and of the residual.
    private let dResidual: Buffer?
    private let dInput: Buffer
    /// Where the gradient behind the ReLU goes.
    private let masked: MutableFloats
    private let channel: ChannelBackward?
    private let spatial: SpatialBackward?
    /// Stand in for the maps and the gradients of absent gates.
    private let ones, zeros: Buffer

    init(
      _ dOutput: inout Tensor, _ x: Activations, _ output: Activations?, _ saved: Saved, needsParameters: Bool
    ) {
      image = ImageExtent(x.shape)
      self.saved = saved
      self.needsParameters = needsParameters
      features = Features(x, saved.transform)
      self.x = x
      self.output = output.map { Features($0, nil) }
      dInput = Buffer(saved.shape)
      // Without a ReLU the residual's gradient is the output's; with one it takes its place. Without a residual the masked
      // gradient needs no place of its own, for the input's gradient overwrites it element by element.
      if output != nil && saved.hasResidual {
        let place = Buffer(taking: &dOutput)
        dResidual = place
        self.dOutput = Source(place)
      } else {
        dResidual = nil
        self.dOutput = Source(dOutput)
      }
      masked = (dResidual ?? dInput).floats
      channel = saved.channel.map { [image] in ChannelBackward($0, saved.parameters.channel!, image) }
      spatial = saved.spatial.map { [image] in
        SpatialBackward($0, saved.parameters.spatial!, image, needsWeight: needsParameters)
      }
      ones = Buffer(repeating: 1, [max(image.channels, image.pixels)])
      zeros = Buffer(repeating: 0, [image.pixels])
    }

    func run() -> Gradients {
      defer { withExtendedLifetime(self) {} }
      var featureSums = [Double](
        repeating: 0, count: saved.transform == nil ? 0 : 2 * image.channels * image.count)
      let total = featureSums.withUnsafeMutableBufferPointer { throughGates($0.baseAddress) }
      var gradients = gradients(total)
      guard let transform = saved.transform else { return gradients }
      let sums = BatchNorm.GradientSums(adding: featureSums, channels: image.channels)
      // The gradient of the normalised features becomes that of the features in its own place.
      BatchNorm.inputGradient(dInput.floats, dInput.floats, x, transform, transform.correction(sums))
      gradients.inputGamma = sums.dGamma(transform)
      gradients.inputBeta = sums.dBeta
      return gradients
    }

    /// Up to the normalised features.
    ///
    /// - Parameter featureSums: gets of each image what the gradient of their normalisation needs; nil without one.
    /// - Returns: what the gradient of the spatial gate's normalisation needed.
    private func throughGates(_ featureSums: UnsafeMutablePointer<Double>?) -> [Double] {
      var sums = [Double](repeating: 0, count: 2 * image.count)
      var total: [Double] = []
      sums.withUnsafeMutableBufferPointer { sums in
        let sums = sums.baseAddress!
        if let spatial, spatial.dependsOnBatch {
          WorkerPool.shared.forEach(image.count) { n in mask(n, sums + 2 * n) }
          total = spatialSums(sums)
          let correction = spatial.correction(total)
          WorkerPool.shared.forEach(image.count, backwards: true) { propagate($0, correction, featureSums) }
        } else {
          WorkerPool.shared.forEach(image.count) { n in
            mask(n, sums + 2 * n)
            propagate(n, .none, featureSums)
          }
          total = spatialSums(sums)
        }
      }
      return total
    }

    private func spatialSums(_ sums: UnsafeMutablePointer<Double>) -> [Double] {
      sum(of: Array(UnsafeBufferPointer(start: sums, count: 2 * image.count)), width: 2)
    }

    /// The gradient behind the ReLU, and that of the spatial gate before its sigmoid.
    ///
    /// - Parameter sums: gets what the normalisation's gradient needs of this image.
    private func mask(_ n: Int, _ sums: UnsafeMutablePointer<Double>) {
      let start = n * image.floats
      features.withFloats(of: n) { features in
        withScratch(spatial == nil ? image.pixels : 0) { unused in
          func run(_ output: Floats?) {
            fk_gate_apply_backward(
              spatial.map { $0.dMap.floats + n * image.pixels } ?? unused,
              masked + start, dOutput.floats + start, output, features, channelMap(n),
              image.pixels, image.channels)
          }
          if let output { output.withFloats(of: n) { run($0.values) } } else { run(nil) }
        }
      }
      spatial?.throughSigmoid(n, sums)
    }

    /// From there back to the normalised features.
    private func propagate(
      _ n: Int, _ correction: SpatialBackward.Correction, _ featureSums: UnsafeMutablePointer<Double>?
    ) {
      let start = n * image.floats
      let masked = output == nil ? dOutput.floats : Floats(masked)
      withUnsafeTemporaryAllocation(of: Double.self, capacity: image.channels) { dChannel in
        features.withFloats(of: n) { features in
          func run(_ map: Floats, dMean: Floats, dMaximum: Floats, where place: UnsafePointer<Int32>) {
            fk_gate_scaled_backward(
              dInput.floats + start, dChannel.baseAddress, masked + start, features, map, dMean, dMaximum,
              place,
              image.pixels, image.channels)
          }
          guard let spatial else {
            return run(
              ones.floats, dMean: zeros.floats, dMaximum: zeros.floats, where: UnsafePointer(zeros.indices))
          }
          withScratch(PooledChannels.count(image)) {
            let pooled = PooledChannels(features, channelMap(n), image, in: $0)
            spatial.withGradients(of: n, pooled, correction) { dMaximum, dMean in
              run(
                spatial.map.floats + n * image.pixels, dMean: dMean, dMaximum: dMaximum,
                where: pooled.maximumChannel)
            }
          }
        }
        channel?.run(n, dChannel.baseAddress!, dInput.floats + start)
      }
      if let featureSums {
        features.gradientSums(n, dInput.floats + start, featureSums + 2 * image.channels * n)
      }
    }

    private func channelMap(_ n: Int) -> Floats {
      channel.map { $0.map.floats + n * image.channels } ?? Floats(ones.floats)
    }

    private func gradients(_ sums: [Double]) -> Gradients {
      var gradients = Gradients(input: dInput.tensor)
      if saved.hasResidual { gradients.residual = dResidual?.tensor ?? dOutput.tensor }
      if needsParameters {
        channel?.addParameters(to: &gradients)
        spatial?.addParameters(to: &gradients, sums)
      }
      return gradients
    }
  }

  /// The channel gate of a backward pass.
  final class ChannelBackward {
    private let image: ImageExtent
    private let gate: Channel
    private let state: ChannelState
    private let hiddenCount: Int
    let map: Source
    private let hidden, w1Transposed, w2: Source
    private let maximumPixel: Source?
    /// [N, C]: the gradient before the sigmoid.
    private let dSum: Buffer
    /// [pools · N, hidden]: the gradient before the perceptron's ReLU.
    private let dHidden: Buffer

    init(_ state: ChannelState, _ gate: Channel, _ image: ImageExtent) {
      self.image = image
      self.gate = gate
      self.state = state
      hiddenCount = gate.w1.shape[1]
      map = Source(state.map)
      hidden = Source(state.hidden)
      w1Transposed = Source(state.w1Transposed)
      w2 = Source(gate.w2)
      maximumPixel = state.maximumPixel.map { Source($0) }
      dSum = Buffer(state.map.shape)
      dHidden = Buffer(state.hidden.shape)
    }

    /// - Parameters:
    ///   - dChannel: the gradient of image `n`'s channel map, [C].
    ///   - gradient: of the gated features; becomes that of the input.
    func run(_ n: Int, _ dChannel: UnsafePointer<Double>, _ gradient: MutableFloats) {
      let own = n * image.channels
      fk_gate_channel_backward(dSum.floats + own, dChannel, map.floats + own, image.channels)
      let pools = gate.pools.count
      withScratch(pools * image.channels) { dPooled in
        for pool in 0..<pools {
          let row = (pool * image.count + n) * hiddenCount
          let isAverage = pool == 0 && gate.pools.contains(.average)
          fk_gate_hidden_backward(
            dHidden.floats + row, dPooled + pool * image.channels, dSum.floats + own, hidden.floats + row,
            w1Transposed.floats, w2.floats, hiddenCount, image.channels,
            isAverage ? 1 / Float(image.pixels) : 1)
        }
        fk_gate_input_backward(
          gradient, gradient, map.floats + own, gate.pools.contains(.average) ? Floats(dPooled) : nil,
          maximumPixel.map { _ in Floats(dPooled) + (pools - 1) * image.channels },
          maximumPixel.map { $0.indices + own }, image.pixels, image.channels)
      }
    }

    /// The perceptron's gradients are plain products over the batch.
    func addParameters(to gradients: inout Gradients) {
      let first = Linear.backward(dHidden.tensor, x: state.pooled, weight: gate.w1, needs: [.weight, .bias])
      let second = Linear.backward(dSum.tensor, x: state.hiddenSum, weight: gate.w2, needs: [.weight, .bias])
      gradients.w1 = first.dWeight
      gradients.w2 = second.dWeight
      if gate.b1 != nil { gradients.b1 = first.dBias }
      if gate.b2 != nil, let dBias = second.dBias {
        gradients.b2 = Tensor(dBias.scalars.map { Float(gate.pools.count) * $0 }, shape: dBias.shape)
      }
    }
  }

  /// What the spatial gate saw of one image, and where: the pools over its gated channels.
  struct PooledChannels {
    /// [H, W]
    let maximum, mean: Floats
    /// The first channel that has the maximum.
    let maximumChannel: UnsafePointer<Int32>

    /// Floats that it takes.
    static func count(_ image: ImageExtent) -> Int { 3 * image.pixels }

    /// - Parameters:
    ///   - features: [H, W, C].
    ///   - channel: their channel map, [C].
    ///   - place: where it lies.
    init(_ features: fk_features, _ channel: Floats, _ image: ImageExtent, in place: MutableFloats) {
      let indices = UnsafeMutableRawPointer(place + 2 * image.pixels).assumingMemoryBound(to: Int32.self)
      fk_pool_channels(
        features, channel, image.pixels, image.channels, place, place + image.pixels, 1, indices)
      maximum = Floats(place)
      mean = Floats(place + image.pixels)
      maximumChannel = UnsafePointer(indices)
    }
  }

  /// The spatial gate of a backward pass.
  final class SpatialBackward {
    /// What the dependence of the batch's statistics on every pixel adds to a gradient: constant + slope · (x − mean).
    struct Correction {
      var constant, slope: Float
      static let none = Correction(constant: 0, slope: 0)
    }

    private let image: ImageExtent
    private let gate: Spatial
    private let scale: SpatialScaleState
    private let plane: fk_plane
    /// [N, H, W], of the images that have gone through the sigmoid.
    let map: Buffer
    private let convolved: Source
    /// [2, k, k], turned by half a turn, the mean's divided by C.
    private let turnedWeights: Source
    /// [N, H, W]: the gradient of the map, then that before the sigmoid.
    let dMap: Buffer
    /// [N, 2, k, k]; nil where it is not needed.
    private let dWeights: Buffer?

    init(_ state: SpatialState, _ gate: Spatial, _ image: ImageExtent, needsWeight: Bool) {
      self.image = image
      self.gate = gate
      scale = state.scale
      let k = gate.weight.shape[0]
      plane = fk_plane(height: image.height, width: image.width, k: k)
      map = Buffer([image.count, image.height, image.width])
      convolved = Source(state.convolved)
      var turned = gate.weight.transposed([2, 0, 1, 3]).scalars
      turned[..<(k * k)].reverse()
      turned[(k * k)...].reverse()
      for tap in k * k..<2 * k * k { turned[tap] /= Float(image.channels) }
      turnedWeights = Source(Tensor(turned, shape: [2, k, k]))
      dMap = Buffer([image.count, image.height, image.width])
      dWeights = needsWeight ? Buffer([image.count, 2, k, k]) : nil
    }

    /// Whether the normalisation used the statistics of the batch.
    var dependsOnBatch: Bool {
      if case .batch? = gate.normalization?.statistics { true } else { false }
    }

    /// - Parameter sums: gets Σ dz and Σ dz · (x − mean) of image `n`.
    func throughSigmoid(_ n: Int, _ sums: UnsafeMutablePointer<Double>) {
      let own = n * image.pixels
      fk_plane_sigmoid(map.floats + own, convolved.floats + own, image.pixels, scale.affine)
      fk_plane_sigmoid_backward(
        dMap.floats + own, map.floats + own, convolved.floats + own, image.pixels, scale.mean, sums, sums + 1)
    }

    /// - Parameter sums: Σ dz and Σ dz · (x − mean) of the batch.
    func correction(_ sums: [Double]) -> Correction {
      let share = -Double(scale.gain) / Double(image.count * image.pixels)
      let inverseVariance = Double(scale.inverseStd) * Double(scale.inverseStd)
      return Correction(
        constant: Float(share * sums[0]), slope: Float(share * inverseVariance * sums[1]))
    }

    /// Back through the convolution.
    ///
    /// - Parameters:
    ///   - pooled: what the gate saw of image `n`.
    ///   - body: gets the gradients of the image's pools over the channels, [H, W] both: that of the maximum, and the share of
    ///     each channel in that of the mean.
    func withGradients(
      of n: Int, _ pooled: PooledChannels, _ correction: Correction,
      _ body: (_ dMaximum: Floats, _ dMean: Floats) -> Void
    ) {
      let (own, pixels) = (n * image.pixels, image.pixels)
      let size = fk_plane_floats(plane)
      withScratch(2 * (size + pixels)) { pools in
        let dConvolved = pools + 2 * pixels
        fk_plane_normalize_backward(
          dConvolved, dMap.floats + own, convolved.floats + own, plane, scale.affine, correction.constant,
          correction.slope)
        for pool in 0..<2 {
          let taps = plane.k * plane.k
          fk_plane_correlate(
            pools + pool * pixels, dConvolved, 1, turnedWeights.floats + pool * taps, plane)
          guard let dWeights else { continue }
          let input = dConvolved + size
          fk_plane_pad(input, pool == 0 ? pooled.maximum : pooled.mean, plane)
          fk_plane_correlate_weights(dWeights.floats + (2 * n + pool) * taps, input, dConvolved, plane)
        }
        body(pools, pools + pixels)
      }
    }

    func addParameters(to gradients: inout Gradients, _ sums: [Double]) {
      if let dWeights {
        let k = plane.k
        var total = [Double](repeating: 0, count: 2 * k * k)
        for n in 0..<image.count {
          let partial = dWeights.floats + n * total.count
          for tap in total.indices { total[tap] += Double(partial[tap]) }
        }
        gradients.spatialWeight = Tensor(total.map { Float($0) }, shape: [2, k, k]).transposed([1, 2, 0])
          .reshaped([k, k, 2, 1])
      }
      if gate.normalization != nil {
        gradients.beta = Tensor([Float(sums[0])], shape: [1])
        gradients.gamma = Tensor([Float(sums[1] * Double(scale.inverseStd))], shape: [1])
      }
    }
  }
}
