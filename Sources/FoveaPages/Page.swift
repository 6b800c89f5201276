/// One self-contained page: title, head, content, and nothing from anywhere else.
///
/// Its policy (Content Security Policy, level 3) lets exactly the frame's own style and scripts run, by their SHA-256,
/// and pictures from the page itself or from beside it. Even if something slipped through the escaping, it would not
/// run, and nothing can be fetched from a network.
public struct Page: Sendable {
  public var title: String
  /// One line below the title.
  public var subtitle: String
  /// What stands in the bar at the top: places of the page.
  public var links: [(title: String, id: StaticString)]
  public var content: HTML
  /// Rules besides the theme's.
  public var style: StaticString
  /// Scripts besides the frame's.
  public var script: StaticString
  /// Whether the page's script may ask the server that the page came from, and show pictures that the reader chose.
  public var asksItsServer = false

  public init(
    title: String, subtitle: String = "", links: [(title: String, id: StaticString)] = [], content: HTML,
    style: StaticString = "", script: StaticString = ""
  ) {
    self.title = title
    self.subtitle = subtitle
    self.links = links
    self.content = content
    self.style = style
    self.script = script
  }

  /// The file's text.
  public var html: String {
    let style = "\(Theme.style)\(self.style)"
    let script = "\(Theme.script)\(self.script)"
    let policy =
      "default-src 'none'; img-src 'self' data: \(asksItsServer ? "blob:; connect-src 'self'" : "file:"); style-src 'sha256-\(SHA256.base64(style))'; "
      + "script-src 'sha256-\(SHA256.base64(script))'; base-uri 'none'; form-action 'none'"
    var head = HTML.void("meta", [Attribute("charset", "utf-8")])
    head += .void(
      "meta", [Attribute("http-equiv", "Content-Security-Policy"), Attribute("content", policy)])
    head += .void(
      "meta", [Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")])
    head += .void("meta", [Attribute("name", "color-scheme"), Attribute("content", "light dark")])
    head += .void("meta", [Attribute("name", "referrer"), Attribute("content", "no-referrer")])
    head += .element("title", [], HTML(title))
    // An empty icon of its own, or the browser would ask for one.
    head += .void("link", [Attribute("rel", "icon"), Attribute("href", "data:,")])
    head += .raw("<style>\(style)</style>")
    var top = HTML.element("h1", [], .name(title))
    if !subtitle.isEmpty { top += .element("p", [.class("subtitle")], HTML(subtitle)) }
    if !links.isEmpty {
      top += .element(
        "nav", [], links.map { .element("a", [Attribute("href", .place($0.id))], HTML($0.title)) })
    }
    let body =
      HTML.element("header", [], top) + .element("main", [], content)
      + .raw("<div id=\"tip\" hidden></div><script>\(script)</script>")
    return "<!DOCTYPE html>\n"
      + HTML.element(
        "html", [Attribute("lang", "en")], .element("head", [], head), .element("body", [], body)
      ).markup + "\n"
  }
}
