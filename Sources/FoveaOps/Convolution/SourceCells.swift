import CFoveaKernels

/// The source of a product, cut into cells that are read together: bands of an image's rows, or some whole images.
///
/// A cell is read where it lies, or, where taps reach over the image's edges or floats must become factors in bf16, from a copy
/// with zeros around it.
struct SourceCells {
  struct Cell {
    let images: Range<Int>
    /// Of the largest phase.
    let rows: Range<Int>
  }

  /// What a value of 32 bits holds in the memory that is read.
  enum Pairing {
    /// A float.
    case none
    /// Two neighbouring channels in bf16: for sums over channels.
    case channels
    /// One channel in bf16 of what a tap reads for a target pixel and for the next in its row: for sums over pixels.
    case pixels
  }

  private let correlation: Correlation
  private let source: Floats
  private let copies: Bool
  private let pairing: Pairing
  private let isa: fk_isa
  private let imagesPerCell, rowsPerCell, bands: Int
  /// The first row and column of taps, as offsets from a pixel's base.
  let corner: (row: Int, column: Int)
  /// Rows that the taps of one row of pixels reach over.
  private let reachRows: Int
  /// Source pixels from one row or column of what is read to the next. A copy for a single tap leaves out the pixels that
  /// a stride skips.
  private let sourceStep: Size2D
  /// Pixels (or pairs of them) from one row to the next of what is read, and values from pixel to pixel.
  let columns, pitch: Int
  let count: Int
  /// Values of a pixel in what is read.
  private let valuesPerPixel: Int

  /// - Parameters:
  ///   - tapRows: the offsets of the first and last row of taps that are read; nil for all.
  ///   - spreads: whether a copy has room between its pixels. Whoever reads the same channels of many pixels in turn would
  ///     find them all on a few cache sets where they are a power of two apart.
  init(
    _ correlation: Correlation, plan: ConvolutionPlan, source: Floats, tapRows: ClosedRange<Int>? = nil,
    spreads: Bool = false, pairing: Pairing = .none
  ) {
    self.correlation = correlation
    self.source = source
    // Narrow memory holds units of channels already, and these take floats' places.
    let pairing = correlation.source.isNarrow && pairing == .channels ? .none : pairing
    self.pairing = pairing
    isa = plan.panels.isa
    copies = plan.addressing == .window || pairing != .none
    imagesPerCell = plan.imagesPerPiece
    rowsPerCell = plan.rowsPerPiece
    bands = (correlation.rows - 1) / rowsPerCell + 1
    count = ((correlation.images - 1) / imagesPerCell + 1) * bands
    let reach = correlation.reach
    let rows = tapRows ?? reach.rows
    corner = (rows.lowerBound, reach.columns.lowerBound)
    reachRows = rows.count
    let side = correlation.source
    let hasOneTap = correlation.phases.count == 1 && correlation.phases[0].tapCount == 1
    if pairing == .none || !hasOneTap {
      sourceStep = .one
      columns =
        copies ? (correlation.columns - 1) * side.step.width + reach.columns.count : side.width
    } else {
      let isInPairs = pairing == .pixels
      // A flat cell is read as one row.
      let pixels = correlation.isFlat ? rowsPerCell : correlation.columns
      sourceStep = Size2D(height: side.step.height, width: side.step.width * (isInPairs ? 2 : 1))
      columns = isInPairs ? (pixels + 1) / 2 : pixels
    }
    switch pairing {
    case .none: valuesPerPixel = side.pitch
    case .channels: valuesPerPixel = (side.channels + 1) / 2
    case .pixels: valuesPerPixel = side.channels
    }
    let isSpread = copies && spreads && pairing != .channels && valuesPerPixel.isMultiple(of: 32)
    pitch = isSpread ? valuesPerPixel + 16 : valuesPerPixel
  }

  subscript(index: Int) -> Cell {
    let (group, band) = index.quotientAndRemainder(dividingBy: bands)
    let image = group * imagesPerCell
    let row = band * rowsPerCell
    return Cell(
      images: image..<min(correlation.images, image + imagesPerCell),
      rows: row..<min(correlation.rows, row + rowsPerCell))
  }

  /// Values from one row of pixels to the next, and from pixel to pixel (or from pair to pair), of a phase.
  var rowStep: Int { correlation.source.step.height / sourceStep.height * columns * pitch }
  var pixelStep: Int {
    correlation.source.step.width * (pairing == .pixels ? 2 : 1) / sourceStep.width * pitch
  }

