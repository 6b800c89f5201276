/// The order and the comparison of class names.
enum ClassNames {
  /// Bytewise, the same on every machine and in every language.
  static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// Sorts names, and refuses two that are one name to Unicode (`é` in one code point or in two): they look the
  /// same in every table, and are equal as Swift strings.
  static func sorted(_ names: [String], in subject: String) throws(DataError) -> [String] {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw DataError(
        .duplicateClass, subject, found: "two classes named '\(name)'", expected: "each name once",
        remedy: "Merge or rename one of them.")
    }
    return names.sorted(by: precedes)
  }

  static func unknown(_ name: String, in subject: String, known: [String]) -> DataError {
    let shown = known.prefix(20).joined(separator: ", ") + (known.count > 20 ? ", …" : "")
    // The files of MNIST and its kin have numbers for names, unless a configuration names them.
    let isLabel = UInt8(name) != nil
    return DataError(
      .unknownClass, subject, found: "class '\(name)', which the model does not know",
      expected: known.count == 1 ? shown : "one of its \(known.count) classes: \(shown)",
      remedy: isLabel
        ? "If this is a label of an IDX file, its name is to come from data.class_names of a configuration (--config). "
          + "Otherwise rename or remove the class, or train with it."
        : "Rename or remove the class, or train with it.")
  }
}
