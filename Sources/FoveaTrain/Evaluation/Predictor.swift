import FoveaAutodiff
import FoveaData
import FoveaImage
import FoveaNN
import FoveaOps
import FoveaTensor

/// Runs a model on prepared images: the one road for evaluating, classifying and explaining.
///
/// An image's result does not depend on the others in its batch. Use it on one thread at a time.
public final class Predictor {
  public let network: Network
  public let classes: [String]
  public let preparation: Preparation

  public init(_ model: ModelFile) {
    network = model.network
    classes = model.classes
    preparation = model.preparation
  }

  init(network: Network, classes: [String], preparation: Preparation) {
    self.network = network
    self.classes = classes
    self.preparation = preparation
  }

  /// What a model makes of a batch.
  public struct Output: Sendable {
    /// One per image.
    public let predictions: [Prediction]
    /// One per block with attention, where it was asked for; the tensors' first axis counts the images.
    public let attention: [AttentionRecord]
  }

  /// - Parameters:
  ///   - images: [N, height, width, 3], as the preparation or a loader makes them.
  ///   - recordsAttention: whether the attention maps are wanted.
  public func predict(_ images: Tensor, recordsAttention: Bool = false) -> Output {
    let context = Context(.inference)
    context.recordsAttention = recordsAttention
    let logits = network(images, context).value
    let probabilities = SoftmaxCrossEntropy.softmax(logits).scalars
    let values = logits.scalars
    let count = logits.shape[1]
    let predictions = (0..<logits.shape[0]).map { row in
      let range = (row * count)..<((row + 1) * count)
      return Prediction(logits: Array(values[range]), probabilities: Array(probabilities[range]))
    }
    return Output(predictions: predictions, attention: context.attention)
  }

  /// - Parameter images: as they were decoded for `preparation.request()`.
  public func predict(_ images: [LoadedImage], recordsAttention: Bool = false) -> Output {
    predict(preparation.tensor(images.map(preparation.resized)), recordsAttention: recordsAttention)
  }
}
