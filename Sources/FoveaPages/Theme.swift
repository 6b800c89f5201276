/// How all pages look: light and dark as the reader's system is, from a telephone's width up.
enum Theme {
  /// Series colours are Okabe and Ito's, told apart with any kind of colour vision ("Color Universal Design", 2008); in
  /// the dark the lighter ones of them. Lines differ in their dashes too.
  static let style: StaticString = """
    :root{color-scheme:light dark;--bg:#fbfbfa;--panel:#fff;--ink:#1c1d1f;--soft:#5b6068;--line:#dcdee2;--grid:#e9eaed;\
    --accent:#0a5ea8;--good:#00705a;--bad:#b3400a;--warnbg:#fff3e2;--warnline:#e0a040;--cell:0,94,168;\
    --s1:#0072b2;--s2:#d55e00;--s3:#009e73;--s4:#b0568a;--s5:#3f4f66;--s6:#a97800}
    @media (prefers-color-scheme:dark){:root{--bg:#15171a;--panel:#1d2024;--ink:#e8e9eb;--soft:#a3a9b3;--line:#353a42;\
    --grid:#2b2f36;--accent:#7cc0f5;--good:#4fd0ab;--bad:#ff9a5c;--warnbg:#33280f;--warnline:#a9781e;--cell:86,180,233;\
    --s1:#56b4e9;--s2:#f08a3c;--s3:#2fc99a;--s4:#e39cc4;--s5:#b9c4d6;--s6:#e6c229}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Noto Sans","DejaVu Sans",sans-serif}
    header,main{max-width:1360px;margin:0 auto;padding:0 20px}
    header{padding-top:22px}
    h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}
    h2{font-size:19px;margin:34px 0 8px;scroll-margin-top:12px}
    h3{font-size:15px;margin:20px 0 6px}
    p{margin:6px 0 10px;max-width:78ch}
    a{color:var(--accent)}
    code,pre{font:13px/1.45 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
    pre{overflow-x:auto;background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px}
    .subtitle,.note,figcaption,.soft{color:var(--soft)}
    .note{font-size:13.5px}
    nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:12px 0 0;padding-bottom:10px;border-bottom:1px solid var(--line)}
    nav a{text-decoration:none}
    nav a:hover{text-decoration:underline}
    main{padding-bottom:60px}
    .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:10px;margin:16px 0}
    .tile{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px 12px;min-width:0}
    .tile b{display:block;font-size:21px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums;\
    overflow-wrap:anywhere}
    .tile span{color:var(--soft);font-size:13px}
    .grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:14px;margin:12px 0}
    figure{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px;min-width:0}
    figure h3{margin:0 0 4px}
    figcaption{font-size:13px;margin-top:4px}
    .scroll{overflow-x:auto;max-width:100%}
    main>.scroll:first-child{margin-top:16px}
    .tall{max-height:70vh;overflow:auto}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px;background:var(--panel)}
    .scroll table{border:1px solid var(--line)}
    th,td{padding:4px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
    td{max-width:42ch;overflow-wrap:anywhere}
    td:not(.n){min-width:12ch}
    thead th{position:sticky;top:0;background:var(--panel);white-space:nowrap;font-weight:600;z-index:1;\
    box-shadow:inset 0 -1px var(--line)}
    .n{text-align:right;white-space:nowrap}
    thead th button{all:unset;cursor:pointer}
    thead th button:focus-visible{outline:2px solid var(--accent)}
    thead th button::after{content:" ↕";color:var(--soft);opacity:.55}
    thead th[aria-sort=ascending] button::after{content:" ↑";opacity:1}
    thead th[aria-sort=descending] button::after{content:" ↓";opacity:1}
    .warn{background:var(--warnbg);border:1px solid var(--warnline);border-radius:8px;padding:8px 12px;margin:10px 0;\
    max-width:90ch}
    .badge{display:inline-block;font-size:12px;font-weight:600;line-height:1.5;padding:1px 8px;border-radius:10px;\
    border:1px solid var(--line);color:var(--soft);vertical-align:1px;white-space:nowrap}
    .badge.good,.badge.bad,.badge.busy{border-color:currentColor}
    .badge.busy{color:var(--accent)}
    .badge.warning{border-color:var(--warnline);background:var(--warnbg);color:var(--ink)}
    .standing{margin:14px 0}
    .good{color:var(--good)}
    .bad{color:var(--bad)}
    .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,270px),1fr));gap:12px;margin:10px 0}
    .card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px;min-width:0;\
    overflow-wrap:anywhere;font-size:13.5px;line-height:1.4}
    .pictures{display:flex;gap:6px;margin-bottom:6px}
    .stack{position:relative;flex:1;min-width:0;overflow:hidden;border-radius:4px;background:#777}
    .stack img{display:block;width:100%;height:auto}
    .stack img+img{position:absolute;inset:0;width:100%;height:100%;opacity:.55}
    .gray{filter:grayscale(1)}
    .controls{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:center;margin-bottom:10px}
    .controls button{font:inherit;font-size:13.5px;color:var(--ink);background:var(--bg);border:1px solid var(--line);\
    border-radius:6px;padding:3px 10px;cursor:pointer}
    .controls button[aria-pressed=true]{border-color:var(--accent);color:var(--accent)}
    details{margin:14px 0}
    summary{cursor:pointer;font-weight:600}
    svg.chart{display:block;width:100%;height:auto;max-width:560px;overflow:visible}
    svg.chart text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;fill:var(--soft)}
    svg.chart text.ink{fill:var(--ink)}
    svg.chart text.small{font-size:11px}
    .matrix svg.chart{width:auto;max-width:none}
    .grid-line{stroke:var(--grid);stroke-width:1}
    .axis{stroke:var(--soft);stroke-width:1}
    .guide{stroke:var(--ink);stroke-width:1.6;stroke-dasharray:4 4;fill:none}
    .curve{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
    .d2{stroke-dasharray:7 4}.d3{stroke-dasharray:2 4}.d4{stroke-dasharray:9 3 2 3}.d5{stroke-dasharray:12 5}\
    .d6{stroke-dasharray:4 2}
    .l1{stroke:var(--s1)}.l2{stroke:var(--s2)}.l3{stroke:var(--s3)}.l4{stroke:var(--s4)}.l5{stroke:var(--s5)}\
    .l6{stroke:var(--s6)}
    .f1{fill:var(--s1)}.f2{fill:var(--s2)}.f3{fill:var(--s3)}.f4{fill:var(--s4)}.f5{fill:var(--s5)}.f6{fill:var(--s6)}
    .hit rect{fill:transparent}
    .hit line,.hit circle{opacity:0}
    .hit:hover line,.hit:hover circle{opacity:1}
    .hit line{stroke:var(--soft);stroke-width:1}
    .cell{fill:rgb(var(--cell))}
    .frame{fill:none;stroke:var(--line)}
    svg.chart .cell-text{fill:var(--ink);font-size:12px}
    svg.chart .cell-text.on{fill:var(--panel)}
    .legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;color:var(--soft);margin:2px 0 4px}
    .legend svg{width:30px;height:10px;vertical-align:middle;margin-right:5px}
    #tip{position:fixed;z-index:9;pointer-events:none;background:var(--ink);color:var(--bg);font-size:12.5px;\
    line-height:1.35;padding:5px 8px;border-radius:5px;white-space:pre-line;max-width:min(320px,90vw)}
    @media (max-width:520px){header,main{padding-left:12px;padding-right:12px}h1{font-size:22px}\
    .tiles{grid-template-columns:repeat(2,1fr)}\
    th,td{padding:4px 7px}figure{padding:9px}figure>svg.chart text{font-size:16.5px}}
    @media print{nav{display:none}.tall{max-height:none}}
    """

