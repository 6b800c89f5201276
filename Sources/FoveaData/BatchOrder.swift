import FoveaTensor

/// Which samples come in which batch.
public struct BatchOrder: Sendable {
  public let sampleCount: Int
  public let batchSize: Int
  /// Leaves out the samples that fill no whole batch: others in each epoch, if shuffled.
  public let dropsLast: Bool
  /// nil keeps the source's order.
  public let shuffleSeed: UInt64?

  public init(sampleCount: Int, batchSize: Int, dropsLast: Bool = false, shuffleSeed: UInt64? = nil) {
    precondition(sampleCount >= 0 && batchSize > 0)
    self.sampleCount = sampleCount
    self.batchSize = batchSize
    self.dropsLast = dropsLast
    self.shuffleSeed = shuffleSeed
  }

  public var batchesPerEpoch: Int {
    dropsLast ? sampleCount / batchSize : (sampleCount + batchSize - 1) / batchSize
  }

  /// The samples of an epoch in their order: a function of seed and epoch, so that an epoch can be taken up anywhere.
  public func samples(epoch: Int) -> [Int] {
    guard let shuffleSeed else { return Array(0..<sampleCount) }
    var random = CounterRandom(seed: shuffleSeed, purpose: .shuffle, epoch: epoch)
    return random.permutation(sampleCount)
  }

  /// The places of a batch's samples in the epoch's order.
  public func places(ofBatch position: Int) -> Range<Int> {
    position * batchSize..<min((position + 1) * batchSize, sampleCount)
  }
}
