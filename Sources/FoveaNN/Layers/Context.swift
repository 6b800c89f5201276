import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// How layers behave that differ between training and use.
public enum Mode: Hashable, Sendable {
  /// Batch normalisation with the batch's own statistics, which move the running ones; dropout drops. Random choices
  /// are a function of the seed and the step.
  case training(seed: UInt64, step: Int)
  /// Running statistics, no dropout: an image's result depends on nothing but the image and the weights.
  case inference
}

/// What one block attended to.
public struct AttentionRecord: Sendable {
  /// The block's name: "layer1.0".
  public let block: String
  /// [N, H, W, 1], in 0…1; nil where the block has no spatial gate.
  public let spatial: Tensor?
  /// [N, C], in 0…1; nil where the block has no channel gate.
  public let channel: Tensor?

  public init(block: String, spatial: Tensor?, channel: Tensor?) {
    self.block = block
    self.spatial = spatial
    self.channel = channel
  }
}

/// What one block put out, for methods that look at a network's features and their gradients.
public struct FeatureRecord {
  /// The block's name: "layer1.0".
  public let block: String
  /// [N, H, W, C]; after backward `context.gradient(of:)` has its gradient.
  public let output: Variable
}

/// One forward pass: its mode, its tape, and what it was asked to keep.
public final class Context {
  /// How the attention gates are computed.
  public enum GatePath: Hashable, Sendable {
    /// By the fused operation wherever it knows the configuration.
    case fused
    /// From the single operations always: the fused one's reference.
    case composed
  }

  public let mode: Mode
  public let tape: Tape
  public let engine: EngineOptions
  /// Whether `attention` gets a record of each block that has a gate.
  public var recordsAttention = false
  /// The blocks whose outputs are kept in `features`, with their gradients.
  public var retainedBlocks: Set<String> = []
  public var gatePath = GatePath.fused
  /// In the order of the blocks.
  public internal(set) var attention: [AttentionRecord] = []
  /// In the order of the blocks.
  public internal(set) var features: [FeatureRecord] = []

  /// - Parameter recording: what gradients are wanted of; by default everything in training and nothing in inference.
  ///   With `.inputs` the retained features' gradients are computed, and nothing before the first of them.
  public init(
    _ mode: Mode, recording: Tape.Recording? = nil, engine: EngineOptions = EngineOptions()
  ) {
    self.mode = mode
    self.engine = engine
    tape = Tape(recording: recording ?? (mode == .inference ? .nothing : .everything))
  }

  public var isTraining: Bool { mode != .inference }

  /// The gradient of the output that a retained block's features got; nil if none reached them.
  public func gradient(of features: FeatureRecord) -> Tensor? { tape.gradient(of: features.output) }

  /// Keeps a block's output if it was asked for, and makes sure that gradients reach it.
  func retain(_ output: Variable, of block: String) -> Variable {
    guard retainedBlocks.contains(block) else { return output }
    let kept = output.requiresGradient ? output : tape.input(output.value)
    tape.retainGradient(of: kept)
    features.append(FeatureRecord(block: block, output: kept))
    return kept
  }
}
