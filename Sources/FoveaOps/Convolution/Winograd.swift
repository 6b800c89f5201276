import CFoveaKernels
import FoveaTensor

/// How a 3×3 convolution of stride 1 is cut into tiles for Winograd's algorithm, F(m×m, 3×3).
///
/// Every target pixel is the output of one tile; tiles lie m pixels apart. A block is a band of rows of tiles of one
/// image, or some whole images: what one piece of work transforms, multiplies and transforms back while it is in
/// cache.
struct WinogradTiling {
  /// m: 2 or 4.
  let outputs: Int
  let correlation: Correlation
  let tileRows, tileColumns: Int
  let imagesPerBlock, rowsPerBlock: Int

  /// Points of a tile, each with a matrix product of its own.
  var points: Int { (outputs + 2) * (outputs + 2) }

  /// - Parameter tilesPerBlock: how many tiles a block should have, about.
  init(_ correlation: Correlation, outputs: Int, tilesPerBlock: Int) {
    self.outputs = outputs
    self.correlation = correlation
    tileRows = (correlation.target.height - 1) / outputs + 1
    tileColumns = (correlation.target.width - 1) / outputs + 1
    let most = max(1, min(tileRows, tilesPerBlock / tileColumns))
    let bands = (tileRows - 1) / most + 1
    rowsPerBlock = (tileRows - 1) / bands + 1
    imagesPerBlock =
      bands > 1 ? 1 : max(1, min(correlation.images, tilesPerBlock / (tileRows * tileColumns)))
  }

  private var bands: Int { (tileRows - 1) / rowsPerBlock + 1 }

  var blockCount: Int { ((correlation.images - 1) / imagesPerBlock + 1) * bands }

  /// The most tiles of a block.
  var tilesPerBlock: Int { imagesPerBlock * rowsPerBlock * tileColumns }

  struct Block {
    let images: Range<Int>
    /// Rows of tiles, and the rows of target pixels that they give.
    let rows, pixelRows: Range<Int>
    let tiles: Int
  }

  func block(_ index: Int) -> Block {
    let (group, band) = index.quotientAndRemainder(dividingBy: bands)
    let images = group * imagesPerBlock..<min(correlation.images, (group + 1) * imagesPerBlock)
    let rows = band * rowsPerBlock..<min(tileRows, (band + 1) * rowsPerBlock)
    return Block(
      images: images, rows: rows,
      pixelRows: rows.lowerBound * outputs..<min(correlation.target.height, rows.upperBound * outputs),
      tiles: images.count * rows.count * tileColumns)
  }

  /// Below so many blocks of tiles the threads share the blocks' insides.
  static let fewBlocks = 6

  /// Calls `body` on the pool's threads with the index of every block, an image of it, and a range of at most `width` of the
  /// channels.
  func forEachPart(
    of blocks: [Block], channels: Int, width: Int, _ body: (Int, Int, Range<Int>) -> Void
  ) {
    let perImage = (channels - 1) / width + 1
    let images = blocks.enumerated().flatMap { block in block.element.images.map { (block.offset, $0) } }
    WorkerPool.shared.forEach(images.count * perImage) { piece in
      let (index, part) = piece.quotientAndRemainder(dividingBy: perImage)
      let (block, image) = images[index]
      body(block, image, part * width..<min(channels, (part + 1) * width))
    }
  }

