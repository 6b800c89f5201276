import FoveaExplain
import FoveaImage
import FoveaPages

extension RunReportPage {
  /// A map's colours, a pixel a cell, which the page enlarges as maps are enlarged everywhere: bilinear.
  static func picture(_ map: AttentionMap, _ scale: Scale) -> Image {
    var positions = map.plane
    for index in positions.values.indices {
      positions.values[index] = scale.position(positions.values[index]) ?? .nan
    }
    return ColorMap.viridis.image(positions)
  }

  /// Small, so that the page can be sent.
  static func photograph(_ image: Image) throws(ImageError) -> Reference {
    // JPEG makes mud of tiny pictures, and PNG is no larger there.
    let shown = image.shrunk(toLongerSide: 160)
    return shown.width * shown.height <= 64 * 64 ? try .png(shown) : try .jpeg(shown, quality: 85)
  }

  static func examples(_ record: RunRecord) throws(ImageError) -> HTML {
    var result = HTML.heading("Mistakes and narrow hits", id: "mistakes")
    guard let set = record.examples, set.images.count == set.examples.count else {
      return result + .note("Not recorded. 'fovea report RUN --evaluate' records them for the best model.")
    }
    let last = set.maps.last { $0.name != "grad-cam" }
    let gradCAM = set.maps.first { $0.name == "grad-cam" }
    result += .note(
      "As the network saw them. First the \(last.map { "spatial gate of \($0.name)" } ?? "image"), then Grad-CAM for the "
        + "class that was predicted; each map from its own least value (violet) to its greatest (yellow).")
    for isRight in [false, true] {
      let chosen = set.examples.indices.filter { set.examples[$0].isRight == isRight }
      result += .element(
        "h3", [], HTML(isRight ? "The least sure hits" : "The most confident mistakes"))
      if chosen.isEmpty {
        result += .note(isRight ? "No image was classified right." : "No image was classified wrong.")
      }
      var cards: [HTML] = []
      for place in chosen { cards.append(try card(set, place, [last, gradCAM].compactMap { $0 })) }
      result += .cards(cards)
    }
    return result
  }

  private static func card(
    _ set: PictureSet, _ place: Int, _ maps: [PictureSet.NamedMaps]
  ) throws(ImageError) -> HTML {
    let example = set.examples[place]
    let photo = try photograph(set.images[place])
    var pictures: [HTML] = [
      .element(
        "div", [.class("stack"), Attribute("data-tip", example.name)],
        .image(photo, alternative: example.name))
    ]
    for entry in maps {
      let map = entry.maps[place]
      let range = map.range
      pictures.append(
        .overlay(
          try .png(picture(map, Scale(range))), on: photo, alternative: "\(entry.name) of \(example.name)",
          tip: "\(entry.name)\n\(PageNumber.significant(Double(range.lowerBound))) to "
            + "\(PageNumber.significant(Double(range.upperBound)))"))
    }
    let verdict = HTML.element(
      "div", [.class(example.isRight ? "good" : "bad")],
      HTML(example.isRight ? "✓ " : "✗ "), .name(example.predicted),
      HTML(" \(PageNumber.percent(example.confidence))"))
    let truth =
      example.isRight
      ? HTML()
      : .element(
        "div", [], HTML("truly "), .name(example.truth),
        HTML(" \(PageNumber.percent(example.truthProbability))"))
    return .element(
      "div", [.class("card")], .element("div", [.class("pictures")], pictures), verdict, truth,
      .element(
        "div", [.class("soft")], HTML("loss \(PageNumber.fixed(example.loss, 2)) · "), .name(example.name)))
  }
}
