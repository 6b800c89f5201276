import FoveaFormats

/// `report/predictions.csv`: what a model made of each validation image, in their order.
enum PredictionsFile {
  static let columns = ["name", "truth", "predicted", "confidence", "truth_probability", "loss"]

  static func write(_ examples: [Example], to path: String) throws(FormatError) {
    var text = CSV.line(columns)
    for example in examples {
      text += CSV.line([
        example.name, example.truth, example.predicted, "\(example.confidence)",
        "\(example.truthProbability)", "\(example.loss)",
      ])
    }
    try DurableFile.write(Array(text.utf8), to: path)
  }

  static func read(_ path: String) throws(FormatError) -> [Example] {
    let records = CSV.records(try WholeFile.text(of: path, limit: 1 << 30))
    guard records.first == columns else {
      throw FormatError(
        path: path, problem: "has other columns than \(columns.joined(separator: ","))",
        remedy: "Write it anew with 'fovea report RUN --evaluate'.")
    }
    return try records.dropFirst().enumerated().map { (line, fields) throws(FormatError) in
      guard fields.count == columns.count, let confidence = Double(fields[3]),
        let truthProbability = Double(fields[4]), let loss = Double(fields[5])
      else {
        throw FormatError(
          path: path,
          problem: "record \(line + 1) is not one of \(columns.count) fields with numbers in the last 3",
          remedy: "Write it anew with 'fovea report RUN --evaluate'.")
      }
      return Example(
        name: fields[0], truth: fields[1], predicted: fields[2], confidence: confidence,
        truthProbability: truthProbability, loss: loss)
    }
  }
}
