/// A piece of a page that is well-formed by construction: what comes from outside can only get in as text, as an
/// attribute's value or as JSON, and each is escaped on its way. Names of elements and attributes, styles and scripts
/// are `StaticString`, so none of them can be put together from data.
public struct HTML: Hashable, Sendable {
  public private(set) var markup: String

  /// Nothing.
  public init() { markup = "" }

  private init(markup: String) { self.markup = markup }

  /// Text, escaped. Characters that would be invisible or change the direction of what follows are made visible.
  public init(_ text: String) { markup = Escaping.text(text) }

  /// Pieces one after the other.
  public init(_ pieces: [HTML]) { markup = pieces.reduce(into: "") { $0 += $1.markup } }

  public static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }
  public static func += (a: inout HTML, b: HTML) { a.markup += b.markup }

  /// An element with what is in it.
  public static func element(
    _ name: StaticString, _ attributes: [Attribute] = [], _ content: HTML...
  ) -> HTML {
    element(name, attributes, content)
  }

  public static func element(_ name: StaticString, _ attributes: [Attribute] = [], _ content: [HTML]) -> HTML
  {
    var markup = "<\(name)"
    for attribute in attributes { markup += attribute.markup }
    markup += ">"
    for piece in content { markup += piece.markup }
    return HTML(markup: markup + "</\(name)>")
  }

  /// An element that has no end tag, such as `img`.
  public static func void(_ name: StaticString, _ attributes: [Attribute] = []) -> HTML {
    HTML(markup: attributes.reduce(into: "<\(name)") { $0 += $1.markup } + ">")
  }

  /// A name that comes from outside (a file, a class), kept from mixing its direction with the text around it.
  public static func name(_ text: String) -> HTML { .element("bdi", [], HTML(text)) }

  /// Data for the page's script and for programs that read the page: `JSON.parse(document.getElementById(id).textContent)`.
  ///
  /// - Parameter json: one JSON value. `<`, `>` and `&` can only stand within its strings, where they become escapes.
  public static func data(id: StaticString, json: String) -> HTML {
    HTML(markup: "<script type=\"application/json\" id=\"\(id)\">\(Escaping.json(json))</script>")
  }

  /// What the page's frame writes around the content.
  static func raw(_ markup: String) -> HTML { HTML(markup: markup) }
}

/// A name and a value of an element.
public struct Attribute: Hashable, Sendable {
  let markup: String

  public init(_ name: StaticString, _ value: String) {
    markup = " \(name)=\"\(Escaping.attribute(value))\""
  }

  /// A number, as short as it can be with up to two decimals: coordinates of drawings.
  public init(_ name: StaticString, _ value: Double) {
    markup = " \(name)=\"\(PageNumber.short(value))\""
  }

  /// One that needs no value, such as `hidden`.
  public init(_ name: StaticString) { markup = " \(name)" }

  /// Where a link leads or a picture is.
  public init(_ name: StaticString, _ reference: Reference) {
    markup = " \(name)=\"\(Escaping.attribute(reference.text))\""
  }

  public static func `class`(_ names: StaticString) -> Attribute { Attribute("class", "\(names)") }
  public static func id(_ name: StaticString) -> Attribute { Attribute("id", "\(name)") }
}

enum Escaping {
  static func text(_ text: String) -> String { escaped(text) }

  static func attribute(_ text: String) -> String { escaped(text) }

  /// JSON that can stand in a script element: no end tag and no comment can begin in it.
  static func json(_ json: String) -> String {
    var result = ""
    result.reserveCapacity(json.utf8.count)
    for scalar in json.unicodeScalars {
      switch scalar {
      case "<": result += "\\u003c"
      case ">": result += "\\u003e"
      case "&": result += "\\u0026"
      case "\u{2028}": result += "\\u2028"
      case "\u{2029}": result += "\\u2029"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n": result += "&#10;"
      case "\t": result += "&#9;"
      default: result.unicodeScalars.append(visible(scalar))
      }
    }
    return result
  }

  /// Control characters as the pictures that Unicode has for them; marks of direction, which could turn a name around,
  /// and what is no character as the replacement character.
  private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value)!
    case 0x7F: "\u{2421}"
    case 0x80..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF: "\u{FFFD}"
    default: scalar
    }
  }
}
