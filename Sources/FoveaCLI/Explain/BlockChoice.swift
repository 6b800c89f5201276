import FoveaNN
import FoveaTrain

/// Which attention blocks `--blocks` means.
enum BlockChoice {
  /// Places in `network.attentionBlockNames`.
  static func indices(_ text: String, of network: Network) throws -> [Int] {
    let names = network.attentionBlockNames
    switch text {
    case "all": return Array(names.indices)
    case "last": return Array(names.indices.suffix(1))
    case "stages": return StageEnds.indices(of: names)
    default:
      // An empty name is none that the model has.
      return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        let name = String(part)
        if let index = names.firstIndex(of: name) { return index }
        let known = names + ["all", "stages", "last"]
        let hint = NearestName.hint(name, in: known)
        throw CommandFailure(
          .usage,
          "the model has no attention block '\(printable(name))'.\(hint) It has \(listed(names, limit: 50)).")
      }
    }
  }
}
