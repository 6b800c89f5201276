import FoveaData
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Measures a model on labelled images.
public enum Evaluator {
  /// - Parameters:
  ///   - source: its labels are the model's (`ImageSource.relabelled`, `DataSource.evaluation`).
  ///   - loader: its seed must be nil.
  ///   - stop: ends the evaluation early, with nil.
  ///   - watch: is shown each batch and what came of it, with its attention recorded.
  ///   - progress: is told how many images are done, and how many there are.
  ///   - skipped: is told of each file that is passed by.
  /// - Throws: `DataError` where more files than allowed cannot be read, or none can.
  public static func evaluate(
    _ predictor: Predictor, on source: ImageSource, loader configuration: LoaderConfiguration,
    stop: StopFlag? = nil, watch: ((Batch, Predictor.Output) -> Void)? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, skipped: (BadSample) -> Void = { _ in }
  ) throws(DataError) -> Evaluation? {
    let loader = try BatchLoader(source, preparation: predictor.preparation, configuration: configuration)
    defer { loader.shutDown() }
    return try evaluate(
      predictor, loader, stop: stop, watch: watch, progress: progress, skipped: skipped)
  }

  static func evaluate(
    _ predictor: Predictor, _ loader: BatchLoader, stop: StopFlag? = nil,
    watch: ((Batch, Predictor.Output) -> Void)? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, skipped: (BadSample) -> Void = { _ in }
  ) throws(DataError) -> Evaluation? {
    precondition(loader.configuration.seed == nil, "evaluation takes images in order, and all of them")
    var counts = EvaluationCounts(classes: predictor.classes)
    var done = 0
    var skippedCount = 0
    let batches = loader.epoch(0)
    while let batch = try batches.next() {
      if stop?.isRequested == true { return nil }
      let output = predictor.predict(batch.images, recordsAttention: watch != nil)
      watch?(batch, output)
      for (prediction, label) in zip(output.predictions, batch.labels) {
        counts.add(
          loss: crossEntropy(prediction.logits, label: Int(label)), prediction: prediction, label: Int(label))
      }
      batch.skipped.forEach(skipped)
      skippedCount += batch.skipped.count
      done += batch.count + batch.skipped.count
      progress(done, loader.source.count)
    }
    guard let evaluation = counts.evaluation(skipped: skippedCount) else {
      throw DataError(
        .noImages, loader.source.name, found: "no image that can be read", expected: "at least one",
        remedy: loader.badSamples.first.map { "The first: \($0.error)" } ?? "Add images.")
    }
    return evaluation
  }

  /// −log of the label's probability, in nats.
  public static func crossEntropy(_ logits: [Float], label: Int) -> Double {
    let largest = Double(logits.max()!)
    let sum = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
    return largest + log(sum) - Double(logits[label])
  }
}
