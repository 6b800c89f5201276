import FoveaExplain
import FoveaNN

/// What the gates of one block did, over images: one line of `attention.csv`.
public struct GateSummary: Codable, Hashable, Sendable {
  public var block: String
  /// Nil over all classes.
  public var className: String?
  public var images: Int
  /// Means over images of the spatial gate's mean, of its evenness (`MapStatistics.entropy`) and of its share near the
  /// border; nil where the block has no spatial gate.
  public var spatialMean: Double?
  public var spatialEntropy: Double?
  public var borderShare: Double?
  /// The least and the greatest value of the spatial gate anywhere.
  public var spatialLow: Double?
  public var spatialHigh: Double?
  /// The mean of the channel gates over channels and images; nil where the block has none.
  public var channelMean: Double?
  /// The standard deviation, between channels, of each channel's mean gate: how much channels are told apart.
  public var channelSpread: Double?
  /// The mean over channels of a gate's standard deviation between images: how much the gate answers to the image.
  public var channelResponse: Double?
  public var channels: Int?
  /// Channels whose gate is the same for all images, to within `deadRange`.
  public var constantChannels: Int?

  /// A gate that stays within this much, of 0 to 1, does not tell anything from anything.
  public static let deadRange = 0.01

  /// Whether the spatial gate is the same everywhere and for all images.
  public var isSpatialDead: Bool {
    guard let spatialLow, let spatialHigh else { return false }
    return spatialHigh - spatialLow < Self.deadRange
  }

  /// Whether the channel gate is the same for all images.
  public var isChannelDead: Bool {
    guard let channels, let constantChannels, images > 1 else { return false }
    return channels > 0 && constantChannels == channels
  }
}

/// Gathers `GateSummary`s image by image.
struct AttentionCounts {
  private struct Spatial {
    var images = 0
    var mean = 0.0
    var entropy = 0.0
    var border = 0.0
    var low = Float.infinity
    var high = -Float.infinity

    mutating func add(_ statistics: MapStatistics) {
      images += 1
      mean += Double(statistics.mean)
      entropy += Double(statistics.entropy)
      border += Double(statistics.borderShare)
      low = min(low, statistics.minimum)
      high = max(high, statistics.maximum)
    }
  }

  private struct Channel {
    var images = 0
    var sums: [Double]
    var squares: [Double]
    var low: [Float]
    var high: [Float]

    init(_ count: Int) {
      sums = [Double](repeating: 0, count: count)
      squares = sums
      low = [Float](repeating: .infinity, count: count)
      high = [Float](repeating: -.infinity, count: count)
    }

    mutating func add(_ gates: [Float]) {
      images += 1
      for (channel, gate) in gates.enumerated() where gate.isFinite {
        sums[channel] += Double(gate)
        squares[channel] += Double(gate) * Double(gate)
        low[channel] = min(low[channel], gate)
        high[channel] = max(high[channel], gate)
      }
    }
  }

  private struct Group {
    var images = 0
    var spatial = Spatial()
    var channel: Channel?
  }

  private let classes: [String]
  private var blocks: [String] = []
  /// For each block, one group a class, and one over all of them at the end.
  private var groups: [[Group]] = []

  init(classes: [String]) { self.classes = classes }

  mutating func add(_ attention: [BlockAttention], label: Int) {
    if blocks.isEmpty {
      blocks = attention.map(\.block)
      groups = blocks.map { _ in [Group](repeating: Group(), count: classes.count + 1) }
    }
    for (place, block) in attention.enumerated() {
      let statistics = block.spatial.map { MapStatistics($0) }
      for group in [label, classes.count] {
        groups[place][group].images += 1
        if let statistics { groups[place][group].spatial.add(statistics) }
        if let gates = block.channel {
          if groups[place][group].channel == nil { groups[place][group].channel = Channel(gates.count) }
          groups[place][group].channel!.add(gates)
        }
      }
    }
  }

  /// All classes together first, for each block.
  var summaries: [GateSummary] {
    blocks.indices.flatMap { place in
      ([classes.count] + classes.indices).compactMap { group in
        let name = group == classes.count ? nil : classes[group]
        return groups[place][group].images == 0
          ? nil : Self.summary(blocks[place], name, groups[place][group])
      }
    }
  }

  private static func summary(_ block: String, _ name: String?, _ group: Group) -> GateSummary {
    var summary = GateSummary(block: block, className: name, images: group.images)
    let spatial = group.spatial
    if spatial.images > 0 {
      let count = Double(spatial.images)
      summary.spatialMean = spatial.mean / count
      summary.spatialEntropy = spatial.entropy / count
      summary.borderShare = spatial.border / count
      summary.spatialLow = Double(spatial.low)
      summary.spatialHigh = Double(spatial.high)
    }
    if let channel = group.channel, !channel.sums.isEmpty {
      let images = Double(channel.images)
      let channels = Double(channel.sums.count)
      let means = channel.sums.map { $0 / images }
      let mean = means.reduce(0, +) / channels
      let deviations = zip(channel.squares, means).map { max(0, $0 / images - $1 * $1).squareRoot() }
      summary.channelMean = mean
      summary.channelSpread = (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / channels).squareRoot()
      summary.channelResponse = deviations.reduce(0, +) / channels
      summary.channels = channel.sums.count
      summary.constantChannels = zip(channel.low, channel.high).count {
        !(Double($1) - Double($0) >= GateSummary.deadRange)
      }
    }
    return summary
  }
}
