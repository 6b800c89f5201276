import CFoveaKernels

/// How target channels are cut for the inner loops of one instruction set: group by group into panels of two vectors,
/// the last panel of a group with the channels that are left.
struct Panels: Hashable, Sendable {
  /// Whose kernels run, asked once for a whole product.
  let isa: fk_isa
  /// Floats of a vector.
  let vectorWidth: Int
  let channelsPerGroup: Int
  let perGroup: Int
  /// Panels of all groups.
  let count: Int

  init(_ correlation: Correlation, isa: fk_isa = fk_selected()) {
    self.isa = isa
    vectorWidth = Int(fk_vector_width(isa))
    guard !correlation.isDepthwise else {
      // Depthwise kernels take all channels at once.
      channelsPerGroup = correlation.target.channels
      width = channelsPerGroup
      perGroup = 1
      count = 1
      return
    }
    channelsPerGroup = correlation.targetChannelsPerGroup
    width = 2 * vectorWidth
    perGroup = (channelsPerGroup - 1) / width + 1
    count = perGroup * correlation.groups
  }

  /// Channels of a full panel.
  let width: Int
  /// Channels of a group, rounded up to whole vectors.
  var paddedChannels: Int { (channelsPerGroup + vectorWidth - 1) / vectorWidth * vectorWidth }

  struct Place {
    let group: Int
    /// First channel within the group.
    let first: Int
    let channels: Range<Int>
    /// Width of the packed panel: one or two vectors.
    let paddedWidth: Int
  }

  func place(of panel: Int) -> Place {
    let (group, index) = panel.quotientAndRemainder(dividingBy: perGroup)
    let first = index * width
    let start = group * channelsPerGroup + first
    return Place(
      group: group, first: first, channels: start..<start + min(width, channelsPerGroup - first),
      paddedWidth: min(width, paddedChannels - first))
  }

  /// Target channels of neighbouring panels.
  func channels(of panels: Range<Int>) -> Range<Int> {
    place(of: panels.lowerBound).channels.lowerBound..<place(of: panels.upperBound - 1).channels.upperBound
  }
}