  /// Exact values on hover, from the drawings' own titles, at once and on touch too; and tables that sort by the column
  /// that is clicked on.
  static let script: StaticString = """
    "use strict";
    (() => {
      const tip = document.getElementById("tip");
      const move = (e) => {
        const mark = e.target.closest && e.target.closest("[data-tip]");
        if (!mark) { tip.hidden = true; return; }
        tip.textContent = mark.dataset.tip;
        tip.hidden = false;
        const w = tip.offsetWidth, h = tip.offsetHeight;
        const x = e.clientX + 14 + w > innerWidth ? e.clientX - 14 - w : e.clientX + 14;
        const y = e.clientY + 14 + h > innerHeight ? e.clientY - 14 - h : e.clientY + 14;
        tip.style.left = Math.max(4, x) + "px";
        tip.style.top = Math.max(4, y) + "px";
      };
      // The browser's own, slower ones would come on top.
      for (const title of document.querySelectorAll("svg [data-tip] > title")) title.remove();
      document.addEventListener("pointermove", move);
      document.addEventListener("pointerdown", move);
      const value = (row, i) => {
        const cell = row.cells[i];
        return cell.dataset.v !== undefined ? parseFloat(cell.dataset.v) : cell.textContent;
      };
      const compare = (a, b) => {
        if (typeof a === "number" && typeof b === "number") {
          if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
          return a - b;
        }
        return String(a).localeCompare(String(b));
      };
      for (const button of document.querySelectorAll("th button")) {
        button.addEventListener("click", () => {
          const th = button.parentElement, table = th.closest("table"), body = table.tBodies[0];
          const up = th.getAttribute("aria-sort") === "descending";
          for (const other of th.parentElement.cells) other.removeAttribute("aria-sort");
          th.setAttribute("aria-sort", up ? "ascending" : "descending");
          const rows = [...body.rows].sort((a, b) => compare(value(a, th.cellIndex), value(b, th.cellIndex)));
          if (!up) rows.reverse();
          body.append(...rows);
        });
      }
    })();
    """
}