  /// The tiles of one image of a block, over one side's pixels.
  ///
  /// - Parameters:
  ///   - side: the source, read with the patch's reach around the outputs, or the target.
  ///   - first: channel to begin with.
  func tiles(
    of block: Block, image: Int, side: Correlation.Side, isSource: Bool, pixels: UnsafeMutablePointer<Float>,
    first: Int, count: Int, planes: UnsafeMutablePointer<Float>, plane: Int, pitch: Int
  ) -> fk_winograd_tiles {
    let reach = correlation.reach
    let slot = image - block.images.lowerBound
    var tiles = fk_winograd_tiles()
    tiles.outputs = outputs
    tiles.image = pixels + image * side.height * side.width * side.pitch + side.place(ofChannel: first)
    tiles.height = side.height
    tiles.width = side.width
    tiles.channels = count
    tiles.pixel = side.pitch
    tiles.narrow = side.isNarrow
    tiles.top = block.rows.lowerBound * outputs + (isSource ? reach.rows.lowerBound : 0)
    tiles.left = isSource ? reach.columns.lowerBound : 0
    tiles.rows = block.rows.count
    tiles.columns = tileColumns
    tiles.planes = planes + slot * block.rows.count * tileColumns * pitch
    tiles.plane = plane
    tiles.pitch = pitch
    return tiles
  }
}

extension Correlation {
  /// Whether Winograd's algorithm for 3×3 kernels applies: stride 1, no dilation, no groups.
  var isWinogradShaped: Bool {
    func isRun(_ taps: [Tap]) -> Bool {
      taps.count == 3 && zip(taps, taps.dropFirst()).allSatisfy { $1.offset == $0.offset + 1 }
    }
    return groups == 1 && phases.count == 1 && source.step == .one && target.step == .one
      && isRun(phases[0].tapRows) && isRun(phases[0].tapColumns)
  }
}

/// Floats from one tile's channels to the next's: a cache line more than they need, so that tiles do not fall on the
/// same cache sets.
func winogradPitch(_ channels: Int) -> Int { channels + 16 }

/// The forward product or the input gradient by Winograd's algorithm.
struct WinogradProducts {
  let tiling: WinogradTiling
  let panels: Panels
  let weight: WinogradWeight
  let epilogue: Epilogue
  let source: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>
  /// Panels of target channels that a piece computes: not all of them where there are few blocks to share.
  private let panelsPerPiece: Int
  /// Panels whose sums are held before they are transformed back.
  private let panelsPerSweep: Int

  /// - Parameter weight: transformed for the correlation and the panels.
  init(
    _ correlation: Correlation, for use: Correlation.WinogradUse, panels: Panels, weight: WinogradWeight,
    epilogue: Epilogue = Epilogue(), source: UnsafePointer<Float>, target: UnsafeMutablePointer<Float>
  ) {
    let outputs = weight.outputs
    // V and M of a block stay in L2. A training pass has more tiles, and each reading of transformed weights that do not fit
    // beside them is shared by more; in inference smaller blocks, and M of one panel at a time, leave more of the weights there.
    let points = (outputs + 2) * (outputs + 2)
    let floats = points * (correlation.source.channels + correlation.target.channels)
    let weightsFillCache = points * correlation.source.channels * correlation.target.channels > 1 << 19
    let (fewest, bytes) = use == .inference ? (14, 1 << 18) : (weightsFillCache ? 56 : 14, 3 << 18)
    let tiles = max(fewest, bytes / 4 / floats)
    tiling = WinogradTiling(correlation, outputs: outputs, tilesPerBlock: tiles)
    self.panels = panels
    self.source = source
    self.target = target
    panelsPerPiece = (panels.count - 1) / max(1, 8 / tiling.blockCount) + 1
    panelsPerSweep = use == .inference ? 1 : panelsPerPiece
    self.weight = weight
    self.epilogue = epilogue
  }

  var spatialPieces: Int { tiling.blockCount }

  var pixelCounts: [Int] {
    (0..<tiling.blockCount).map {
      let block = tiling.block($0)
      return block.images.count * block.pixelRows.count * tiling.correlation.target.width
    }
  }

