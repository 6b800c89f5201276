import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// A residual network for image classification, with attention in its blocks.
///
/// Stem, stages of residual blocks, global average pool, dropout, linear classifier. Use it on one thread at a time.
public final class Network {
  public let configuration: NetworkConfiguration
  public let architecture: Architecture
  public let stem: Stem
  /// The blocks of each stage.
  public let stages: [[any ResidualBlock]]
  public let classifier: LinearLayer
  let store: ParameterStore

  /// Builds a network with fresh parameters.
  ///
  /// - Parameter seed: the parameters are a function of it and of their names; nil leaves them unset, for `load`.
  /// - Throws: where the configuration describes no network.
  public init(_ configuration: NetworkConfiguration, seed: UInt64?) throws(NetworkConfigurationError) {
    try configuration.validate()
    let architecture = try Architecture(configuration)
    self.configuration = configuration
    self.architecture = architecture
    store = ParameterStore(seed: seed)
    let root = store.root
    stem = Stem(
      root, architecture.stem, inChannels: configuration.inputChannels, outChannels: architecture.stemWidth)
    stages = Self.stages(root, architecture, configuration)
    classifier = LinearLayer(
      root["fc"], inFeatures: architecture.featureCount, outFeatures: configuration.classes)
  }

  /// In the order of the forward pass, which is also that of files.
  public var parameters: [Parameter] { store.parameters }
  /// Running statistics.
  public var buffers: [Buffer] { store.buffers }
  /// How many batches each batch normalisation has seen.
  public var counters: [Counter] { store.counters }
  /// The names of all blocks: "layer1.0", …
  public var blockNames: [String] { stages.joined().map(\.name) }
  /// The names of the blocks with attention, in the order of `Context.attention`.
  public var attentionBlockNames: [String] {
    stages.joined().filter { $0.attention != nil }.map(\.name)
  }

  /// Computes logits.
  ///
  /// - Parameter images: [N, H, W, inputChannels], prepared as the network was trained on them.
  /// - Returns: [N, classes], before softmax.
  public func callAsFunction(_ images: Tensor, _ context: Context) -> Variable {
    self(context.tape.constant(images), context)
  }

  /// Computes logits of a variable, through which gradients can go to the images.
  public func callAsFunction(_ images: Variable, _ context: Context) -> Variable {
    precondition(
      images.shape.rank == 4 && images.shape[3] == configuration.inputChannels,
      "images \(images.shape), expected [N, H, W, \(configuration.inputChannels)]")
    var features = stem(images, context)
    for stage in stages {
      for (index, block) in stage.enumerated() {
        features = block(features, isLast: index == stage.count - 1, context)
      }
    }
    return head(features, context)
  }

  /// The end of the forward pass: the last block's output [N, H, W, C] → logits [N, classes].
  public func head(_ features: Variable, _ context: Context) -> Variable {
    var pooled = context.tape.globalAveragePool(features)
    if case .training(let seed, let step) = context.mode, configuration.dropout > 0 {
      pooled = context.tape.dropout(
        pooled, rate: configuration.dropout, key: Dropout.Key(seed: seed, step: step))
    }
    return classifier(pooled, context)
  }

  private static func stages(
    _ root: Scope, _ architecture: Architecture, _ configuration: NetworkConfiguration
  ) -> [[any ResidualBlock]] {
    var channels = architecture.stemWidth
    return zip(architecture.blocks, architecture.widths).enumerated().map { index, stage in
      let (count, width) = stage
      return (0..<count).map { number -> any ResidualBlock in
        let shape = BlockShape(
          inChannels: channels, width: width, stride: index > 0 && number == 0 ? 2 : 1,
          hasAttention: configuration.hasAttention(inStage: index + 1))
        channels = architecture.outChannels(width: width)
        let scope = root["layer\(index + 1)"]["\(number)"]
        return architecture.block == .basic
          ? BasicBlock(scope, shape, architecture, configuration)
          : Bottleneck(scope, shape, architecture, configuration)
      }
    }
  }
}
