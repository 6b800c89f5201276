/// Reads the little of JSON that a safetensors header may hold: objects, arrays of whole numbers, strings.
///
/// Strict where a general JSON reader is lax: it sees duplicate keys, takes no number but a non-negative integer that
/// fits, and no string that is not UTF-8. It never nests, so that no header can exhaust the stack.
struct HeaderScanner {
  /// What is wrong, and at which byte of the header.
  struct Failure: Error {
    let offset: Int
    let problem: String
  }

  private let bytes: [UInt8]
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func failure(_ expected: String) -> Failure {
    let found: String
    if offset >= bytes.count {
      found = "the end"
    } else if bytes[offset] > 0x20 && bytes[offset] < 0x7F {
      found = "'\(Character(UnicodeScalar(bytes[offset])))'"
    } else {
      found = "byte \(bytes[offset])"
    }
    return Failure(offset: offset, problem: "expected \(expected), found \(found)")
  }

  /// The next byte that is no white space, not consumed; nil at the end.
  mutating func peek() -> UInt8? {
    while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    return offset < bytes.count ? bytes[offset] : nil
  }

  mutating func expect(_ character: Character) throws(Failure) {
    guard peek() == character.asciiValue else { throw failure("'\(character)'") }
    offset += 1
  }

  /// Consumes `character` if it comes next.
  mutating func skip(_ character: Character) -> Bool {
    guard peek() == character.asciiValue else { return false }
    offset += 1
    return true
  }

  mutating func expectEnd() throws(Failure) {
    guard peek() == nil else { throw failure("the end of the header") }
  }

  /// Calls `member` at each value of an object, with its key. Keys must differ.
  mutating func object(
    _ member: (inout HeaderScanner, String) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("{")
    if skip("}") { return }
    var keys: Set<String> = []
    repeat {
      let start = offset
      let key = try string()
      guard keys.insert(key).inserted else {
        throw Failure(offset: start, problem: "the key '\(key.prefix(80))' stands there twice")
      }
      try expect(":")
      try member(&self, key)
    } while skip(",")
    try expect("}")
  }

  /// An array of at most `limit` whole numbers.
  mutating func integers(limit: Int) throws(Failure) -> [Int] {
    try expect("[")
    var values: [Int] = []
    if skip("]") { return values }
    repeat {
      guard values.count < limit else { throw failure("at most \(limit) numbers") }
      values.append(try integer())
    } while skip(",")
    try expect("]")
    return values
  }

  /// A whole number from 0 to 2⁶³ − 1, without sign, leading zeros, fraction or exponent.
  mutating func integer() throws(Failure) -> Int {
    guard let first = peek(), (0x30...0x39).contains(first) else { throw failure("a whole number") }
    let start = offset
    var value = 0
    while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) {
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(Int(bytes[offset] - 0x30))
      if overflowed || carried { throw Failure(offset: start, problem: "the number is too large") }
      value = sum
      offset += 1
    }
    if first == 0x30 && offset - start > 1 {
      throw Failure(offset: start, problem: "the number starts with a zero")
    }
    if offset < bytes.count, [0x2E, 0x65, 0x45].contains(bytes[offset]) { throw failure("a whole number") }
    return value
  }

  mutating func string() throws(Failure) -> String {
    try expect("\"")
    let start = offset
    var text: [UInt8] = []
    while true {
      guard offset < bytes.count, bytes[offset] >= 0x20 else { throw failure("the rest of a string") }
      let byte = bytes[offset]
      offset += 1
      if byte == 0x22 { break }
      if byte == 0x5C {
        try escape(into: &text)
      } else {
        text.append(byte)
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw Failure(offset: start, problem: "the string is not UTF-8")
    }
    return string
  }

  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard offset < bytes.count else { throw failure("an escape") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: text.append(byte)
    case 0x62: text.append(0x08)
    case 0x66: text.append(0x0C)
    case 0x6E: text.append(0x0A)
    case 0x72: text.append(0x0D)
    case 0x74: text.append(0x09)
    case 0x75:
      var code = try hexadecimal()
      if (0xD800...0xDBFF).contains(code), offset + 1 < bytes.count, bytes[offset] == 0x5C,
        bytes[offset + 1] == 0x75
      {
        offset += 2
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low) else { throw failure("the second half of a pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = UnicodeScalar(code) else { throw failure("a character") }
      text.append(contentsOf: String(Character(scalar)).utf8)
    default:
      offset -= 1
      throw failure("an escape")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count, let digit = Character(UnicodeScalar(bytes[offset])).hexDigitValue,
        bytes[offset] < 0x80
      else { throw failure("four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}