  func run(moments: Moments? = nil) {
    if moments == nil, tiling.blockCount < WinogradTiling.fewBlocks, panels.count > 1 { return runInPhases() }
    let c = tiling.correlation
    let vPitch = winogradPitch(c.source.channels)
    let vPlane = tiling.tilesPerBlock * vPitch + 16
    let panelGroups = (panels.count - 1) / panelsPerPiece + 1
    WorkerPool.shared.forEach(tiling.blockCount * panelGroups) { piece in
      let (index, group) = piece.quotientAndRemainder(dividingBy: panelGroups)
      let block = tiling.block(index)
      let range = group * panelsPerPiece..<min(panels.count, (group + 1) * panelsPerPiece)
      let channels = panels.channels(of: range)
      let mPitch = winogradPitch(min(channels.count, panelsPerSweep * panels.width))
      let mPlane = tiling.tilesPerBlock * mPitch + 16
      var later = epilogue.later.share(piece, of: tiling.blockCount * panelGroups)
      withScratch(tiling.points * (vPlane + mPlane)) { v in
        let m = v + tiling.points * vPlane
        for image in block.images {
          var tiles = tiling.tiles(
            of: block, image: image, side: c.source, isSource: true,
            pixels: UnsafeMutablePointer(mutating: source), first: 0, count: c.source.channels, planes: v,
            plane: vPlane, pitch: vPitch)
          fk_winograd_input(panels.isa, &tiles)
        }
        for first in stride(from: range.lowerBound, to: range.upperBound, by: panelsPerSweep) {
          let channels = panels.channels(of: first..<min(range.upperBound, first + panelsPerSweep))
          multiply(
            v, vPlane, vPitch, m, mPlane, mPitch, tiles: block.tiles, channels: channels,
            later: later.takeShare(of: (range.upperBound - first - 1) / panelsPerSweep + 1))
          for image in block.images {
            var tiles = tiling.tiles(
              of: block, image: image, side: c.target, isSource: false, pixels: target,
              first: channels.lowerBound, count: channels.count, planes: m, plane: mPlane, pitch: mPitch)
            tiles.finish(with: epilogue, image: image, channels, of: c.target)
            fk_winograd_output(panels.isa, &tiles)
          }
        }
      }
      guard let moments else { return }
      let row = c.target.width * c.target.pitch
      moments.partial(index).add(
        target + (block.images.lowerBound * c.target.height + block.pixelRows.lowerBound) * row,
        images: block.images.count, imageStep: c.target.height * row,
        pixels: block.pixelRows.count * c.target.width, channels: channels, of: c.target)
    }
  }

  /// M[point] = V[point] · U[point], for every point (or some): [tiles, C] · [C, channels].
  ///
  /// - Parameter later: what is fetched meanwhile.
  func multiply(
    _ v: UnsafeMutablePointer<Float>, _ vPlane: Int, _ vPitch: Int, _ m: UnsafeMutablePointer<Float>,
    _ mPlane: Int, _ mPitch: Int, tiles: Int, channels: Range<Int>, points: Range<Int>? = nil,
    later: fk_ahead
  ) {
    var later = later
    let points = points ?? 0..<tiling.points
    let inChannels = tiling.correlation.source.channels
    let run = [0]
    run.withUnsafeBufferPointer { run in
      weight.planes.withUnsafeBufferPointer { weight in
        for point in points {
          var band = fk_conv_band()
          band.source = UnsafePointer(v + point * vPlane)
          band.source_pixel = vPitch
          band.patch = fk_conv_patch(runs: run.baseAddress, run_count: 1, run_length: inChannels)
          band.weights = weight.baseAddress! + point * self.weight.plane + channels.lowerBound * inChannels
          band.output = m + point * mPlane
          band.output_pixel = mPitch
          band.rows = 1
          band.width = tiles
          band.channels = channels.count
          band.later = later.takeShare(of: points.upperBound - point)
          fk_conv_forward(panels.isa, &band)
        }
      }
    }
  }

}

extension fk_winograd_tiles {
  /// Has an epilogue done where the sums of some channels of an image are written.
  mutating func finish(
    with epilogue: Epilogue, image: Int, _ channels: Range<Int>, of side: Correlation.Side
  ) {
    bias = epilogue.bias.map { $0 + channels.lowerBound }
    residual = epilogue.residual.map {
      $0 + image * side.height * side.width * side.pitch + side.place(ofChannel: channels.lowerBound)
    }
    relu = epilogue.relu ? 1 : 0
  }
}

