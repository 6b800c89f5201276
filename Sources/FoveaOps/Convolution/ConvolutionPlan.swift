import CFoveaKernels

/// How one product of a convolution is computed: the algorithm, and how the work is cut.
///
/// A function of the geometry and the instruction set, never of the thread count or a clock: the same shape always
/// takes the same path and gives the same bits.
public struct ConvolutionPlan: Hashable, Sendable {
  /// Which of a layer's three products.
  public enum Product: String, CaseIterable, Sendable {
    case forward
    case inputGradient
    case weightGradient
  }

  public enum Algorithm: String, Sendable {
    /// Tiles of the product of the patch matrix, which is addressed and never written, with packed weights.
    case direct
    /// Every channel on its own, vectors over channels.
    case depthwise
    /// Winograd's algorithm, F(2×2, 3×3).
    case winograd2
    /// Winograd's algorithm, F(4×4, 3×3).
    case winograd4
  }

  /// How the work of Winograd's algorithm is cut.
  public enum WinogradCut: String, Sendable {
    /// Blocks of tiles, each transformed, multiplied with all weights and transformed back in cache.
    case blocks
    /// All tiles are transformed first; then panel by panel of the target's channels, whose weights or sums are in cache.
    case panels
    /// Weight gradient: shares of the blocks, each with partial sums of its own.
    case shares
  }

  /// Where the inner loops read the source.
  public enum Addressing: String, Sendable {
    /// One long row of pixels: the convolution is a plain product.
    case flat
    /// Where it lies, row by row: no tap falls outside.
    case inPlace
    /// In a copy of a band of rows with the padding's zeros around it. Factors in bf16 are always read from a copy.
    case window
  }

  public private(set) var algorithm: Algorithm
  /// Whether the pixels that the stride of a 1×1 convolution picks are copied together first.
  public private(set) var gathers = false
  /// nil for other algorithms. The cut of the direct product, below, does then not matter.
  public private(set) var winogradCut: WinogradCut?
  /// Of the factors. Grouped and depthwise convolutions have 32-bit ones, whatever was asked for, and so has Winograd's
  /// algorithm.
  public private(set) var precision: EngineOptions.Precision
  public let addressing: Addressing
  /// Images and rows (or pixels, where flat) that are read and multiplied together.
  public let imagesPerPiece, rowsPerPiece: Int
  /// Panels of target channels, of all groups, that a piece computes.
  public let panelsPerPiece: Int
  /// Forward product and input gradient: whether neighbouring pieces, of which a thread has many, have their panels in common and not
  /// their source, so that each weight is fetched once.
  public private(set) var followsPanels = false
  /// Weight gradient: over how many partial sums the pixels are spread.
  public let partialSums: Int
  /// Weight gradient: into how many parts a patch is cut, by the rows of the kernel, or by channels where it has one tap.
  public let patchParts: Int

  let panels: Panels

  /// The plan on the instruction set that is in use.
  ///
  /// - Parameter isTraining: false for a forward product of inference, whose algorithm does not depend on the batch.
  public init(
    _ product: Product, of geometry: Conv2DGeometry, engine: EngineOptions = EngineOptions(),
    isTraining: Bool = true
  ) {
    let isForward = product != .inputGradient
    let pixels = isForward ? StridedPixels(geometry) : nil
    let geometry = pixels?.geometry ?? geometry
    let correlation = isForward ? Correlation(forward: geometry) : Correlation(inputGradient: geometry)
    switch product {
    case .forward, .inputGradient: self.init(correlation, precision: engine.precision)
    case .weightGradient: self.init(weightGradient: correlation, precision: engine.precision)
    }
    gathers = pixels != nil
    let use: Correlation.WinogradUse =
      product == .weightGradient ? .weightGradient : isTraining ? .training : .inference
    guard let outputs = correlation.winogradOutputs(engine, for: use, isa: panels.isa) else { return }
    algorithm = outputs == 2 ? .winograd2 : .winograd4
    precision = .fp32
    winogradCut = WinogradCut(correlation, outputs: outputs, for: use)
  }