  /// The runs of a patch as they are read here.
  func runs(tapRows: [Correlation.Tap], tapColumns: [Correlation.Tap]) -> PatchRuns {
    PatchRuns(
      tapRows: tapRows, tapColumns: tapColumns, corner: corner, rowPitch: columns * pitch, pixelPitch: pitch,
      channelsPerGroup: correlation.groups == 1 ? valuesPerPixel : correlation.sourceChannelsPerGroup)
  }

  /// Floats of scratch that reading a cell takes.
  var scratchCount: Int {
    copies ? imagesPerCell * windowRows(rowsPerCell) * columns * pitch : 0
  }

  /// Rows of what is read for so many rows of pixels.
  private func windowRows(_ rows: Int) -> Int {
    if pairing != .none && correlation.isFlat { return 1 }
    return ((rows - 1) * correlation.source.step.height + reachRows - 1) / sourceStep.height + 1
  }

  /// Makes a cell ready to be read: copies it to `scratch`, if need be.
  func prepare(_ cell: Cell, scratch: MutableFloats) {
    guard copies else { return }
    let side = correlation.source
    let imageCount = side.height * side.width * side.pitch
    let top = cell.rows.lowerBound * side.step.height + corner.row
    let rows = windowRows(cell.rows.count)
    let windowCount = rows * columns * pitch
    for (slot, image) in cell.images.enumerated() {
      if pairing == .none {
        var window = fk_conv_window(
          image: source + image * imageCount, height: side.height, width: side.width,
          channels: valuesPerPixel,
          top: top, left: corner.column, rows: rows, columns: columns, pitch: pitch)
        fk_conv_copy_window(scratch + slot * windowCount, &window)
      } else {
        pair(cell, image: source + image * imageCount, top: top, rows: rows, to: scratch + slot * windowCount)
      }
    }
  }

  /// Where a cell that is ready is read.
  ///
  /// - Returns: what the corner of the taps of the first pixel reads, and the values from image to image.
  func place(of cell: Cell, scratch: MutableFloats) -> (base: Floats, imageStep: Int) {
    if copies { return (Floats(scratch), windowRows(cell.rows.count) * columns * pitch) }
    let side = correlation.source
    let top = cell.rows.lowerBound * side.step.height + corner.row
    let pixel = (cell.images.lowerBound * side.height + top) * side.width + corner.column
    return (source + pixel * side.pitch, side.height * side.width * side.pitch)
  }

  /// Both in one.
  func read(_ cell: Cell, scratch: MutableFloats) -> (base: Floats, imageStep: Int) {
    prepare(cell, scratch: scratch)
    return place(of: cell, scratch: scratch)
  }

  private func pair(_ cell: Cell, image: Floats, top: Int, rows: Int, to units: MutableFloats) {
    let side = correlation.source
    var window = fk_bf16_window(
      image: image, height: side.height, width: side.width, channels: side.channels, pixel: side.pitch,
      narrow: side.isNarrow, top: top, left: corner.column, rows: rows, columns: columns,
      row_step: sourceStep.height,
      column_step: sourceStep.width, partner: side.step.width, pitch: pitch)
    if correlation.isFlat {
      // One row that ends with the cell, so that an odd last pixel has a zero for a partner.
      window.height = 1
      window.width = cell.rows.upperBound
      window.top = 0
      window.left = top
      window.columns = pairing == .pixels ? (cell.rows.count + 1) / 2 : cell.rows.count
    }
    switch pairing {
    case .none: preconditionFailure("floats are not paired")
    case .channels: fk_bf16_pair_channels(isa, units, &window)
    case .pixels: fk_bf16_pair_pixels(isa, units, &window)
    }
  }

  /// The memory that reading a cell touches, from first to last; none past the last cell.
  func extent(of index: Int) -> fk_ahead {
    guard index < count else { return fk_ahead() }
    let cell = self[index]
    let side = correlation.source
    let top = cell.rows.lowerBound * side.step.height + corner.row
    let first = max(0, top)
    let end = min(side.height, top + (cell.rows.count - 1) * side.step.height + reachRows)
    guard first < end else { return fk_ahead() }
    let row = side.width * side.pitch
    return fk_ahead(
      start: source + (cell.images.lowerBound * side.height + first) * row,
      count: ((cell.images.count - 1) * side.height + end - first) * row)
  }
}
