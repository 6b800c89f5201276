import FoveaFormats
import Foundation

/// Compares what two runs left behind, apart from what tells of time.
enum RunComparison {
  static func compare(_ a: String, _ b: String) throws {
    let last = "checkpoints/last.safetensors"
    let (fileA, fileB) = (
      try SafetensorsFile(contentsOf: "\(a)/\(last)"), try SafetensorsFile(contentsOf: "\(b)/\(last)")
    )
    guard fileA.tensors.map(\.name) == fileB.tensors.map(\.name) else { throw Failure("\(b): other tensors") }
    for tensor in fileA.tensors where try fileA.bytes(tensor.name) != fileB.bytes(tensor.name) {
      throw Failure("\(b): \(tensor.name) differs")
    }
    guard try state(fileA) == state(fileB) else {
      throw Failure("\(b): the state differs: \(try state(fileA)) and \(try state(fileB))")
    }
    let best = "checkpoints/best.safetensors"
    guard try bytes("\(a)/\(best)") == bytes("\(b)/\(best)") else {
      throw Failure("\(b): the best model differs")
    }
    guard try rows(a) == rows(b) else { throw Failure("\(b): metrics.csv differs") }
    for name in ["classes.txt", "manifest.tsv"] {
      guard try bytes("\(a)/\(name)") == bytes("\(b)/\(name)") else { throw Failure("\(b): \(name) differs") }
    }
    let strays = try FileManager.default.subpathsOfDirectory(atPath: b).filter {
      $0.hasSuffix(".partial") || $0.hasSuffix(".link")
    }
    guard strays.isEmpty else { throw Failure("\(b): left behind: \(strays)") }
  }

  private static func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// The columns of metrics.csv that do not tell of time.
  private static func rows(_ run: String) throws -> [String] {
    String(decoding: try bytes("\(run)/metrics.csv"), as: UTF8.self).split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).prefix(9).joined(separator: ",")
    }
  }

  /// The checkpoint's other metadata, with sorted keys. Names of runs and paths are the same by the harness's choice,
  /// but for the folder that the runs are in.
  private static func state(_ file: SafetensorsFile) throws -> [String: String] {
    var metadata = file.metadata
    guard let text = metadata["fovea.run"],
      var state = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { throw Failure("\(file.path): no state") }
    state = withoutTimes(state) as! [String: Any]
    state["configuration"] = nil
    metadata["fovea.run"] = String(
      decoding: try JSONSerialization.data(withJSONObject: state, options: .sortedKeys), as: UTF8.self)
    return metadata
  }

  private static func withoutTimes(_ value: Any) -> Any {
    guard let object = value as? [String: Any] else { return value }
    let times: Set = ["seconds", "secondsWaited", "secondsLeft", "imagesPerSecond", "dataWaitShare"]
    return object.filter { !times.contains($0.key) }.mapValues(withoutTimes)
  }
}
