/// A convolution and its input gradient, seen alike: every target pixel sums products of source pixels, at fixed
/// offsets, with weights.
///
/// The input gradient of a convolution of stride s falls into s·s phases, one for each remainder of the target's
/// row and column by s: within a phase every target pixel sees the same taps of the kernel, turned, at whole
/// source offsets. So each phase is a convolution of stride 1 with a part of the kernel, no zeros are inserted
/// and no sums are scattered. A phase without taps is zero.
struct Correlation {
  /// A row or a column of the kernel: which, and where it reads relative to a pixel's base in the source.
  struct Tap: Hashable {
    let index: Int
    let offset: Int
  }

  /// The target pixels (origin + step · (row, column)), for 0 ≤ row < rows and 0 ≤ column < columns, whose base in
  /// the source is sourceStep · (row, column). Their taps are all pairs of a tap row and a tap column.
  struct Phase {
    let origin: (row: Int, column: Int)
    let rows, columns: Int
    /// By ascending offset, so that neighbours in memory are neighbours in the sum.
    let tapRows, tapColumns: [Tap]

    var tapCount: Int { tapRows.count * tapColumns.count }
  }

  struct Side {
    let height, width, channels: Int
    /// Pixels from one row or column of a phase to the next.
    let step: Size2D
    /// Whether memory holds pairs of neighbouring channels in bf16, units, in place of floats.
    var isNarrow = false

    /// Values of 32 bits of a pixel in memory.
    var pitch: Int { place(ofChannel: channels) }
    /// Where a channel, an even one where memory is narrow, lies behind a pixel's first.
    func place(ofChannel channel: Int) -> Int { isNarrow ? channel / 2 : channel }
  }

  private(set) var images: Int
  let groups: Int
  private(set) var source, target: Side
  private(set) var phases: [Phase]
  /// The lowest and highest offsets of any tap: how far a phase's pixels reach around their bases.
  let reach: (rows: ClosedRange<Int>, columns: ClosedRange<Int>)
  /// Whether the source's channels are the weight's last axis (the input gradient).
  let isTurned: Bool
  /// Columns of the kernel, for a tap's place in the weight.
  let kernelWidth: Int

  /// The forward product.
  init(forward g: Conv2DGeometry) {
    func taps(_ count: Int, _ dilation: Int, _ padding: Int) -> [Tap] {
      (0..<count).map { Tap(index: $0, offset: $0 * dilation - padding) }
    }
    images = g.batch
    groups = g.groups
    source = Side(height: g.inHeight, width: g.inWidth, channels: g.inChannels, step: g.stride)
    target = Side(height: g.outHeight, width: g.outWidth, channels: g.outChannels, step: .one)
    phases = [
      Phase(
        origin: (0, 0), rows: g.outHeight, columns: g.outWidth,
        tapRows: taps(g.kernel.height, g.dilation.height, g.padding.height),
        tapColumns: taps(g.kernel.width, g.dilation.width, g.padding.width))
    ]
    reach = Self.reach(of: phases)
    isTurned = false
    kernelWidth = g.kernel.width
    flatten()
  }

  /// The input gradient: input pixel h gets from output pixel (h + padding − i · dilation) / stride, where that is
  /// whole, through kernel row i; columns alike.
  init(inputGradient g: Conv2DGeometry) {
    func taps(_ phase: Int, _ count: Int, _ stride: Int, _ dilation: Int, _ padding: Int) -> [Tap] {
      (0..<count).reversed().compactMap { index in
        let distance = phase + padding - index * dilation
        return distance.isMultiple(of: stride) ? Tap(index: index, offset: distance / stride) : nil
      }
    }
    images = g.batch
    groups = g.groups
    source = Side(height: g.outHeight, width: g.outWidth, channels: g.outChannels, step: .one)
    target = Side(height: g.inHeight, width: g.inWidth, channels: g.inChannels, step: g.stride)
    phases = (0..<min(g.stride.height, g.inHeight)).flatMap { row in
      (0..<min(g.stride.width, g.inWidth)).map { column in
        Phase(
          origin: (row, column), rows: (g.inHeight - row - 1) / g.stride.height + 1,
          columns: (g.inWidth - column - 1) / g.stride.width + 1,
          tapRows: taps(row, g.kernel.height, g.stride.height, g.dilation.height, g.padding.height),
          tapColumns: taps(column, g.kernel.width, g.stride.width, g.dilation.width, g.padding.width))
      }
    }
    reach = Self.reach(of: phases)
    isTurned = true
    kernelWidth = g.kernel.width
    flatten()
  }

