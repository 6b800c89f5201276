import FoveaPages

/// The gallery's tools, style and script.
enum GalleryPage {
  static func tools(hasTruth: Bool, scale: String) -> HTML {
    func choice(_ id: StaticString, _ label: String, _ options: [(String, String)]) -> HTML {
      .element(
        "label", [], HTML(label + " "),
        .element(
          "select", [.id(id)],
          options.map { .element("option", [Attribute("value", $0.0)], HTML($0.1)) }))
    }
    var orders = [
      ("", "as given"), ("c", "least sure first"), ("-c", "surest first"), ("-e", "highest entropy first"),
      ("e", "lowest entropy first"), ("s", "most focused map first"), ("-s", "most even map first"),
    ]
    var rows: [HTML] = [
      .element(
        "label", [.class("slide")], HTML("Block "),
        .void(
          "input", [Attribute("type", "range"), .id("block"), Attribute("min", "0"), Attribute("value", "0")]),
        .element("output", [.id("block-name")])),
      choice("mode", "Show", [("overlay", "overlay"), ("map", "map"), ("original", "original")]),
      choice("colors", "Colours", [("asked", scale), ("own", "each map's own range")]),
    ]
    if hasTruth { orders += [("-l", "highest loss first"), ("l", "lowest loss first")] }
    rows.append(choice("order", "Sort", orders))
    rows.append(choice("class", "Class", [("", "all")]))
    if hasTruth { rows.append(choice("right", "Answers", [("", "all"), ("1", "right"), ("0", "wrong")])) }
    return HTML(rows)
  }

  static let style: StaticString = """
    #tools{position:sticky;top:0;z-index:5;display:flex;flex-wrap:wrap;gap:6px 18px;align-items:center;\
    padding:10px 0;background:var(--bg);border-bottom:1px solid var(--line)}
    #tools label{font-size:13.5px;color:var(--soft);display:flex;align-items:center;gap:6px}
    #tools select{font:inherit;color:var(--ink);background:var(--panel);border:1px solid var(--line);border-radius:6px;\
    padding:3px 6px;max-width:210px}
    .slide input{width:150px;accent-color:var(--accent)}
    .slide output{color:var(--ink);min-width:5.5em;font-variant-numeric:tabular-nums}
    #count{margin:8px 0}
    #gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:12px}
    .item{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:9px;min-width:0;\
    content-visibility:auto;contain-intrinsic-size:auto 250px;cursor:pointer;text-align:left;font:inherit;\
    color:inherit;font-size:13px;line-height:1.4;overflow-wrap:anywhere;display:flex;flex-direction:column;\
    justify-content:flex-start;width:100%}
    .item[hidden]{display:none}
    .item:focus-visible{outline:2px solid var(--accent)}
    .pair{display:grid;grid-template-columns:1fr 1fr;gap:6px;margin-bottom:5px}
    .pic{position:relative;overflow:hidden;border-radius:4px;background:#8886}
    .pic>img{display:block;width:100%;height:auto}
    .tiles-window{position:absolute;inset:0;overflow:hidden;opacity:.55}
    .tiles-window img{display:block;height:200%;width:calc(var(--n)*100%);max-width:none;\
    transform:translate(calc(var(--k)*-100%/var(--n)),-50%)}
    .cam img{transform:translate(calc((var(--n) - 1)*-100%/var(--n)),-50%)}
    .asked .tiles-window img{transform:translateX(calc(var(--k)*-100%/var(--n)))}
    .asked .cam img{transform:translateX(calc((var(--n) - 1)*-100%/var(--n)))}
    .overlay .pic>img{filter:grayscale(1)}
    .map .tiles-window{opacity:1}
    .original .tiles-window{display:none}
    .item canvas,#detail canvas{display:block;width:100%;height:26px;margin-top:5px}
    .item canvas{margin-top:auto;flex:none}.item .soft{margin-bottom:5px}
    #detail{color:var(--ink);background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:16px;\
    width:min(900px,94vw);max-height:92vh;overflow:auto}
    #detail::backdrop{background:#000a}
    #detail h2{margin:0 34px 8px 0;overflow-wrap:anywhere}
    #detail .pair{gap:12px}
    #detail .close{position:absolute;right:10px;top:8px;font-size:20px;line-height:1;border:0;background:none;\
    color:var(--soft);cursor:pointer;padding:6px}
    #detail canvas{height:70px}
    #detail table{font-size:13.5px;margin-top:8px}
    #detail figcaption{margin-top:3px}
    @media (max-width:520px){#gallery{grid-template-columns:1fr}#tools{position:static}}
    """

