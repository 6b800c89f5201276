/// `metrics.csv`: a header and one row per epoch.
///
/// Rows that cannot be written (a full disk) wait for the next try, so that none is missing in the end.
final class MetricsFile {
  private let file: TextFile
  /// Rows that are in the file for good.
  private(set) var rowCount: Int
  private var waiting: [String] = []

  /// - Parameter rows: how many rows a resumed run's checkpoint counts. Later ones, which the run wrote after that
  ///   checkpoint, are cut off: it will write them again.
  init(path: String, keeping rows: Int) throws(TrainingError) {
    file = try TextFile(path: path)
    let lines = try file.keep(lines: rows + 1)
    rowCount = max(0, lines - 1)
    if lines == 0 {
      try file.append(EpochReport.csvHeader)
      try file.sync()
    }
    if rowCount < rows {
      throw .file(
        path,
        "has \(rowCount) rows, but the checkpoint was saved after \(rows). Restore the file, or start anew")
    }
  }

  /// Appends a row and returns once it is on the disk.
  func append(_ row: String) throws(TrainingError) {
    waiting.append(row)
    try flush()
  }

  func flush() throws(TrainingError) {
    guard !waiting.isEmpty else { return }
    // What an earlier failed try may have left of a row.
    try file.keep(lines: rowCount + 1)
    try file.append(waiting.joined(separator: "\n"))
    try file.sync()
    rowCount += waiting.count
    waiting = []
  }
}
