import CFoveaKernels
import FoveaTensor

/// What becomes of a product's sums before they are written: + bias, + residual, max(0, ·).
struct Epilogue {
  /// [target channels]
  var bias: Floats?
  /// Of the target's shape, and narrow where that is.
  var residual: Floats?
  var relu = false
  /// What is fetched meanwhile.
  var later = Ahead.none

  var isEmpty: Bool { bias == nil && residual == nil && !relu }
}

/// Runs a correlation piece by piece: the forward product and the input gradient.
///
/// A piece is a cell of the source by some panels of target channels. Panel follows panel, so that one's weights
/// stay in cache for all pixels of the cell.
struct BandProducts {
  private let correlation: Correlation
  private let plan: ConvolutionPlan
  private let weight: PackedWeight
  private let epilogue: Epilogue
  private let target: MutableFloats
  private let cells: SourceCells
  /// Of each phase.
  private let runs: [PatchRuns]

  /// - Parameters:
  ///   - weight: packed for the correlation, or, where it is depthwise, as it is.
  ///   - epilogue: none where it is depthwise.
  init(
    _ correlation: Correlation, plan: ConvolutionPlan, weight: PackedWeight, epilogue: Epilogue,
    source: Floats, target: MutableFloats
  ) {
    precondition(
      plan.algorithm != .depthwise || epilogue.isEmpty, "a depthwise product has no epilogue")
    precondition(
      plan.precision == .bf16 || !(correlation.source.isNarrow || correlation.target.isNarrow),
      "factors in bf16 alone come from narrow memory")
    self.correlation = correlation
    self.plan = plan
    self.weight = weight
    self.epilogue = epilogue
    self.target = target
    // The pixels of a tile would lie a page apart, on one set of the first cache.
    let pixelBytes = correlation.source.step.width * correlation.source.pitch * 4
    let cells = SourceCells(
      correlation, plan: plan, source: source, spreads: pixelBytes.isMultiple(of: 4096),
      pairing: plan.precision == .bf16 ? .channels : .none)
    self.cells = cells
    runs = correlation.phases.map { cells.runs(tapRows: $0.tapRows, tapColumns: $0.tapColumns) }
  }

  /// Pieces that share no pixel: the batch statistics have a partial result for each.
  var spatialPieces: Int { cells.count }

  /// Target pixels of each spatial piece, where there is one phase.
  var pixelCounts: [Int] {
    (0..<cells.count).map { cells[$0].images.count * cells[$0].rows.count * correlation.target.width }
  }

  /// - Parameter moments: takes the statistics of each spatial piece's outputs, if asked for.
  func run(moments: Moments? = nil) {
    guard panelGroups > 1, cells.scratchCount > 0 else {
      WorkerPool.shared.forEach(pieceCount) { piece in
        withScratch(cells.scratchCount) { scratch in
          cells.prepare(cells[place(of: piece).cell], scratch: scratch)
          compute(piece, scratch: scratch, moments)
        }
      }
      return
    }
    // What several pieces read is copied once.
    let step = cells.scratchCount
    withScratch(cells.count * step) { copies in
      WorkerPool.shared.forEach(cells.count) { cells.prepare(cells[$0], scratch: copies + $0 * step) }
      WorkerPool.shared.forEach(pieceCount) { piece in
        compute(piece, scratch: copies + place(of: piece).cell * step, moments)
      }
    }
  }

  /// Into how many groups the panels are cut.
  private var panelGroups: Int { (plan.panels.count - 1) / plan.panelsPerPiece + 1 }
  private var pieceCount: Int { cells.count * panelGroups }

  /// A piece's cell and group of panels.
  private func place(of piece: Int) -> (cell: Int, panelGroup: Int) {
    if plan.followsPanels {
      let (group, cell) = piece.quotientAndRemainder(dividingBy: cells.count)
      return (cell, group)
    }
    let (cell, group) = piece.quotientAndRemainder(dividingBy: panelGroups)
    return (cell, group)
  }

  /// A cell, which is ready, by a group of panels.
  private func compute(_ piece: Int, scratch: MutableFloats, _ moments: Moments?) {
    let (index, panelGroup) = place(of: piece)
    let cell = cells[index]
    let first = panelGroup * plan.panelsPerPiece
    let panels = first..<min(plan.panels.count, first + plan.panelsPerPiece)
    let (base, imageStep) = cells.place(of: cell, scratch: scratch)
    // What this thread comes to next, as a rule.
    let ahead =
      plan.followsPanels
      ? weightExtent(of: panels.upperBound).share(index, of: cells.count)
      : panelGroup + 1 == panelGroups ? cells.extent(of: index + 1) : weightExtent(of: panels.upperBound)
    multiply(
      base, imageStep: imageStep, cell, panels, ahead: ahead,
      later: epilogue.later.share(piece, of: pieceCount))
    moments?.partial(index).add(
      target + offset(image: cell.images.lowerBound, row: cell.rows.lowerBound, column: 0),
      images: cell.images.count, imageStep: offset(image: 1, row: 0, column: 0),
      pixels: cell.rows.count * correlation.target.width, channels: plan.panels.channels(of: panels),
      of: correlation.target)
  }

  /// Floats, or units, from the target's first pixel to another.
  private func offset(image: Int, row: Int, column: Int) -> Int {
    let side = correlation.target
    return ((image * side.height + row) * side.width + column) * side.pitch
  }

