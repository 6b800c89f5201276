import FoveaPages

/// The page for people: drop, paste or choose images, and see what the model makes of them and where it looked.
struct ServePage {
  private let facts: ModelFacts
  private let showsRuns: Bool
  private let configuration: ServeConfiguration

  init(_ facts: ModelFacts, showsRuns: Bool, _ configuration: ServeConfiguration) {
    self.facts = facts
    self.showsRuns = showsRuns
    self.configuration = configuration
  }

  var html: String {
    var page = Page(
      title: facts.model, subtitle: subtitle, content: HTML([drop, results, about]), style: Self.style,
      script: Self.script)
    page.asksItsServer = true
    return page.html
  }

  private var subtitle: String {
    "\(facts.architecture), \(PageNumber.grouped(facts.parameters)) parameters, input \(facts.inputWidth)×\(facts.inputHeight), "
      + "\(facts.classes.count) classes"
  }

  private var drop: HTML {
    let input = HTML.void(
      "input",
      [
        .id("files"), Attribute("type", "file"), Attribute("accept", "image/png,image/jpeg"),
        Attribute("multiple"),
        .class("unseen"),
      ])
    let label = HTML.element(
      "label", [.id("drop"), Attribute("for", "files"), Attribute("tabindex", "0")],
      .element("b", [], HTML("Drop images here")),
      .element(
        "span", [],
        HTML("or choose them, or paste one. PNG and JPEG, up to \(configuration.imagesPerRequest) at a time.")
      )
    )
    let state = HTML.element(
      "p", [.id("state"), Attribute("role", "status"), Attribute("aria-live", "polite")])
    return .element("section", [], input, label, state)
  }

  private var results: HTML { .element("section", [.id("results")]) }

  private var about: HTML {
    var links = [
      HTML.element(
        "a", [Attribute("href", Reference.file("api/openapi.json"))], HTML("the interface's description"))
    ]
    if showsRuns {
      links.append(.element("a", [Attribute("href", Reference.file("runs"))], HTML("the training runs")))
    }
    var line = HTML("For programs: POST an image to /api/classify; ") + links[0]
    if links.count > 1 { line += HTML(". Also here: ") + links[1] }
    return .element("p", [.class("note")], line + HTML("."))
      + .details(
        "Classes", .element("p", [], facts.classes.map { .name($0) + HTML(" ") })
      )
      + .data(
        id: "limits",
        json: "{\"images\":\(configuration.imagesPerRequest),\"bytes\":\(configuration.bodyBytes)}")
  }

  private static let style: StaticString = """
    .unseen{position:absolute;width:1px;height:1px;opacity:0}
    #drop{display:flex;flex-direction:column;align-items:center;justify-content:center;gap:4px;min-height:150px;\
    margin:18px 0 8px;padding:18px;border:2px dashed var(--line);border-radius:12px;background:var(--panel);\
    cursor:pointer;text-align:center}
    #drop b{font-size:18px}
    #drop span{color:var(--soft)}
    #drop:hover,#drop.over,#drop:focus-visible,.unseen:focus-visible+#drop{border-color:var(--accent);outline:none}
    #state{min-height:1.5em;color:var(--soft)}
    #state.bad{color:var(--bad)}
    .result{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px;margin:0 0 16px}
    .result h2{margin:0 0 10px;font-size:16px;overflow-wrap:anywhere}
    .result h2 small{font-weight:400;color:var(--soft)}
    .result .top{display:grid;grid-template-columns:minmax(0,340px) minmax(0,1fr);gap:18px;align-items:start}
    .result .top img{width:100%;height:auto;border-radius:6px;display:block;background:var(--grid)}
    .bars{display:grid;grid-template-columns:minmax(60px,max-content) 1fr max-content;gap:5px 10px;align-items:center;\
    font-variant-numeric:tabular-nums}
    .bars .label{overflow-wrap:anywhere;min-width:0}
    .bars progress{appearance:none;width:100%;height:14px;border:0;border-radius:4px;background:var(--grid);overflow:hidden}
    .bars progress::-webkit-progress-bar{background:var(--grid)}
    .bars progress::-webkit-progress-value{background:var(--s1)}
    .bars progress::-moz-progress-bar{background:var(--s1)}
    .shown{color:var(--soft);font-size:13px;margin:6px 0 0}
    .maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:8px;margin-top:14px;align-items:start}
    .maps button{all:unset;cursor:pointer;border:2px solid transparent;border-radius:8px;padding:3px;font-size:12.5px;\
    line-height:1.3;min-width:0}
    .maps button:focus-visible,.maps button:hover{border-color:var(--line)}
    .maps button[aria-pressed=true]{border-color:var(--accent)}
    .maps img{width:100%;height:auto;border-radius:5px;display:block}
    .maps span{display:block;color:var(--soft)}
    .scale{display:flex;align-items:center;gap:8px;color:var(--soft);font-size:12.5px;margin-top:10px}
    .scale i{display:block;width:120px;height:10px;border-radius:3px;\
    background:linear-gradient(90deg,#440154,#3b528b,#21918c,#5ec962,#fde725)}
    .failed{color:var(--bad)}
    @media (max-width:640px){.result .top{grid-template-columns:1fr}.maps{grid-template-columns:repeat(auto-fill,minmax(92px,1fr))}}
    """

