import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// Which channels matter: a number in 0…1 for each channel of each image.
///
/// sigmoid(MLP(avg pool) + MLP(max pool)), with one MLP for both: C → hidden → C with ReLU between.
///
/// - Note: Woo et al., "CBAM", ECCV 2018, eq. 2. The output layer's bias counts once for each pool, as in the authors'
///   code.
public struct ChannelGate {
  public let hidden: LinearLayer  // [C, h]
  public let output: LinearLayer  // [h, C]
  public let pools: [CBAMConfiguration.Pool]

  public init(_ scope: Scope, channels: Int, _ configuration: CBAMConfiguration) {
    let width = configuration.hiddenWidth(channels: channels)
    // In the authors' code the MLP is a sequence of flatten, linear, ReLU, linear.
    hidden = LinearLayer(
      scope["mlp"]["1"], inFeatures: channels, outFeatures: width, hasBias: configuration.hasBiases)
    output = LinearLayer(
      scope["mlp"]["3"], inFeatures: width, outFeatures: channels, hasBias: configuration.hasBiases)
    pools = CBAMConfiguration.Pool.allCases.filter(configuration.channelPools.contains)
  }

  /// For the fused operation.
  func variables(_ context: Context) -> ChannelGateVariables {
    let leaf = context.tape.leaf
    var which: CBAMGate.ChannelPools = []
    if pools.contains(.avg) { which.insert(.average) }
    if pools.contains(.max) { which.insert(.maximum) }
    return ChannelGateVariables(
      pools: which, w1: leaf(hidden.weight), b1: hidden.bias.map(leaf), w2: leaf(output.weight),
      b2: output.bias.map(leaf))
  }

  /// The map of features [N, H, W, C]: [N, C], from single operations.
  func map(_ x: Variable, _ context: Context) -> Variable {
    let tape = context.tape
    var sum: Variable?
    for pool in pools {
      let pooled = pool == .avg ? tape.globalAveragePool(x) : tape.globalMaxPool(x)
      let scores = output(tape.relu(hidden(pooled, context)), context)
      sum = sum.map { tape.add($0, scores) } ?? scores
    }
    return tape.sigmoid(sum!)
  }
}
