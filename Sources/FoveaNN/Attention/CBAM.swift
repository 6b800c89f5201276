import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// The convolutional block attention module: a gate over channels and a gate over pixels.
///
/// It stands at the end of a residual block, after the last batch normalisation and before the shortcut is added.
///
/// - Note: Woo et al., "CBAM: Convolutional Block Attention Module", ECCV 2018, eq. 1.
public struct CBAM {
  public let configuration: CBAMConfiguration
  public let channelGate: ChannelGate?
  public let spatialGate: SpatialGate?

  public init(_ scope: Scope, channels: Int, _ configuration: CBAMConfiguration) {
    self.configuration = configuration
    channelGate =
      configuration.gates == .spatial
      ? nil : ChannelGate(scope["ChannelGate"], channels: channels, configuration)
    spatialGate =
      configuration.gates == .channel
      ? nil : SpatialGate(scope["SpatialGate"], channels: channels, configuration)
  }

  /// Gates features, and with a shortcut adds it and takes max(0, ·).
  ///
  /// - Parameters:
  ///   - x: [N, H, W, C].
  ///   - shortcut: [N, H, W, C], or nil for the gates alone.
  ///   - block: the block's name, for `context.attention`.
  /// - Returns: [N, H, W, C].
  public func callAsFunction(
    _ x: Variable, shortcut: Variable? = nil, block: String, _ context: Context
  ) -> Variable {
    if context.gatePath == .fused && isFusable { return fused(x, nil, shortcut, block, context) }
    let (gated, channel, spatial) = compose(x, context)
    record(channel?.value, spatial?.value, block, context)
    return shortcut.map { context.tape.add(gated, $0, relu: true) } ?? gated
  }

  /// Whether the fused operation computes this configuration.
  var isFusable: Bool {
    spatialGate?.reduce == nil && (configuration.order == .channelFirst || configuration.gates != .both)
  }

  /// The same as one operation, with the batch normalisation of `x` in it where that is given.
  ///
  /// - Precondition: `isFusable`.
  func fused(
    _ x: Variable, _ normalization: FeatureNormVariables?, _ shortcut: Variable?, _ block: String,
    _ context: Context, keepsOutput: Bool = true
  ) -> Variable {
    let (output, result) = context.tape.cbamGate(
      x, normalization: normalization, residual: shortcut, relu: shortcut != nil,
      channel: channelGate?.variables(context),
      spatial: spatialGate?.variables(context), keepsOutput: keepsOutput)
    if let statistics = result.spatialStatistics { spatialGate?.norm?.updateRunning(statistics) }
    record(result.channelMap, result.spatialMap, block, context)
    return output
  }

  private func record(_ channel: Tensor?, _ spatial: Tensor?, _ block: String, _ context: Context) {
    guard context.recordsAttention else { return }
    context.attention.append(AttentionRecord(block: block, spatial: spatial, channel: channel))
  }

  private func compose(
    _ x: Variable, _ context: Context
  ) -> (output: Variable, channel: Variable?, spatial: Variable?) {
    let tape = context.tape
    switch configuration.order {
    case .channelFirst:
      let channel = channelGate?.map(x, context)
      let refined = channel.map { tape.scaleChannels(x, by: $0) } ?? x
      let spatial = spatialGate?.map(refined, context)
      return (spatial.map { tape.scalePixels(refined, by: $0) } ?? refined, channel, spatial)
    case .spatialFirst:
      let spatial = spatialGate?.map(x, context)
      let refined = spatial.map { tape.scalePixels(x, by: $0) } ?? x
      let channel = channelGate?.map(refined, context)
      return (channel.map { tape.scaleChannels(refined, by: $0) } ?? refined, channel, spatial)
    case .parallel:
      let channel = channelGate?.map(x, context)
      let spatial = spatialGate?.map(x, context)
      let refined = channel.map { tape.scaleChannels(x, by: $0) } ?? x
      return (spatial.map { tape.scalePixels(refined, by: $0) } ?? refined, channel, spatial)
    }
  }
}