  private static let script: StaticString = """
    (() => {
      const limits = JSON.parse(document.getElementById("limits").textContent);
      const drop = document.getElementById("drop"), files = document.getElementById("files");
      const state = document.getElementById("state"), results = document.getElementById("results");
      const element = (name, properties, ...children) => {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
      };
      const say = (text, bad) => { state.textContent = text; state.className = bad ? "bad" : ""; };
      const percent = (share) => (100 * share).toFixed(share < 0.1 ? 2 : 1) + " %";
      const mapButton = (map, show) => {
        const picture = element("img", { src: map.overlay, alt: "Where " + map.block + " looked" });
        const note = map.block === "grad-cam" ? "for the likeliest class" : "mean " + map.mean.toFixed(2);
        const button = element("button", { type: "button" }, picture, element("b", { textContent: map.block }), element("span", { textContent: note }));
        button.setAttribute("aria-pressed", "false");
        button.addEventListener("click", () => show(map, button));
        return button;
      };
      const result = (file, answer, milliseconds) => {
        const card = element("article", { className: "result" });
        const title = element("h2", {}, element("bdi", { textContent: file.name || "pasted image" }));
        card.append(title);
        if (answer.error) {
          card.append(element("p", { className: "failed", textContent: answer.error }));
          return card;
        }
        title.append(element("small", { textContent: " " + answer.width + "×" + answer.height + " · " + Math.round(milliseconds) + " ms" }));
        const original = URL.createObjectURL(file);
        const picture = element("img", { src: original, alt: "The image" });
        const caption = element("p", { className: "shown", textContent: "The image. Choose a block to see where it looked." });
        const bars = element("div", { className: "bars" });
        for (const guess of answer.predictions) {
          bars.append(
            element("bdi", { className: "label", textContent: guess.label }),
            element("progress", { max: 1, value: guess.probability }),
            element("span", { textContent: percent(guess.probability) }));
        }
        const maps = element("div", { className: "maps" });
        const show = (map, button) => {
          const was = button.getAttribute("aria-pressed") === "true";
          for (const other of maps.children) other.setAttribute("aria-pressed", "false");
          button.setAttribute("aria-pressed", String(!was));
          picture.src = was ? original : map.overlay;
          const range = map.least === undefined ? "" : " Values " + map.least.toFixed(3) + " to " + map.most.toFixed(3) + ".";
          const gates = map.channels ? " Channel gates " + map.channels.least.toFixed(2) + " to " + map.channels.most.toFixed(2) + "." : "";
          caption.textContent = was ? "The image." : map.block + "." + range + gates;
        };
        for (const map of answer.maps) if (map.overlay) maps.append(mapButton(map, show));
        card.append(
          element("div", { className: "top" }, element("div", {}, picture, caption), bars), maps,
          element("p", { className: "scale" }, "0", element("i", {}), "1 (Grad-CAM: its own range)"));
        return card;
      };
      const send = async (chosen) => {
        const images = [...chosen].filter((file) => file.type.startsWith("image/") || file.type === "");
        if (!images.length) return say("No image among these.", true);
        if (images.length > limits.images) return say("At most " + limits.images + " images at a time.", true);
        if (images.reduce((sum, file) => sum + file.size, 0) > limits.bytes) return say("Too large: at most " + Math.floor(limits.bytes / 1048576) + " MiB together.", true);
        say("Looking at " + (images.length === 1 ? "it" : images.length + " images") + " …");
        const form = new FormData();
        for (const file of images) form.append("image", file, file.name || "pasted image");
        const start = performance.now();
        try {
          const response = await fetch("api/classify", { method: "POST", body: form });
          const answer = await response.json();
          const took = performance.now() - start;
          if (!response.ok) return say(answer.error, true);
          say("");
          answer.images.forEach((image, i) => results.prepend(result(images[i], image, took)));
        } catch (error) {
          say("No answer from the server. Is it still running?", true);
        }
      };
      files.addEventListener("change", () => { send(files.files); files.value = ""; });
      drop.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); files.click(); } });
      for (const name of ["dragenter", "dragover"]) {
        addEventListener(name, (e) => { e.preventDefault(); drop.classList.add("over"); });
      }
      addEventListener("dragleave", (e) => { if (!e.relatedTarget) drop.classList.remove("over"); });
      addEventListener("drop", (e) => { e.preventDefault(); drop.classList.remove("over"); send(e.dataTransfer.files); });
      addEventListener("paste", (e) => { if (e.clipboardData.files.length) send(e.clipboardData.files); });
    })();
    """
}
