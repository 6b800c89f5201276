import FoveaData
import FoveaFormats
import FoveaTrain

/// What became of one input of `fovea classify`.
struct PredictionRow {
  enum Outcome {
    /// The remark says what was wrong with a file that was read all the same.
    case classified(Prediction, remark: String?)
    case unreadable(String)
  }

  let path: RawPath
  let outcome: Outcome
}

/// The forms that rows are written in.
enum RowFormat: String, CaseIterable {
  case table
  case csv
  case jsonl
}

/// Writes one row an input, as text that the next row never changes, so that rows can be streamed.
struct PredictionRowWriter {
  let format: RowFormat
  /// The model's, in its order.
  let classes: [String]
  /// How many of the likeliest classes a row names.
  let top: Int
  let logits: Bool

  init(format: RowFormat, classes: [String], top: Int, logits: Bool) {
    self.format = format
    self.classes = classes
    self.top = min(max(top, 1), classes.count)
    self.logits = logits
  }

  /// The line before the first row, with its line end; empty where the format has none.
  var header: String {
    switch format {
    case .jsonl: return ""
    case .csv:
      var fields = ["path", "status", "error"]
      for rank in 1...top { fields += ["label_\(rank)", "probability_\(rank)"] }
      if logits { fields += classes.map { "logit \($0)" } }
      return CSV.line(fields)
    case .table:
      var cells: [String] = []
      for rank in 1...top {
        cells += [padded(rank == 1 ? "label" : "label \(rank)", to: labelWidth), paddedLeft("prob", to: 7)]
      }
      if logits { cells += classes.map { paddedLeft(printable($0), to: logitWidth($0)) } }
      return cells.joined(separator: "  ") + "  path\n"
    }
  }

  /// The row, with its line end.
  func line(_ row: PredictionRow) -> String {
    switch format {
    case .jsonl: return json(row).compact + "\n"
    case .csv: return CSV.line(csv(row))
    case .table: return tableLine(row) + "\n"
    }
  }

  private func json(_ row: PredictionRow) -> JSONText {
    var pairs: [(String, JSONText)] = [("path", .string(row.path.utf8String ?? row.path.description))]
    if row.path.utf8String == nil {
      // The text is not the path: give the bytes too, so that the file can be found again.
      pairs.append(("path_bytes", .array(row.path.bytes.map { .int(Int($0)) })))
    }
    switch row.outcome {
    case .unreadable(let reason):
      pairs += [("status", .string("error")), ("error", .string(reason)), ("predictions", .array([]))]
    case .classified(let prediction, let remark):
      pairs += [("status", .string(remark == nil ? "ok" : "partial"))]
      pairs += [("error", remark.map(JSONText.string) ?? .null)]
      let predictions = prediction.top(top).map { index in
        JSONText.object([
          ("label", .string(classes[index])), ("probability", .float(prediction.probabilities[index])),
          ("logit", .float(prediction.logits[index])),
        ])
      }
      pairs.append(("predictions", .array(predictions)))
      if logits {
        pairs.append(("logits", .object(zip(classes, prediction.logits).map { ($0, .float($1)) })))
      }
    }
    return .object(pairs)
  }

  private func csv(_ row: PredictionRow) -> [String] {
    let path = row.path.utf8String ?? row.path.description
    switch row.outcome {
    case .unreadable(let reason):
      let empty = [String](repeating: "", count: 2 * top + (logits ? classes.count : 0))
      return [path, "error", reason] + empty
    case .classified(let prediction, let remark):
      var fields = [path, remark == nil ? "ok" : "partial", remark ?? ""]
      for index in prediction.top(top) { fields += [classes[index], "\(prediction.probabilities[index])"] }
      if logits { fields += prediction.logits.map { "\($0)" } }
      return fields
    }
  }

  private func tableLine(_ row: PredictionRow) -> String {
    let path = row.path.description
    var cells: [String] = []
    switch row.outcome {
    case .unreadable(let reason):
      for rank in 0..<top {
        cells += [padded(rank == 0 ? "(not read)" : "", to: labelWidth), paddedLeft("", to: 7)]
      }
      if logits { cells += classes.map { paddedLeft("", to: logitWidth($0)) } }
      return cells.joined(separator: "  ") + "  \(path): \(printable(reason))"
    case .classified(let prediction, let remark):
      for index in prediction.top(top) {
        let percent = fixed(Double(prediction.probabilities[index]) * 100, 1)
        cells += [padded(printable(classes[index]), to: labelWidth), paddedLeft(percent + " %", to: 7)]
      }
      if logits {
        cells += zip(classes, prediction.logits).map { paddedLeft(fixed(Double($1), 3), to: logitWidth($0)) }
      }
      return cells.joined(separator: "  ") + "  \(path)" + (remark.map { " (\(printable($0)))" } ?? "")
    }
  }

  private var labelWidth: Int { max(10, classes.map { columns(printable($0)) }.max() ?? 0) }

  private func logitWidth(_ name: String) -> Int { max(8, columns(printable(name))) }
}
