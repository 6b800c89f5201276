import FoveaFormats

/// `report/attention.csv`: the gates of one epoch, a line for each block and class; with an empty class over all of them.
enum AttentionFile {
  static let columns = ["block", "class"] + GateColumns.names

  static func write(_ summaries: [GateSummary], to path: String) throws(FormatError) {
    let lines = summaries.map { CSV.line([$0.block, $0.className ?? ""] + GateColumns.fields($0)) }
    try DurableFile.write(Array((CSV.line(columns) + lines.joined()).utf8), to: path)
  }

  static func read(_ path: String) throws(FormatError) -> [GateSummary] {
    let records = try GateColumns.records(path, columns)
    return try records.map { (fields) throws(FormatError) in
      try GateColumns.summary(
        block: fields[0], className: fields[1].isEmpty ? nil : fields[1], Array(fields[2...]), path)
    }
  }
}

/// `report/history.csv`: the gates of every epoch over all classes, a line for each epoch and block.
enum HistoryFile {
  static let columns = ["epoch", "block"] + GateColumns.names

  /// Adds an epoch. Lines of this epoch and of later ones go: a resumed run writes them again.
  static func write(_ summaries: [GateSummary], epoch: Int, to path: String) throws(FormatError) {
    // A history that cannot be read is begun anew rather than kept from going on.
    let earlier = ((try? read(path)) ?? []).filter { $0.epoch < epoch }
    let all = earlier + summaries.map { (epoch, $0) }
    let lines = all.map { CSV.line(["\($0.epoch)", $0.summary.block] + GateColumns.fields($0.summary)) }
    try DurableFile.write(Array((CSV.line(columns) + lines.joined()).utf8), to: path)
  }

  static func read(_ path: String) throws(FormatError) -> [(epoch: Int, summary: GateSummary)] {
    let records = try GateColumns.records(path, columns)
    return try records.map { (fields) throws(FormatError) in
      guard let epoch = Int(fields[0]), (1..<1_000_000_000).contains(epoch) else {
        throw GateColumns.damaged(path)
      }
      return (
        epoch, try GateColumns.summary(block: fields[1], className: nil, Array(fields[2...]), path)
      )
    }
  }
}

/// The figures of a `GateSummary` as fields; what a block does not have is empty.
enum GateColumns {
  static let names = [
    "images", "spatial_mean", "spatial_entropy", "border_share", "spatial_low", "spatial_high",
    "channel_mean",
    "channel_spread", "channel_response", "channels", "constant_channels",
  ]

  static func fields(_ summary: GateSummary) -> [String] {
    let doubles = [
      summary.spatialMean, summary.spatialEntropy, summary.borderShare, summary.spatialLow,
      summary.spatialHigh, summary.channelMean, summary.channelSpread, summary.channelResponse,
    ]
    return ["\(summary.images)"] + doubles.map { $0.map { "\($0)" } ?? "" }
      + [summary.channels, summary.constantChannels].map { $0.map { "\($0)" } ?? "" }
  }

  static func records(_ path: String, _ columns: [String]) throws(FormatError) -> [[String]] {
    let records = CSV.records(try WholeFile.text(of: path, limit: 1 << 28))
    guard records.first == columns, records.allSatisfy({ $0.count == columns.count }) else {
      throw damaged(path)
    }
    return Array(records.dropFirst())
  }

  static func damaged(_ path: String) -> FormatError {
    FormatError(
      path: path, problem: "is not a table of gates",
      remedy: "Move it away; the next epoch writes it anew.")
  }

  static func summary(
    block: String, className: String?, _ fields: [String], _ path: String
  ) throws(FormatError) -> GateSummary {
    guard let images = Int(fields[0]), images >= 0 else { throw damaged(path) }
    var summary = GateSummary(block: block, className: className, images: images)
    let doubles = fields[1...8].map { Double($0) }
    guard zip(fields[1...8], doubles).allSatisfy({ $0.isEmpty || $1 != nil }) else { throw damaged(path) }
    summary.spatialMean = doubles[0]
    summary.spatialEntropy = doubles[1]
    summary.borderShare = doubles[2]
    summary.spatialLow = doubles[3]
    summary.spatialHigh = doubles[4]
    summary.channelMean = doubles[5]
    summary.channelSpread = doubles[6]
    summary.channelResponse = doubles[7]
    summary.channels = Int(fields[9])
    summary.constantChannels = Int(fields[10])
    return summary
  }
}
