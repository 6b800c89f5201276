import CFoveaKernels
import FoveaTensor

/// A weight in the order in which the inner loops read it: for each phase and group, panels of target channels, each
/// [patch length][panel width]. In bf16 two channels of a patch share 32 bits, and patches are half as long.
struct PackedWeight {
  let scalars: Tensor
  /// Where each phase begins.
  let phaseOffsets: [Int]
  /// Floats from one group to the next within each phase.
  let groupStrides: [Int]

  /// A weight whose rows are read where they lie.
  init(unpacked weight: Tensor) {
    scalars = weight
    phaseOffsets = []
    groupStrides = []
  }

  /// - Parameters:
  ///   - weight: [kh, kw, C/groups, O].
  ///   - gain: multiplies each target channel's weights on the way; nil for 1. In 32-bit floats, and not turned.
  init(
    _ weight: Tensor, scaledBy gain: Tensor? = nil, for correlation: Correlation, _ panels: Panels,
    precision: EngineOptions.Precision = .fp32
  ) {
    precondition(
      gain == nil || precision == .fp32 && !correlation.isTurned, "a gain is for inference in fp32")
    let packing = Packing(correlation: correlation, panels: panels, precision: precision)
    phaseOffsets = packing.phaseOffsets
    groupStrides = correlation.phases.map { packing.patch($0) * panels.paddedChannels }
    if gain == nil, precision == .fp32, !correlation.isTurned, correlation.groups == 1, panels.perGroup == 1,
      panels.paddedChannels == panels.channelsPerGroup
    {
      // One whole panel is the weight itself.
      scalars = weight
    } else {
      scalars = packing.pack(weight, scaledBy: gain.map { packing.padded($0) })
    }
  }
}

/// Copies a weight into panels.
private struct Packing {
  let correlation: Correlation
  let panels: Panels
  let precision: EngineOptions.Precision
  let phaseOffsets: [Int]
  let count: Int

  /// What one call of a kernel packs.
  private struct Block {
    let phase, panel, tap: Int
  }

  init(correlation: Correlation, panels: Panels, precision: EngineOptions.Precision) {
    self.correlation = correlation
    self.panels = panels
    self.precision = precision
    var offsets: [Int] = []
    var total = 0
    for phase in correlation.phases {
      offsets.append(total)
      total +=
        phase.tapCount * correlation.sourceValuesPerGroup(precision) * panels.paddedChannels
        * correlation.groups
    }
    phaseOffsets = offsets
    count = total
  }

  /// Length of a phase's patches in one group.
  func patch(_ phase: Correlation.Phase) -> Int {
    phase.tapCount * correlation.sourceValuesPerGroup(precision)
  }

  /// The gain of each target channel [O] in the panels' order, ones where they are padded.
  func padded(_ gain: Tensor) -> Tensor {
    var padded = Tensor(repeating: 1, shape: [correlation.groups * panels.paddedChannels])
    for panel in 0..<panels.count {
      let place = panels.place(of: panel)
      let first = place.group * panels.paddedChannels + place.first
      for (index, channel) in place.channels.enumerated() { padded[first + index] = gain[channel] }
    }
    return padded
  }

  /// - Parameter gain: padded.
  func pack(_ weight: Tensor, scaledBy gain: Tensor?) -> Tensor {
    var blocks: [Block] = []
    for (index, phase) in correlation.phases.enumerated() {
      for panel in 0..<panels.count {
        for tap in 0..<phase.tapCount { blocks.append(Block(phase: index, panel: panel, tap: tap)) }
      }
    }
    // Some 32 kB a piece.
    let share = max(1, 8_192 / (correlation.sourceChannelsPerGroup * panels.width))
    return Tensor(
      filling: [count],
      by: { packed in
        weight.withFloats { weight in
          WorkerPool.shared.forEach((blocks.count + share - 1) / share) { piece in
            for block in blocks[piece * share..<min(blocks.count, (piece + 1) * share)] {
              pack(block, from: weight, to: packed, scaledBy: gain)
            }
          }
        }
      })
  }

  private func pack(_ block: Block, from weight: Floats, to packed: MutableFloats, scaledBy gain: Tensor?) {
    let phase = correlation.phases[block.phase]
    let place = panels.place(of: block.panel)
    let rows = correlation.sourceChannelsPerGroup
    let to =
      packed + phaseOffsets[block.phase]
      + (place.group * panels.paddedChannels + place.first) * patch(phase)
      + block.tap * correlation.sourceValuesPerGroup(precision) * place.paddedWidth
    let row = phase.tapRows[block.tap / phase.tapColumns.count].index
    let column = phase.tapColumns[block.tap % phase.tapColumns.count].index
    let tap = row * correlation.kernelWidth + column
    if correlation.isTurned {
      let outChannels = correlation.source.channels
      let from =
        weight + (tap * correlation.targetChannelsPerGroup + place.first) * outChannels + place.group * rows
      switch precision {
      case .fp32:
        fk_conv_pack_turned(to, place.paddedWidth, from, outChannels, rows, place.channels.count)
      case .bf16:
        fk_bf16_pack_turned(
          panels.isa, to, place.paddedWidth, from, outChannels, rows, place.channels.count)
      }
    } else {
      let outChannels = correlation.target.channels
      let from = weight + tap * rows * outChannels + place.channels.lowerBound
      switch precision {
      case .fp32:
        fk_conv_pack(to, place.paddedWidth, from, outChannels, rows, place.channels.count)
        gain?.withFloats { gain in
          let own = gain + place.group * panels.paddedChannels + place.first
          fk_scale_columns(to, to, own, rows, place.paddedWidth)
        }
      case .bf16:
        fk_bf16_pack(panels.isa, to, place.paddedWidth, from, outChannels, rows, place.channels.count)
      }
    }
  }
}