  private static func reach(of phases: [Phase]) -> (rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
    func span(_ offsets: [Int]) -> ClosedRange<Int> {
      (offsets.min() ?? 0)...(offsets.max() ?? 0)
    }
    let used = phases.filter { $0.tapCount > 0 }
    return (
      span(used.flatMap { $0.tapRows.map(\.offset) }), span(used.flatMap { $0.tapColumns.map(\.offset) })
    )
  }

  /// Rows and columns of the largest phase.
  var rows: Int { phases[0].rows }
  var columns: Int { phases[0].columns }

  var sourceChannelsPerGroup: Int { source.channels / groups }
  /// Values of 32 bits that a group's channels of a pixel take: in bf16, two channels share one.
  func sourceValuesPerGroup(_ precision: EngineOptions.Precision) -> Int {
    precision == .bf16 ? (sourceChannelsPerGroup + 1) / 2 : sourceChannelsPerGroup
  }
  var targetChannelsPerGroup: Int { target.channels / groups }

  /// Multiplications of one row of every phase, all channels.
  var multiplyAddsPerRow: Int {
    phases.reduce(0) { $0 + $1.columns * $1.tapCount } * sourceChannelsPerGroup * target.channels
  }

  /// Whether no tap of any pixel falls outside of the source, so that the source can be read where it lies.
  var staysInside: Bool {
    let (rowReach, columnReach) = reach
    return rowReach.lowerBound >= 0 && columnReach.lowerBound >= 0
      && (rows - 1) * source.step.height + rowReach.upperBound < source.height
      && (columns - 1) * source.step.width + columnReach.upperBound < source.width
  }

  /// Whether each target pixel sums over the source pixel at the same place and nothing else: a plain product, whose
  /// rows and images need not be told apart. It is kept as one image with rows of one pixel.
  var isFlat: Bool {
    phases.count == 1 && groups == 1 && source.step == .one && target.step == .one
      && source.height == target.height && source.width == target.width && phases[0].tapCount == 1
      && phases[0].tapRows[0].offset == 0 && phases[0].tapColumns[0].offset == 0
  }

  /// The same over memory that holds units on some sides.
  func narrowed(source: Bool, target: Bool) -> Correlation {
    var result = self
    result.source.isNarrow = source
    result.target.isNarrow = target
    return result
  }

  private mutating func flatten() {
    guard isFlat else { return }
    let pixels = images * source.height * source.width
    images = 1
    source = Side(height: pixels, width: 1, channels: source.channels, step: .one)
    target = Side(height: pixels, width: 1, channels: target.channels, step: .one)
    let tap = phases[0]
    phases = [
      Phase(origin: (0, 0), rows: pixels, columns: 1, tapRows: tap.tapRows, tapColumns: tap.tapColumns)
    ]
  }
}

/// A patch as runs of contiguous floats, for a source whose rows are `rowPitch` floats apart.
struct PatchRuns {
  let offsets: [Int]
  let length: Int

  init(offsets: [Int], length: Int) {
    self.offsets = offsets
    self.length = length
  }

  /// - Parameters:
  ///   - corner: the offsets that count as 0: the window's first row and column.
  ///   - pixelPitch: floats from pixel to pixel.
  init(
    tapRows: [Correlation.Tap], tapColumns: [Correlation.Tap], corner: (row: Int, column: Int), rowPitch: Int,
    pixelPitch: Int, channelsPerGroup: Int
  ) {
    let areNeighbours = zip(tapColumns, tapColumns.dropFirst()).allSatisfy { $1.offset == $0.offset + 1 }
    let merges = areNeighbours && pixelPitch == channelsPerGroup && !tapColumns.isEmpty
    let columns = merges ? Array(tapColumns.prefix(1)) : tapColumns
    length = merges ? tapColumns.count * pixelPitch : channelsPerGroup
    offsets = tapRows.flatMap { row in
      columns.map { (row.offset - corner.row) * rowPitch + ($0.offset - corner.column) * pixelPitch }
    }
  }
}
