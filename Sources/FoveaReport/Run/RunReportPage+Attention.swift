import FoveaExplain
import FoveaImage
import FoveaPages
import FoveaTrain

extension RunReportPage {
  /// A map's colours, a pixel a cell, which the page enlarges as maps are enlarged everywhere: bilinear.
  static func picture(_ map: AttentionMap, _ scale: Scale) -> Image {
    var positions = map.plane
    for index in positions.values.indices {
      positions.values[index] = scale.position(positions.values[index]) ?? .nan
    }
    return ColorMap.viridis.image(positions)
  }

  /// The page must stay small enough to be sent.
  static func small(_ image: Image, limit: Int = 160) -> Image {
    let longer = max(image.width, image.height)
    guard longer > limit else { return image }
    return image.resized(
      width: max(1, image.width * limit / longer), height: max(1, image.height * limit / longer))
  }

  static func photograph(_ image: Image) throws(ImageError) -> Reference {
    // JPEG makes mud of tiny pictures, and PNG is no larger there.
    let shown = small(image)
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

  static func film(_ record: RunRecord) throws(ImageError) -> HTML {
    var result = HTML.heading("Attention film", id: "film")
    guard let film = record.film, let latest = film.frames.last else {
      return result + .note("Not recorded: training records it as it goes.")
    }
    let blocks = stageEnds(latest.set.maps.map(\.name))
    guard !blocks.isEmpty else { return result + .note("The network has no spatial gates.") }
    result += .note(
      "The same images and the last spatial gate of each stage, epoch by epoch. Colours run from the least (violet) to the "
        + "greatest value (yellow) that a block has on these images in all epochs shown; a gate that is the same "
        + "everywhere is gray.")
    let symbols = try film.images.images.enumerated().map { (place, image) throws(ImageError) in
      HTML.element(
        "symbol",
        [Attribute("id", "film-\(place)"), Attribute("viewBox", "0 0 \(image.width) \(image.height)")],
        .void(
          "image",
          [
            Attribute("href", try photograph(image)), Attribute("width", Double(image.width)),
            Attribute("height", Double(image.height)),
          ]))
    }
    result += .element(
      "svg",
      [
        .class("symbols"), Attribute("width", "0"), Attribute("height", "0"),
        Attribute("aria-hidden", "true"),
      ], symbols)
    let ranges = blocks.map { range(of: $0, film) }
    var strips: [HTML] = []
    for place in film.images.examples.indices {
      var rows: [HTML] = []
      for (number, block) in blocks.enumerated() {
        rows.append(try filmRow(film, place, block, ranges[number], isFirst: number == 0))
      }
      let truth = HTML.element("th", [Attribute("scope", "row")], .name(film.images.examples[place].truth))
      let epochs = film.frames.map { HTML.element("th", [], HTML("epoch \($0.epoch)")) }
      let head = HTML.element("tr", [], [truth, .element("th")] + epochs)
      strips.append(
        .element(
          "figure", [],
          .element(
            "div", [.class("scroll")],
            .element("table", [.class("film")], .element("thead", [], head), .element("tbody", [], rows)))))
    }
    return result + .element("div", [.class("strips")], strips)
  }

  private static func filmRow(
    _ film: RunRecord.Film, _ place: Int, _ block: String, _ range: ClosedRange<Float>, isFirst: Bool
  ) throws(ImageError) -> HTML {
    let image = film.images.images[place]
    let symbol = "#film-\(place)"
    func drawing(_ map: HTML, tip: String) -> HTML {
      .element(
        "svg",
        [
          Attribute("viewBox", "0 0 \(image.width) \(image.height)"), Attribute("data-tip", tip),
          Attribute("role", "img"), Attribute("aria-label", tip),
        ],
        .element("use", [Attribute("href", symbol), .class(map == HTML() ? "" : "gray")]), map)
    }
    var cells: [HTML] = [
      .element("th", [Attribute("scope", "row")], HTML(block)),
      .element("td", [], isFirst ? drawing(HTML(), tip: film.images.examples[place].name) : HTML()),
    ]
    for frame in film.frames {
      guard let map = frame.set.maps.first(where: { $0.name == block })?.maps[place] else {
        cells.append(.element("td"))
        continue
      }
      let own = map.range
      let scale = Scale(own).isFlat ? Scale(own) : Scale(range)
      let overlay = HTML.void(
        "image",
        [
          Attribute("href", try .png(picture(map, scale))), Attribute("width", Double(image.width)),
          Attribute("height", Double(image.height)), Attribute("preserveAspectRatio", "none"),
          Attribute("opacity", "0.55"),
        ])
      let said = frame.set.examples[place]
      let tip =
        "\(block), epoch \(frame.epoch)\n\(PageNumber.significant(Double(own.lowerBound))) to "
        + "\(PageNumber.significant(Double(own.upperBound)))\n\(said.isRight ? "✓" : "✗") \(said.predicted) "
        + PageNumber.percent(said.confidence)
      cells.append(.element("td", [], drawing(overlay, tip: tip)))
    }
    return .element("tr", [], cells)
  }

  private static func range(of block: String, _ film: RunRecord.Film) -> ClosedRange<Float> {
    let ranges = film.frames.flatMap { frame in
      frame.set.maps.filter { $0.name == block }.flatMap { $0.maps.map(\.range) }
    }
    let low = ranges.map(\.lowerBound).min() ?? 0
    return low...max(low, ranges.map(\.upperBound).max() ?? 0)
  }

  /// The last block of each stage, four at most.
  static func stageEnds(_ blocks: [String]) -> [String] {
    func stage(_ name: String) -> Substring { name.prefix { $0 != "." } }
    let ends = blocks.indices.filter { index in
      index == blocks.count - 1 || stage(blocks[index]) != stage(blocks[index + 1])
    }
    return ends.suffix(4).map { blocks[$0] }
  }

  static func attention(_ record: RunRecord) -> HTML {
    var result = HTML.heading("Attention", id: "attention")
    guard !record.attention.isEmpty else {
      return result
        + .note(
          record.configuration.model.attention == .none
            ? "The network has no attention gates."
            : "Not recorded. 'fovea report RUN --evaluate' records it for the best model.")
    }
    let all = record.attention.filter { $0.className == nil }
    result += .note(
      "The best epoch's gates on \(PageNumber.grouped(all.first?.images ?? 0)) validation images. Evenness is the entropy "
        + "of the map over that of a constant one: 1 is even, 0 is all in one cell. Border is the share of the map within "
        + "an eighth of the sides; a constant map has 43.8 %. Spread tells channels apart, response tells images apart; a "
        + "gate within \(GateSummary.deadRange) for all images counts as constant.")
    result += gateTable(all, withClass: false).html
    result += .grid(historyCharts(record))
    let classes = record.attention.filter { $0.className != nil }
    let shown = classes.count <= 1200 ? classes : classes.filter { $0.block == all.last?.block }
    let which =
      shown.count == classes.count ? "" : ", the last block alone; report/attention.csv has the others"
    return result + .details("By block and class\(which)", gateTable(shown, withClass: true).html)
  }

  private static func gateTable(_ gates: [GateSummary], withClass: Bool) -> Table {
    var columns: [Table.Column] = [.init("block")]
    if withClass { columns += [.init("class"), .init("images", numeric: true)] }
    columns += [
      .init("spatial mean", numeric: true, hint: "Mean of the spatial gate over places and images, 0 to 1."),
      .init("range", numeric: true, hint: "The least and the greatest value anywhere."),
      .init("evenness", numeric: true, hint: "Entropy over that of a constant map."),
      .init("border", numeric: true, hint: "Share within an eighth of the sides; 43.8 % for a constant map."),
      .init(
        "channel mean", numeric: true, hint: "Mean of the channel gates over channels and images, 0 to 1."),
      .init("spread", numeric: true, hint: "Standard deviation between channels of their mean gates."),
      .init("response", numeric: true, hint: "Mean over channels of the standard deviation between images."),
      .init("constant", numeric: true, hint: "Channels whose gate is the same for all images."),
    ]
    return Table(
      columns,
      rows: gates.map { gate in
        var cells: [Table.Cell] = [.text(gate.block)]
        if withClass { cells += [.name(gate.className ?? ""), .count(gate.images)] }
        let range = gate.spatialLow.map {
          "\(PageNumber.fixed($0, 3))–\(PageNumber.fixed(gate.spatialHigh ?? .nan, 3))"
        }
        func three(_ value: Double?) -> Table.Cell { .number(value) { PageNumber.fixed($0, 3) } }
        let constant = gate.constantChannels.map { "\($0) of \(gate.channels ?? 0)" }
        return cells + [
          three(gate.spatialMean),
          .html(
            .element("span", gate.isSpatialDead ? [.class("bad")] : [], HTML(range ?? "–")),
            order: gate.spatialHigh.map { $0 - (gate.spatialLow ?? 0) } ?? .nan), three(gate.spatialEntropy),
          .percent(gate.borderShare), three(gate.channelMean), three(gate.channelSpread),
          three(gate.channelResponse),
          .html(
            .element("span", gate.isChannelDead ? [.class("bad")] : [], HTML(constant ?? "–")),
            order: gate.constantChannels.map { Double($0) } ?? .nan),
        ]
      })
  }

  private static func historyCharts(_ record: RunRecord) -> [HTML] {
    let names = record.history.filter { $0.epoch == record.history.last?.epoch }.map(\.summary.block)
    let blocks = stageEnds(names)
    func chart(_ title: String, _ unit: String, _ value: (GateSummary) -> Double?) -> HTML {
      let series = blocks.map { block in
        CurveChart.Series(
          block,
          record.history.filter { $0.summary.block == block }.compactMap { row in
            value(row.summary).map { (Double(row.epoch), $0) }
          })
      }
      return .figure(
        title,
        CurveChart(title: title, x: "epoch", y: unit, series: series, format: { PageNumber.fixed($0, 4) })
          .html)
    }
    return [
      chart("Mean of the spatial gates", "0 to 1") { $0.spatialMean },
      chart("Evenness of the spatial gates", "entropy, 1 is even") { $0.spatialEntropy },
      chart("Border share of the spatial gates", "share, 0.4375 is even") { $0.borderShare },
      chart("Spread of the channel gates", "standard deviation between channels") { $0.channelSpread },
    ]
  }
}
