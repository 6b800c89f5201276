import FoveaData
import FoveaExplain
import FoveaImage
import FoveaFormats
import FoveaNN
import FoveaOps
import FoveaReport
import FoveaTensor
import FoveaTrain

/// How `fovea explain` was asked to work.
struct ExplainSettings: Sendable {
  /// Places in the network's attention blocks.
  let blocks: [Int]
  let explainedClass: Int?
  let normalization: Normalization
  let style: OverlayStyle
  /// Of overlays, in pixels; nil keeps every image's size.
  let longestSide: Int?
  let masks: MaskFolder?
  let writesPictures: Bool
  let scoresMaps: Bool
  let modelName: String
}

/// Explains all inputs, batch by batch: through the network, then drawn in parallel, then into `attention.csv`.
struct ExplainJob {
  let model: ModelFile
  let settings: ExplainSettings
  let inputs: ExplainInputs
  private let preparer: ImagePreparer
  private let explainer: Explainer
  private let writer: PictureWriter
  private let console: Console
  private let table: AttentionTable
  private var progress: Progress
  private var summary = ExplainSummary()
  /// The least and the greatest value of each chosen block in the run.
  private var ranges: [ClosedRange<Float>?]
  private var items: [Gallery.Item] = []
  private let scorer: MapScorer?

  init(
    model: ModelFile, engine: EngineOptions, settings: ExplainSettings, inputs: ExplainInputs, output: String,
    allowsTruncated: Bool, console: Console
  ) throws {
    self.model = model
    self.settings = settings
    self.inputs = inputs
    self.console = console
    preparer = ImagePreparer(preparation: model.preparation, allowsTruncated: allowsTruncated)
    explainer = Explainer(model.network, engine: engine)
    scorer =
      settings.scoresMaps
      ? try MapScorer(
        model.network, inference: InferenceNetwork(model.network, engine: engine), blocks: settings.blocks)
      : nil
    writer = try PictureWriter(folder: output, inputs: inputs.identities, software: "Fovea \(foveaVersion)")
    ranges = settings.blocks.map { _ in nil }
    let passes = settings.normalization == .run ? 2 : 1
    progress = Progress(console, noun: "images", total: inputs.inputs.count * passes)
    table = try AttentionTable(writer.place("attention.csv"), withScores: settings.masks != nil)
  }

  mutating func run() throws -> ExplainSummary {
    var passed = 0
    // The scale of a run is known when all its maps are; keeping them all could take any amount of memory, so the
    // network sees the images twice.
    if settings.normalization == .run { measure(&passed) }
    for batch in batches {
      try explain(batch)
      passed += batch.count
      progress.update(passed)
    }
    progress.clear()
    try table.finish()
    summary.faithfulness = scorer?.scores ?? []
    if settings.writesPictures { try writeGallery() }
    return summary
  }

  private func writeGallery() throws {
    let scale =
      switch settings.normalization {
      case .fixed: "0 to 1"
      case .image: "as in the panels: each map's own range"
      case .run: "each block's range on these images"
      }
    let names = model.network.attentionBlockNames
    let gallery = Gallery(
      model: settings.modelName, classes: model.classes, blocks: settings.blocks.map { names[$0] },
      explainedClass: settings.explainedClass.map { model.classes[$0] }, scale: scale, items: items,
      scores: summary.faithfulness)
    try DurableFile.write(Array(gallery.html.utf8), to: try writer.place("index.html"))
  }

  private var batches: [Range<Int>] {
    // Smaller than for classifying: each image also brings its maps and its original.
    let size = model.batchSize(atMost: min(preparer.batchSize, 16))
    return stride(from: 0, to: inputs.inputs.count, by: size)
      .map { $0..<min($0 + size, inputs.inputs.count) }
  }

  private mutating func measure(_ passed: inout Int) {
    for batch in batches {
      for explanation in explanations(preparer.prepare(Array(inputs.inputs[batch]))) {
        guard let explanation else { continue }
        for (place, block) in settings.blocks.enumerated() {
          guard let range = explanation.blocks[block].spatial?.range else { continue }
          let known = ranges[place] ?? range
          ranges[place] =
            min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
        }
      }
      passed += batch.count
      progress.update(passed)
    }
  }

  /// One for each outcome; nil where there is no image, or the network's answer is none.
  private func explanations(_ outcomes: [ImagePreparer.Outcome]) -> [Explanation?] {
    let images = outcomes.compactMap { outcome in
      if case .ready(let prepared) = outcome { prepared.image } else { nil }
    }
    guard !images.isEmpty else { return outcomes.map { _ in nil } }
    var found = explainer.explain(
      model.preparation.tensor(images), explainedClass: settings.explainedClass)[...]
    return outcomes.map { outcome in
      guard case .ready = outcome else { return nil }
      let explanation = found.removeFirst()
      return explanation.isFinite ? explanation : nil
    }
  }

  private mutating func explain(_ batch: Range<Int>) throws {
    let items = Array(inputs.inputs[batch])
    let names = Array(inputs.names[batch])
    let outcomes = preparer.prepare(items)
    let found = explanations(outcomes)
    score(outcomes, found, first: batch.lowerBound)
    let drawer = ImageExplainer(
      settings: settings, classes: model.classes, preparation: model.preparation,
      allowsTruncated: preparer.allowsTruncated, writer: writer, blockRanges: ranges)
    let drawn = WorkerPool.shared.map(items.count) { place -> Result<ExplainedImage, any Error>? in
      guard case .ready(let prepared) = outcomes[place], let explanation = found[place] else { return nil }
      return Result { try drawer.explain(items[place].path, named: names[place], prepared, explanation) }
    }
    for (place, outcome) in outcomes.enumerated() {
      switch (outcome, drawn[place]) {
      case (.failed(let reason), _): skip(items[place], reason)
      case (.ready, .success(let image)): try add(image, items[place])
      // The file changed since it was prepared, or its mask cannot be used: the others go on.
      case (.ready, .failure(let error as DataError)): skip(items[place], "\(error)")
      case (.ready, .failure(let error)): throw error
      case (.ready, nil): skip(items[place], Prediction.notFinite)
      }
    }
  }

  /// One image after the other: each takes many passes, which use all threads themselves.
  private func score(_ outcomes: [ImagePreparer.Outcome], _ found: [Explanation?], first: Int) {
    guard let scorer else { return }
    for (place, outcome) in outcomes.enumerated() {
      guard case .ready(let prepared) = outcome, let explanation = found[place] else { continue }
      let image = prepared.image
      let blurred = image.resized(width: max(1, image.width / 8), height: max(1, image.height / 8))
        .resized(width: image.width, height: image.height)
      scorer.add(
        model.preparation.tensor([image]), blurred: model.preparation.tensor([blurred]), explanation,
        number: first + place)
    }
  }

  private mutating func add(_ image: ExplainedImage, _ input: Input) throws {
    let maps = image.maps
    summary.read += 1
    if let item = image.item { items.append(item) }
    for map in maps {
      try table.add(map, path: input.path)
      if let score = map.score { summary.add(score, of: map.block) }
    }
    if settings.masks != nil, maps.allSatisfy({ $0.score == nil }) { summary.withoutMask += 1 }
  }

  private mutating func skip(_ input: Input, _ reason: String) {
    summary.skipped += 1
    progress.clear()
    let path = input.path.description
    console.warn(reason.hasPrefix(path) ? reason : "\(path): \(reason)")
  }
}
