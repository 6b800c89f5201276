import FoveaTensor

/// What one attention block did with one image.
public struct BlockAttention: Sendable {
  /// Its name: `layer1.0`.
  public let block: String
  /// The spatial gate, 0 to 1; nil where the block has none.
  public let spatial: AttentionMap?
  /// The channel gate, 0 to 1, one number a channel; nil where the block has none.
  public let channel: [Float]?

  public init(block: String, spatial: AttentionMap?, channel: [Float]?) {
    self.block = block
    self.spatial = spatial
    self.channel = channel
  }
}

/// What the network made of one image, and where it looked.
public struct Explanation: Sendable {
  /// One number a class, in the model's order.
  public let logits: [Float]
  public let probabilities: [Float]
  /// The likeliest class.
  public let predicted: Int
  /// In the order in which the image passes them.
  public let blocks: [BlockAttention]
  /// The class that Grad-CAM was asked about.
  public let explainedClass: Int
  public let gradCAM: AttentionMap

  /// Whether there is anything to explain: logits that are no numbers name no class.
  public var isFinite: Bool { logits.allSatisfy(\.isFinite) }

  public init(
    logits: [Float], probabilities: [Float], predicted: Int, blocks: [BlockAttention], explainedClass: Int,
    gradCAM: AttentionMap
  ) {
    self.logits = logits
    self.probabilities = probabilities
    self.predicted = predicted
    self.blocks = blocks
    self.explainedClass = explainedClass
    self.gradCAM = gradCAM
  }
}
