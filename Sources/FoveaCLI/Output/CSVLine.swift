/// Lines of comma-separated values as RFC 4180 has them, but ended by a line feed alone.
enum CSVLine {
  /// One record. A field with a comma, a quote, a line break or a space at its ends is quoted, and its quotes are
  /// doubled; line breaks within stay as they are.
  static func text(_ fields: [String]) -> String {
    // A record of one empty field would be an empty line, which readers pass over.
    if fields == [""] { return "\"\"\n" }
    return fields.map(field).joined(separator: ",") + "\n"
  }

  static func field(_ value: String) -> String {
    let scalars = value.unicodeScalars
    let needsQuotes =
      scalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
      || scalars.first == " " || scalars.last == " "
    guard needsQuotes else { return value }
    var quoted = "\""
    for scalar in scalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}
