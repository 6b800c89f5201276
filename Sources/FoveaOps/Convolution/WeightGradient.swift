import CFoveaKernels
import FoveaTensor

/// Runs the weight gradient of a convolution: patchesᵀ · dOutput, summed over all pixels of all images.
///
/// Each piece sums its share of the cells for one panel of output channels and for some rows of the kernel, in sums
/// of its own. Where there are several shares, they are then added in their order.
struct WeightGradient {
  private let correlation: Correlation
  private let plan: ConvolutionPlan
  private let dOutput: Floats
  private let dWeight: MutableFloats
  private let parts: [Part]

  /// What a piece sums of each patch: some rows of the kernel, or some channels of its only tap.
  private struct Part {
    let cells: SourceCells
    let runs: PatchRuns
    /// First channel.
    let channel: Int
    /// Where the part begins among the values of a patch, and how many they are.
    let first, count: Int
  }

  /// - Parameters:
  ///   - correlation: of the forward product.
  ///   - dWeight: [kh, kw, C/groups, O], to be written.
  init(
    _ correlation: Correlation, plan: ConvolutionPlan, source: Floats, dOutput: Floats, dWeight: MutableFloats
  ) {
    self.correlation = correlation
    self.plan = plan
    self.dOutput = dOutput
    self.dWeight = dWeight
    parts = Self.parts(of: correlation, plan: plan, source: source)
  }

  private static func parts(of correlation: Correlation, plan: ConvolutionPlan, source: Floats) -> [Part] {
    let phase = correlation.phases[0]
    let channels = correlation.sourceChannelsPerGroup
    let pairing: SourceCells.Pairing = plan.precision == .bf16 ? .pixels : .none
    if phase.tapCount == 1 {
      let cells = SourceCells(correlation, plan: plan, source: source, pairing: pairing)
      let runs = cells.runs(tapRows: phase.tapRows, tapColumns: phase.tapColumns)
      return (0..<plan.patchParts).map {
        let first = $0 * channels / plan.patchParts
        let count = ($0 + 1) * channels / plan.patchParts - first
        return Part(
          cells: cells, runs: PatchRuns(offsets: runs.offsets, length: count), channel: first, first: first,
          count: count)
      }
    }
    let rowCount = phase.tapColumns.count * channels
    let rows = plan.patchParts == 1 ? [phase.tapRows] : phase.tapRows.map { [$0] }
    return rows.enumerated().map { index, rows in
      let cells = SourceCells(
        correlation, plan: plan, source: source, tapRows: rows[0].offset...rows[rows.count - 1].offset,
        spreads: true, pairing: pairing)
      return Part(
        cells: cells, runs: cells.runs(tapRows: rows, tapColumns: phase.tapColumns), channel: 0,
        first: index * rowCount, count: rows.count * rowCount)
    }
  }

  func run() {
    let panels = plan.panels.count
    let groups = (panels - 1) / plan.panelsPerPiece + 1
    let shares = plan.partialSums
    let sumCount = parts.map(\.count).max()! * plan.panels.width
    func group(_ index: Int) -> Range<Int> {
      index * plan.panelsPerPiece..<min(panels, (index + 1) * plan.panelsPerPiece)
    }
    guard shares > 1 else {
      WorkerPool.shared.forEach(parts.count * groups) { piece in
        let part = parts[piece / groups]
        let members = group(piece % groups)
        withScratch(members.count * sumCount) { sums in
          sum(part, 0..<part.cells.count, members, into: sums, sumCount)
          for (index, panel) in members.enumerated() { write(sums + index * sumCount, part, panel: panel) }
        }
      }
      return
    }
    withScratch(shares * parts.count * panels * sumCount) { sums in
      WorkerPool.shared.forEach(shares * parts.count * groups) { piece in
        let (share, place) = piece.quotientAndRemainder(dividingBy: parts.count * groups)
        let index = place / groups
        let part = parts[index]
        let cells = share * part.cells.count / shares..<(share + 1) * part.cells.count / shares
        let members = group(place % groups)
        let first = (share * parts.count + index) * panels + members.lowerBound
        sum(part, cells, members, into: sums + first * sumCount, sumCount)
      }
      WorkerPool.shared.forEach(parts.count * panels) { place in
        for share in 1..<shares {
          fk_add(sums + place * sumCount, sums + (share * parts.count * panels + place) * sumCount, sumCount)
        }
        write(sums + place * sumCount, parts[place / panels], panel: place % panels)
      }
    }
  }

  /// Sums of a part of the kernel over some cells, for some panels: each [values of the part][panel width], `sumCount`
  /// floats apart. A cell is read once for all of them.
  private func sum(
    _ part: Part, _ cells: Range<Int>, _ panels: Range<Int>, into sums: MutableFloats, _ sumCount: Int
  ) {
    let source = part.cells.scratchCount
    let pixels = plan.imagesPerPiece * plan.rowsPerPiece * correlation.target.width
    withScratch(source + pixels * plan.panels.width) { scratch in
      for index in cells {
        let cell = part.cells[index]
        let (base, imageStep) = part.cells.read(cell, scratch: scratch)
        if plan.algorithm == .depthwise {
          if index == cells.lowerBound { sums.update(repeating: 0, count: part.count * plan.panels.width) }
          addDepthwise(part, cell, base, imageStep: imageStep, sums)
          continue
        }
        for panel in panels {
          var g = gradient(part, cell, base, imageStep: imageStep, panel: panel, repacked: scratch + source)
          g.starts = index == cells.lowerBound
          g.sums = sums + (panel - panels.lowerBound) * sumCount
          if panel + 1 == panels.upperBound, index + 1 < cells.upperBound,
            part.count >= correlation.sourceChannelsPerGroup
          {
            g.ahead_source = part.cells.extent(of: index + 1)
            g.ahead_output = extent(of: part.cells[index + 1])
          }
          multiply(&g, part)
        }
      }
    }
  }

