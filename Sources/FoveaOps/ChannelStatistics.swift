import FoveaTensor

/// Mean and variance of each channel over all pixels of all images of a batch.
public struct ChannelStatistics: Sendable {
  /// [C]
  public let mean: Tensor
  /// [C], biased: the sum of squared deviations divided by `count`.
  public let variance: Tensor
  /// How many values each channel's statistics were taken over: N·H·W.
  public let count: Int

  public init(mean: Tensor, variance: Tensor, count: Int) {
    precondition(mean.shape == variance.shape, "mean \(mean.shape) and variance \(variance.shape) differ")
    self.mean = mean
    self.variance = variance
    self.count = count
  }

  /// What turns the biased variance into the unbiased one that running statistics take: n / (n − 1), and 1 where
  /// there is a single value.
  public var unbiasing: Float {
    count > 1 ? Float(Double(count) / Double(count - 1)) : 1
  }
}
