import FoveaData
import FoveaExplain
import FoveaImage
import FoveaReport

/// A map of one image, with all that `attention.csv` says of it.
struct ExplainedMap: Sendable {
  let block: String
  /// The class that Grad-CAM was asked about; nil for a gate.
  let explainedClass: String?
  let map: AttentionMap?
  let channel: [Float]?
  let predicted: String
  let probability: Float
  let truth: String?
  /// Against the object's mask, if there is one.
  let score: Localization?
}

/// All that came of one image.
struct ExplainedImage: Sendable {
  let maps: [ExplainedMap]
  /// Nil where no pictures were asked for.
  let item: Gallery.Item?
}

/// Turns what the network said of one image into pictures and numbers. Used from several threads at once.
struct ImageExplainer: Sendable {
  static let gradCAMName = "grad-cam"

  let settings: ExplainSettings
  let classes: [String]
  let preparation: Preparation
  let allowsTruncated: Bool
  let writer: PictureWriter
  /// Of each chosen block in the run, where the colours are normalised by it.
  let blockRanges: [ClosedRange<Float>?]

  func explain(
    _ path: RawPath, named name: String, _ prepared: ImagePreparer.PreparedImage, _ explanation: Explanation
  ) throws -> ExplainedImage {
    let placement = Placement(
      preparation.geometry(originalWidth: prepared.originalWidth, originalHeight: prepared.originalHeight))
    let truth = truth(of: path)
    let mask = try mask(of: path, placement)
    let item =
      settings.writesPictures ? try draw(path, name, placement, explanation, truth) : nil
    func explained(
      _ block: String, _ map: AttentionMap?, channel: [Float]? = nil, of name: String? = nil
    ) -> ExplainedMap {
      ExplainedMap(
        block: block, explainedClass: name, map: map, channel: channel,
        predicted: classes[explanation.predicted],
        probability: explanation.probabilities[explanation.predicted], truth: truth,
        score: mask.flatMap { mask in map.map { Localization($0, mask: mask, placement: placement) } })
    }
    let gates = chosen(explanation).map { explained($0.block, $0.spatial, channel: $0.channel) }
    let gradCAM = explained(
      Self.gradCAMName, explanation.gradCAM, of: classes[explanation.explainedClass])
    return ExplainedImage(maps: gates + [gradCAM], item: item)
  }

  private func chosen(_ explanation: Explanation) -> [BlockAttention] {
    settings.blocks.map { explanation.blocks[$0] }
  }

  /// The image's folder, if it has the name of a class.
  private func truth(of path: RawPath) -> String? {
    let folder = RawPath(bytes: path.parent.lastComponent).utf8String
    return folder.flatMap { classes.contains($0) ? $0 : nil }
  }

  private func mask(of path: RawPath, _ placement: Placement) throws(DataError) -> ObjectMask? {
    guard let mask = try settings.masks?.mask(of: path) else { return nil }
    guard mask.width == placement.originalWidth, mask.height == placement.originalHeight else {
      throw DataError(
        .malformed, path.description, found: "a mask of \(mask.width)×\(mask.height)",
        expected: "the image's \(placement.originalWidth)×\(placement.originalHeight)",
        remedy: "Use the data set's own masks.")
    }
    return mask
  }

  private func scale(of block: BlockAttention, at place: Int) -> Scale {
    switch settings.normalization {
    case .fixed: .unit
    case .image: block.spatial.map { Scale($0.range) } ?? .unit
    case .run: blockRanges[place].map { Scale($0) } ?? .unit
    }
  }

  private func draw(
    _ path: RawPath, _ name: String, _ placement: Placement, _ explanation: Explanation, _ truth: String?
  ) throws -> Gallery.Item {
    let original = try original(path)
    let shown = placement.scaled(width: original.width, height: original.height)
    let rows = chosen(explanation).enumerated().map { Panel.Row($1, scale: scale(of: $1, at: $0)) }
    for row in rows {
      guard let map = row.attention.spatial else { continue }
      let block = row.attention.block
      try writer.write(
        map, block: block, of: name, what: "spatial gate of \(block)", top: 1, original: original,
        placement: shown, scale: row.scale, style: settings.style)
    }
    let peak = max(explanation.gradCAM.range.upperBound, 0)
    try writer.write(
      explanation.gradCAM, block: Self.gradCAMName, of: name,
      what: "Grad-CAM for \(classes[explanation.explainedClass])", top: peak, original: original,
      placement: shown, scale: Scale(0...peak), style: settings.style)
    let panel = Panel(
      title: name, original: original, originalWidth: placement.originalWidth,
      originalHeight: placement.originalHeight, placement: shown, inputWidth: preparation.width,
      inputHeight: preparation.height, explanation: explanation, classes: classes, truth: truth, rows: rows,
      normalization: settings.normalization, style: settings.style, model: settings.modelName)
    try writer.write(panel, name: name)
    let maps = rows.map { row in row.attention.spatial.map { ($0, row.scale) } }
    let thumbnails = Thumbnails(
      original: original, placement: shown, maps: maps + [(explanation.gradCAM, Scale(0...peak))],
      style: settings.style)
    try thumbnails.picture.write(to: writer.place("thumbs/\(name).jpg"), quality: 85)
    try thumbnails.maps.write(to: writer.place("thumbs/\(name).maps.jpg"), quality: 85)
    return galleryItem(name, thumbnails.picture, explanation, truth)
  }

  private func galleryItem(
    _ name: String, _ picture: Image, _ explanation: Explanation, _ truth: String?
  ) -> Gallery.Item {
    let blocks = chosen(explanation).map { block in
      let statistics = block.spatial.map { MapStatistics($0) }
      return Gallery.Block(
        low: statistics?.minimum, high: statistics?.maximum, entropy: statistics?.entropy,
        channel: block.channel)
    }
    return Gallery.Item(
      name: name, width: picture.width, height: picture.height, probabilities: explanation.probabilities,
      predicted: explanation.predicted, truth: truth.flatMap { classes.firstIndex(of: $0) }, blocks: blocks,
      gradCAMEntropy: MapStatistics(explanation.gradCAM).entropy)
  }

  /// The upright image at the size at which it is drawn on.
  private func original(_ path: RawPath) throws(DataError) -> Image {
    let request = ImageRequest(
      background: preparation.background, minimumWidth: settings.longestSide,
      minimumHeight: settings.longestSide, allowsTruncated: allowsTruncated)
    let image = try ImageFiles.load(path, request).image
    return settings.longestSide.map { image.shrunk(toLongerSide: $0) } ?? image
  }
}
