import CFoveaKernels
import FoveaTensor

// Winograd's algorithm panel by panel: where the transformed weights of a layer are many megabytes and its tiles are
// few, they are never held as a whole. All tiles are transformed first; then each piece transforms the weights of one
// panel of target channels, a part of the source channels at a time, into scratch memory of its own and multiplies all
// tiles with them while they are in cache. So what is fetched from memory are the weights as they are, 9 values for F(4×4)'s 36.

extension ConvolutionPlan.WinogradCut {
  init(_ c: Correlation, outputs: Int, for use: Correlation.WinogradUse) {
    switch use {
    case .training, .inference:
      self = WinogradPanelProducts.pays(c, outputs: outputs, for: use) ? .panels : .blocks
    case .weightGradient: self = WinogradPanelGradient.pays(c, outputs: outputs) ? .panels : .shares
    }
  }
}

/// All tiles of some neighbouring blocks of a tiling.
struct WinogradChunk {
  let blocks: [WinogradTiling.Block]
  /// The first tile of each block, and behind them the number of tiles.
  let firstTiles: [Int]

  var tileCount: Int { firstTiles[blocks.count] }

  /// - Parameter range: of the tiling's blocks.
  init(_ tiling: WinogradTiling, _ range: Range<Int>) {
    blocks = range.map(tiling.block)
    firstTiles = blocks.reduce(into: [0]) { $0.append($0.last! + $1.tiles) }
  }
}

/// Transformed values of a chunk's tiles: [point][tile][channel], with room between tiles and between points so that
/// they do not fall on the same cache sets.
struct WinogradPlanes {
  let floats: MutableFloats
  let pitch, plane: Int

  static func pitch(_ channels: Int) -> Int { channels + 16 }

  static func plane(tiles: Int, channels: Int) -> Int { tiles * pitch(channels) + 16 }

  init(_ floats: MutableFloats, tiles: Int, channels: Int) {
    self.init(floats, pitch: Self.pitch(channels), plane: Self.plane(tiles: tiles, channels: channels))
  }

  init(_ floats: MutableFloats, pitch: Int, plane: Int) {
    self.floats = floats
    self.pitch = pitch
    self.plane = plane
  }
}

extension WinogradTiling {
  /// A tiling for planes that all pieces share: so few tiles a block that every thread finds blocks to transform.
  init(shared correlation: Correlation, outputs: Int) {
    self.init(correlation, outputs: outputs, tilesPerBlock: 4)
  }

  var tileCount: Int { correlation.images * tileRows * tileColumns }

  /// Transforms all tiles of a chunk, by `transform`.
  func fill(
    _ planes: WinogradPlanes, _ chunk: WinogradChunk, side: Correlation.Side, isSource: Bool, pixels: Floats,
    _ transform: (inout fk_winograd_tiles) -> Void
  ) {
    // Few blocks are shared out by channels too.
    let width = chunk.blocks.count < Self.fewBlocks ? 64 : side.channels
    forEachPart(of: chunk.blocks, channels: side.channels, width: width) { index, image, channels in
      var tiles = tiles(
        of: chunk.blocks[index], image: image, side: side, isSource: isSource,
        pixels: UnsafeMutablePointer(mutating: pixels), first: channels.lowerBound, count: channels.count,
        planes: planes.floats + chunk.firstTiles[index] * planes.pitch + channels.lowerBound,
        plane: planes.plane, pitch: planes.pitch)
      transform(&tiles)
    }
  }
}

/// The forward product or the input gradient, panel by panel.
struct WinogradPanelProducts {
  enum Weight {
    /// [3, 3, C, O] of the convolution.
    case natural(Floats)
    case packed(WinogradKernels)
  }

  private let tiling: WinogradTiling
  private let panels: Panels
  private let weight: Weight
  private let epilogue: Epilogue
  private let source: Floats
  private let target: MutableFloats
  private let blocksPerChunk: Int
  /// Whether there are so few tiles, as for one image of 7×7, that storing transformed weights would take longer than the
  /// products.
  private let hasFewTiles: Bool

  /// Floats of transformed tiles that are held together: they stay in the last cache.
  private static let chunkFloats = 2 << 20
  /// Source channels whose transformed weights are in cache together.
  private static let channelPart = 128

  private var c: Correlation { tiling.correlation }

  /// Whether it is the way to go, and not block by block with all weights transformed beforehand.
  static func pays(_ c: Correlation, outputs: Int, for use: Correlation.WinogradUse) -> Bool {
    let floats = (outputs + 2) * (outputs + 2) * c.source.channels * c.target.channels
    // A training pass has many tiles to every weight; in inference a single image may have to fetch them all.
    return floats >= (use == .inference ? 1 : 2) << 20
  }