  /// The weights of a panel where a convolution has one phase and one group; none past the last panel.
  private func weightExtent(of panel: Int) -> fk_ahead {
    guard panel < plan.panels.count, correlation.phases.count == 1, correlation.groups == 1,
      plan.algorithm == .direct
    else { return fk_ahead() }
    let place = plan.panels.place(of: panel)
    let patch = correlation.phases[0].tapCount * correlation.sourceValuesPerGroup(plan.precision)
    return weight.scalars.withFloats {
      fk_ahead(start: $0 + place.first * patch, count: patch * place.paddedWidth)
    }
  }

  /// - Parameters:
  ///   - ahead: what is fetched while the last panel is multiplied; the others fetch the weights of the next one.
  ///   - later: what is fetched besides.
  private func multiply(
    _ base: Floats, imageStep: Int, _ cell: SourceCells.Cell, _ panels: Range<Int>, ahead last: fk_ahead,
    later: fk_ahead
  ) {
    var later = later
    let step = correlation.target.step
    for panel in panels {
      var ahead = panel + 1 < panels.upperBound ? weightExtent(of: panel + 1) : last
      var laterShare = later.takeShare(of: panels.upperBound - panel)
      let place = plan.panels.place(of: panel)
      for (index, phase) in correlation.phases.enumerated() where phase.rows > cell.rows.lowerBound {
        var band = fk_conv_band()
        band.source_row = cells.rowStep
        band.source_pixel = cells.pixelStep
        band.bias = epilogue.bias.map { $0 + place.channels.lowerBound }
        band.relu = epilogue.relu
        band.narrow = correlation.target.isNarrow
        band.output_row = offset(image: 0, row: step.height, column: 0)
        band.output_pixel = offset(image: 0, row: 0, column: step.width)
        band.rows = min(phase.rows, cell.rows.upperBound) - cell.rows.lowerBound
        band.width = phase.columns
        band.channels = place.channels.count
        if correlation.isFlat {
          band.width *= band.rows
          band.rows = 1
        }
        let row = phase.origin.row + cell.rows.lowerBound * step.height
        for (slot, image) in cell.images.enumerated() {
          band.source = base + slot * imageStep + place.group * correlation.sourceChannelsPerGroup
          let first =
            offset(image: image, row: row, column: phase.origin.column)
            + correlation.target.place(ofChannel: place.channels.lowerBound)
          band.output = target + first
          band.residual = epilogue.residual.map { $0 + first }
          band.ahead = ahead.takeShare(of: cell.images.count - slot)
          band.later = laterShare.takeShare(of: cell.images.count - slot)
          if plan.algorithm == .depthwise {
            depthwise(band, phase: index)
          } else {
            direct(&band, phase: index, place)
          }
        }
      }
    }
  }

  private func direct(_ band: inout fk_conv_band, phase: Int, _ place: Panels.Place) {
    let runs = runs[phase]
    let patch = correlation.phases[phase].tapCount * correlation.sourceValuesPerGroup(plan.precision)
    let offset = weight.phaseOffsets[phase] + place.group * weight.groupStrides[phase] + place.first * patch
    weight.scalars.withFloats { weights in
      runs.offsets.withUnsafeBufferPointer {
        band.weights = weights + offset
        band.patch = fk_conv_patch(runs: $0.baseAddress, run_count: $0.count, run_length: runs.length)
        switch plan.precision {
        case .fp32: fk_conv_forward(plan.panels.isa, &band)
        case .bf16: fk_bf16_forward(plan.panels.isa, &band)
        }
      }
    }
  }

  private func depthwise(_ band: fk_conv_band, phase: Int) {
    let channels = correlation.target.channels
    let weightRows = correlation.phases[phase].tapRows.flatMap { row in
      correlation.phases[phase].tapColumns.map { (row.index * correlation.kernelWidth + $0.index) * channels }
    }
    weight.scalars.withFloats { weights in
      runs[phase].offsets.withUnsafeBufferPointer { taps in
        weightRows.withUnsafeBufferPointer { weightRows in
          var depthwise = fk_depthwise_band(
            source: band.source, source_row: band.source_row, source_pixel: band.source_pixel,
            taps: taps.baseAddress, weight_rows: weightRows.baseAddress, tap_count: taps.count,
            weights: weights, output: band.output, output_row: band.output_row,
            output_pixel: band.output_pixel, rows: band.rows, width: band.width, channels: channels)
          fk_depthwise_forward(plan.panels.isa, &depthwise)
        }
      }
    }
  }
}

extension fk_ahead {
  /// One of so many even shares.
  func share(_ index: Int, of parts: Int) -> fk_ahead {
    let first = index * count / parts
    return fk_ahead(start: start.map { $0 + first }, count: (index + 1) * count / parts - first)
  }

  /// Takes an even share off the front, `parts` of which are left.
  mutating func takeShare(of parts: Int) -> fk_ahead {
    let share = fk_ahead(start: start, count: count / parts)
    start = start.map { $0 + share.count }
    count -= share.count
    return share
  }
}

/// Unset memory from the pool for the duration of `body`.
func withScratch<Result>(_ count: Int, _ body: (MutableFloats) -> Result) -> Result {
  BufferPool.shared.withScratch(count, body)
}
