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

extension Tape {
  /// `CBAMGate.forward`: x [N, H, W, C], gated; with a residual its sum; with `relu`, max(0, ·) of that.
  ///
  /// - Returns: the output, and what else the pass gives: its maps and, in training, the statistics for the spatial
  ///   gate's running ones.
  public func cbamGate(
    _ x: Variable, residual: Variable?, relu: Bool, channel: ChannelGateVariables?,
    spatial: SpatialGateVariables?
  ) -> (output: Variable, result: CBAMGate.Result) {
    let result = CBAMGate.forward(
      x.value, residual: residual?.value, relu: relu,
      parameters: CBAMGate.Parameters(channel: channel?.values, spatial: spatial?.values))
    let saved = result.saved
    // What is absent is no input, and its gradient is left out below in the same way.
    let all = [
      x, residual, channel?.w1, channel?.b1, channel?.w2, channel?.b2, spatial?.weight,
      spatial?.normalization?.gamma, spatial?.normalization?.beta,
    ]
    let isPresent = all.map { $0 != nil }
    let firstParameter = residual == nil ? 1 : 2
    let inputs = all.compactMap { $0 }
    let inputCount = inputs.count
    let output = record(result.output, inputs: inputs) { dOutput, needs in
      let needsParameters = (firstParameter..<inputCount).contains { needs[$0] }
      let g = CBAMGate.backward(dOutput, saved, needsParameters: needsParameters)
      let gradients = [g.input, g.residual, g.w1, g.b1, g.w2, g.b2, g.spatialWeight, g.gamma, g.beta]
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
