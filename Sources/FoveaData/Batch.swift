import FoveaTensor

/// A file that could not be read, and what is wrong with it.
public struct BadSample: Hashable, Sendable {
  /// Its index in the source.
  public let index: Int
  public let error: DataError
}

/// Images that go through the network together.
public struct Batch: Sendable {
  public let epoch: Int
  /// Its place in the epoch, from 0.
  public let position: Int
  /// [N, height, width, 3], normalised.
  public let images: Tensor
  /// The class of each image.
  public let labels: [Int32]
  /// The index of each image in the source.
  public let indices: [Int]
  /// Those that should have been in the batch. They have no row, so N is smaller by their number.
  public let skipped: [BadSample]

  public var count: Int { indices.count }

  public init(
    epoch: Int, position: Int, images: Tensor, labels: [Int32], indices: [Int], skipped: [BadSample] = []
  ) {
    precondition(images.shape.rank == 4 && images.shape[0] == labels.count && labels.count == indices.count)
    self.epoch = epoch
    self.position = position
    self.images = images
    self.labels = labels
    self.indices = indices
    self.skipped = skipped
  }
}
