import FoveaData
import FoveaNN
import FoveaOps
import FoveaTensor

/// The memory that images take on their way through a network that does not learn.
struct InferenceMemory: Hashable, Sendable {
  /// Roughly, for one image: three times the input and output of the convolution where these are most.
  let bytesPerImage: Int

  /// What a batch takes at most, unless a single image takes more.
  private static let batchLimit = 2 << 30

  /// - Throws: where the network cannot take images of the size that they are prepared to.
  init(_ network: Network, _ preparation: Preparation) throws(GeometryError) {
    let layers = try network.summary(inputHeight: preparation.height, inputWidth: preparation.width)
    let most = layers.compactMap(\.convolution).map { $0.inputShape.count + $0.outputShape.count }.max() ?? 0
    bytesPerImage = 3 * 4 * most
  }

  /// At most so many images, and fewer where they would take too much; at least one.
  func batchSize(atMost count: Int) -> Int {
    max(1, min(count, Self.batchLimit / max(1, bytesPerImage)))
  }
}

extension ModelFile {
  /// How many images are to go through together: at most so many, and fewer where they would take gigabytes.
  public func batchSize(atMost count: Int) -> Int {
    // The geometry was checked when the model was made.
    (try? InferenceMemory(network, preparation))?.batchSize(atMost: count) ?? 1
  }
}
