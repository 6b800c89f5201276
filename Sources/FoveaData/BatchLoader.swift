import FoveaTensor

/// How a loader works. Nothing here changes what is in a batch, save `batchSize`, `dropsLast` and the seed.
public struct LoaderConfiguration: Hashable, Sendable {
  public var batchSize: Int
  public var dropsLast: Bool
  /// Draws the order and the augmentation of training; nil for evaluation: the source's order, nothing random.
  public var seed: UInt64?
  /// Threads that decode and prepare; nil takes as many as the engine has.
  public var threads: Int?
  /// Batches that are made ahead. Fewer are when they would take more than 256 MB.
  public var prefetch: Int
  /// Bytes of decoded images that may be kept in memory from one epoch to the next.
  public var cacheBudget: Int
  /// The share of the source's files that may be unreadable.
  public var maxBad: Double
  /// Accept what can be read of damaged files.
  public var allowsTruncated: Bool

  public init(
    batchSize: Int, dropsLast: Bool = false, seed: UInt64? = nil, threads: Int? = nil, prefetch: Int = 4,
    cacheBudget: Int = 2 << 30, maxBad: Double = 0.01, allowsTruncated: Bool = false
  ) {
    self.batchSize = batchSize
    self.dropsLast = dropsLast
    self.seed = seed
    self.threads = threads
    self.prefetch = prefetch
    self.cacheBudget = cacheBudget
    self.maxBad = maxBad
    self.allowsTruncated = allowsTruncated
  }

  /// The memory that batches made ahead take at most, in bytes.
  public func prefetchedBytes(_ preparation: Preparation) -> Int {
    prefetchedBatches(preparation) * batchBytes(preparation)
  }

  func prefetchedBatches(_ preparation: Preparation) -> Int {
    max(2, min(prefetch, (256 << 20) / batchBytes(preparation)))
  }

  private func batchBytes(_ preparation: Preparation) -> Int {
    12 * preparation.width * preparation.height * batchSize
  }

  func validate(sampleCount: Int) throws(DataError) {
    func check(_ holds: Bool, _ name: String, _ found: Any, _ expected: String) throws(DataError) {
      guard holds else {
        throw DataError(.invalidSetting, name, found: "\(found)", expected: expected, remedy: "Correct it.")
      }
    }
    try check((1...65_536).contains(batchSize), "batch size", batchSize, "1 to 65536")
    try check(
      !dropsLast || batchSize <= sampleCount, "batch size", batchSize,
      "at most the \(sampleCount) images there are, where the last batch is dropped if it is not full")
    try check(maxBad >= 0 && maxBad <= 1, "max_bad", maxBad, "a share in 0…1")
    try check(threads.map { (1...256).contains($0) } ?? true, "data threads", threads ?? 0, "1 to 256")
    try check((1...1024).contains(prefetch), "prefetch", prefetch, "1 to 1024 batches")
    try check(cacheBudget >= 0, "cache budget", cacheBudget, "0 or more bytes")
  }
}

/// Makes batches ahead of their use, on threads of its own.
///
/// What an epoch's batches hold is a function of source, preparation, augmentation, seed and epoch: not of the number
/// of threads, of the cache, or of where in the epoch one starts.
///
/// The threads end when the loader is released or `shutDown` is called.
public final class BatchLoader: Sendable {
  public let source: ImageSource
  public let augmenter: Augmenter
  public let configuration: LoaderConfiguration
  public let order: BatchOrder
  private let engine: LoaderEngine

  /// - Parameter augmentation: nil prepares each image as the model will see it.
  public init(
    _ source: ImageSource, preparation: Preparation, augmentation: AugmentationConfiguration? = nil,
    configuration: LoaderConfiguration
  ) throws(DataError) {
    guard source.count > 0 else {
      throw DataError(
        .noImages, source.name, found: "no images", expected: "at least one", remedy: "Add images.")
    }
    try configuration.validate(sampleCount: source.count)
    self.source = source
    self.configuration = configuration
    augmenter = try Augmenter(configuration.seed == nil ? nil : augmentation, preparation: preparation)
    order = BatchOrder(
      sampleCount: source.count, batchSize: configuration.batchSize, dropsLast: configuration.dropsLast,
      shuffleSeed: configuration.seed)
    engine = LoaderEngine(source: source, augmenter: augmenter, configuration: configuration)
  }

  deinit { engine.shutDown() }

  public var batchesPerEpoch: Int { order.batchesPerEpoch }

  /// The batches of an epoch, from one of them on. Starting an epoch ends the one before.
  ///
  /// - Precondition: not shut down.
  public func epoch(_ epoch: Int, from position: Int = 0) -> EpochBatches {
    precondition(position >= 0 && position <= batchesPerEpoch, "batch \(position) of \(batchesPerEpoch)")
    let session = LoaderSession(
      epoch: epoch, order: order, samples: order.samples(epoch: epoch), from: position,
      prefetch: prefetchedBatches)
    engine.start(session)
    return EpochBatches(loader: self, engine: engine, session: session)
  }

  /// Files found unreadable so far, in the order in which they came up in batches; each once.
  public var badSamples: [BadSample] { engine.store.badSamples }

  /// Images kept in memory, and the bytes that they take.
  public var cache: (images: Int, bytes: Int) { engine.store.usage }

  /// Ends the threads and waits for them. Batches that are out stay valid.
  public func shutDown() { engine.shutDown() }

  private var prefetchedBatches: Int { configuration.prefetchedBatches(augmenter.preparation) }
}

/// The batches of an epoch, in their order.
public final class EpochBatches {
  // The threads end with the loader, so it must last as long as its batches are wanted.
  private let loader: BatchLoader
  private let engine: LoaderEngine
  private let session: LoaderSession
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var waited = Duration.zero
  private var last: ContinuousClock.Instant

  init(loader: BatchLoader, engine: LoaderEngine, session: LoaderSession) {
    self.loader = loader
    self.engine = engine
    self.session = session
    start = clock.now
    last = start
  }

  deinit { engine.cancel(session) }

  /// The next batch that holds an image; nil at the end of the epoch.
  ///
  /// - Throws: `.tooManyBadFiles` where more than `maxBad` of the source's files could not be read.
  public func next() throws(DataError) -> Batch? {
    while true {
      let before = clock.now
      let finished = engine.nextBatch(session)
      last = clock.now
      waited += last - before
      guard let finished else { return nil }
      try engine.store.count(finished.skipped)
      if finished.count > 0 { return finished }
    }
  }

  /// The share of the time since the epoch began that was spent waiting for batches, in 0…1.
  ///
  /// The time ends with the last call of `next`.
  public var waitFraction: Double {
    let total = last - start
    return total > .zero ? waited / total : 0
  }

  /// The time spent waiting for batches, in seconds.
  public var secondsWaited: Double { waited / .seconds(1) }
}