  private init(
    _ correlation: Correlation, _ panels: Panels, _ precision: EngineOptions.Precision, images: Int,
    rows: Int, panelsPerPiece: Int = 1, partialSums: Int = 1, patchParts: Int = 1
  ) {
    self.panels = panels
    algorithm = correlation.isDepthwise ? .depthwise : .direct
    self.precision = correlation.groups == 1 ? precision : .fp32
    addressing =
      correlation.isFlat
      ? .flat : correlation.staysInside && self.precision == .fp32 ? .inPlace : .window
    imagesPerPiece = images
    rowsPerPiece = rows
    self.panelsPerPiece = panelsPerPiece
    self.partialSums = partialSums
    self.patchParts = patchParts
  }
}

/// Measures of the cut.
private enum Measure {
  /// Bytes that a piece works on at a time: what is left of an L2 of 1 MB for all that passes through. On CPUs with
  /// less, L3 serves the rest.
  static let cache = 768 << 10
  /// Weights of so many times the source's bytes are fetched once, though the source then crosses between the cores.
  static let weightsOverSource = 8
  /// Bytes of source that are read together, where nothing asks for more.
  static let cell = 256 << 10
  /// The least work of a piece worth handing to another core, in multiplications: some 5 µs.
  static let leastWork = 250_000
  /// As many pieces as many cores could share.
  static let manyPieces = 64
  /// Partial sums of a weight gradient, all panels and parts together.
  static let manySums = 32
  /// Bytes of all partial sums of a weight gradient.
  static let sumBytes = 8 << 20
  /// Weight gradient: output channels that a piece computes where it copies its pixels first.
  static let channelsPerCopy = 64
  /// Pixels over which a tile of the weight gradient's sums should stay in registers; where they are copied, fewer, so
  /// that the copy stays in cache while several panels read it.
  static let pixelsPerSum = (inPlace: 256, copied: 128)
  /// Values of a patch whose sums a piece of the weight gradient keeps in cache.
  static let patchPart = 2_048
  /// The same where pixels are read where they lie, so that many pixels' shares fit in cache.
  static let channelPart = 256
}

extension ConvolutionPlan {
  /// The forward product or the input gradient.
  init(_ c: Correlation, precision: EngineOptions.Precision = .fp32) {
    let panels = Panels(c)
    // What stays in cache from pixel to pixel: a panel of one phase.
    let taps = c.phases.map(\.tapCount)
    let panelBytes = taps.max()! * c.sourceChannelsPerGroup * panels.width * 4
    let weightBytes = taps.reduce(0, +) * c.sourceChannelsPerGroup * c.target.channels * 4
    let bytes =
      panelBytes < Measure.cell ? Measure.cell : max(Measure.cell / 2, Measure.cache - panelBytes)
    var rows = c.evenRows(atMost: max(c.reach.rows.count + 1, bytes / c.bytesPerRow))
    var images = 1
    let workOfImage = c.multiplyAddsPerRow * c.rows
    if rows == c.rows {
      // Whole images: several together, where one is little work, or where weights do not stay in cache, so that each
      // panel is fetched once for all of them.
      let fitting = max(1, bytes / (c.rows * c.bytesPerRow))
      let worthwhile =
        weightBytes > Measure.cache ? fitting : (Measure.leastWork - 1) / max(1, workOfImage) + 1
      images = min(c.images, worthwhile, fitting)
    }
    func cells() -> Int { ((c.images - 1) / images + 1) * ((c.rows - 1) / rows + 1) }
    // Few pieces: split by panels, as long as each is worth its while, then by rows.
    let workOfCell = workOfImage * images / c.rows * rows
    let split = min(panels.count, max(1, min(Measure.manyPieces / cells(), workOfCell / Measure.leastWork)))
    let cut = min(rows / 4, Measure.manyPieces / (cells() * split), workOfCell / split / Measure.leastWork)
    if cut > 1 { rows = c.evenRows(atMost: (rows - 1) / cut + 1) }
    self.init(
      c, panels, precision, images: images, rows: rows, panelsPerPiece: (panels.count - 1) / split + 1)
    let sourceBytes = c.images * c.source.height * c.source.width * c.source.channels * 4
    followsPanels =
      cells() > 1 && sourceBytes <= Measure.cache && weightBytes >= Measure.weightsOverSource * sourceBytes
  }

