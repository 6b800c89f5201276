import FoveaData
import FoveaExplain
import FoveaImage
import FoveaPages
import FoveaTensor
import FoveaTrain
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An image that waits for its turn.
struct ClassifyJob: Sendable {
  let bytes: [UInt8]
  let name: String
  let options: ClassifyOptions
  /// When it came, in seconds that only go forward.
  let arrival: Double
  /// Called once, on the engine's thread.
  let finish: @Sendable (ImageAnswer) -> Void
}

/// What a request asks for.
struct ClassifyOptions: Hashable, Sendable {
  var top = 5
  /// Pictures of the attention.
  var overlays = true
  /// The maps' values.
  var maps = false
  /// The overlays' longer side, in pixels.
  var side = 320
}

/// One thread that owns the network and lets images that came at about the same time through it together. An image's
/// answer does not depend on which others were in its batch.
final class ClassifyEngine: Sendable {
  private struct State {
    var jobs: [ClassifyJob] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let wakeup = Semaphore()
  private let configuration: ServeConfiguration
  /// How many batches there were, and images in them.
  private let counters = Mutex((batches: 0, images: 0))

  init(_ configuration: ServeConfiguration) { self.configuration = configuration }

  /// Takes images, all or none.
  ///
  /// - Returns: false where too many wait already.
  func submit(_ jobs: [ClassifyJob]) -> Bool {
    let taken = state.withLock { state in
      guard !state.isStopped, state.jobs.count + jobs.count <= configuration.waitingImages else {
        return false
      }
      state.jobs += jobs
      return true
    }
    if taken { wakeup.signal() }
    return taken
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    wakeup.signal()
  }

  var statistics: (batches: Int, images: Int) { counters.withLock { $0 } }

  /// Works until `stop`; to be called on a thread of its own, the only one that uses `worker`.
  func run(_ worker: ClassifyWorker) {
    while true {
      let (batch, isOver) = next()
      if batch.isEmpty {
        if isOver { return }
        wakeup.wait()
        continue
      }
      counters.withLock { $0 = ($0.batches + 1, $0.images + batch.count) }
      let now = monotonicSeconds()
      let (late, timely) = batch.reduce(into: ([ClassifyJob](), [ClassifyJob]())) { parts, job in
        if now - job.arrival > configuration.waitSeconds { parts.0.append(job) } else { parts.1.append(job) }
      }
      for job in late {
        job.finish(.late(job.name, "it waited longer than \(Int(configuration.waitSeconds)) s"))
      }
      worker.answer(timely)
    }
  }

  private func next() -> ([ClassifyJob], isOver: Bool) {
    state.withLock { state in
      // A copy of an empty list would share its memory with the one that others add to.
      guard !state.jobs.isEmpty else { return ([], state.isStopped) }
      let batch = Array(state.jobs.prefix(configuration.batchSize))
      state.jobs.removeFirst(batch.count)
      return (batch, state.isStopped)
    }
  }
}

/// Prepares, classifies and draws. Used on one thread.
final class ClassifyWorker {
  private let model: ModelFile
  private let explainer: Explainer

  init(_ model: ModelFile, explainer: Explainer) {
    self.model = model
    self.explainer = explainer
  }

  private struct Ready: Sendable {
    let input: Image
    let shown: Image
    let placement: Placement
    let width, height: Int
  }

  func answer(_ jobs: [ClassifyJob]) {
    guard !jobs.isEmpty else { return }
    let prepared = WorkerPool.shared.map(jobs.count) { self.prepare(jobs[$0]) }
    let inputs = prepared.compactMap { if case .success(let ready) = $0 { ready.input } else { nil } }
    var explanations: ArraySlice<Explanation> = []
    if !inputs.isEmpty { explanations = explainer.explain(model.preparation.tensor(inputs))[...] }
    let work = zip(jobs, prepared).map {
      job, outcome -> (ClassifyJob, Result<Ready, ImageError>, Explanation?) in
      if case .success = outcome { return (job, outcome, explanations.removeFirst()) }
      return (job, outcome, nil)
    }
    let answers = WorkerPool.shared.map(work.count) { index in
      let (job, outcome, explanation) = work[index]
      switch outcome {
      case .failure(let error): return ImageAnswer.refused(job.name, "\(error.found). \(error.remedy).")
      case .success(let ready):
        return explanation!.isFinite
          ? self.answer(job, ready, explanation!) : .refused(job.name, Prediction.notFinite)
      }
    }
    for (job, answer) in zip(jobs, answers) { job.finish(answer) }
  }

