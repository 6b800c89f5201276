import FoveaImage

/// A value as a configuration writes it down.
public indirect enum ConfigurationValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Written as it is: numbers in the shortest form that reads back to the same bits, and words such as auto.
  case plain(String)
  case text(String)
  case list([ConfigurationValue])

  /// As YAML, on one line.
  public var yaml: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .plain(let text): text
    case .text(let text): Self.quotedIfNeeded(text)
    case .list(let items): "[" + items.map(\.yaml).joined(separator: ", ") + "]"
    }
  }

  private static func quotedIfNeeded(_ text: String) -> String {
    func isSafe(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "none", "auto"]
    let startsAsWord = text.utf8.first.map { isSafe($0) && $0 != UInt8(ascii: "-") } ?? false
    let looksNumeric = Double(text) != nil || text.utf8.first.map { (48...57).contains($0) } ?? false
    if startsAsWord, !looksNumeric, text.utf8.allSatisfy(isSafe), !reserved.contains(text.lowercased()) {
      return text
    }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
        let hex = String(scalar.value, radix: 16, uppercase: true)
        quoted += "\\x" + String(repeating: "0", count: 2 - hex.count) + hex
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// How a value of a type is written in a configuration: what is expected, how it is read, how it is written back.
struct ValueFormat<Value>: Sendable {
  /// What is expected, for documentation and messages: "a whole number from 1 to 10".
  let expected: String
  /// The value, or nil where the node is not what is expected.
  let read: @Sendable (ConfigurationNode) -> Value?
  let write: @Sendable (Value) -> ConfigurationValue
}

extension ConfigurationNode {
  fileprivate var plainText: String? {
    if case .scalar(let text, isPlain: true) = content { return text }
    return nil
  }

  /// A finite number in decimal notation. Underscores may group digits.
  fileprivate var decimal: String? {
    guard let text = plainText, !text.isEmpty, text.utf8.count <= 40,
      text.utf8.allSatisfy({ "0123456789+-.eE_".utf8.contains($0) }), text.utf8.first != UInt8(ascii: "_")
    else { return nil }
    return text.filter { $0 != "_" }
  }
}

extension ValueFormat where Value == Bool {
  static var boolean: Self {
    Self(
      expected: "true or false",
      read: { node in
        switch node.plainText {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
      },
      write: { .bool($0) })
  }
}

extension ValueFormat where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> Self {
    let expected =
      range.upperBound >= 1_000_000
      ? "a whole number, \(range.lowerBound) or more"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return Self(
      expected: expected,
      read: { node in
        guard let text = node.decimal, let value = Int(text), range.contains(value) else { return nil }
        return value
      },
      write: { .integer($0) })
  }

  /// A number of bytes: 1073741824, 512MB, 2GB.
  static var bytes: Self {
    let units = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40)]
    return Self(
      expected: "a number of bytes such as 512MB or 2GB",
      read: { node in
        guard let text = node.plainText?.uppercased() else { return nil }
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = unit == nil ? text : String(text.dropLast(2)).filter { $0 != " " }
        guard let value = Double(digits), value >= 0 else { return nil }
        let bytes = value * Double(1 << (unit?.1 ?? 0))
        return bytes < 0x1p60 ? Int(bytes) : nil
      },
      write: { value in
        let unit = units.last { value > 0 && value % (1 << $0.1) == 0 }
        return unit.map { .plain("\(value >> $0.1)\($0.0)") } ?? .integer(value)
      })
  }
}

extension ValueFormat where Value == UInt64 {
  static var seed: Self {
    Self(
      expected: "a whole number, 0 or more",
      read: { $0.decimal.flatMap(UInt64.init) },
      write: { .plain("\($0)") })
  }
}

extension ValueFormat where Value: BinaryFloatingPoint & LosslessStringConvertible & Sendable {
  /// - Parameter openBelow: whether the lower bound itself is out of range.
  static func number(_ range: ClosedRange<Value>, openBelow: Bool = false) -> Self {
    func shown(_ value: Value) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
    let low = shown(range.lowerBound)
    let isUnbounded = range.upperBound >= 1_000_000
    let expected =
      switch (isUnbounded, openBelow) {
      case (true, true): "a number above \(low)"
      case (true, false): "a number, \(low) or more"
      case (false, true): "a number above \(low), at most \(shown(range.upperBound))"
      case (false, false): "a number from \(low) to \(shown(range.upperBound))"
      }
    return Self(
      expected: expected,
      read: { node in
        guard let text = node.decimal, let value = Value(text), value.isFinite, range.contains(value),
          !(openBelow && value == range.lowerBound)
        else { return nil }
        return value
      },
      write: { .plain("\($0)") })
  }

