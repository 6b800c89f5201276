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
  /// That activations between the stem and the last block's output are stored in.
  private let storage: EngineOptions.Precision

  public init(_ network: Network, engine: EngineOptions = EngineOptions()) {
    configuration = network.configuration
    stem = PreparedConvolution(network.stem.convolution, network.stem.norm, engine)
    pool = network.stem.pool
    blocks = network.stages.joined().map { PreparedBlock($0, engine) }
    weight = network.classifier.weight.value
    bias = network.classifier.bias?.value
    let channels = [stem.outChannels] + blocks.flatMap(\.channelCounts)
    storage = channels.allSatisfy { engine.storage(channels: $0) == .bf16 } ? .bf16 : .fp32
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
    for (layer, step) in zip(layers, convolutions(of: 0..<blocks.count + 1, for: images)) {
      step.convolution.settle(on: try weight(layer.weight), for: step.input)
    }
  }

  /// The convolutions of some steps in their order, with the shapes of their inputs.
  ///
  /// - Parameter input: of the first step.
  private func convolutions(
    of steps: Range<Int>, for input: Shape
  ) -> [(convolution: PreparedConvolution, input: Shape)] {
    var shape = input
    return steps.flatMap { step in
      defer { shape = outputShape(of: step, for: shape) }
      return step == 0 ? [(stem, shape)] : blocks[step - 1].convolutions(for: shape)
    }
  }

  /// Of the stem with its pool (0), or of a block.
  private func outputShape(of step: Int, for input: Shape) -> Shape {
    guard step == 0 else { return blocks[step - 1].outputShape(of: input) }
    let shape = stem.outputShape(of: input)
    return pool?.outputShape(shape) ?? shape
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
    var activations = Activations(images)
    for part in parts(for: images.shape) {
      let (output, records) = run(part, on: activations, recordsAttention: recordsAttention)
      activations = output
      attention += records
    }
    let features = activations.tensor
    let logits = Linear.forward(GlobalPool.average(features), weight: weight, bias: bias)
    return Output(logits: logits, attention: attention, features: keepsFeatures ? features : nil)
  }

  /// Steps of the forward pass, the stem (0) and the blocks, that a group of images goes through together.
  private struct Part {
    var steps: Range<Int>
    let imagesPerGroup: Int
  }

  /// Cuts the network so that activations stay in cache: few images at a time where maps are large, and more, or all,
  /// where the weights are more than the maps, and are what must be fetched. No image's result depends on it.
  private func parts(for images: Shape) -> [Part] {
    var parts: [Part] = []
    var shape = images
    for step in 0...blocks.count {
      // A step's own input counts too: it is read while the output is written. So does what a stem leaves to its pool.
      let output = outputShape(of: step, for: shape)
      let widest = step == 0 ? stem.outputShape(of: shape) : output
      let perImage = max(shape.count, widest.count) / images[0]
      let weights = step == 0 ? stem.weightShape.count : blocks[step - 1].weightCount
      // So many that a group's maps are about as much as its weights, which every group fetches anew.
      let worthwhile = weights / perImage
      let group =
        worthwhile >= images[0]
        ? images[0]
        : max(1, Self.cachedFloats / perImage, min(worthwhile, images[0] / Self.leastGroups))
      if let last = parts.last, last.imagesPerGroup == group {
        parts[parts.count - 1].steps = last.steps.lowerBound..<step + 1
      } else {
        parts.append(Part(steps: step..<step + 1, imagesPerGroup: group))
      }
      shape = output
    }
    return parts
  }

  /// As few groups as let threads take groups of their own and end at much the same time.
  private static var leastGroups: Int { 2 * WorkerPool.shared.threadCount }

  /// Floats of one activation that leave room in cache for the two or three others that are alive with it.
  private static let cachedFloats = 1 << 16

  /// Takes a batch through a part, group by group.
  private func run(
    _ part: Part, on input: Activations, recordsAttention: Bool
  ) -> (features: Activations, attention: [AttentionRecord]) {
    let (images, size) = (input.shape[0], part.imagesPerGroup)
    guard size < images else { return run(part.steps, on: input, recordsAttention: recordsAttention) }
    let shape = part.steps.reduce(input.shape) { outputShape(of: $1, for: $0) }
    var records = [[AttentionRecord]](repeating: [], count: (images - 1) / size + 1)
    let features = Activations.joining(shape, storage) { take in
      records.withUnsafeMutableBufferPointer { records in
        func pass(_ group: Int) {
          let range = group * size..<min(images, (group + 1) * size)
          let result = run(part.steps, on: input.slice(range), recordsAttention: recordsAttention)
          take(range, result.features)
          records[group] = result.attention
        }
        // Threads take a group each, which spares them from meeting at the end of every product. Where there are too few groups
        // for all threads, and for the last one, which may be smaller, they share the products.
        var apart = images / size
        if apart < Self.leastGroups { apart = 0 }
        if apart > 0 {
          let group = Shape([size] + input.shape.dimensions.dropFirst())
          for (convolution, input) in convolutions(of: part.steps, for: group) {
            convolution.prepare(for: input)
          }
          WorkerPool.shared.forEach(apart, pass)
        }
        for group in apart..<records.count { pass(group) }
      }
    }
    return (
      features, records[0].indices.map { index in .joining(records.map { $0[index] }) }
    )
  }

  private func run(
    _ steps: Range<Int>, on input: Activations, recordsAttention: Bool
  ) -> (features: Activations, attention: [AttentionRecord]) {
    var attention: [AttentionRecord] = []
    var features = input
    for step in steps {
      // A single image waits for its weights; more share them.
      let next = input.shape[0] > 1 ? nil : step < blocks.count ? blocks[step].ahead : Ahead.none
      if step == 0 {
        features = stem(features, relu: true, storing: storage, fetching: next ?? .none)
        if let pool { features = Pool2D.maximumAlone(features, pool) }
        continue
      }
      let (output, record) = blocks[step - 1](
        features, storing: storage, fetching: next, recordsAttention: recordsAttention)
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