  static let script: StaticString = """
    (() => {
      const data = JSON.parse(document.getElementById("gallery-data").textContent);
      const $ = (id) => document.getElementById(id);
      const root = $("gallery"), detail = $("detail"), slider = $("block");
      const tiles = data.blocks.length + 1;
      const make = (name, cls, text) => {
        const node = document.createElement(name);
        if (cls) node.className = cls;
        if (text !== undefined) node.textContent = text;
        return node;
      };
      const url = (folder, name, end) =>
        folder + "/" + name.split("/").map(encodeURIComponent).join("/") + end;
      const percent = (x) => (100 * x).toFixed(1) + " %";
      const picture = (item, isCam) => {
        const pic = make("div", "pic"), photo = make("img"), layer = make("div", "tiles-window"), map = make("img");
        photo.loading = map.loading = "lazy";
        photo.decoding = map.decoding = "async";
        photo.width = item.w; photo.height = item.h;
        photo.alt = item.n; map.alt = "";
        photo.src = url("thumbs", item.n, ".jpg");
        map.src = url("thumbs", item.n, ".maps.jpg");
        if (isCam) layer.classList.add("cam");
        layer.append(map);
        pic.append(photo, layer);
        return pic;
      };
      const verdict = (item) => {
        const line = make("div");
        const known = item.t !== null && item.t !== undefined;
        const answer = make("span", known ? (item.t === item.p ? "good" : "bad") : "");
        answer.append((known ? (item.t === item.p ? "✓ " : "✗ ") : ""));
        answer.append(make("bdi", "", data.classes[item.p]));
        line.append(answer, " " + percent(item.c));
        if (known && item.t !== item.p) line.append(", truly ", make("bdi", "", data.classes[item.t]));
        return line;
      };
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--s1");
      const draw = (canvas, item, block) => {
        const scale = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
        canvas.width = Math.round(w * scale); canvas.height = Math.round(h * scale);
        const pen = canvas.getContext("2d");
        if (!item.g[block]) { canvas.dataset.tip = "no channel gate"; return; }
        const gates = bytes(item.g[block]);
        pen.fillStyle = ink();
        const step = canvas.width / gates.length;
        gates.forEach((gate, i) => {
          const height = Math.max(1, gate / 255 * canvas.height);
          pen.fillRect(i * step, canvas.height - height, Math.max(1, step - (step > 3 ? 1 : 0)), height);
        });
        const of = item.k[block] > 1 ? "bars of " + item.k[block] + " channels each" : "channels";
        let low = 255, high = 0, sum = 0;
        for (const gate of gates) { low = Math.min(low, gate); high = Math.max(high, gate); sum += gate; }
        canvas.dataset.tip = data.blocks[block] + ": channel gates of " + gates.length + " " + of + "\\n" +
          (low / 255).toFixed(2) + " to " + (high / 255).toFixed(2) + ", mean " +
          (sum / 255 / gates.length).toFixed(2);
      };
      let block = 0;
      const visible = new Set();
      const observer = new IntersectionObserver((entries) => {
        for (const entry of entries) {
          if (entry.isIntersecting) {
            visible.add(entry.target);
            draw(entry.target, entry.target.item, block);
          } else visible.delete(entry.target);
        }
      }, { rootMargin: "200px" });
      const cards = data.items.map((item, place) => {
        const card = make("button", "item"), pair = make("div", "pair"), bars = make("canvas");
        card.type = "button";
        pair.append(picture(item, false), picture(item, true));
        const name = make("div", "soft");
        name.append(make("bdi", "", item.n));
        bars.item = item;
        card.append(pair, verdict(item), name, bars);
        card.item = item;
        card.place = place;
        card.addEventListener("click", () => open(item));
        observer.observe(bars);
        return card;
      });
      const key = (item, by) => by === "s" ? item.s[block] : item[by];
      const arrange = () => {
        const order = $("order").value, by = order.replace("-", ""), sign = order[0] === "-" ? -1 : 1;
        const sorted = [...cards].sort((a, b) => {
          if (!by) return a.place - b.place;
          const x = key(a.item, by), y = key(b.item, by);
          const noX = x === null || x === undefined, noY = y === null || y === undefined;
          if (noX || noY) return noX - noY || a.place - b.place;
          return sign * (x - y) || a.place - b.place;
        });
        root.append(...sorted);
      };
      const filter = () => {
        const wanted = $("class").value, right = $("right") ? $("right").value : "";
        let shown = 0;
        for (const card of cards) {
          const item = card.item, known = item.t !== null && item.t !== undefined;
          const fits = (wanted === "" || +wanted === item.p || (known && +wanted === item.t)) &&
            (right === "" || (known && (item.t === item.p) === (right === "1")));
          card.hidden = !fits;
          shown += fits;
        }
        const count = (n) => n.toLocaleString("en");
        $("count").textContent = (shown === cards.length ? "" : count(shown) + " of ") + count(cards.length) + " images";
      };
      const show = () => {
        root.className = $("mode").value + " " + $("colors").value;
        root.style.setProperty("--k", block);
        $("block-name").textContent = data.blocks[block] || "";
        for (const bars of visible) draw(bars, bars.item, block);
      };
      const open = (item) => {
        let own = block, mode = $("mode").value;
        detail.replaceChildren();
        const close = make("button", "close", "×"), body = make("div"), controls = make("div", "controls");
        close.setAttribute("aria-label", "close");
        close.addEventListener("click", () => detail.close());
        const heading = make("h2");
        heading.append(make("bdi", "", item.n));
        const range = make("input"), name = make("output"), label = make("label", "slide soft", "Block ");
        range.type = "range"; range.min = 0; range.max = Math.max(0, data.blocks.length - 1); range.value = own;
        label.append(range, " ", name);
        const buttons = ["overlay", "map", "original"].map((kind) => {
          const button = make("button", "", kind);
          button.addEventListener("click", () => { mode = kind; update(); });
          return button;
        });
        controls.append(label, ...buttons);
        const pair = make("div", "pair"), figures = [false, true].map((isCam) => {
          const figure = make("figure"), caption = make("figcaption");
          figure.append(picture(item, isCam), caption);
          pair.append(figure);
          return caption;
        });
        const bars = make("canvas"), links = make("p", "note");
        const table = make("table"), rows = make("tbody");
        for (const [index, probability] of item.q) {
          const row = make("tr"), cell = make("td");
          cell.append(make("bdi", "", data.classes[index]));
          row.append(cell, make("td", "n", percent(probability)));
          rows.append(row);
        }
        table.append(rows);
        const update = () => {
          body.className = mode + " " + $("colors").value;
          body.style.setProperty("--n", tiles);
          body.style.setProperty("--k", own);
          name.textContent = data.blocks[own] || "";
          buttons.forEach((button) => button.setAttribute("aria-pressed", button.textContent === mode));
          const r = item.r[own], even = item.s[own];
          figures[0].textContent = (data.blocks[own] || "no block") +
            (r ? ": " + r[0].toFixed(3) + " to " + r[1].toFixed(3) + ", evenness " + even.toFixed(3)
              : ": no spatial gate");
          figures[1].textContent = "Grad-CAM, evenness " + item.s[tiles - 1].toFixed(3);
          links.replaceChildren();
          const link = (href, text) => {
            const a = make("a", "", text);
            a.href = href;
            links.append(a, " ");
          };
          link(url("panels", item.n, ".png"), "panel");
          if (r) {
            link(url("overlays", item.n, "/" + encodeURIComponent(data.blocks[own]) + ".png"), "overlay in full");
            link(url("maps", item.n, "/" + encodeURIComponent(data.blocks[own]) + ".png"), "map as it is");
          }
          draw(bars, item, own);
        };
        range.addEventListener("input", () => { own = +range.value; update(); });
        body.append(pair);
        detail.append(close, heading, controls, body, verdict(item), bars, table, links);
        detail.showModal();
        update();
      };
      detail.addEventListener("click", (e) => { if (e.target === detail) detail.close(); });
      root.style.setProperty("--n", tiles);
      slider.max = Math.max(0, data.blocks.length - 1);
      block = slider.value = slider.max;
      block = +block;
      slider.addEventListener("input", () => {
        block = +slider.value;
        show();
        if ($("order").value.endsWith("s")) arrange();
      });
      const used = new Set();
      for (const item of data.items) {
        used.add(item.p);
        if (item.t !== null && item.t !== undefined) used.add(item.t);
      }
      for (const index of [...used].sort((a, b) => a - b)) {
        const option = make("option", "", data.classes[index]);
        option.value = index;
        $("class").append(option);
      }
      $("order").addEventListener("change", arrange);
      for (const id of ["class", "right"]) if ($(id)) $(id).addEventListener("change", filter);
      for (const id of ["mode", "colors"]) $(id).addEventListener("change", show);
      show();
      arrange();
      filter();
    })();
    """
}