  /// A share of a whole: 0.01, or 1%.
  static var share: Self {
    Self(
      expected: "a share such as 0.01 or 1%",
      read: { node in
        guard let text = node.plainText else { return nil }
        let isPercent = text.hasSuffix("%")
        guard let value = Value(isPercent ? String(text.dropLast()) : text), value.isFinite else {
          return nil
        }
        let share = isPercent ? value / 100 : value
        return share >= 0 && share <= 1 ? share : nil
      },
      write: { .plain("\($0)") })
  }
}

extension ValueFormat where Value == String {
  static func text(_ expected: String = "text") -> Self {
    Self(
      expected: expected,
      read: { node in
        guard case .scalar(let text, _) = node.content, !node.isNull, !text.contains("\0") else { return nil }
        return text
      },
      write: { .text($0) })
  }
}

extension ValueFormat
where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
  static var choice: Self {
    let names = Value.allCases.map(\.rawValue)
    return Self(
      expected: "one of " + names.joined(separator: ", "),
      read: { node in
        guard case .scalar(let text, _) = node.content else { return nil }
        return Value(rawValue: text)
      },
      write: { .text($0.rawValue) })
  }
}

extension ValueFormat {
  /// The same, or a word that stands for "not set": null by default.
  static func optional<Wrapped: Sendable>(
    _ format: ValueFormat<Wrapped>, word: String? = nil
  ) -> Self where Value == Wrapped? {
    Self(
      expected: "\(format.expected), or \(word ?? "null")",
      read: { node in
        if let word {
          if case .scalar(word, _) = node.content { return .some(nil) }
        } else if node.isNull {
          return .some(nil)
        }
        return format.read(node).map { .some($0) }
      },
      write: { value in value.map(format.write) ?? word.map { .plain($0) } ?? .null })
  }

  static func list<Element: Sendable>(
    of format: ValueFormat<Element>, count: ClosedRange<Int>
  ) -> Self where Value == [Element] {
    let size = count.lowerBound == count.upperBound ? "\(count.lowerBound)" : "\(count.lowerBound) or more"
    return Self(
      expected: "a list of \(size) values, each \(format.expected)",
      read: { node in
        guard case .list(let items) = node.content, count.contains(items.count) else { return nil }
        var values: [Element] = []
        for item in items {
          guard let value = format.read(item) else { return nil }
          values.append(value)
        }
        return values
      },
      write: { .list($0.map(format.write)) })
  }
}

extension ValueFormat where Value == [Float] {
  /// Two ascending numbers.
  static func range(_ limits: ClosedRange<Float>) -> Self {
    let list = ValueFormat<[Float]>.list(of: .number(limits), count: 2...2)
    return Self(
      expected: "two ascending numbers from \(limits.lowerBound) to \(limits.upperBound), as in [0.5, 1]",
      read: { node in list.read(node).flatMap { $0[0] <= $0[1] ? $0 : nil } },
      write: list.write)
  }
}

extension ValueFormat where Value == RGB {
  /// A name, or "#rrggbb".
  static var color: Self {
    let names: [(String, RGB)] = [
      ("white", RGB(255, 255, 255)), ("black", RGB(0, 0, 0)), ("gray", RGB(128, 128, 128)),
    ]
    return Self(
      expected: "white, black, gray or \"#rrggbb\"",
      read: { node in
        guard case .scalar(let text, _) = node.content else { return nil }
        if let known = names.first(where: { $0.0 == text }) { return known.1 }
        guard text.utf8.count == 7, text.hasPrefix("#"),
          text.utf8.dropFirst().allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
          let value = UInt32(text.dropFirst(), radix: 16)
        else { return nil }
        return RGB(UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255))
      },
      write: { color in
        if let known = names.first(where: { $0.1 == color }) { return .text(known.0) }
        let value = UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
        let digits = String(value, radix: 16)
        return .text("#" + String(repeating: "0", count: 6 - digits.count) + digits)
      })
  }
}