/// A weight transformed for Winograd's algorithm: G g Gᵀ for all channels, in the panels of `fk_conv_forward`.
struct WinogradWeight {
  /// [points][panel][C][panel width]
  let planes: Tensor
  /// Floats from one point to the next: a cache line more than they need. Values of one weight in all points would else
  /// fall on the same cache sets, for channels are powers of two as a rule.
  let plane: Int
  /// m of F(m×m, 3×3).
  let outputs: Int

  /// - Parameter weight: [3, 3, C, O] of the convolution.
  init(_ weight: Tensor, for c: Correlation, outputs: Int, _ panels: Panels) {
    self.outputs = outputs
    plane = c.source.channels * c.target.channels + 16
    planes = Self.transformed(weight, c, outputs: outputs, plane: plane, panels: panels)
  }

  private static func transformed(
    _ weight: Tensor, _ c: Correlation, outputs: Int, plane: Int, panels: Panels
  ) -> Tensor {
    let inChannels = c.source.channels
    let outChannels = c.target.channels
    // For the input gradient, O and C change places first, tap by tap.
    let natural = c.isTurned ? Self.exchanged(weight, rows: inChannels, columns: outChannels) : weight
    let tap = natural.count / 9
    let points = (outputs + 2) * (outputs + 2)
    return Tensor([points, plane]) { planes in
      let planes = planes.baseAddress!
      natural.withUnsafeBufferPointer { natural in
        let natural = natural.baseAddress!
        WorkerPool.shared.forEach(panels.count) { panel in
          let channels = panels.place(of: panel).channels
          for row in 0..<inChannels {
            fk_winograd_weight(
              panels.isa, planes + channels.lowerBound * inChannels + row * channels.count, plane,
              natural + row * outChannels + channels.lowerBound, tap, outputs, channels.count,
              c.isTurned ? 1 : 0)
          }
        }
      }
    }
  }

  /// [3, 3, C, O] → nine times [O, C] and 16 floats that nobody reads, against conflicts in cache.
  private static func exchanged(_ weight: Tensor, rows: Int, columns: Int) -> Tensor {
    Tensor([9, rows * columns + 16]) { exchanged in
      let exchanged = exchanged.baseAddress!
      weight.withUnsafeBufferPointer { weight in
        let weight = weight.baseAddress!
        WorkerPool.shared.forEach(9) { tap in
          fk_conv_pack_turned(
            exchanged + tap * (rows * columns + 16), columns, weight + tap * rows * columns, rows, rows,
            columns)
        }
      }
    }
  }
}

/// The weight gradient by Winograd's algorithm: Gᵀ [ Σ over tiles of (Bᵀ d B) (A dY Aᵀ) ] G.
struct WinogradWeightGradient {
  private let tiling: WinogradTiling
  private let panels: Panels
  private let source, dOutput: UnsafePointer<Float>
  private let dWeight: UnsafeMutablePointer<Float>

  private var inChannels: Int { tiling.correlation.source.channels }
  private var outChannels: Int { tiling.correlation.target.channels }
  /// Floats of one point's sums, [panel][C][panel width], and a cache line against conflicts.
  private var plane: Int { inChannels * outChannels + 16 }
  private var vPitch: Int { winogradPitch(inChannels) }
  private var mPitch: Int { winogradPitch(outChannels) }

  /// - Parameters:
  ///   - correlation: of the forward product.
  ///   - dWeight: [3, 3, C, O], to be written.
  init(
    _ correlation: Correlation, outputs: Int, panels: Panels, source: UnsafePointer<Float>,
    dOutput: UnsafePointer<Float>, dWeight: UnsafeMutablePointer<Float>
  ) {
    let points = (outputs + 2) * (outputs + 2)
    let floats = points * (correlation.source.channels + correlation.target.channels)
    tiling = WinogradTiling(correlation, outputs: outputs, tilesPerBlock: max(14, (3 << 18) / 4 / floats))
    self.panels = panels
    self.source = source
    self.dOutput = dOutput
    self.dWeight = dWeight
  }

