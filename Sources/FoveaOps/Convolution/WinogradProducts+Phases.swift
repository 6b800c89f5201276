import CFoveaKernels
import FoveaTensor

extension WinogradProducts {
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
      tiling.forEachPart(of: blocks, channels: c.source.channels, width: 64) { index, image, channels in
        var tiles = tiling.tiles(
          of: blocks[index], image: image, side: c.source, isSource: true,
          pixels: UnsafeMutablePointer(mutating: source), first: channels.lowerBound, count: channels.count,
          planes: v + firstTiles[index] * vPitch + channels.lowerBound, plane: vPlane, pitch: vPitch)
        fk_winograd_input(panels.isa, &tiles)
      }
      WorkerPool.shared.forEach(tiling.points * panels.count) { piece in
        // In the order of the weights, so that a thread reads a half of the tiles' values and not all of them.
        let (point, panel) = piece.quotientAndRemainder(dividingBy: panels.count)
        let channels = panels.channels(of: panel..<panel + 1)
        multiply(
          v, vPlane, vPitch, m + channels.lowerBound, mPlane, mPitch, tiles: tileCount, channels: channels,
          points: point..<point + 1, later: epilogue.later.share(piece, of: tiling.points * panels.count))
      }
      tiling.forEachPart(of: blocks, channels: c.target.channels, width: 64) { index, image, channels in
        var tiles = tiling.tiles(
          of: blocks[index], image: image, side: c.target, isSource: false, pixels: target,
          first: channels.lowerBound, count: channels.count,
          planes: m + firstTiles[index] * mPitch + channels.lowerBound, plane: mPlane, pitch: mPitch)
        tiles.finish(with: epilogue, image: image, channels, of: c.target)
        fk_winograd_output(panels.isa, &tiles)
      }
    }
  }
}
