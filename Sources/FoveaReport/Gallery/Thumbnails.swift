import FoveaExplain
import FoveaImage

/// The gallery's small pictures of one image: `thumbs/NAME.jpg`, and `thumbs/NAME.maps.jpg` with all its maps side by
/// side, Grad-CAM last: above in the colours that were asked for, below each from its own least to its own greatest
/// value. One file for all maps lets a slider go through them without loading anything.
public struct Thumbnails: Sendable {
  /// The longer side of the picture and of each map, in pixels, at most.
  static let pictureSide = 256
  static let mapSide = 144
  /// Of each map, at least.
  static let leastMapSide = 96

  public let picture: Image
  public let maps: Image

  /// - Parameters:
  ///   - original: the upright image.
  ///   - placement: of the network's input on `original`, of its size.
  ///   - maps: with the scales of their colours; nil where a block has no map, which becomes gray.
  public init(
    original: Image, placement: Placement, maps: [(map: AttentionMap, scale: Scale)?], style: OverlayStyle
  ) {
    picture = original.shrunk(toLongerSide: Self.pictureSide)
    // The page enlarges tiles, and a neighbour shows at their edges: the less, the more pixels they have.
    let longer = max(original.width, original.height)
    let tile = original.size(longerSide: min(max(longer, Self.leastMapSide), Self.mapSide))
    let small = placement.scaled(width: tile.width, height: tile.height)
    func tiles(_ scale: (AttentionMap, Scale) -> Scale) -> [Image] {
      maps.map { entry in
        entry.map { Overlay.colored($0.map, placement: small, scale: scale($0.map, $0.scale), style: style) }
          ?? Image(width: tile.width, height: tile.height, fill: RGB(128, 128, 128))
      }
    }
    self.maps = Self.sheet([tiles { $1 }, tiles { map, _ in Scale(map.range) }], tile)
  }

  /// Rows of tiles of one size on one picture.
  private static func sheet(_ rows: [[Image]], _ tile: (width: Int, height: Int)) -> Image {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * tile.width * tile.height * rows.count * rows[0].count)
    for tiles in rows {
      for row in 0..<tile.height {
        for image in tiles { pixels += image.pixels[3 * row * tile.width..<3 * (row + 1) * tile.width] }
      }
    }
    return Image(width: tile.width * rows[0].count, height: tile.height * rows.count, pixels: pixels)
  }
}
