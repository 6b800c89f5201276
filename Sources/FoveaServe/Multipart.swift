/// The body of a form with files (RFC 7578), taken apart.
struct Multipart {
  struct Part: Equatable {
    /// As the sender calls it: for showing it, never for finding anything.
    let filename: String?
    let body: ArraySlice<UInt8>
  }

  /// What is wrong with a body.
  struct Malformed: Error {
    let reason: String
    var isTooMany = false
  }

  /// The boundary in `multipart/form-data; boundary=…`; nil where there is none that RFC 2046 allows.
  static func boundary(_ contentType: String) -> [UInt8]? {
    for parameter in contentType.split(separator: ";").dropFirst() {
      let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, trimmed(pair[0]).lowercased() == "boundary" else { continue }
      var value = trimmed(pair[1])
      if value.hasPrefix("\""), value.hasSuffix("\""), value.count >= 2 {
        value = String(value.dropFirst().dropLast())
      }
      let bytes = Array(value.utf8)
      return (1...70).contains(bytes.count) && bytes.allSatisfy { $0 > 0x1F && $0 < 0x7F } ? bytes : nil
    }
    return nil
  }

  /// - Parameter limit: most parts.
  static func parts(_ body: [UInt8], boundary: [UInt8], limit: Int) throws(Malformed) -> [Part] {
    let delimiter = [UInt8]("--".utf8) + boundary
    var parts: [Part] = []
    var position = 0
    guard let first = findLine(delimiter, in: body, from: 0) else {
      throw Malformed(reason: "the boundary is not in the body")
    }
    position = first + delimiter.count
    while true {
      if body[position...].starts(with: "--".utf8) { return parts }
      position += 2
      guard let end = findLine([0x0D, 0x0A] + delimiter, in: body, from: position - 2) else {
        throw Malformed(reason: "the last part does not end")
      }
      guard parts.count < limit else { throw Malformed(reason: "more than \(limit) parts", isTooMany: true) }
      parts.append(try part(body[position..<max(position, end)]))
      position = end + 2 + delimiter.count
    }
  }

  private static func part(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> Part {
    var rest = bytes
    var filename: String?
    for _ in 0..<16 {
      guard let end = rest.firstRange(of: [0x0D, 0x0A]) else {
        throw Malformed(reason: "a part without an empty line")
      }
      let line = rest[..<end.lowerBound]
      rest = rest[end.upperBound...]
      if line.isEmpty { return Part(filename: filename, body: rest) }
      guard line.count <= 1024 else { throw Malformed(reason: "a part's header of more than 1,024 bytes") }
      let text = String(decoding: line, as: UTF8.self)
      if text.lowercased().hasPrefix("content-disposition:") { filename = Self.filename(text) }
    }
    throw Malformed(reason: "a part with more than 15 headers")
  }

  private static func filename(_ header: String) -> String? {
    guard let start = header.range("filename=\"") else { return nil }
    let rest = header[start...]
    guard let end = rest.firstIndex(of: "\"") else { return nil }
    return String(rest[..<end].prefix(200))
  }

  /// The next boundary that ends its line, or ends the form: a longer one that begins alike is part of the contents.
  private static func findLine(_ delimiter: [UInt8], in body: [UInt8], from start: Int) -> Int? {
    var start = start
    while let found = find(delimiter, in: body, from: start) {
      let rest = body[(found + delimiter.count)...]
      if rest.starts(with: "\r\n".utf8) || rest.starts(with: "--".utf8) { return found }
      start = found + 1
    }
    return nil
  }

  private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard start >= 0, start <= bytes.count else { return nil }
    return bytes.withUnsafeBufferPointer { buffer in
      var at = start
      while at + pattern.count <= buffer.count {
        if buffer[at] == pattern[0], buffer[at..<(at + pattern.count)].elementsEqual(pattern) { return at }
        at += 1
      }
      return nil
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }
}

extension String {
  /// The place after the first occurrence of some text.
  fileprivate func range(_ text: String) -> Index? {
    firstRange(of: text)?.upperBound
  }
}
