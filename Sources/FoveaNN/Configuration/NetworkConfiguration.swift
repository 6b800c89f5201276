/// Which network: the `model` section of a configuration, and what a model file says about itself.
///
/// A named architecture gives a value to every property that is nil; a property that is set takes its place. The
/// initial values of the properties are the defaults.
public struct NetworkConfiguration: Hashable, Sendable {
  public enum BlockKind: String, CaseIterable, Codable, Sendable {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1, 3×3 (with the stride) and 1×1 convolutions; four times as many channels come out as `widths` says.
    case bottleneck
  }

  public enum StemKind: String, CaseIterable, Codable, Sendable {
    /// One 3×3 convolution: for small images.
    case cifar
    /// A 7×7 convolution at stride 2 and a 3×3 max pool at stride 2.
    case imagenet
  }

  public enum ShortcutKind: String, CaseIterable, Codable, Sendable {
    /// A 1×1 convolution with batch normalisation where a block changes size (He et al., option B).
    case projection
    /// Every second pixel, with channels of zeros added: no parameters (He et al., option A).
    case padding
  }

  /// One of `Architecture.names`, wrn-DEPTH-FACTOR, or `custom`, for which `blocks` and `widths` must be given.
  public var architecture = "resnet20"
  public var block: BlockKind?
  /// Blocks in each stage.
  public var blocks: [Int]?
  /// Channels of each stage (with bottlenecks: a quarter of what comes out). Each stage but the first halves the map.
  public var widths: [Int]?
  public var stem: StemKind?
  /// Channels of the stem.
  public var stemWidth: Int?
  public var shortcut: ShortcutKind?
  /// Groups of the 3×3 convolutions in bottlenecks.
  public var groups: Int?
  /// Channels in each group where the stage's width is 64, and in proportion elsewhere.
  public var widthPerGroup: Int?
  /// The attention at the end of each block; nil for none.
  public var attention: CBAMConfiguration? = CBAMConfiguration()
  /// The stages that have it, counted from 1; nil for all.
  public var attentionStages: [Int]?
  public var classes = 10
  public var inputChannels = 3
  /// Whether gamma of each block's last batch normalisation starts at 0, so that each block starts as its shortcut.
  public var zeroInitLastGamma = false
  /// The share of features set to 0 before the classifier, in training.
  public var dropout: Float = 0

  public init() {}

  public func validate() throws(NetworkConfigurationError) {
    let architecture = try Architecture(self)
    try attention?.validate()
    if let stages = attentionStages {
      let known = 1...architecture.blocks.count
      if Set(stages).count != stages.count || !stages.allSatisfy(known.contains) {
        throw NetworkConfigurationError(
          key: "attention.stages", problem: "\(stages) names a stage that is not there, or one twice",
          remedy: "This network has stages \(known.lowerBound) to \(known.upperBound).")
      }
    }
    try check("classes", classes, 1...1_000_000)
    try check("input_channels", inputChannels, 1...1024)
    if !(dropout >= 0 && dropout < 1) {
      throw NetworkConfigurationError(
        key: "dropout", problem: "\(dropout) is out of range", remedy: "Give 0 (off) or more, below 1.")
    }
    let limit = 2_000_000_000
    guard let count = Self.parameterCount(self, architecture), count <= limit else {
      throw NetworkConfigurationError(
        key: "widths", problem: "the network would have more than \(limit) parameters",
        remedy: "Give smaller widths, fewer blocks or fewer classes.")
    }
  }

  private func check(
    _ key: String, _ value: Int, _ range: ClosedRange<Int>
  ) throws(NetworkConfigurationError) {
    guard range.contains(value) else {
      throw NetworkConfigurationError(
        key: key, problem: "\(value) is out of range",
        remedy: "Give \(range.lowerBound) to \(range.upperBound).")
    }
  }

  /// Whether the blocks of stage `stage`, counted from 1, have attention.
  public func hasAttention(inStage stage: Int) -> Bool {
    attention != nil && attentionStages?.contains(stage) ?? true
  }
}
