/// A JSON value whose keys keep their order, so that a line reads as it was meant.
enum JSONText {
  case null
  case bool(Bool)
  case int(Int)
  case float(Float)
  case double(Double)
  case string(String)
  case array([JSONText])
  case object([(String, JSONText)])

  /// On one line, without line breaks within strings.
  var compact: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// Over several lines, for a person who looks at it too.
  var pretty: String {
    var text = ""
    write(to: &text, indent: 0)
    return text
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += "\(value)"
    // JSON knows no infinities: what is no number is null, never a row that nothing can parse.
    case .float(let value): text += value.isFinite ? "\(value)" : "null"
    case .double(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quote(value, to: &text)
    case .array(let values):
      let isFlat = values.allSatisfy(\.isScalar)
      Self.list("[", "]", values.count, to: &text, indent: isFlat ? nil : indent, spaced: indent != nil) {
        values[$0].write(to: &$1, indent: $2)
      }
    case .object(let pairs):
      Self.list("{", "}", pairs.count, to: &text, indent: indent, spaced: indent != nil) {
        Self.quote(pairs[$0].0, to: &$1)
        $1 += indent == nil ? ":" : ": "
        pairs[$0].1.write(to: &$1, indent: $2)
      }
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private static func list(
    _ open: String, _ close: String, _ count: Int, to text: inout String, indent: Int?, spaced: Bool,
    item: (Int, inout String, Int?) -> Void
  ) {
    text += open
    let inner = indent.map { $0 + 2 }
    for index in 0..<count {
      if index > 0 { text += inner == nil && spaced ? ", " : "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      item(index, &text, inner)
    }
    if let indent, count > 0 { text += "\n" + String(repeating: " ", count: indent) }
    text += close
  }

  private static func quote(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      // The last two end a line for JavaScript and for some readers of JSON lines.
      case _
      where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
