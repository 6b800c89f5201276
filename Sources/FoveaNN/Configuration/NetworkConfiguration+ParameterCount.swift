extension NetworkConfiguration {
  /// How many trainable numbers the network has, known before any memory is taken for them.
  ///
  /// - Throws: where the configuration describes no network.
  public func parameterCount() throws(NetworkConfigurationError) -> Int {
    try validate()
    return Self.parameterCount(self, try Architecture(self))!
  }

  /// Nil where the count overflows. Widths and depths are within their ranges, so that a single layer's cannot.
  static func parameterCount(_ configuration: NetworkConfiguration, _ architecture: Architecture) -> Int? {
    let stemSide = architecture.stem == .cifar ? 3 : 7
    var total =
      stemSide * stemSide * configuration.inputChannels * architecture.stemWidth + 2 * architecture.stemWidth
    var channels = architecture.stemWidth
    for (index, width) in architecture.widths.enumerated() {
      let out = architecture.outChannels(width: width)
      for number in 0..<architecture.blocks[index] {
        var block = convolutionsCount(in: channels, width: width, architecture)
        let changesSize = channels != out || (number == 0 && index > 0)
        if changesSize && architecture.shortcut == .projection { block += channels * out + 2 * out }
        if let attention = configuration.attention, configuration.hasAttention(inStage: index + 1) {
          block += attention.parameterCount(channels: out)
        }
        let (sum, overflowed) = total.addingReportingOverflow(block)
        if overflowed { return nil }
        total = sum
        channels = out
      }
    }
    return total + architecture.featureCount * configuration.classes + configuration.classes
  }

  private static func convolutionsCount(
    in channels: Int, width: Int, _ architecture: Architecture
  ) -> Int {
    guard architecture.block == .bottleneck else {
      return 9 * width * (channels + width) + 4 * width
    }
    let inner = architecture.innerChannels(width: width)
    let out = architecture.outChannels(width: width)
    return channels * inner + 9 * inner * (inner / architecture.groups) + inner * out + 4 * inner + 2 * out
  }
}

extension CBAMConfiguration {
  /// How many trainable numbers a module over so many channels has.
  func parameterCount(channels: Int) -> Int {
    var count = 0
    if gates != .spatial {
      let hidden = hiddenWidth(channels: channels)
      count += 2 * channels * hidden + (hasBiases ? hidden + channels : 0)
    }
    if gates != .channel {
      count += spatialKernel * spatialKernel * (spatialPools == .learned ? 1 : 2)
      count += spatialPools == .learned ? channels : 0
      count += hasSpatialNormalization ? 2 : 0
    }
    return count
  }
}
