import FoveaTensor

/// The convolutional block attention module, fused: channel gate, spatial gate, and the residual block's addition and
/// ReLU behind them.
///
///     x       = BN(features), or the features                                    [N, H, W, C]
///     channel = sigmoid(MLP(average pool) + MLP(max pool))                       [N, C]
///     spatial = sigmoid(BN(convolution k×k of [max, mean] over the channels))    [N, H, W, 1]
///     output  = max(0, x · channel · spatial + residual)                         [N, H, W, C]
///
/// Either gate may be absent, and so may the normalisation, the residual and the ReLU. Images run in parallel, each while
/// it is in the cache; a training pass waits once for all images, in both directions, since the spatial gate's
/// normalisation looks at the whole batch, and on the way back once more for that of the features. With running statistics an image's result does not depend on its batch.
///
/// The gradient of a maximum goes to the first element that has it, in both pools.
///
/// - Note: Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018, equations 1 to 3. The normalisation in
///   the spatial gate and the order [max, mean] are those of the authors' code.
public enum CBAMGate {
  /// What the channel gate looks at.
  public struct ChannelPools: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let average = ChannelPools(rawValue: 1)
    public static let maximum = ChannelPools(rawValue: 2)
    public static let both: ChannelPools = [.average, .maximum]

    /// How many pools there are: how often the perceptron runs.
    var count: Int { rawValue.nonzeroBitCount }
  }

  /// The channel gate: one perceptron, shared by the pools.
  public struct Channel: Sendable {
    public var pools: ChannelPools
    /// [C, hidden]
    public var w1: Tensor
    /// [hidden], or nil for none.
    public var b1: Tensor?
    /// [hidden, C]
    public var w2: Tensor
    /// [C], or nil for none. It counts once for each pool.
    public var b2: Tensor?

    public init(pools: ChannelPools = .both, w1: Tensor, b1: Tensor? = nil, w2: Tensor, b2: Tensor? = nil) {
      self.pools = pools
      self.w1 = w1
      self.b1 = b1
      self.w2 = w2
      self.b2 = b2
    }
  }

  /// The statistics with which the spatial gate normalises.
  public enum Statistics: Sendable {
    /// Those of the batch: training.
    case batch
    /// Given ones: inference. Both [1].
    case running(mean: Tensor, variance: Tensor)
  }

  /// The batch normalisation of the spatial gate's one channel.
  public struct Normalization: Sendable {
    /// [1]
    public var gamma: Tensor
    /// [1]
    public var beta: Tensor
    /// Added to the variance.
    public var epsilon: Float
    public var statistics: Statistics

    public init(gamma: Tensor, beta: Tensor, epsilon: Float = 1e-5, statistics: Statistics) {
      self.gamma = gamma
      self.beta = beta
      self.epsilon = epsilon
      self.statistics = statistics
    }
  }

  /// The spatial gate: a convolution without bias, padded so that the map is as large as the image.
  public struct Spatial: Sendable {
    /// [k, k, 2, 1], k odd; input 0 is the maximum over the channels, input 1 the mean.
    public var weight: Tensor
    /// nil for none, as in the paper.
    public var normalization: Normalization?

    public init(weight: Tensor, normalization: Normalization? = nil) {
      self.weight = weight
      self.normalization = normalization
    }
  }

  public struct Parameters: Sendable {
    /// nil: every channel passes.
    public var channel: Channel?
    /// nil: every pixel passes.
    public var spatial: Spatial?

    public init(channel: Channel?, spatial: Spatial?) {
      self.channel = channel
      self.spatial = spatial
    }
  }

  /// What a forward pass returns.
  public struct Result: Sendable {
    /// [N, H, W, C], in the precision of the features.
    public let activations: Activations
    public var output: Tensor { activations.tensor }
    /// The channel gate in 0...1, [N, C]; nil where it is absent.
    public let channelMap: Tensor?
    /// The spatial gate in 0...1, [N, H, W, 1]; nil where it is absent.
    public let spatialMap: Tensor?
    /// The statistics of the spatial gate's convolution, [1], for the running ones; nil unless it normalised with
    /// those of the batch.
    public let spatialStatistics: ChannelStatistics?
    public let saved: Saved
  }

  /// Kept for backward beside the input and, where a ReLU made it, the output: of each gate what is small beside the input. The
  /// normalised and the gated features, the pools over the channels and the spatial map are computed again.
  public struct Saved: Sendable {
    let shape: Shape
    let transform: BatchNorm.Transform?
    let relu, hasResidual: Bool
    let parameters: Parameters
    let channel: ChannelState?
    let spatial: SpatialState?
  }

  struct ChannelState: Sendable {
    let map: Tensor  // [N, C]
    /// The pools, average first: [pools · N, C].
    let pooled: Tensor
    /// Behind the ReLU: [pools · N, hidden], and summed over the pools: [N, hidden].
    let hidden, hiddenSum: Tensor
    /// The first pixel that has each channel's maximum, [N, C] as integers; nil without that pool.
    let maximumPixel: Tensor?
    /// w1 as [hidden, C].
    let w1Transposed: Tensor
  }

  struct SpatialState: Sendable {
    /// Before the normalisation, [N, H, W].
    let convolved: Tensor
    let scale: SpatialScaleState
  }

  /// How the convolution's output is normalised: gain · (x − mean) + offset.
  struct SpatialScaleState: Sendable {
    var mean: Float = 0
    var inverseStd: Float = 1
    var gamma: Float = 1
    var beta: Float = 0

    var gain: Float { gamma * inverseStd }
  }

  /// The gradients of everything that a forward pass took; nil for what it did not have.
  public struct Gradients: Sendable {
    /// Of the features, before their normalisation: [N, H, W, C].
    public var input: Tensor
    /// Of the features' normalisation, [C].
    public var inputGamma: Tensor?
    /// [C]
    public var inputBeta: Tensor?
    /// [N, H, W, C]
    public var residual: Tensor?
    /// [C, hidden]
    public var w1: Tensor?
    /// [hidden]
    public var b1: Tensor?
    /// [hidden, C]
    public var w2: Tensor?
    /// [C]
    public var b2: Tensor?
    /// [k, k, 2, 1]
    public var spatialWeight: Tensor?
    /// [1]
    public var gamma: Tensor?
    /// [1]
    public var beta: Tensor?
  }

  /// - Parameters:
  ///   - x: the features, [N, H, W, C].
  ///   - transform: the batch normalisation of the features, without ReLU; nil where they are taken as they are.
  ///   - residual: what is added to the gated features, [N, H, W, C], or nil.
  ///   - relu: whether a ReLU ends the pass.
  public static func forward(
    _ x: Tensor, normalizedBy transform: BatchNorm.Transform? = nil, residual: Tensor? = nil,
    relu: Bool = false, parameters: Parameters
  ) -> Result {
    forward(
      Activations(x), normalizedBy: transform, residual: residual.map { Activations($0) }, relu: relu,
      parameters: parameters)
  }

  /// The same for activations. The output is stored as the features are.
  public static func forward(
    _ x: Activations, normalizedBy transform: BatchNorm.Transform?, residual: Activations?, relu: Bool,
    parameters: Parameters
  ) -> Result {
    let image = ImageExtent(x.shape)
    precondition(x.shape.count > 0, "no features in \(x.shape)")
    precondition(
      residual.map { $0.shape == x.shape } ?? true, "residual \(residual?.shape ?? []) of \(x.shape)")
    precondition(transform?.relu != true, "a ReLU between normalisation and gates")
    transform?.check(x.shape)
    parameters.check(channels: image.channels)
    let pass = ForwardPass(x, transform, residual: residual, relu: relu, parameters: parameters)
    return pass.run()
  }

  /// The output of a forward pass once more, to the bit, from its input, its residual and its maps.
  public static func output(_ x: Activations, residual: Activations?, _ saved: Saved) -> Activations {
    precondition(x.shape == saved.shape && saved.hasResidual == (residual != nil), "another pass's input")
    return End(x, saved.transform, residual: residual, relu: saved.relu).run(saved)
  }

  /// - Parameters:
  ///   - dOutput: the gradient of the output, [N, H, W, C].
  ///   - x: the same features as in the forward pass.
  ///   - output: what the forward pass returned, for the mask of its ReLU; nil without one.
  ///   - needsParameters: false leaves out the gradients of the gates' parameters.
  public static func backward(
    _ dOutput: Tensor, input x: Tensor, output: Tensor?, _ saved: Saved, needsParameters: Bool = true
  ) -> Gradients {
    var gradient = dOutput
    return backward(
      inPlaceOf: &gradient, input: Activations(x), output: output.map { Activations($0) }, saved,
      needsParameters: needsParameters)
  }

  /// The same for activations, in the memory of the output's gradient.
  ///
  /// - Parameter dOutput: is spent afterwards.
  public static func backward(
    inPlaceOf dOutput: inout Tensor, input x: Activations, output: Activations?, _ saved: Saved,
    needsParameters: Bool
  ) -> Gradients {
    precondition(
      dOutput.shape == saved.shape && x.shape == saved.shape,
      "gradient \(dOutput.shape) of \(x.shape), expected \(saved.shape)")
    precondition(
      saved.relu == (output != nil), "the output is needed for the mask of its ReLU, and for that alone")
    return BackwardPass(&dOutput, x, output, saved, needsParameters: needsParameters).run()
  }
}

extension CBAMGate.Parameters {
  /// Traps where shapes do not fit each other or the features' channels.
  func check(channels: Int) {
    if let channel {
      let hidden = channel.w1.shape[1]
      precondition(!channel.pools.isEmpty, "a channel gate without pools")
      precondition(
        channel.w1.shape == [channels, hidden] && channel.w2.shape == [hidden, channels],
        "w1 \(channel.w1.shape) and w2 \(channel.w2.shape) for \(channels) channels")
      precondition(
        channel.b1.map { $0.shape == [hidden] } ?? true, "b1 for \(hidden) hidden units")
      precondition(channel.b2.map { $0.shape == [channels] } ?? true, "b2 for \(channels) channels")
    }
    if let spatial {
      let k = spatial.weight.shape[0]
      precondition(
        k % 2 == 1 && spatial.weight.shape == [k, k, 2, 1],
        "spatial weight \(spatial.weight.shape) is not [k, k, 2, 1] with an odd k")
      if let normalization = spatial.normalization {
        precondition(normalization.gamma.count == 1 && normalization.beta.count == 1, "one channel")
      }
    }
  }
}
