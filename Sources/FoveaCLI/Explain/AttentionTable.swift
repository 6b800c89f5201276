import FoveaData
import FoveaExplain
import FoveaFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `attention.csv`: one line for each map, written as it comes.
final class AttentionTable {
  static let columns = [
    "path", "block", "class", "width", "height", "min", "mean", "max", "entropy", "border_share", "channels",
    "channel_min", "channel_mean", "channel_max", "predicted", "probability", "truth",
  ]
  static let scoreColumns = ["pointing", "energy", "object_area"]

  private let path: String
  private let descriptor: Int32
  private let sink: DescriptorSink
  private let withScores: Bool

  init(_ path: String, withScores: Bool) throws {
    self.path = path
    self.withScores = withScores
    // A link in the file's place is replaced, not followed.
    unlink(path)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CommandFailure(.failed, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    sink = DescriptorSink(descriptor, name: path)
    let header = Self.columns + (withScores ? Self.scoreColumns : [])
    try sink.write(Array(CSV.line(header).utf8))
  }

  deinit { close(descriptor) }

  func add(_ map: ExplainedMap, path: RawPath) throws {
    try sink.write(Array(CSV.line(Self.fields(map, path: path, withScores: withScores)).utf8))
  }

  /// Makes sure that all of it is in the file.
  func finish() throws {
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw CommandFailure(.failed, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  static func fields(_ row: ExplainedMap, path: RawPath, withScores: Bool) -> [String] {
    var fields = [path.utf8String ?? path.description, row.block, row.explainedClass ?? ""]
    if let map = row.map {
      let statistics = MapStatistics(map)
      fields += ["\(map.width)", "\(map.height)"]
      fields += [
        statistics.minimum, statistics.mean, statistics.maximum, statistics.entropy, statistics.borderShare,
      ].map { "\($0)" }
    } else {
      fields += [String](repeating: "", count: 7)
    }
    if let channel = row.channel, let low = channel.min(), let high = channel.max() {
      let mean = channel.reduce(0, +) / Float(channel.count)
      fields += ["\(channel.count)", "\(low)", "\(mean)", "\(high)"]
    } else {
      fields += ["", "", "", ""]
    }
    fields += [row.predicted, "\(row.probability)", row.truth ?? ""]
    guard withScores else { return fields }
    guard let score = row.score else { return fields + ["", "", ""] }
    return fields + ["\(score.pointing)", "\(score.energy)", "\(score.area)"]
  }
}
