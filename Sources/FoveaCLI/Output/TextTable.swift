/// A table of aligned columns for people.
struct TextTable {
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]]

  init(_ header: [String], _ alignments: [Alignment]) {
    precondition(header.count == alignments.count)
    self.alignments = alignments
    rows = [header]
  }

  mutating func add(_ row: [String]) {
    precondition(row.count == alignments.count)
    rows.append(row.map(printable))
  }

  /// The lines, each without spaces at its end. The widths are those of the widest cells.
  var text: String {
    let widths = alignments.indices.map { column in rows.map { columns($0[column]) }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - columns(cell))
        return alignments[column] == .left ? cell + space : space + cell
      }
      return trimmingEnd(cells.joined(separator: "  "))
    }.joined(separator: "\n")
  }
}

/// The text with everything escaped that would break a line or move the terminal's cursor.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Control characters, line ends, and the marks that turn the direction of writing.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
  default: false
  }
}

/// How many columns of a terminal the text takes: two for East Asian wide characters and pictographs.
func columns(_ text: String) -> Int {
  text.reduce(0) { width, character in
    guard let first = character.unicodeScalars.first else { return width }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return width + 2
    default: return width + 1
    }
  }
}

func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - columns(text)))
}

func paddedLeft(_ text: String, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - columns(text))) + text
}

func trimmingEnd(_ text: String) -> String {
  var end = text.endIndex
  while end > text.startIndex, text[text.index(before: end)] == " " { end = text.index(before: end) }
  return String(text[..<end])
}
