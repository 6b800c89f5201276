/// Finds what a misspelt name was probably meant to be.
public enum NearestName {
  /// The candidate with the fewest edits to `name`, if these are few enough to be a slip.
  public static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
    let limit = max(1, min(3, name.count / 3 + 1))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = editDistance(name.lowercased(), candidate.lowercased())
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    if let best { return best.name }
    // A name that lacks its ending ("aug", "optim") is no slip of the finger, but as clear.
    guard name.count >= 3 else { return nil }
    return candidates.filter { $0.hasPrefix(name) || name.hasPrefix($0) }.min { $0.count < $1.count }
  }

  /// " Did you mean 'epochs'?", or nothing.
  public static func hint(_ name: String, in candidates: some Sequence<String>) -> String {
    guard let nearest = of(name, in: candidates) else { return "" }
    return " Did you mean '\(nearest)'?"
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other (optimal string
  /// alignment).
  static func editDistance(_ first: String, _ second: String) -> Int {
    let a = Array(first.unicodeScalars.prefix(64))
    let b = Array(second.unicodeScalars.prefix(64))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
