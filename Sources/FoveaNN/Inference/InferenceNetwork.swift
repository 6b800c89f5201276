import FoveaAutodiff
import FoveaOps
import FoveaTensor

/// A network made ready to be used: a copy of a `Network`'s weights of this moment, each batch normalisation folded into
/// the convolution before it, with no tape.
///
/// Convolution, bias and ReLU are one pass over memory, the attention gates with the shortcut's sum and ReLU another.
/// An image's result does not depend on its batch, to the bit. Use it on one thread at a time.
public final class InferenceNetwork {
  public let configuration: NetworkConfiguration
  private let stem: PreparedConvolution
  private let pool: Pool2D.Window?
  private let blocks: [PreparedBlock]
  private let weight: Tensor  // [features, classes]
  private let bias: Tensor?  // [classes]

  public init(_ network: Network, engine: EngineOptions = EngineOptions()) {
    configuration = network.configuration
    stem = PreparedConvolution(network.stem.convolution, network.stem.norm, engine)
    pool = network.stem.pool
    blocks = network.stages.joined().map { PreparedBlock($0, engine) }
    weight = network.classifier.weight.value
    bias = network.classifier.bias?.value
  }

  /// Takes a network's weights from a file. Those of convolutions are packed one by one as they are read, so that none is held
  /// twice and all pass through memory once.
  ///
  /// - Parameters:
  ///   - network: with unset parameters. Those of its convolutions stay so, the others are loaded.
  ///   - entries: the names and shapes of what there is.
  ///   - imageSize: the only size of images that it is then for.
  ///   - read: gives an entry's value, of the shape declared.
  /// - Throws: `StateError`, or what `read` throws.
  public convenience init(
    loading network: Network, entries: [(name: String, shape: Shape)], imageSize: Size2D,
    engine: EngineOptions = EngineOptions(), read: @escaping (String) throws -> StateValue
  ) throws {
    let layers = [network.stem.convolution] + network.stages.joined().flatMap(\.allConvolutions)
    let weight = try network.load(entries: entries, leaving: layers.map(\.weight), read: read)
    self.init(network, engine: engine)
    let images: Shape = [1, imageSize.height, imageSize.width, configuration.inputChannels]
    for (layer, step) in zip(layers, convolutions(for: images)) {
      step.convolution.settle(on: try weight(layer.weight), for: step.input)
    }
  }

  /// All convolutions in their order, with the shapes of their inputs.
  private func convolutions(for images: Shape) -> [(convolution: PreparedConvolution, input: Shape)] {
    var shape = stem.outputShape(of: images)
    if let pool { shape = pool.outputShape(shape) }
    return [(stem, images)]
      + blocks.flatMap { block in
        defer { shape = block.outputShape(of: shape) }
        return block.convolutions(for: shape)
      }
  }

  /// What a forward pass gives.
  public struct Output: Sendable {
    /// [N, classes], before softmax.
    public let logits: Tensor
    /// One for each block with attention, in their order, where it was asked for.
    public let attention: [AttentionRecord]
    /// The last block's output, [N, H, W, C], where it was asked for.
    public let features: Tensor?
  }

  /// - Parameters:
  ///   - images: [N, H, W, inputChannels], prepared as the network was trained on them.
  ///   - recordsAttention: whether the attention maps are wanted.
  ///   - keepsFeatures: whether the last block's output is wanted.
  public func callAsFunction(
    _ images: Tensor, recordsAttention: Bool = false, keepsFeatures: Bool = false
  ) -> Output {
    precondition(
      images.shape.rank == 4 && images.shape[3] == configuration.inputChannels,
      "images \(images.shape), expected [N, H, W, \(configuration.inputChannels)]")
    var attention: [AttentionRecord] = []
    var features = images
    for part in parts(for: images.shape) {
      let outputs = features.groups(of: part.imagesPerGroup).map { group in
        run(part.steps, on: group, recordsAttention: recordsAttention)
      }
      features = .joining(outputs.map(\.features))!
      attention += outputs[0].attention.indices.map { index in
        .joining(outputs.map { $0.attention[index] })
      }
    }
    let logits = Linear.forward(GlobalPool.average(features), weight: weight, bias: bias)
    return Output(logits: logits, attention: attention, features: keepsFeatures ? features : nil)
  }

  /// Steps of the forward pass, the stem (0) and the blocks, that a group of images goes through together.
  private struct Part {
    var steps: Range<Int>
    let imagesPerGroup: Int
  }

  /// Cuts the network so that activations stay in cache: few images at a time where maps are large, and many where maps are
  /// small and the weights are what must be fetched. No image's result depends on it.
  private func parts(for images: Shape) -> [Part] {
    var parts: [Part] = []
    var shape = images
    for step in 0...blocks.count {
      // A step's own input counts too: it is read while the output is written.
      var widest = shape.count
      if step == 0 {
        shape = stem.outputShape(of: shape)
        widest = shape.count
        if let pool { shape = pool.outputShape(shape) }
      } else {
        shape = blocks[step - 1].outputShape(of: shape)
      }
      let perImage = max(widest, shape.count) / images[0]
      let group = min(images[0], max(1, Self.cachedFloats / perImage))
      if let last = parts.last, last.imagesPerGroup == group {
        parts[parts.count - 1].steps = last.steps.lowerBound..<step + 1
      } else {
        parts.append(Part(steps: step..<step + 1, imagesPerGroup: group))
      }
    }
    return parts
  }

  /// Floats of one activation that leave room in cache for the two or three others that are alive with it.
  private static let cachedFloats = 1 << 18

  private func run(
    _ steps: Range<Int>, on input: Tensor, recordsAttention: Bool
  ) -> (features: Tensor, attention: [AttentionRecord]) {
    var attention: [AttentionRecord] = []
    var features = input
    for step in steps {
      if step == 0 {
        features = stem(features, relu: true)
        if let pool { features = Pool2D.maximum(features, pool).output }
        continue
      }
      let (output, record) = blocks[step - 1](features, recordsAttention: recordsAttention)
      if let record { attention.append(record) }
      features = output
    }
    return (features, attention)
  }
}

extension AttentionRecord {
  /// The records of one block for images that follow each other.
  fileprivate static func joining(_ parts: [AttentionRecord]) -> AttentionRecord {
    AttentionRecord(
      block: parts[0].block, spatial: .joining(parts.compactMap(\.spatial)),
      channel: .joining(parts.compactMap(\.channel)))
  }
}

extension Tensor {
  /// Cut along the outermost axis into pieces of at most so many rows.
  fileprivate func groups(of count: Int) -> [Tensor] {
    guard count < shape[0] else { return [self] }
    return stride(from: 0, to: shape[0], by: count).map { slice($0..<min(shape[0], $0 + count)) }
  }

  /// One after the other along the outermost axis; nil of none.
  fileprivate static func joining(_ parts: [Tensor]) -> Tensor? {
    guard let first = parts.first, parts.count > 1 else { return parts.first }
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    return Tensor(Shape([rows] + first.shape.dimensions.dropFirst())) { output in
      var start = 0
      for part in parts {
        part.withUnsafeBufferPointer {
          _ = UnsafeMutableBufferPointer(rebasing: output[start...]).update(fromContentsOf: $0)
        }
        start += part.count
      }
    }
  }
}
