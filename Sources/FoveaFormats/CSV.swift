/// Tables of text as RFC 4180 has them, but with lines that a line feed alone ends.
public enum CSV {
  /// One record. A field with a comma, a quote, a line break or a space at its ends is quoted, and its quotes are
  /// doubled; line breaks within stay as they are.
  public static func line(_ fields: [String]) -> String {
    // A record of one empty field would be an empty line, which readers pass over.
    if fields == [""] { return "\"\"\n" }
    return fields.map(field).joined(separator: ",") + "\n"
  }

  private static func field(_ value: String) -> String {
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

  /// The records of a text. A quote that is never closed ends with the text.
  public static func records(_ text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var hasField = false
    let bytes = Array(text.utf8)
    var place = 0
    func closed(_ field: [UInt8]) -> String { String(decoding: field, as: UTF8.self) }
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          field.append(byte)
        } else if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
          field.append(byte)
          place += 1
        } else {
          isQuoted = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isQuoted = true
        hasField = true
      case UInt8(ascii: ","):
        record.append(closed(field))
        field = []
        hasField = true
      case UInt8(ascii: "\n"):
        if hasField || !field.isEmpty || !record.isEmpty { records.append(record + [closed(field)]) }
        (record, field, hasField) = ([], [], false)
      case UInt8(ascii: "\r"): break
      default: field.append(byte)
      }
    }
    if hasField || !field.isEmpty || !record.isEmpty { records.append(record + [closed(field)]) }
    return records
  }
}
