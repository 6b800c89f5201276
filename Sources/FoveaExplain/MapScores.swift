import FoveaNN
import FoveaOps
import FoveaTensor

/// The scores of one map over many images: the mean of its curves and of its areas, and how it fares when the weights
/// are shuffled.
public struct MapScore: Equatable, Sendable {
  public let name: String
  public private(set) var images = 0
  private var deletionSums: [Double] = []
  private var insertionSums: [Double] = []
  private var deletionAreas: [Double] = []
  private var insertionAreas: [Double] = []
  private var correlations: [Double] = []

  public init(name: String) { self.name = name }

  public mutating func add(_ curves: FaithfulnessCurves, shuffledCorrelation: Double?) {
    if deletionSums.isEmpty {
      deletionSums = [Double](repeating: 0, count: curves.deletion.count)
      insertionSums = deletionSums
    }
    images += 1
    for place in deletionSums.indices {
      deletionSums[place] += curves.deletion[place]
      insertionSums[place] += curves.insertion[place]
    }
    deletionAreas.append(curves.deletionArea)
    insertionAreas.append(curves.insertionArea)
    if let shuffledCorrelation { correlations.append(shuffledCorrelation) }
  }

  /// Mean curves; empty without images.
  public var deletion: [Double] { deletionSums.map { $0 / Double(images) } }
  public var insertion: [Double] { insertionSums.map { $0 / Double(images) } }
  /// Mean areas: of deletion the less, of insertion the more, the better.
  public var deletionArea: Double { Self.mean(deletionAreas) ?? .nan }
  public var insertionArea: Double { Self.mean(insertionAreas) ?? .nan }
  /// Standard errors of the mean areas; nil for a single image.
  public var deletionError: Double? { Self.standardError(deletionAreas) }
  public var insertionError: Double? { Self.standardError(insertionAreas) }
  /// Spearman's rank correlation with the map of the network with shuffled weights, on average over the images where both
  /// have an order; nil where there is none, as for a random order.
  public var shuffledCorrelation: Double? { Self.mean(correlations) }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private static func standardError(_ values: [Double]) -> Double? {
    guard values.count > 1, let mean = mean(values) else { return nil }
    let squares = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
  }
}

/// Scores all maps of images, one image after the other.
public final class MapScorer {
  /// Shares that the pixels are cut into.
  public static let steps = 20
  static let randomName = "random order"

  private let inference: InferenceNetwork
  private let shuffled: Explainer
  private let seed: UInt64
  private let blocks: [Int]
  /// In the order of the maps, then a random order.
  public private(set) var scores: [MapScore] = []

  /// - Parameters:
  ///   - blocks: places in the network's attention blocks.
  ///   - inference: of the network.
  public init(_ network: Network, inference: InferenceNetwork, blocks: [Int], seed: UInt64 = 0) throws {
    self.inference = inference
    self.blocks = blocks
    self.seed = seed
    shuffled = Explainer(try ShuffledNetwork.make(network, seed: seed))
  }

  /// - Parameters:
  ///   - image: [1, H, W, C], the network's input.
  ///   - blurred: the same, blurred.
  ///   - explanation: what the network said of it.
  ///   - number: the image's, for random orders.
  public func add(_ image: Tensor, blurred: Tensor, _ explanation: Explanation, number: Int) {
    let (height, width) = (image.shape[1], image.shape[2])
    let other = shuffled.explain(image, explainedClass: explanation.explainedClass)[0]
    var maps: [(name: String, map: AttentionMap?, other: AttentionMap?)] = blocks.compactMap { block in
      explanation.blocks[block].spatial.map {
        (explanation.blocks[block].block, $0, other.blocks[block].spatial)
      }
    }
    maps.append(("grad-cam", explanation.gradCAM, other.gradCAM))
    maps.append((Self.randomName, nil, nil))
    for (place, entry) in maps.enumerated() {
      if scores.count == place { scores.append(MapScore(name: entry.name)) }
      let order =
        entry.map.map { PixelOrder.of($0, width: width, height: height, seed: seed, image: number) }
        ?? PixelOrder.random(width * height, seed: seed &+ 1, image: number)
      let curves = FaithfulnessCurves.measure(
        image, blurred: blurred, order: order, steps: Self.steps,
        probability: { self.probabilities($0, of: explanation.explainedClass) })
      let correlation = entry.map.flatMap { map in entry.other.flatMap { RankCorrelation.spearman(map, $0) } }
      scores[place].add(curves, shuffledCorrelation: correlation)
    }
  }

  private func probabilities(_ images: Tensor, of index: Int) -> [Double] {
    let logits = inference(images).logits
    let classes = logits.shape[1]
    let values = SoftmaxCrossEntropy.softmax(logits).scalars
    return (0..<images.shape[0]).map { Double(values[$0 * classes + index]) }
  }
}
