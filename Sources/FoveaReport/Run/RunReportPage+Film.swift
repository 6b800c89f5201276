import FoveaExplain
import FoveaImage
import FoveaPages

/// A few fixed images and their maps, epoch by epoch.
extension RunReportPage {
  static func film(_ record: RunRecord) throws(ImageError) -> HTML {
    let heading = HTML.heading("Attention film", id: "film")
    guard let film = record.film, let latest = film.frames.last else {
      return heading + .note("Not recorded: training records it as it goes.")
    }
    let blocks = stageEnds(latest.set.maps.map(\.name))
    guard !blocks.isEmpty else { return heading + .note("The network has no spatial gates.") }
    let note = HTML.note(
      "The same images and the last spatial gate of each stage, epoch by epoch. Colours run from the least (violet) to the "
        + "greatest value (yellow) that a block has on these images in all epochs shown; a gate that is the same "
        + "everywhere is gray.")
    let rows = blocks.map { (name: $0, range: range(of: $0, film)) }
    var strips: [HTML] = []
    for place in film.images.examples.indices { strips.append(try filmStrip(film, place, rows)) }
    let strip = HTML.element(
      "details", [.id("film-strip"), Attribute("open")],
      .element("summary", [], HTML("Epochs side by side")), .element("div", [.class("strips")], strips))
    return heading + note + (try filmSymbols(film)) + (film.frames.count > 1 ? filmPlayer : HTML()) + strip
  }

  /// What the page's script shows one epoch at a time with; the strip is there without it.
  private static var filmPlayer: HTML {
    let slider = HTML.void(
      "input",
      [
        Attribute("type", "range"), Attribute("min", "0"), Attribute("step", "1"),
        Attribute("aria-label", "Epoch of the film"),
      ])
    return .element(
      "div", [.id("film-player"), Attribute("hidden")],
      .element(
        "div", [.class("controls")], .element("button", [Attribute("type", "button")], HTML("Play")), slider,
        .element("output")), .element("div", [.class("reels")]))
  }

  /// Each image once: all its places in the strip refer to it.
  private static func filmSymbols(_ film: RunRecord.Film) throws(ImageError) -> HTML {
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
    return .element(
      "svg",
      [
        .class("symbols"), Attribute("width", "0"), Attribute("height", "0"),
        Attribute("aria-hidden", "true"),
      ], symbols)
  }

  /// A table of one image: a column for each epoch, a row for each block, and what the model answered below.
  private static func filmStrip(
    _ film: RunRecord.Film, _ place: Int, _ blocks: [(name: String, range: ClosedRange<Float>)]
  ) throws(ImageError) -> HTML {
    let example = film.images.examples[place]
    func head(_ content: HTML) -> HTML { .element("th", [Attribute("scope", "row")], content) }
    var rows: [HTML] = []
    for (number, block) in blocks.enumerated() {
      let original = number == 0 ? filmPicture(film, place, HTML(), tip: example.name) : HTML()
      var cells = [head(HTML(block.name)), .element("td", [], original)]
      for frame in film.frames {
        cells.append(.element("td", [], try filmMap(film, frame, place, block.name, block.range)))
      }
      rows.append(.element("tr", [], cells))
    }
    let answers = film.frames.map { frame in
      let said = frame.set.examples[place]
      return HTML.element(
        "td", [.class(said.isRight ? "good" : "bad")], HTML(said.isRight ? "✓ " : "✗ "),
        .name(said.predicted), HTML(" "),
        .element("span", [.class("whole")], HTML(PageNumber.percent(said.confidence, 0))))
    }
    rows.append(.element("tr", [.class("answer")], [head(HTML("answer")), .element("td")] + answers))
    let epochs = film.frames.map { HTML.element("th", [], HTML("epoch \($0.epoch)")) }
    let top = HTML.element("tr", [], [head(.name(example.truth)), .element("th")] + epochs)
    return .element(
      "figure", [],
      .element(
        "div", [.class("scroll")],
        .element("table", [.class("film")], .element("thead", [], top), .element("tbody", [], rows))))
  }

  private static func filmMap(
    _ film: RunRecord.Film, _ frame: (epoch: Int, set: PictureSet), _ place: Int, _ block: String,
    _ range: ClosedRange<Float>
  ) throws(ImageError) -> HTML {
    guard let map = frame.set.maps.first(where: { $0.name == block })?.maps[place] else { return HTML() }
    let image = film.images.images[place]
    let own = map.range
    let scale = Scale(own).isFlat ? Scale(own) : Scale(range)
    let colors = HTML.void(
      "image",
      [
        Attribute("href", try .png(picture(map, scale))), Attribute("width", Double(image.width)),
        Attribute("height", Double(image.height)), Attribute("preserveAspectRatio", "none"),
        Attribute("opacity", "0.55"),
      ])
    let tip =
      "\(block), epoch \(frame.epoch)\n\(PageNumber.significant(Double(own.lowerBound))) to "
      + PageNumber.significant(Double(own.upperBound))
    return filmPicture(film, place, colors, tip: tip)
  }