  private func multiply(_ g: inout fk_conv_gradient, _ part: Part) {
    part.runs.offsets.withUnsafeBufferPointer {
      g.patch = fk_conv_patch(runs: $0.baseAddress, run_count: $0.count, run_length: part.runs.length)
      switch plan.precision {
      case .fp32: fk_conv_weight_gradient(plan.panels.isa, &g)
      case .bf16: fk_bf16_weight_gradient(plan.panels.isa, &g)
      }
    }
  }

  /// The output gradient of one image of a cell, channel 0.
  private func dOutput(_ cell: SourceCells.Cell, image: Int) -> Floats {
    let side = correlation.target
    return dOutput + (image * side.height + cell.rows.lowerBound) * side.width * side.channels
  }

  private func extent(of cell: SourceCells.Cell) -> fk_ahead {
    let side = correlation.target
    let rows = (cell.images.count - 1) * side.height + cell.rows.count
    return fk_ahead(
      start: dOutput(cell, image: cell.images.lowerBound), count: rows * side.width * side.channels)
  }

  private func gradient(
    _ part: Part, _ cell: SourceCells.Cell, _ base: Floats, imageStep: Int, panel: Int,
    repacked: MutableFloats
  ) -> fk_conv_gradient {
    let place = plan.panels.place(of: panel)
    let channels = correlation.target.channels
    let width = place.paddedWidth
    var g = fk_conv_gradient()
    g.source = base + place.group * correlation.sourceChannelsPerGroup + part.channel
    g.source_image = imageStep
    g.source_row = part.cells.rowStep
    g.source_pixel = part.cells.pixelStep
    g.images = cell.images.count
    g.rows = correlation.isFlat ? 1 : cell.rows.count
    g.width = correlation.target.width * (correlation.isFlat ? cell.rows.count : 1)
    g.vectors = width / plan.panels.vectorWidth
    g.d_pixel = width
    if plan.precision == .bf16 {
      pairPixels(of: cell, place, &g, to: repacked)
      return g
    }
    let pixels = g.rows * g.width
    g.d_row = g.width * width
    if width == channels, place.channels.count == channels {
      g.d_output = dOutput(cell, image: cell.images.lowerBound)
      g.d_image = correlation.target.height * correlation.target.width * width
    } else {
      for (slot, image) in cell.images.enumerated() {
        fk_conv_pack(
          repacked + slot * pixels * width, width, dOutput(cell, image: image) + place.channels.lowerBound,
          channels, pixels, place.channels.count)
      }
      g.d_output = Floats(repacked)
      g.d_image = pixels * width
    }
    return g
  }

  /// Turns a cell's output gradient, one panel of it, into pairs of neighbouring pixels, and `g`'s pixels with it. An odd
  /// last pixel of a row has zeros for a partner.
  private func pairPixels(
    of cell: SourceCells.Cell, _ place: Panels.Place, _ g: inout fk_conv_gradient, to units: MutableFloats
  ) {
    let channels = correlation.target.channels
    let pairs = (g.width + 1) / 2
    let pitch = Int(g.d_pixel)
    var window = fk_bf16_window(
      image: nil, height: g.rows, width: g.width, channels: place.channels.count, pixel: channels,
      narrow: false, top: 0, left: 0, rows: g.rows, columns: pairs, row_step: 1, column_step: 2, partner: 1,
      pitch: pitch)
    for (slot, image) in cell.images.enumerated() {
      window.image = dOutput(cell, image: image) + place.channels.lowerBound
      fk_bf16_pair_pixels(plan.panels.isa, units + slot * g.rows * pairs * pitch, &window)
    }
    g.d_output = Floats(units)
    g.width = pairs
    g.d_row = pairs * pitch
    g.d_image = g.rows * g.d_row
  }

  private func addDepthwise(
    _ part: Part, _ cell: SourceCells.Cell, _ base: Floats, imageStep: Int, _ sums: MutableFloats
  ) {
    let side = correlation.target
    part.runs.offsets.withUnsafeBufferPointer { taps in
      for (slot, image) in cell.images.enumerated() {
        var g = fk_depthwise_gradient(
          source: base + slot * imageStep, source_row: part.cells.rowStep, source_pixel: part.cells.pixelStep,
          taps: taps.baseAddress, tap_count: taps.count, d_output: dOutput(cell, image: image),
          d_row: side.width * side.channels, d_pixel: side.channels, rows: cell.rows.count, width: side.width,
          channels: side.channels, sums: sums)
        fk_depthwise_weight_gradient(plan.panels.isa, &g)
      }
    }
  }

  /// Puts finished sums where they belong.
  private func write(_ sums: MutableFloats, _ part: Part, panel: Int) {
    let channels = correlation.target.channels
    let place = plan.panels.place(of: panel)
    let width = plan.algorithm == .depthwise ? channels : place.paddedWidth
    for row in 0..<part.count {
      (dWeight + (part.first + row) * channels + place.channels.lowerBound).update(
        from: sums + row * width, count: place.channels.count)
    }
  }
}