  private func transform(
    _ block: WinogradTiling.Block, _ v: UnsafeMutablePointer<Float>, _ vPlane: Int,
    _ m: UnsafeMutablePointer<Float>, _ mPlane: Int
  ) {
    let c = tiling.correlation
    for image in block.images {
      var tiles = tiling.tiles(
        of: block, image: image, side: c.source, isSource: true,
        pixels: UnsafeMutablePointer(mutating: source),
        first: 0, count: inChannels, planes: v, plane: vPlane, pitch: vPitch)
      fk_winograd_input(panels.isa, &tiles)
      tiles = tiling.tiles(
        of: block, image: image, side: c.target, isSource: false,
        pixels: UnsafeMutablePointer(mutating: dOutput), first: 0, count: outChannels, planes: m,
        plane: mPlane,
        pitch: mPitch)
      fk_winograd_output_gradient(panels.isa, &tiles)
    }
  }

  /// sums[point][panel] += V[point]ᵀ · M[point] over so many tiles.
  private func multiply(
    _ v: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>, tiles: Int, panel: Int,
    sums: UnsafeMutablePointer<Float>
  ) {
    let place = panels.place(of: panel)
    let run = [0]
    run.withUnsafeBufferPointer { run in
      var g = fk_conv_gradient()
      g.source = UnsafePointer(v)
      g.source_pixel = vPitch
      g.patch = fk_conv_patch(runs: run.baseAddress, run_count: 1, run_length: inChannels)
      g.d_output = UnsafePointer(m + place.channels.lowerBound)
      g.d_pixel = mPitch
      g.images = 1
      g.rows = 1
      g.width = tiles
      g.vectors = place.paddedWidth / Int(fk_vector_width(panels.isa))
      g.sums = sums + place.channels.lowerBound * inChannels
      fk_conv_weight_gradient(panels.isa, &g)
    }
  }

  func run() {
    let sumCount = tiling.points * plane
    let shares = min(tiling.blockCount, max(4, min(32, (1 << 19) / sumCount)))
    let vPlane = tiling.tilesPerBlock * vPitch + 16
    let mPlane = tiling.tilesPerBlock * mPitch + 16
    withScratch(shares * sumCount) { sums in
      WorkerPool.shared.forEach(shares) { share in
        let sums = sums + share * sumCount
        sums.update(repeating: 0, count: sumCount)
        withScratch(tiling.points * (vPlane + mPlane)) { v in
          let m = v + tiling.points * vPlane
          for index in share * tiling.blockCount / shares..<(share + 1) * tiling.blockCount / shares {
            let block = tiling.block(index)
            transform(block, v, vPlane, m, mPlane)
            for point in 0..<tiling.points {
              for panel in 0..<panels.count {
                multiply(
                  v + point * vPlane, m + point * mPlane, tiles: block.tiles, panel: panel,
                  sums: sums + point * plane)
              }
            }
          }
        }
      }
      WorkerPool.shared.forEach(tiling.points) { point in
        for share in 1..<max(1, shares) {
          fk_add(sums + point * plane, sums + share * sumCount + point * plane, plane)
        }
      }
      finish(sums)
    }
  }

  /// dWeight ← Gᵀ sums G.
  private func finish(_ sums: UnsafeMutablePointer<Float>) {
    WorkerPool.shared.forEach(panels.count) { panel in
      let channels = panels.place(of: panel).channels
      for row in 0..<inChannels {
        fk_winograd_weight_gradient(
          panels.isa, dWeight + row * outChannels + channels.lowerBound, inChannels * outChannels,
          sums + channels.lowerBound * inChannels + row * channels.count, plane, tiling.outputs,
          channels.count, 0)
      }
    }
  }
}