  private func prepare(_ job: ClassifyJob) -> Result<Ready, ImageError> {
    do throws(ImageError) {
      let preparation = model.preparation
      let decoded = try Image.decode(
        job.bytes, name: "the image", options: preparation.request().decodeOptions)
      let input = preparation.resized(LoadedImage(decoded))
      let placement = Placement(
        preparation.geometry(originalWidth: decoded.originalWidth, originalHeight: decoded.originalHeight))
      let shown = job.options.overlays ? try picture(job, decoded) : decoded.image
      return .success(
        Ready(
          input: input, shown: shown, placement: placement.scaled(width: shown.width, height: shown.height),
          width: decoded.originalWidth, height: decoded.originalHeight))
    } catch {
      return .failure(error)
    }
  }

  /// The image at the size at which maps are drawn on it. Decoded anew where it was decoded smaller than that.
  private func picture(_ job: ClassifyJob, _ decoded: DecodedImage) throws(ImageError) -> Image {
    let side = job.options.side
    var image = decoded.image
    if decoded.scaleDenominator > 1, max(image.width, image.height) < side {
      var options = model.preparation.request().decodeOptions
      options.minimumSize = (side, side)
      image = try Image.decode(job.bytes, name: "the image", options: options).image
    }
    let longer = max(image.width, image.height)
    // Small images are enlarged, so that the maps over them can be seen.
    guard longer != side else { return image }
    let size = image.size(longerSide: side)
    return image.resized(
      width: size.width, height: size.height, filter: longer < side ? .nearest : .bilinear)
  }

  private func answer(_ job: ClassifyJob, _ ready: Ready, _ explanation: Explanation) -> ImageAnswer {
    let order = explanation.logits.indices.sorted {
      (explanation.logits[$1], $0) < (explanation.logits[$0], $1)
    }
    let predictions = order.prefix(max(1, job.options.top)).map {
      ImageAnswer.Prediction(
        label: model.classes[$0], probability: explanation.probabilities[$0], logit: explanation.logits[$0])
    }
    var blocks = explanation.blocks.map { block in
      MapAnswer(
        block: block.block, map: block.spatial, scale: .unit, channel: block.channel, job.options,
        ready.shown,
        ready.placement)
    }
    let peak = max(explanation.gradCAM.range.upperBound, 0)
    blocks.append(
      MapAnswer(
        block: "grad-cam", map: explanation.gradCAM, scale: Scale(0...peak), channel: nil, job.options,
        ready.shown,
        ready.placement))
    return ImageAnswer(
      name: job.name, width: ready.width, height: ready.height, predictions: Array(predictions), maps: blocks)
  }
}

/// What becomes of one image of a request.
struct ImageAnswer: Encodable, Sendable {
  struct Prediction: Encodable, Sendable {
    let label: String
    let probability: Float
    let logit: Float
  }

  let name: String
  var error: String?
  var width: Int?
  var height: Int?
  var predictions: [Prediction] = []
  var maps: [MapAnswer] = []
  /// Whether the error is the server's, which had no time for it: not a part of the answer.
  var isLate = false

  enum CodingKeys: CodingKey { case name, error, width, height, predictions, maps }

  static func refused(_ name: String, _ reason: String) -> ImageAnswer {
    ImageAnswer(name: name, error: reason)
  }

  static func late(_ name: String, _ reason: String) -> ImageAnswer {
    ImageAnswer(name: name, error: reason, isLate: true)
  }
}

/// A block's gates, or Grad-CAM.
struct MapAnswer: Encodable, Sendable {
  struct Channels: Encodable, Sendable {
    let count: Int
    let least, mean, most: Float
  }

  let block: String
  /// In cells; missing where the block has no spatial gate.
  let width, height: Int?
  let least, mean, most: Float?
  /// A JPEG in a data URL.
  var overlay: String?
  /// Row by row from the top left.
  var values: [Float]?
  let channels: Channels?

  init(
    block: String, map: AttentionMap?, scale: Scale, channel: [Float]?, _ options: ClassifyOptions,
    _ shown: Image,
    _ placement: Placement
  ) {
    self.block = block
    (width, height) = (map?.width, map?.height)
    (least, most) = (map?.range.lowerBound, map?.range.upperBound)
    mean = map.map { $0.values.reduce(0, +) / Float($0.values.count) }
    if let channel, let low = channel.min(), let high = channel.max() {
      channels = Channels(
        count: channel.count, least: low, mean: channel.reduce(0, +) / Float(channel.count), most: high)
    } else {
      channels = nil
    }
    guard let map else { return }
    if options.maps { values = map.values }
    if options.overlays {
      let picture = Overlay.blended(
        map, over: shown, placement: placement, scale: scale, style: OverlayStyle())
      overlay = (try? Reference.jpeg(picture, quality: 80))?.url
    }
  }
}

func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