  /// - Parameter epilogue: done where the sums are written.
  init(
    _ correlation: Correlation, outputs: Int, panels: Panels, weight: Weight, epilogue: Epilogue = Epilogue(),
    source: Floats, target: MutableFloats
  ) {
    tiling = WinogradTiling(shared: correlation, outputs: outputs)
    self.panels = panels
    self.weight = weight
    self.epilogue = epilogue
    self.source = source
    self.target = target
    let blockFloats =
      tiling.points * tiling.tilesPerBlock * WinogradPlanes.pitch(correlation.source.channels)
    let chunks = (tiling.blockCount - 1) / max(1, Self.chunkFloats / blockFloats) + 1
    blocksPerChunk = (tiling.blockCount - 1) / chunks + 1
    if case .packed = weight, outputs == 4, tiling.tileCount <= FK_WINOGRAD_FEW,
      WinogradPlanes.pitch(correlation.source.channels) <= FK_WINOGRAD_FEW_PITCH
    {
      hasFewTiles = fk_winograd_has_products(panels.isa) != 0
    } else {
      hasFewTiles = false
    }
  }

  /// Whether G's divisors are on the tiles. Packed weights are transformed in every call, which is much of a single image's
  /// work.
  private var hasWholeWeights: Bool {
    if case .packed = weight { tiling.outputs == 4 } else { false }
  }

  /// As of `WinogradProducts`.
  var spatialPieces: Int { tiling.blockCount }
  var pixelCounts: [Int] { (0..<tiling.blockCount).map { tiling.block($0).pixelCount(c) } }

  func run(moments: Moments? = nil) {
    let channels = c.source.channels
    let pitch = hasFewTiles ? Int(FK_WINOGRAD_FEW_PITCH) : WinogradPlanes.pitch(channels)
    let plane =
      hasFewTiles
      ? Int(FK_WINOGRAD_FEW_PLANE)
      : WinogradPlanes.plane(tiles: blocksPerChunk * tiling.tilesPerBlock, channels: channels)
    withScratch(tiling.points * plane) { scratch in
      let v = WinogradPlanes(scratch, pitch: pitch, plane: plane)
      let isDivided = hasWholeWeights
      for first in stride(from: 0, to: tiling.blockCount, by: blocksPerChunk) {
        let chunk = WinogradChunk(tiling, first..<min(tiling.blockCount, first + blocksPerChunk))
        tiling.fill(v, chunk, side: c.source, isSource: true, pixels: source) {
          $0.divided = isDivided
          fk_winograd_input(panels.isa, &$0)
        }
        WorkerPool.shared.forEach(panels.count) { panel in
          let channels = panels.place(of: panel).channels
          compute(
            chunk, v, channels,
            later: first == 0 ? epilogue.later.share(panel, of: panels.count) : fk_ahead())
          guard let moments else { return }
          for (index, block) in chunk.blocks.enumerated() {
            add(block, channels, to: moments.partial(first + index))
          }
        }
      }
    }
  }

  /// One panel's outputs of a chunk.
  private func compute(
    _ chunk: WinogradChunk, _ v: WinogradPlanes, _ channels: Range<Int>, later: fk_ahead
  ) {
    var later = later
    let width = channels.count
    let rows = min(Self.channelPart, c.source.channels)
    // Transformed weights, where they are stored.
    let uPlane = hasFewTiles ? 0 : rows * width + 16
    let mPlane = chunk.tileCount * width + 16
    let turned = c.isTurned ? 9 * uPlane : 0
    withScratch(tiling.points * (uPlane + mPlane) + turned) { u in
      let m = u + tiling.points * uPlane
      for first in stride(from: 0, to: c.source.channels, by: rows) {
        let part = first..<min(c.source.channels, first + rows)
        let later = later.takeShare(of: (c.source.channels - first - 1) / rows + 1)
        if hasFewTiles {
          multiplyFew(chunk.tileCount, part, v, m, mPlane, channels, later: later)
        } else {
          transformWeights(part, channels, into: u, uPlane, turned: m + tiling.points * mPlane)
          multiply(chunk.tileCount, part, v, u, uPlane, m, mPlane, channels, later: later)
        }
      }
      for (index, block) in chunk.blocks.enumerated() {
        for image in block.images {
          var tiles = tiling.tiles(
            of: block, image: image, side: c.target, isSource: false, pixels: target,
            first: channels.lowerBound, count: width, planes: m + chunk.firstTiles[index] * width,
            plane: mPlane, pitch: width)
          tiles.finish(with: epilogue, image: image, channels, of: c.target)
          fk_winograd_output(panels.isa, &tiles)
        }
      }
    }
  }

