import CFoveaKernels
import FoveaTensor

extension WinogradProducts {
  /// Below so many blocks of tiles the threads share the blocks' insides.
  static let fewBlocks = 6

  /// The same products, with all threads in each of three phases: all tiles are transformed, then every point is
  /// multiplied panel by panel, then all sums are transformed back. For images so few or so small that blocks would not
  /// keep the threads busy, and would each transform the same tiles again.
  func runInPhases() {
    let c = tiling.correlation
    let blocks = (0..<tiling.blockCount).map(tiling.block)
    let firstTiles = blocks.reduce(into: [0]) { $0.append($0.last! + $1.tiles) }
    let tileCount = firstTiles.last!
    let vPitch = winogradPitch(c.source.channels)
    let mPitch = winogradPitch(c.target.channels)
    let vPlane = tileCount * vPitch + 16
    let mPlane = tileCount * mPitch + 16
    withScratch(tiling.points * (vPlane + mPlane)) { v in
      let m = v + tiling.points * vPlane
      forEachPart(blocks, channels: c.source.channels) { index, image, channels in
        var tiles = tiling.tiles(
          of: blocks[index], image: image, side: c.source, isSource: true,
          pixels: UnsafeMutablePointer(mutating: source), first: channels.lowerBound, count: channels.count,
          planes: v + firstTiles[index] * vPitch + channels.lowerBound, plane: vPlane, pitch: vPitch)
        fk_winograd_input(panels.isa, &tiles)
      }
      WorkerPool.shared.forEach(tiling.points * panels.count) { piece in
        let (panel, point) = piece.quotientAndRemainder(dividingBy: tiling.points)
        let channels = panels.channels(of: panel..<panel + 1)
        multiply(
          v, vPlane, vPitch, m + channels.lowerBound, mPlane, mPitch, tiles: tileCount, channels: channels,
          points: point..<point + 1)
      }
      forEachPart(blocks, channels: c.target.channels) { index, image, channels in
        var tiles = tiling.tiles(
          of: blocks[index], image: image, side: c.target, isSource: false, pixels: target,
          first: channels.lowerBound, count: channels.count,
          planes: m + firstTiles[index] * mPitch + channels.lowerBound, plane: mPlane, pitch: mPitch)
        finish(&tiles, image: image, channels)
        fk_winograd_output(panels.isa, &tiles)
      }
    }
  }

  /// Calls `body` on the pool's threads with every block, image and a range of at most 64 of the channels.
  private func forEachPart(
    _ blocks: [WinogradTiling.Block], channels: Int, _ body: (Int, Int, Range<Int>) -> Void
  ) {
    let width = 64
    let perImage = (channels - 1) / width + 1
    let images = blocks.enumerated().flatMap { block in block.element.images.map { (block.offset, $0) } }
    WorkerPool.shared.forEach(images.count * perImage) { piece in
      let (index, part) = piece.quotientAndRemainder(dividingBy: perImage)
      let (block, image) = images[index]
      body(block, image, part * width..<min(channels, (part + 1) * width))
    }
  }
}
