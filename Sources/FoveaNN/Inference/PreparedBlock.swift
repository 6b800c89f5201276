import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// A residual block of an `InferenceNetwork`.
struct PreparedBlock {
  private enum Shortcut {
    case identity
    case projection(PreparedConvolution)
    case padding(stride: Int, outChannels: Int)
  }

  private enum Attention {
    case none
    case fused(PreparedGate)
    /// A configuration that the fused gate does not compute: from single operations.
    case composed(CBAM)
  }

  private let name: String
  private let convolutions: [PreparedConvolution]
  private let shortcut: Shortcut
  private let attention: Attention

  func outputShape(of input: Shape) -> Shape { convolutions.reduce(input) { $1.outputShape(of: $0) } }

  init(_ block: any ResidualBlock, _ engine: EngineOptions) {
    name = block.name
    convolutions = block.convolutions.map { PreparedConvolution($0.convolution, $0.norm, engine) }
    shortcut =
      switch block.shortcut {
      case .identity: .identity
      case .projection(let convolution, let norm):
        .projection(PreparedConvolution(convolution, norm, engine))
      case .padding(let stride, let outChannels): .padding(stride: stride, outChannels: outChannels)
      }
    attention =
      switch block.attention {
      case nil: .none
      case let cbam? where cbam.isFusable: .fused(PreparedGate(cbam.inferenceParameters))
      case let cbam?: .composed(cbam)
      }
  }

  /// Floats of its convolutions' weights.
  var weightCount: Int { allConvolutions.reduce(0) { $0 + $1.weightShape.count } }

  /// Its convolutions in the order of `ResidualBlock.allConvolutions`, with the shapes of their inputs.
  ///
  /// - Parameter input: of the block.
  func convolutions(for input: Shape) -> [(convolution: PreparedConvolution, input: Shape)] {
    var shape = input
    var all = convolutions.map { convolution in
      defer { shape = convolution.outputShape(of: shape) }
      return (convolution, shape)
    }
    if case .projection(let convolution) = shortcut { all.append((convolution, input)) }
    return all
  }

  /// The weights that it begins with.
  var ahead: Ahead {
    if case .projection(let convolution) = shortcut { convolution.ahead } else { convolutions[0].ahead }
  }

  /// Channels of what goes into a convolution or comes out of it.
  var channelCounts: [Int] { allConvolutions.flatMap { [$0.inChannels, $0.outChannels] } }

  private var allConvolutions: [PreparedConvolution] {
    guard case .projection(let convolution) = shortcut else { return convolutions }
    return convolutions + [convolution]
  }

  /// x [N, H, W, C] → [N, H', W', O], and what the block attended to, where it has attention and it was asked for.
  ///
  /// - Parameters:
  ///   - precision: that all its activations are stored in.
  ///   - later: what the last convolution fetches meanwhile; the others fetch what comes next here. Nil for nothing of both.
  func callAsFunction(
    _ x: Activations, storing precision: EngineOptions.Precision, fetching later: Ahead?,
    recordsAttention: Bool
  ) -> (output: Activations, attention: AttentionRecord?) {
    let passed =
      switch shortcut {
      case .identity: x
      case .projection(let convolution):
        convolution(
          x, relu: false, storing: precision, fetching: later == nil ? .none : convolutions[0].ahead)
      case .padding(let stride, let outChannels):
        PaddingShortcut.forward(x, stride: stride, outChannels: outChannels)
      }
    var features = x
    for (convolution, next) in zip(convolutions, convolutions.dropFirst()) {
      features = convolution(
        features, relu: true, storing: precision, fetching: later == nil ? .none : next.ahead)
    }
    let last = convolutions[convolutions.count - 1]
    switch attention {
    case .none:
      return (
        last(features, residual: passed, relu: true, storing: precision, fetching: later ?? .none), nil
      )
    case .fused(let gate):
      features = last(
        features, relu: false, storing: precision, fetching: later.map { gate.ahead + $0 } ?? .none)
      let maps = gate.apply(to: &features, residual: passed, relu: true)
      let record = AttentionRecord(block: name, spatial: maps.spatial, channel: maps.channel)
      return (features, recordsAttention ? record : nil)
    case .composed(let cbam):
      let context = Context(.inference)
      context.recordsAttention = recordsAttention
      let output = cbam(
        context.tape.constant(last(features, relu: false).tensor),
        shortcut: context.tape.constant(passed.tensor), block: name, context)
      return (Activations(output.value).stored(in: precision), context.attention.first)
    }
  }
}

extension ResidualBlock {
  /// Those of the block, then that of a projection.
  var allConvolutions: [Conv2DLayer] {
    let own = convolutions.map(\.convolution)
    guard case .projection(let convolution, _) = shortcut else { return own }
    return own + [convolution]
  }
}

extension PreparedConvolution {
  /// A layer with the batch normalisation behind it.
  convenience init(_ layer: Conv2DLayer, _ norm: BatchNorm2D, _ engine: EngineOptions) {
    self.init(
      folding: .init(
        gamma: norm.gamma.value, beta: norm.beta.value, mean: norm.runningMean.value,
        variance: norm.runningVariance.value, epsilon: norm.epsilon),
      into: layer.weight.value, stride: layer.stride, padding: layer.padding, groups: layer.groups,
      engine: engine)
  }
}

extension CBAM {
  /// With the running statistics.
  var inferenceParameters: CBAMGate.Parameters {
    let channel = channelGate.map { gate in
      var pools: CBAMGate.ChannelPools = []
      if gate.pools.contains(.avg) { pools.insert(.average) }
      if gate.pools.contains(.max) { pools.insert(.maximum) }
      return CBAMGate.Channel(
        pools: pools, w1: gate.hidden.weight.value, b1: gate.hidden.bias?.value, w2: gate.output.weight.value,
        b2: gate.output.bias?.value)
    }
    let spatial = spatialGate.map { gate in
      CBAMGate.Spatial(
        weight: gate.convolution.weight.value,
        normalization: gate.norm.map { norm in
          CBAMGate.Normalization(
            gamma: norm.gamma.value, beta: norm.beta.value, epsilon: norm.epsilon,
            statistics: .running(mean: norm.runningMean.value, variance: norm.runningVariance.value))
        })
    }
    return CBAMGate.Parameters(channel: channel, spatial: spatial)
  }
}