  /// The image, gray under a map's colours.
  private static func filmPicture(_ film: RunRecord.Film, _ place: Int, _ map: HTML, tip: String) -> HTML {
    let image = film.images.images[place]
    return .element(
      "svg",
      [
        Attribute("viewBox", "0 0 \(image.width) \(image.height)"), Attribute("data-tip", tip),
        Attribute("role", "img"), Attribute("aria-label", tip),
      ],
      .element("use", [Attribute("href", "#film-\(place)"), .class(map == HTML() ? "" : "gray")]), map)
  }

  private static func range(of block: String, _ film: RunRecord.Film) -> ClosedRange<Float> {
    let ranges = film.frames.flatMap { frame in
      frame.set.maps.filter { $0.name == block }.flatMap { $0.maps.map(\.range) }
    }
    let low = ranges.map(\.lowerBound).min() ?? 0
    return low...max(low, ranges.map(\.upperBound).max() ?? 0)
  }

  static let filmStyle: StaticString = """
    .symbols{position:absolute}
    .whole{white-space:nowrap}
    .strips{display:flex;flex-wrap:wrap;gap:14px;margin:12px 0}
    .strips figure{max-width:100%}
    .scroll .film{border:0;background:none}
    .film td,.film th{padding:3px;border:0;text-align:center;font-size:12.5px;white-space:nowrap}
    .film td{min-width:82px;max-width:110px;white-space:normal}
    .film thead th{box-shadow:none;position:static}
    .film svg{display:block;width:76px;height:auto;border-radius:3px;margin:0 auto}
    .film th[scope=row]{text-align:left;min-width:84px;max-width:140px;white-space:normal;overflow-wrap:anywhere;\
    position:sticky;left:0;background:var(--panel);z-index:1}
    .film tbody th{font-weight:400;color:var(--soft)}
    #film-player .controls{margin:12px 0 8px}
    #film-player input{flex:1;min-width:140px;max-width:460px;accent-color:var(--accent)}
    #film-player output{font-variant-numeric:tabular-nums;min-width:5.5em}
    #film-player button{min-width:5em}
    .reels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:12px}
    .reels .row{display:grid;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));gap:6px}
    .reels .cell{font-size:12.5px;color:var(--soft);min-width:0;overflow-wrap:anywhere}
    .reel{display:grid}
    .reel>*{grid-area:1/1;visibility:hidden;min-width:0}
    .reel>.on{visibility:visible}
    .reels svg{display:block;width:100%;height:auto;border-radius:4px}
    """

  /// Takes the strip's pictures for its own, so the page holds each once.
  static let filmScript: StaticString = """
    (() => {
      const player = document.getElementById("film-player"), strip = document.getElementById("film-strip");
      if (!player) return;
      const button = player.querySelector("button"), slider = player.querySelector("input");
      const epoch = player.querySelector("output"), figures = player.querySelector(".reels");
      const tables = [...strip.querySelectorAll("table")], reels = [];
      const epochs = [...tables[0].tHead.rows[0].cells].slice(2).map((cell) => cell.textContent);
      const make = (name, style, ...content) => {
        const node = document.createElement(name);
        node.className = style;
        node.append(...content);
        return node;
      };
      const reel = (cells, style) => {
        const frames = cells.map((cell) => {
          const frame = make("div", cell.className);
          for (const node of cell.childNodes) frame.append(node.cloneNode(true));
          return frame;
        });
        reels.push(frames);
        return make("div", style, ...frames);
      };
      for (const table of tables) {
        const rows = [...table.tBodies[0].rows], answers = rows.pop();
        const title = document.createElement("h3"), row = make("div", "row");
        title.append(...[...table.tHead.rows[0].cells[0].childNodes].map((node) => node.cloneNode(true)));
        row.append(make("div", "cell", rows[0].cells[1].firstElementChild.cloneNode(true), "image"));
        for (const block of rows) {
          row.append(make("div", "cell", reel([...block.cells].slice(2), "reel"), block.cells[0].textContent));
        }
        figures.append(make("figure", "", title, row, reel([...answers.cells].slice(2), "reel")));
      }
      let timer = 0;
      const show = (at) => {
        for (const frames of reels) frames.forEach((frame, place) => frame.classList.toggle("on", place === at));
        slider.value = at;
        epoch.textContent = epochs[at];
        slider.setAttribute("aria-valuetext", epochs[at]);
      };
      const pause = () => { clearInterval(timer); timer = 0; button.textContent = "Play"; };
      const last = epochs.length - 1;
      slider.max = last;
      slider.addEventListener("input", () => { pause(); show(+slider.value); });
      button.addEventListener("click", () => {
        if (timer) return pause();
        button.textContent = "Pause";
        show(+slider.value === last ? 0 : +slider.value);
        timer = setInterval(() => {
          show(+slider.value + 1);
          if (+slider.value === last) pause();
        }, 500);
      });
      show(last);
      player.hidden = false;
      strip.open = false;
    })();
    """
}
