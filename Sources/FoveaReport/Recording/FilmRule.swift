/// Which epochs' maps are kept: so few that a long run's film stays small, and a function of the epochs alone, so that an
/// interrupted run ends with the same ones.
enum FilmRule {
  /// As many as are kept at most, beside the first and the latest.
  static let limit = 16

  /// - Parameters:
  ///   - epoch: from 1.
  ///   - latest: the newest epoch that is done.
  static func keeps(_ epoch: Int, latest: Int) -> Bool {
    if epoch == 1 || epoch == latest { return true }
    var stride = 1
    while latest / stride > limit { stride *= 2 }
    return epoch < latest && epoch.isMultiple(of: stride)
  }

  /// Some of the kept epochs for the page, evenly, the first and the last among them.
  static func shown(_ epochs: [Int], limit: Int) -> [Int] {
    guard epochs.count > limit, limit > 1 else { return epochs }
    return (0..<limit).map { epochs[$0 * (epochs.count - 1) / (limit - 1)] }
  }
}
