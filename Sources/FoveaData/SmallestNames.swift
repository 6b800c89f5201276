/// Takes any number of names and keeps the first ones in bytewise order.
struct SmallestNames {
  typealias Named = (name: [UInt8], type: Int)

  private let last: [UInt8]?
  private let limit: Int
  private var kept: [Named] = []
  /// Names from here on are not among the smallest, once so many have been seen.
  private var bound: [UInt8]?
  /// Whether there were more than are kept.
  private(set) var leftSomeOut = false

  /// - Parameters:
  ///   - last: names up to this one are passed over.
  ///   - limit: how many to keep, at least 1.
  init(after last: [UInt8]?, limit: Int) {
    self.last = last
    self.limit = max(1, limit)
  }

  mutating func add(_ name: [UInt8], type: Int) {
    if let last, !last.lexicographicallyPrecedes(name) { return }
    if let bound, !name.lexicographicallyPrecedes(bound) {
      leftSomeOut = true
      return
    }
    kept.append((name, type))
    if kept.count >= limit.multipliedReportingOverflow(by: 2).partialValue, limit < .max / 2 { cut() }
  }

  /// Those that are kept, in order.
  var sorted: [Named] {
    mutating get {
      if kept.count > limit { cut() } else { sort() }
      return kept
    }
  }

  private mutating func cut() {
    sort()
    bound = kept[limit].name
    kept.removeSubrange(limit...)
    leftSomeOut = true
  }

  private mutating func sort() { kept.sort { $0.name.lexicographicallyPrecedes($1.name) } }
}
