import FoveaImage

/// All that a panel shows: one image, what the network made of it, and every attention block's maps.
public struct Panel {
  /// One block's maps with the scale of their colours.
  public struct Row {
    public let attention: BlockAttention
    public let scale: Scale

    public init(_ attention: BlockAttention, scale: Scale) {
      self.attention = attention
      self.scale = scale
    }
  }

  /// The file's name.
  public var title: String
  /// Upright; perhaps smaller than the file's.
  public var original: Image
  /// The size of the upright image in the file.
  public var originalWidth: Int
  public var originalHeight: Int
  /// Of the network's input on `original`, of its size.
  public var placement: Placement
  public var inputWidth: Int
  public var inputHeight: Int
  public var explanation: Explanation
  /// Names of the classes, in the model's order.
  public var classes: [String]
  /// The true class, if it is known.
  public var truth: String?
  public var rows: [Row]
  public var normalization: Normalization
  public var style: OverlayStyle
  /// The model's file name.
  public var model: String

  public init(
    title: String, original: Image, originalWidth: Int, originalHeight: Int, placement: Placement,
    inputWidth: Int, inputHeight: Int,
    explanation: Explanation, classes: [String], truth: String?, rows: [Row], normalization: Normalization,
    style: OverlayStyle, model: String
  ) {
    self.title = title
    self.original = original
    self.originalWidth = originalWidth
    self.originalHeight = originalHeight
    self.placement = placement
    self.inputWidth = inputWidth
    self.inputHeight = inputHeight
    self.explanation = explanation
    self.classes = classes
    self.truth = truth
    self.rows = rows
    self.normalization = normalization
    self.style = style
    self.model = model
  }

  /// Draws the panel.
  public func drawn() -> Image {
    let layout = PanelLayout(self)
    var canvas = Canvas(width: layout.width, height: layout.height)
    drawHeader(&canvas, layout)
    drawColumnTitles(&canvas, layout)
    for (index, row) in rows.enumerated() { drawRow(row, at: layout.rowTop(index), &canvas, layout) }
    drawGradCAM(at: layout.gradCAMTop, &canvas, layout)
    drawFooter(&canvas, layout)
    return canvas.image
  }
}

/// Where everything goes, in pixels.
struct PanelLayout {
  static let margin = 28.0
  static let labelWidth = 132.0
  static let gap = 16.0
  /// The colour bar with its numbers.
  static let scaleWidth = 70.0
  static let channelWidth = 320.0
  static let rowGap = 20.0
  static let footerHeight = 46.0

  /// The picture at the top.
  let original: TileSize
  /// The pictures in the rows.
  let tile: TileSize
  let rowHeight: Double
  let headerHeight: Double
  let titlesTop: Double
  let rowCount: Int

  init(_ panel: Panel) {
    original = TileSize(panel.original, box: 216)
    tile = TileSize(panel.original, box: panel.rows.count > 5 ? 128 : 192)
    // Five lines of text stand beside a row's pictures.
    rowHeight = max(Double(tile.height), 100)
    headerHeight = max(Double(original.height), 190)
    titlesTop = Self.margin + headerHeight + 30
    rowCount = panel.rows.count
  }

  var mapLeft: Double { Self.margin + Self.labelWidth + Self.gap }
  var overlayLeft: Double { mapLeft + Double(tile.width) + Self.gap }
  var scaleLeft: Double { overlayLeft + Double(tile.width) + Self.gap }
  var channelLeft: Double { scaleLeft + Self.scaleWidth + Self.gap + 18 }
  var contentRight: Double { channelLeft + Self.channelWidth }
  var width: Int { Int((contentRight + Self.margin).rounded(.up)) }

  func rowTop(_ index: Int) -> Double { titlesTop + 34 + Double(index) * (rowHeight + Self.rowGap) }

  /// Grad-CAM stands apart from the gates: a rule lies between.
  var gradCAMTop: Double { rowTop(rowCount) + 14 }
  var footerTop: Double { gradCAMTop + rowHeight + Self.rowGap + 4 }
  var height: Int { Int((footerTop + Self.footerHeight).rounded(.up)) }
}

/// The size at which an image is shown in a box: small ones by a whole factor, so that their pixels stay squares of one
/// size; large ones shrunk.
struct TileSize: Equatable {
  let width: Int
  let height: Int
  /// How pixels get there.
  let filter: ResizeFilter

  init(_ image: Image, box: Int) {
    let longer = max(image.width, image.height)
    if longer <= box {
      let factor = box / longer
      width = image.width * factor
      height = image.height * factor
      filter = .nearest
    } else {
      (width, height) = image.size(longerSide: box)
      filter = .bilinear
    }
  }

  func shown(_ image: Image) -> Image { image.resized(width: width, height: height, filter: filter) }
}

/// The panel's few colours and type sizes.
enum PanelInk {
  static let text = Color(gray: 30)
  static let quiet = Color(gray: 105)
  static let rule = Color(gray: 222)
  static let ground = Color(gray: 244)
  static let bar = Color(Palette.okabeIto[5])
  static let right = Color(RGB(0, 125, 90))
  static let wrong = Color(Palette.okabeIto[6])

  static let title = TextStyle.bold(size: 18)
  static let heading = TextStyle.bold(size: 13)
  static let body = TextStyle(size: 13)
  static let small = TextStyle(size: 11)
}