  /// u ← G g Gᵀ of some source and target channels: [points][source channel][target channel].
  ///
  /// - Parameter turned: room for [9][source channel][target channel], and 16 floats between taps, of an input gradient,
  ///   whose weight has them the other way round.
  private func transformWeights(
    _ part: Range<Int>, _ channels: Range<Int>, into u: MutableFloats, _ uPlane: Int, turned: MutableFloats
  ) {
    let width = channels.count
    let tap = c.source.channels * c.target.channels
    switch weight {
    case .packed(let kernels):
      fk_winograd_kernels(
        panels.isa, u, uPlane, kernels.place(of: part, channels), tiling.outputs, part.count, width)
    case .natural(let weight) where c.isTurned:
      for index in 0..<9 {
        fk_conv_pack_turned(
          turned + index * uPlane, width,
          weight + index * tap + channels.lowerBound * c.source.channels + part.lowerBound,
          c.source.channels, part.count, width)
      }
      fk_winograd_weight(panels.isa, u, uPlane, turned, uPlane, tiling.outputs, part.count * width, 1)
    case .natural(let weight):
      for (slot, row) in part.enumerated() {
        fk_winograd_weight(
          panels.isa, u + slot * width, uPlane, weight + row * c.target.channels + channels.lowerBound, tap,
          tiling.outputs, width, 0)
      }
    }
  }

  /// m[point] = v[point] · u[point] over a part of the source channels, for every point; added to what is there from the
  /// parts before.
  private func multiply(
    _ tiles: Int, _ part: Range<Int>, _ v: WinogradPlanes, _ u: MutableFloats, _ uPlane: Int,
    _ m: MutableFloats, _ mPlane: Int, _ channels: Range<Int>, later: fk_ahead
  ) {
    var later = later
    var ahead = weightsAhead(part, channels)
    let run = [0]
    run.withUnsafeBufferPointer { run in
      var band = fk_conv_band()
      band.source_pixel = v.pitch
      band.patch = fk_conv_patch(runs: run.baseAddress, run_count: 1, run_length: part.count)
      band.output_pixel = channels.count
      band.rows = 1
      band.width = tiles
      band.channels = channels.count
      for point in 0..<tiling.points {
        band.source = Floats(v.floats + point * v.plane + part.lowerBound)
        band.weights = Floats(u + point * uPlane)
        band.output = m + point * mPlane
        band.residual = part.lowerBound == 0 ? nil : Floats(band.output)
        band.ahead = ahead.takeShare(of: tiling.points - point)
        band.later = later.takeShare(of: tiling.points - point)
        fk_conv_forward(panels.isa, &band)
      }
    }
  }

  /// The same for few tiles, with weights that are transformed in registers.
  private func multiplyFew(
    _ tiles: Int, _ part: Range<Int>, _ v: WinogradPlanes, _ m: MutableFloats, _ mPlane: Int,
    _ channels: Range<Int>, later: fk_ahead
  ) {
    guard case .packed(let kernels) = weight else { preconditionFailure("the weight is not packed") }
    let next = following(part, channels).map { kernels.place(of: $0, $1) }
    var few = fk_winograd_few(
      tiles: v.floats + part.lowerBound, count: tiles, kernels: kernels.place(of: part, channels),
      ahead: next,
      later: later.start, later_count: later.count, in: part.count, out: channels.count, sums: m,
      sum_plane: mPlane, adds: part.lowerBound == 0 ? 0 : 1)
    fk_winograd_products(panels.isa, &few)
  }

  /// The part of the source channels, and the panel, whose kernels come next, where they are laid out alike.
  private func following(
    _ part: Range<Int>, _ channels: Range<Int>
  ) -> (part: Range<Int>, channels: Range<Int>)? {
    let rows = c.source.channels
    if part.upperBound < rows {
      return (part.upperBound..<min(rows, part.upperBound + part.count), channels)
    }
    let panel = channels.upperBound..<channels.upperBound + channels.count
    return panel.upperBound <= c.target.channels ? (0..<min(rows, Self.channelPart), panel) : nil
  }

  /// The kernels that come next.
  private func weightsAhead(_ part: Range<Int>, _ channels: Range<Int>) -> fk_ahead {
    guard case .packed(let kernels) = weight, let next = following(part, channels) else { return fk_ahead() }
    return fk_ahead(
      start: kernels.place(of: next.part, next.channels), count: 9 * next.part.count * next.channels.count)
  }

  private func add(_ block: WinogradTiling.Block, _ channels: Range<Int>, to partial: Moments.Partial) {
    let row = c.target.width * c.target.pitch
    partial.add(
      Floats(target + (block.images.lowerBound * c.target.height + block.pixelRows.lowerBound) * row),
      images: block.images.count, imageStep: c.target.height * row,
      pixels: block.pixelRows.count * c.target.width, channels: channels, of: c.target)
  }
}

