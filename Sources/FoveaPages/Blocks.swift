/// The parts that pages are put together from.
extension HTML {
  /// A section's heading, which links can lead to.
  public static func heading(_ text: String, id: StaticString) -> HTML {
    .element("h2", [.id(id)], HTML(text))
  }

  public static func paragraph(_ text: String) -> HTML { .element("p", [], HTML(text)) }

  /// Words of explanation, set back.
  public static func note(_ text: String) -> HTML { .element("p", [.class("note")], HTML(text)) }

  /// What the reader should not miss.
  public static func warning(_ text: String) -> HTML {
    .element("div", [.class("warn"), Attribute("role", "note")], HTML("⚠ " + text))
  }

  /// What a badge's colour says; its word says it too.
  public enum Tone: Sendable { case plain, good, busy, warning, bad }

  /// A word set off, such as how grave a finding is or how a run stands.
  public static func badge(_ word: String, _ tone: Tone = .plain) -> HTML {
    let style: Attribute =
      switch tone {
      case .plain: .class("badge")
      case .good: .class("badge good")
      case .busy: .class("badge busy")
      case .warning: .class("badge warning")
      case .bad: .class("badge bad")
      }
    return .element("span", [style], HTML(word))
  }

  /// Figures side by side: a value and what it is.
  public static func tiles(_ tiles: [(value: String, label: String)]) -> HTML {
    .element(
      "div", [.class("tiles")],
      tiles.map { tile in
        .element(
          "div", [.class("tile")], .element("b", [], HTML(tile.value)), .element("span", [], HTML(tile.label))
        )
      })
  }

  /// A drawing or a table with its title and a word on how to read it.
  public static func figure(_ title: String, _ content: HTML, caption: String = "") -> HTML {
    .element(
      "figure", [], .element("h3", [], HTML(title)), content,
      caption.isEmpty ? HTML() : .element("figcaption", [], HTML(caption)))
  }

  /// As many side by side as there is room for.
  public static func grid(_ content: [HTML]) -> HTML { .element("div", [.class("grid")], content) }

  public static func cards(_ content: [HTML]) -> HTML { .element("div", [.class("cards")], content) }

  /// A picture.
  public static func image(
    _ reference: Reference, alternative: String, classes: StaticString = "", lazy: Bool = false
  ) -> HTML {
    var attributes = [Attribute("src", reference), Attribute("alt", alternative)]
    if "\(classes)" != "" { attributes.append(.class(classes)) }
    if lazy { attributes.append(Attribute("loading", "lazy")) }
    return .void("img", attributes)
  }

  /// A map's colours over a picture, which is gray under them so that its own colours are not taken for the map's.
  public static func overlay(_ map: Reference, on picture: Reference, alternative: String, tip: String = "")
    -> HTML
  {
    var attributes: [Attribute] = [.class("stack")]
    if !tip.isEmpty { attributes.append(Attribute("data-tip", tip)) }
    return .element(
      "div", attributes, .image(picture, alternative: alternative, classes: "gray"),
      .image(map, alternative: ""))
  }

  /// What most readers will not need, folded away.
  public static func details(_ summary: String, _ content: HTML) -> HTML {
    .element("details", [], .element("summary", [], HTML(summary)), content)
  }
}
