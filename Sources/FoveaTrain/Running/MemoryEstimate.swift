import FoveaAutodiff
import FoveaData
import FoveaNN
import FoveaOps
import FoveaTensor

/// The memory that a run will take, in bytes.
public struct MemoryEstimate: Hashable, Sendable {
  /// Weights and running statistics; with an average of the weights also the averages and their network.
  public var weights: Int
  /// The optimiser's state.
  public var optimizer: Int
  /// The most that a step takes besides: activations saved for backward, gradients, intermediate results.
  public var step: Int
  /// Batches that are prepared ahead.
  public var batches: Int
  /// Decoded images kept from epoch to epoch, at most.
  public var images: Int

  public var total: Int { weights + optimizer + step + batches + images }
}

extension TrainingPlan {
  /// Estimates the run's memory.
  ///
  /// A step's part is measured, not modelled: two training steps with small batches are run on an empty copy of the
  /// network, and what they took grows in a straight line with the batch; where it is little, the whole batch is tried.
  /// All run on one thread: how many threads' scratch memory is in use at the peak is a matter of chance, and its slope
  /// would be that chance many times over.
  public func memoryEstimate() throws(TrainingError) -> MemoryEstimate {
    let state = network.averagedValues.reduce(0) { $0 + 4 * $1.count }
    let parameters = 4 * network.parameters.reduce(0) { $0 + $1.value.count }
    let settings = configuration.optimizer
    let moments = settings.name == .adamw ? 2 : settings.momentum == 0 ? 0 : 1
    let batchSize = min(configuration.train.batchSize, split.training.count)
    // Scratch memory grows with the batch up to a limit, so a batch must not be too small to tell.
    let small = min(max(4, batchSize / 4), batchSize)
    let workers = WorkerPool.shared
    let threads = workers.threadCount
    workers.limitThreads(to: 1)
    defer { workers.limitThreads(to: threads) }
    let first = try stepBytes(batchSize: small)
    let second = try stepBytes(batchSize: 2 * small)
    let perImage = max(0, second - first) / small
    // A small step's scratch memory has not levelled off.
    let step =
      second < 64 << 20
      ? try stepBytes(batchSize: batchSize) : max(first + (batchSize - small) * perImage, 0)
    let imageBytes = 12 * preparation.width * preparation.height
    return MemoryEstimate(
      weights: configuration.train.ema == nil ? state : 2 * state, optimizer: moments * parameters,
      step: step,
      // Training and validation take turns.
      batches: max(
        trainingLoaderConfiguration.prefetchedBytes(preparation),
        validationLoaderConfiguration.prefetchedBytes(preparation)),
      images: min(configuration.data.cache, (split.training.count + split.validation.count) * imageBytes / 4))
  }

  /// The most memory that a training step with a batch of this size takes beyond weights and optimiser.
  private func stepBytes(batchSize: Int) throws(TrainingError) -> Int {
    let network = try makeEmptyNetwork()
    let pool = BufferPool.shared
    let before = pool.usage.live
    pool.resetPeak()
    let images = Tensor(zeros: [batchSize, preparation.height, preparation.width, 3])
    let context = Context(.training(seed: 0, step: 0), engine: configuration.engineOptions)
    let logits = network(images, context)
    let labels = [Int32](repeating: 0, count: batchSize)
    let (loss, _) = context.tape.crossEntropy(logits, targets: .labels(labels))
    context.tape.backward(from: loss)
    _ = GradientNorm.global(network.parameters)
    return pool.usage.peak - before
  }
}
