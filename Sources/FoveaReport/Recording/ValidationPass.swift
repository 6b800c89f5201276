import FoveaData
import FoveaExplain
import FoveaImage
import FoveaNN
import FoveaOps
import FoveaTensor
import FoveaTrain

/// What is gathered while a model goes once through the validation images.
struct ValidationPass {
  private let source: ImageSource
  private let classes: [String]
  private let preparation: Preparation
  private let stride: Int
  /// The film's images, by their places in the source.
  private let filmIndices: Set<Int>
  private var filmed: [(index: Int, kept: KeptExample)] = []
  private var mistakes = ExampleKeeper(limit: RunRecorder.exampleCount)
  private var hits = ExampleKeeper(limit: RunRecorder.exampleCount)
  private(set) var predictions: [Example] = []
  private(set) var attention: AttentionCounts

  init(source: ImageSource, classes: [String], preparation: Preparation) {
    self.source = source
    self.classes = classes
    self.preparation = preparation
    stride = max(1, (source.count + RunRecorder.measuredImages - 1) / RunRecorder.measuredImages)
    filmIndices = Self.filmIndices(source)
    attention = AttentionCounts(classes: classes)
  }

  /// The first image of each of a few classes, evenly spread over the classes.
  private static func filmIndices(_ source: ImageSource) -> Set<Int> {
    var first = [Int?](repeating: nil, count: source.classes.count)
    for (index, sample) in source.samples.enumerated() where first[sample.label] == nil {
      first[sample.label] = index
    }
    let present = first.compactMap { $0 }
    let count = min(RunRecorder.filmImages, present.count)
    return Set((0..<count).map { present[$0 * present.count / count] })
  }

  mutating func add(_ batch: Batch, _ output: Predictor.Output) {
    let preparation = preparation
    for (row, index) in batch.indices.enumerated() {
      let prediction = output.predictions[row]
      let label = Int(batch.labels[row])
      let best = prediction.best
      let example = Example(
        name: source.samples[index].name.description, truth: classes[label], predicted: classes[best],
        confidence: Double(prediction.probabilities[best]),
        truthProbability: Double(prediction.probabilities[label]),
        loss: Evaluator.crossEntropy(prediction.logits, label: label))
      predictions.append(example)
      func kept() -> KeptExample {
        KeptExample(
          example: example, image: Self.image(batch.images, row, preparation),
          blocks: Self.blocks(output.attention, row))
      }
      if best == label {
        hits.offer(rank: -example.confidence, kept)
      } else {
        mistakes.offer(rank: example.confidence, kept)
      }
      if filmIndices.contains(index) { filmed.append((index, kept())) }
      if index.isMultiple(of: stride) {
        attention.add(Self.blocks(output.attention, row), label: label)
      }
    }
  }

  /// The film's images, and their spatial gates of this pass.
  var film: PictureSet {
    Self.pictures(filmed.sorted { $0.index < $1.index }.map(\.kept))
  }

  /// The mistakes that the model was surest of, then the hits that it was least sure of, each with Grad-CAM for the
  /// class that was predicted.
  func examples(gradCAM network: Network, engine: EngineOptions) -> PictureSet {
    let kept = (mistakes.kept + hits.kept).map(\.example)
    var set = Self.pictures(kept)
    guard !kept.isEmpty else { return set }
    let explainer = Explainer(network, engine: engine)
    let maps = kept.indices.map { place in
      explainer.explain(preparation.tensor([kept[place].image]))[0].gradCAM
    }
    set.maps.append(.init(name: "grad-cam", maps: maps))
    return set
  }

  private static func pictures(_ kept: [KeptExample]) -> PictureSet {
    var set = PictureSet()
    set.examples = kept.map(\.example)
    set.images = kept.map(\.image)
    guard let first = kept.first else { return set }
    for (place, block) in first.blocks.enumerated() where block.spatial != nil {
      set.maps.append(.init(name: block.block, maps: kept.compactMap { $0.blocks[place].spatial }))
    }
    return set
  }

  private static func blocks(_ records: [AttentionRecord], _ image: Int) -> [BlockAttention] {
    records.map { record in
      BlockAttention(
        block: record.block, spatial: record.spatial.map { AttentionMap($0, image: image) },
        channel: record.channel.map { $0.slice(image..<image + 1).scalars })
    }
  }

  /// The image that a row of the network's input was made from: bytes to the level, since the input was made of bytes.
  private static func image(_ images: Tensor, _ row: Int, _ preparation: Preparation) -> Image {
    let (height, width) = (images.shape[1], images.shape[2])
    let size = height * width * 3
    let pixels = images.withUnsafeBufferPointer { values in
      (0..<size).map { index in
        let channel = index % 3
        let level = 255 * (values[row * size + index] * preparation.std[channel] + preparation.mean[channel])
        return level.isFinite ? UInt8(min(max(level.rounded(), 0), 255)) : 0
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