  /// The weight gradient of the convolution whose forward product is `c`.
  init(weightGradient c: Correlation, precision: EngineOptions.Precision = .fp32) {
    let panels = Panels(c)
    let phase = c.phases[0]
    let patch = phase.tapCount * c.sourceChannelsPerGroup
    var parts = 1
    if !c.isDepthwise {
      if phase.tapCount == 1 {
        parts = (patch - 1) / Measure.channelPart + 1
      } else if patch > Measure.patchPart {
        parts = phase.tapRows.count
      }
    }
    // A cell that is copied is copied for several panels at once.
    let isCopied = precision == .bf16 || !(c.isFlat || c.staysInside)
    let pixels = isCopied ? Measure.pixelsPerSum.copied : Measure.pixelsPerSum.inPlace
    let sumBytes = patch / parts * panels.width * 4
    let bytesPerRow = phase.tapCount == 1 ? c.bytesPerRow / parts : c.bytesPerRow
    let fitting = max(1, (Measure.cache - min(sumBytes, Measure.cache / 2)) / bytesPerRow)
    let wanted = max(Measure.cell / 2 / bytesPerRow, (pixels - 1) / c.columns + 1)
    let rows = c.evenRows(atMost: max(1, min(wanted, fitting)))
    var images = 1
    if rows == c.rows {
      images = min(c.images, max(1, min((wanted - 1) / rows + 1, fitting / rows)))
    }
    let cells = ((c.images - 1) / images + 1) * ((c.rows - 1) / rows + 1)
    let panelsPerPiece =
      isCopied && !c.isDepthwise ? min(panels.count, max(1, Measure.channelsPerCopy / panels.width)) : 1
    let pieces = ((panels.count - 1) / panelsPerPiece + 1) * parts
    let worthwhile = c.multiplyAddsPerRow * c.rows * c.images / pieces / (2 * Measure.leastWork)
    let fittingSums = max(1, Measure.sumBytes / (patch * panels.count * panels.width * 4))
    self.init(
      c, panels, precision, images: images, rows: rows, panelsPerPiece: panelsPerPiece,
      partialSums: max(1, min(cells, Measure.manySums / pieces, worthwhile, fittingSums)), patchParts: parts)
  }
}

extension Correlation {
  var isDepthwise: Bool {
    groups > 1 && groups == source.channels && groups == target.channels
  }

  /// Bytes of source or target, whichever are more, that one row of pixels passes through the cache.
  fileprivate var bytesPerRow: Int {
    max(source.width * source.channels * source.step.height, columns * target.step.width * target.channels)
      * 4
  }

  /// The rows cut into as few bands as have at most so many rows each: the rows of an even band.
  fileprivate func evenRows(atMost most: Int) -> Int {
    let bands = (rows - 1) / min(rows, most) + 1
    return (rows - 1) / bands + 1
  }
}

extension ConvolutionPlan: CustomStringConvertible {
  public var description: String {
    if let winogradCut { return "\(algorithm), by \(winogradCut)" }
    var text =
      "\(algorithm), \(precision), \(gathers ? "gathered" : "\(addressing)"), \(rowsPerPiece) \(addressing == .flat ? "pixels" : "rows")"
    if imagesPerPiece > 1 { text += " of \(imagesPerPiece) images" }
    if panels.count > 1 { text += ", \(panelsPerPiece) of \(panels.count) panels" }
    if followsPanels { text += ", panel by panel" }
    if patchParts > 1 { text += ", \(patchParts) parts of a patch" }
    if partialSums > 1 { text += ", \(partialSums) partial sums" }
    return text
  }
}