extension WinogradTiling.Block {
  /// Target pixels.
  func pixelCount(_ c: Correlation) -> Int { images.count * pixelRows.count * c.target.width }
}

/// The weight gradient, panel by panel: the sums of all points for one panel of output channels and a part of the input
/// channels stay in cache, and are transformed back at once.
struct WinogradPanelGradient {
  private let tiling: WinogradTiling
  private let panels: Panels
  private let source, dOutput: Floats
  private let dWeight: MutableFloats

  /// Input channels of a piece.
  private static let channelPart = 128
  /// Floats of transformed tiles, of both sides, that are held together.
  private static let chunkFloats = 2 << 20

  private var c: Correlation { tiling.correlation }

  /// Whether it is the way to go, and not share by share of the tiles, each with sums of its own for the whole weight, which would
  /// not stay in cache.
  static func pays(_ c: Correlation, outputs: Int) -> Bool {
    (outputs + 2) * (outputs + 2) * c.source.channels * c.target.channels > 1 << 18
  }

  /// - Parameters:
  ///   - correlation: of the forward product.
  ///   - dWeight: [3, 3, C, O], to be written.
  init(
    _ correlation: Correlation, outputs: Int, panels: Panels, source: Floats, dOutput: Floats,
    dWeight: MutableFloats
  ) {
    tiling = WinogradTiling(shared: correlation, outputs: outputs)
    self.panels = panels
    self.source = source
    self.dOutput = dOutput
    self.dWeight = dWeight
  }

  func run() {
    let blockFloats = tiling.points * tiling.tilesPerBlock * (c.source.channels + c.target.channels)
    let chunks = (tiling.blockCount * blockFloats - 1) / Self.chunkFloats + 1
    let blocksPerChunk = (tiling.blockCount - 1) / chunks + 1
    let tiles = blocksPerChunk * tiling.tilesPerBlock
    let vPlane = WinogradPlanes.plane(tiles: tiles, channels: c.source.channels)
    let mPlane = WinogradPlanes.plane(tiles: tiles, channels: c.target.channels)
    withScratch(tiling.points * (vPlane + mPlane)) { scratch in
      let v = WinogradPlanes(scratch, tiles: tiles, channels: c.source.channels)
      let m = WinogradPlanes(
        scratch + tiling.points * vPlane, tiles: tiles, channels: c.target.channels)
      for first in stride(from: 0, to: tiling.blockCount, by: blocksPerChunk) {
        let chunk = WinogradChunk(tiling, first..<min(tiling.blockCount, first + blocksPerChunk))
        tiling.fill(v, chunk, side: c.source, isSource: true, pixels: source) {
          fk_winograd_input(panels.isa, &$0)
        }
        tiling.fill(m, chunk, side: c.target, isSource: false, pixels: dOutput) {
          fk_winograd_output_gradient(panels.isa, &$0)
        }
        let parts = (c.source.channels - 1) / Self.channelPart + 1
        WorkerPool.shared.forEach(panels.count * parts) { piece in
          let (panel, part) = piece.quotientAndRemainder(dividingBy: parts)
          let start = part * Self.channelPart
          compute(
            chunk, v, m, start..<min(c.source.channels, start + Self.channelPart), panels.place(of: panel),
            adds: first > 0)
        }
      }
    }
  }

  /// - Parameter adds: whether the gradient is added to that of the chunks before.
  private func compute(
    _ chunk: WinogradChunk, _ v: WinogradPlanes, _ m: WinogradPlanes, _ part: Range<Int>,
    _ place: Panels.Place, adds: Bool
  ) {
    let width = place.paddedWidth
    let plane = part.count * width + 16
    withScratch(tiling.points * plane) { sums in
      let run = [0]
      run.withUnsafeBufferPointer { run in
        var g = fk_conv_gradient()
        g.source_pixel = v.pitch
        g.patch = fk_conv_patch(runs: run.baseAddress, run_count: 1, run_length: part.count)
        g.d_pixel = m.pitch
        g.images = 1
        g.rows = 1
        g.width = chunk.tileCount
        g.vectors = width / panels.vectorWidth
        g.starts = true
        for point in 0..<tiling.points {
          g.source = Floats(v.floats + point * v.plane + part.lowerBound)
          g.d_output = Floats(m.floats + point * m.plane + place.channels.lowerBound)
          g.sums = sums + point * plane
          fk_conv_weight_gradient(panels.isa, &g)
        }
      }
      for row in part {
        fk_winograd_weight_gradient(
          panels.isa, dWeight + row * c.target.channels + place.channels.lowerBound,
          c.source.channels * c.target.channels, sums + (row - part.lowerBound) * width, plane,
          tiling.outputs, width, adds ? 1 : 0)
      }
    }
  }
}
