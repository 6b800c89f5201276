import FoveaTensor

/// What is known of an epoch under way. Every variable is guarded by the engine's monitor.
///
/// `@unchecked Sendable` for that reason.
final class LoaderSession: @unchecked Sendable {
  let epoch: Int
  let order: BatchOrder
  let samples: [Int]
  let prefetch: Int
  /// The batch that the consumer gets next.
  var consumed: Int
  /// Batches under way or done, from `consumed` on.
  var slots: [BatchSlot] = []
  var isCancelled = false

  init(epoch: Int, order: BatchOrder, samples: [Int], from position: Int, prefetch: Int) {
    self.epoch = epoch
    self.order = order
    self.samples = samples
    self.prefetch = prefetch
    consumed = position
  }

  /// A few samples of the earliest batch that has any to give out, or nil.
  func claim(height: Int, width: Int) -> LoaderTask? {
    if isCancelled { return nil }
    if let slot = slots.first(where: { $0.unclaimed > 0 }) { return slot.claim() }
    let position = consumed + slots.count
    guard slots.count < prefetch, position < order.batchesPerEpoch else { return nil }
    let slot = BatchSlot(
      position: position, indices: order.places(ofBatch: position).map { samples[$0] }, height: height,
      width: width)
    slots.append(slot)
    return slot.claim()
  }
}

/// A part of a batch that one thread makes.
struct LoaderTask {
  let slot: BatchSlot
  let rows: Range<Int>
}

/// A batch that is being made.
///
/// `@unchecked Sendable`: counts and failures are guarded by the engine's monitor; each row of the tensor is written
/// by the one thread that claimed it, and read after the monitor has seen it finished.
final class BatchSlot: @unchecked Sendable {
  let position: Int
  let indices: [Int]
  var unclaimed: Int
  var unfinished: Int
  var failures: [(row: Int, error: DataError)] = []
  private var images: Tensor
  private let base: UnsafeMutablePointer<Float>
  private let rowCount: Int
  private let chunk: Int

  init(position: Int, indices: [Int], height: Int, width: Int) {
    self.position = position
    self.indices = indices
    unclaimed = indices.count
    unfinished = indices.count
    images = Tensor(uninitialized: [indices.count, height, width, 3])
    // The storage is a block of its own that does not move, and nobody else holds this tensor before it is taken.
    base = images.withUnsafeMutableBufferPointer { $0.baseAddress! }
    rowCount = 3 * height * width
    // Small images go out by the dozen, so that threads meet at the monitor once in a while only.
    chunk = max(1, min(16, 16_384 / (height * width)))
  }

  func claim() -> LoaderTask {
    let first = indices.count - unclaimed
    let count = min(chunk, unclaimed)
    unclaimed -= count
    return LoaderTask(slot: self, rows: first..<(first + count))
  }

  func row(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base + index * rowCount, count: rowCount)
  }

  /// The finished batch, without the rows of unreadable files.
  func batch(epoch: Int, source: ImageSource) -> Batch {
    let failures = failures.sorted { $0.row < $1.row }
    let failed = Set(failures.map(\.row))
    let rows = indices.indices.filter { !failed.contains($0) }
    var kept = images
    if rows.count < indices.count {
      let shape = Shape([rows.count] + images.shape.dimensions.dropFirst())
      kept = Tensor(shape) { output in
        for (target, row) in rows.enumerated() {
          _ = UnsafeMutableBufferPointer(rebasing: output[(target * rowCount)..<((target + 1) * rowCount)])
            .update(fromContentsOf: self.row(row))
        }
      }
    }
    return Batch(
      epoch: epoch, position: position, images: kept,
      labels: rows.map { Int32(source.samples[indices[$0]].label) }, indices: rows.map { indices[$0] },
      skipped: failures.map { BadSample(index: indices[$0.row], error: $0.error) })
  }
}
