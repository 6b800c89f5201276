import FoveaAutodiff
import FoveaNN
import FoveaOps
import FoveaTensor

/// Asks a network what it makes of images and where it looked: one forward pass, which is the same as that of
/// evaluating and classifying, and a backward pass through the classifier alone.
public final class Explainer {
  private let network: Network
  private let inference: InferenceNetwork

  /// - Parameter engine: how products are computed.
  public init(_ network: Network, engine: EngineOptions = EngineOptions()) {
    self.network = network
    inference = InferenceNetwork(network, engine: engine)
  }

  /// - Parameters:
  ///   - images: [N, H, W, 3], prepared as for evaluation.
  ///   - explainedClass: which class Grad-CAM asks about; nil asks about each image's likeliest.
  public func explain(_ images: Tensor, explainedClass: Int? = nil) -> [Explanation] {
    let pass = inference(images, recordsAttention: true, keepsFeatures: true)
    let context = Context(.inference, recording: .inputs)
    let features = context.tape.input(pass.features!)
    let output = network.head(features, context)
    let count = output.shape[0]
    let classes = output.shape[1]
    precondition(explainedClass.map { (0..<classes).contains($0) } ?? true, "class \(explainedClass ?? 0)")
    let logits = output.value.scalars
    let probabilities = SoftmaxCrossEntropy.softmax(output.value).scalars
    let rows = (0..<count).map { $0 * classes..<($0 + 1) * classes }
    let predicted = rows.map { Self.likeliest(logits[$0]) }
    let explained = predicted.map { explainedClass ?? $0 }
    var seed = [Float](repeating: 0, count: count * classes)
    for (image, index) in explained.enumerated() { seed[image * classes + index] = 1 }
    context.tape.backward(from: output, seed: Tensor(seed, shape: output.shape))
    guard let gradient = context.tape.gradient(of: features) else {
      preconditionFailure("no gradient reached the features")
    }
    let maps = GradCAM.maps(features: features.value, gradient: gradient)
    return (0..<count).map { image in
      Explanation(
        logits: Array(logits[rows[image]]), probabilities: Array(probabilities[rows[image]]),
        predicted: predicted[image], blocks: pass.attention.map { Self.block($0, image: image) },
        explainedClass: explained[image], gradCAM: maps[image])
    }
  }

  /// The first of the highest; what is no number is the lowest.
  private static func likeliest(_ logits: ArraySlice<Float>) -> Int {
    var best = logits.startIndex
    for index in logits.indices
    where logits[index] > logits[best] || logits[best].isNaN && !logits[index].isNaN {
      best = index
    }
    return best - logits.startIndex
  }

  private static func block(_ record: AttentionRecord, image: Int) -> BlockAttention {
    BlockAttention(
      block: record.block, spatial: record.spatial.map { AttentionMap($0, image: image) },
      channel: record.channel.map { $0.slice(image..<image + 1).scalars })
  }
}
