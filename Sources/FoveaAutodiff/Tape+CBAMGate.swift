import FoveaOps
import FoveaTensor

/// The variables of a channel gate: see `CBAMGate.Channel` for their shapes.
public struct ChannelGateVariables {
  public var pools: CBAMGate.ChannelPools
  public var w1: Variable
  public var b1: Variable?
  public var w2: Variable
  public var b2: Variable?

  public init(pools: CBAMGate.ChannelPools, w1: Variable, b1: Variable?, w2: Variable, b2: Variable?) {
    self.pools = pools
    self.w1 = w1
    self.b1 = b1
    self.w2 = w2
    self.b2 = b2
  }
}

/// The variables of a spatial gate: see `CBAMGate.Spatial` for their shapes.
public struct SpatialGateVariables {
  public struct Normalization {
    public var gamma: Variable
    public var beta: Variable
    public var epsilon: Float
    public var statistics: CBAMGate.Statistics

    public init(gamma: Variable, beta: Variable, epsilon: Float, statistics: CBAMGate.Statistics) {
      self.gamma = gamma
      self.beta = beta
      self.epsilon = epsilon
      self.statistics = statistics
    }
  }

  public var weight: Variable
  public var normalization: Normalization?

  public init(weight: Variable, normalization: Normalization?) {
    self.weight = weight
    self.normalization = normalization
  }
}

/// The variables of the batch normalisation in front of the gates.
public struct FeatureNormVariables {
  /// [C]
  public var gamma, beta: Variable
  public var epsilon: Float
  /// Of the features.
  public var statistics: ChannelStatistics

  public init(gamma: Variable, beta: Variable, epsilon: Float, statistics: ChannelStatistics) {
    self.gamma = gamma
    self.beta = beta
    self.epsilon = epsilon
    self.statistics = statistics
  }

  fileprivate var transform: BatchNorm.Transform {
    BatchNorm.Transform(
      gamma: gamma.value, beta: beta.value, statistics: statistics, epsilon: epsilon, relu: false)
  }
}

extension Tape {
  /// `CBAMGate.forward`: x [N, H, W, C], normalised where that is asked for, gated; with a residual its sum; with `relu`,
  /// max(0, ·) of that. Without gates it is the sum alone.
  ///
  /// - Parameter keepsOutput: whether the output is kept for backward; otherwise it is computed again, from `x`, the
  ///   residual and the maps, in one sweep.
  /// - Returns: the output, and what else the pass gives: its maps and, in training, the statistics for the spatial
  ///   gate's running ones.
  public func cbamGate(
    _ x: Variable, normalization: FeatureNormVariables? = nil, residual: Variable?, relu: Bool,
    channel: ChannelGateVariables?, spatial: SpatialGateVariables?, keepsOutput: Bool = true
  ) -> (output: Variable, result: CBAMGate.Result) {
    let result = CBAMGate.forward(
      x.activations, normalizedBy: normalization?.transform, residual: residual?.activations, relu: relu,
      parameters: CBAMGate.Parameters(channel: channel?.values, spatial: spatial?.values))
    let (input, added, saved) = (x.saved, residual?.saved, result.saved)
    let kept =
      keepsOutput
      ? SavedValue(result.activations)
      : SavedValue { CBAMGate.output(input.activations, residual: added?.activations, saved) }
    // What is absent is no input, and its gradient is left out below in the same way.
    let all = [
      x, residual, normalization?.gamma, normalization?.beta, channel?.w1, channel?.b1, channel?.w2,
      channel?.b2, spatial?.weight,
      spatial?.normalization?.gamma, spatial?.normalization?.beta,
    ]
    let isPresent = all.map { $0 != nil }
    let firstParameter = isPresent.prefix(4).count { $0 }
    let inputs = all.compactMap { $0 }
    let inputCount = inputs.count
    let output = record(result.activations, inputs: inputs, saved: kept) { dOutput, needs in
      let needsParameters = (firstParameter..<inputCount).contains { needs[$0] }
      let g = CBAMGate.backward(
        inPlaceOf: &dOutput, input: input.activations, output: relu ? kept.activations : nil, saved,
        needsParameters: needsParameters)
      let gradients = [
        g.input, g.residual, g.inputGamma, g.inputBeta, g.w1, g.b1, g.w2, g.b2, g.spatialWeight, g.gamma,
        g.beta,
      ]
      return zip(gradients, isPresent).compactMap { gradient, isPresent in isPresent ? .some(gradient) : nil }
    }
    return (output, result)
  }
}

extension ChannelGateVariables {
  fileprivate var values: CBAMGate.Channel {
    CBAMGate.Channel(pools: pools, w1: w1.value, b1: b1?.value, w2: w2.value, b2: b2?.value)
  }
}

extension SpatialGateVariables {
  fileprivate var values: CBAMGate.Spatial {
    CBAMGate.Spatial(
      weight: weight.value,
      normalization: normalization.map {
        CBAMGate.Normalization(
          gamma: $0.gamma.value, beta: $0.beta.value, epsilon: $0.epsilon, statistics: $0.statistics)
      })
  }
}
