import CFoveaKernels

/// The source of a product, cut into cells that are read together: bands of an image's rows, or some whole images.
///
/// A cell is read where it lies, or, where taps reach over the image's edges, from a copy with zeros around it.
struct SourceCells {
  struct Cell {
    let images: Range<Int>
    /// Of the largest phase.
    let rows: Range<Int>
  }

  private let correlation: Correlation
  private let source: Floats
  private let copies: Bool
  private let imagesPerCell, rowsPerCell, bands: Int
  /// The first row and column of taps, as offsets from a pixel's base.
  let corner: (row: Int, column: Int)
  /// Rows that the taps of one row of pixels reach over.
  private let reachRows: Int
  /// Pixels from one row to the next of what is read, and floats from pixel to pixel.
  let columns, pitch: Int
  let count: Int

  /// - Parameters:
  ///   - tapRows: the offsets of the first and last row of taps that are read; nil for all.
  ///   - spreads: whether a copy has room between its pixels. The weight gradient reads the same channels of hundreds of
  ///     pixels in turn, and a power of two apart they would all fall on a few cache sets.
  init(
    _ correlation: Correlation, plan: ConvolutionPlan, source: Floats, tapRows: ClosedRange<Int>? = nil,
    spreads: Bool = false
  ) {
    self.correlation = correlation
    self.source = source
    copies = plan.addressing == .window
    imagesPerCell = plan.imagesPerPiece
    rowsPerCell = plan.rowsPerPiece
    bands = (correlation.rows - 1) / rowsPerCell + 1
    count = ((correlation.images - 1) / imagesPerCell + 1) * bands
    let reach = correlation.reach
    let rows = tapRows ?? reach.rows
    corner = (rows.lowerBound, reach.columns.lowerBound)
    reachRows = rows.count
    columns =
      copies
      ? (correlation.columns - 1) * correlation.source.step.width + reach.columns.count
      : correlation.source.width
    let channels = correlation.source.channels
    pitch = copies && spreads && channels.isMultiple(of: 32) ? channels + 16 : channels
  }

  subscript(index: Int) -> Cell {
    let (group, band) = index.quotientAndRemainder(dividingBy: bands)
    let image = group * imagesPerCell
    let row = band * rowsPerCell
    return Cell(
      images: image..<min(correlation.images, image + imagesPerCell),
      rows: row..<min(correlation.rows, row + rowsPerCell))
  }

  /// Floats from one row of pixels to the next, and from pixel to pixel, of a phase.
  var rowStep: Int { correlation.source.step.height * columns * pitch }
  var pixelStep: Int { correlation.source.step.width * pitch }

  /// The runs of a patch as they are read here.
  func runs(tapRows: [Correlation.Tap], tapColumns: [Correlation.Tap]) -> PatchRuns {
    PatchRuns(
      tapRows: tapRows, tapColumns: tapColumns, corner: corner,
      rowPitch: columns * pitch, pixelPitch: pitch, channelsPerGroup: correlation.sourceChannelsPerGroup)
  }

  /// Floats of scratch that reading a cell takes.
  var scratchCount: Int {
    copies ? imagesPerCell * windowRows(rowsPerCell) * columns * pitch : 0
  }

  private func windowRows(_ rows: Int) -> Int {
    (rows - 1) * correlation.source.step.height + reachRows
  }

  /// Makes a cell ready to be read.
  ///
  /// - Returns: what the corner of the taps of the first pixel reads, and the floats from image to image.
  func read(_ cell: Cell, scratch: MutableFloats) -> (base: Floats, imageStep: Int) {
    let side = correlation.source
    let imageCount = side.height * side.width * side.channels
    let top = cell.rows.lowerBound * side.step.height + corner.row
    guard copies else {
      let pixel = (cell.images.lowerBound * side.height + top) * side.width + corner.column
      return (source + pixel * side.channels, imageCount)
    }
    let rows = windowRows(cell.rows.count)
    let windowCount = rows * columns * pitch
    for (slot, image) in cell.images.enumerated() {
      var window = fk_conv_window(
        image: source + image * imageCount, height: side.height, width: side.width, channels: side.channels,
        top: top, left: corner.column, rows: rows, columns: columns, pitch: pitch)
      fk_conv_copy_window(scratch + slot * windowCount, &window)
    }
    return (Floats(scratch), windowCount)
  }

  /// The memory that reading a cell touches, from first to last; none past the last cell.
  func extent(of index: Int) -> fk_ahead {
    guard index < count else { return fk_ahead() }
    let cell = self[index]
    let side = correlation.source
    let top = cell.rows.lowerBound * side.step.height + corner.row
    let first = max(0, top)
    let end = min(side.height, top + windowRows(cell.rows.count))
    guard first < end else { return fk_ahead() }
    let row = side.width * side.channels
    return fk_ahead(
      start: source + (cell.images.lowerBound * side.height + first) * row,
      count: ((cell.images.count - 1) * side.height + end - first) * row)
  }
}
