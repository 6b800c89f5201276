/// A table whose columns sort when their heads are clicked on.
public struct Table: Sendable {
  /// A column's head.
  public struct Column: Sendable {
    public var title: String
    public var isNumeric: Bool
    /// What the column says, shown on hover.
    public var hint: String

    public init(_ title: String, numeric: Bool = false, hint: String = "") {
      self.title = title
      isNumeric = numeric
      self.hint = hint
    }
  }

  /// What stands in a row and a column.
  public struct Cell: Sendable {
    let content: HTML
    /// What it is sorted by, where that is not its text.
    let order: Double?

    public static func text(_ text: String) -> Cell { Cell(content: HTML(text), order: nil) }
    public static func name(_ name: String) -> Cell { Cell(content: .name(name), order: nil) }
    public static func html(_ content: HTML, order: Double? = nil) -> Cell {
      Cell(content: content, order: order)
    }
    public static func number(_ value: Double?, _ text: (Double) -> String) -> Cell {
      Cell(content: HTML(value.map(text) ?? "–"), order: value ?? .nan)
    }
    public static func count(_ value: Int) -> Cell {
      Cell(content: HTML(PageNumber.grouped(value)), order: Double(value))
    }
    public static func percent(_ share: Double?, _ digits: Int = 1) -> Cell {
      number(share) { PageNumber.percent($0, digits) }
    }
  }

  public var columns: [Column]
  public var rows: [[Cell]]
  public var isSortable: Bool

  public init(_ columns: [Column], rows: [[Cell]] = [], sortable: Bool = true) {
    self.columns = columns
    self.rows = rows
    isSortable = sortable
  }

  public var html: HTML {
    let head = columns.map { column in
      var attributes: [Attribute] = column.isNumeric ? [.class("n")] : []
      if !column.hint.isEmpty { attributes.append(Attribute("data-tip", column.hint)) }
      let title = HTML(column.title)
      return HTML.element("th", attributes, isSortable ? .element("button", [], title) : title)
    }
    let body = rows.map { row in
      HTML.element(
        "tr", [],
        zip(columns, row).map { column, cell in
          var attributes: [Attribute] = column.isNumeric ? [.class("n")] : []
          if let order = cell.order { attributes.append(Attribute("data-v", "\(order)")) }
          return .element("td", attributes, cell.content)
        })
    }
    return .element(
      "div", [.class(rows.count > 24 ? "scroll tall" : "scroll")],
      .element(
        "table", [], .element("thead", [], .element("tr", [], head)), .element("tbody", [], body)))
  }
}
