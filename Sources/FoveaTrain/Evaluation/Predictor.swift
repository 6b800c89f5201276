import FoveaData
import FoveaFormats
import FoveaImage
import FoveaNN
import FoveaOps
import FoveaTensor

/// Runs a model on prepared images: the one road for evaluating, classifying and explaining.
///
/// An image's result does not depend on the others in its batch. Use it on one thread at a time.
public final class Predictor {
  public let classes: [String]
  public let preparation: Preparation
  private let network: InferenceNetwork
  private let memory: InferenceMemory?

  /// - Parameter engine: how products are computed.
  public convenience init(_ model: ModelFile, engine: EngineOptions = EngineOptions()) {
    self.init(
      network: model.network, classes: model.classes, preparation: model.preparation, engine: engine)
  }

  /// Takes the network's weights of this moment.
  init(
    network: Network, classes: [String], preparation: Preparation, engine: EngineOptions = EngineOptions()
  ) {
    self.network = InferenceNetwork(network, engine: engine)
    self.classes = classes
    self.preparation = preparation
    memory = try? InferenceMemory(network, preparation)
  }

  /// Reads a model file straight into the form in which it is used: half the time and the memory of a `ModelFile` made into
  /// a predictor.
  public init(contentsOf path: String, engine: EngineOptions = EngineOptions()) throws(TrainingError) {
    do throws(FormatError) {
      let file = try SafetensorsFile(contentsOf: path)
      let model = try ModelFile.described(by: file)
      classes = model.classes
      preparation = model.preparation
      memory = try? InferenceMemory(model.network, model.preparation)
      network = try file.inferenceNetwork(
        loading: model.network,
        imageSize: Size2D(height: model.preparation.height, width: model.preparation.width), engine: engine)
    } catch {
      throw .format(error)
    }
  }

  /// How many images are to go through together: at most so many, and fewer where they would take gigabytes.
  public func batchSize(atMost count: Int) -> Int { memory?.batchSize(atMost: count) ?? 1 }

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
    let output = network(images, recordsAttention: recordsAttention)
    let logits = output.logits
    let probabilities = SoftmaxCrossEntropy.softmax(logits).scalars
    let values = logits.scalars
    let count = logits.shape[1]
    let predictions = (0..<logits.shape[0]).map { row in
      let range = (row * count)..<((row + 1) * count)
      return Prediction(logits: Array(values[range]), probabilities: Array(probabilities[range]))
    }
    return Output(predictions: predictions, attention: output.attention)
  }

  /// - Parameter images: as they were decoded for `preparation.request()`.
  public func predict(_ images: [LoadedImage], recordsAttention: Bool = false) -> Output {
    predict(preparation.tensor(images.map(preparation.resized)), recordsAttention: recordsAttention)
  }
}
