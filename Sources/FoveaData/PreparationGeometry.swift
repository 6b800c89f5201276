import FoveaImage

/// Where the parts of an image go when it is prepared, and where the network's pixels come from.
///
/// Coordinates are continuous: a pixel (i, j) covers [i, i + 1) × [j, j + 1), and its centre is (i + ½, j + ½).
public struct PreparationGeometry: Hashable, Sendable {
  /// A rectangle of whole pixels.
  public struct PixelRect: Hashable, Sendable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int
  }

  /// The size of the original, upright image.
  public let originalWidth: Int
  public let originalHeight: Int
  /// The size of the network's input.
  public let inputWidth: Int
  public let inputHeight: Int
  /// The part of the original that the network sees, in the original's pixels. What lies outside is cropped away.
  public let part: Rect
  /// Where that part lies in the input. Outside is background.
  public let target: PixelRect

  /// Whether input and original are the same, pixel for pixel.
  public var isIdentity: Bool {
    originalWidth == inputWidth && originalHeight == inputHeight
      && part == Rect(x: 0, y: 0, width: Double(inputWidth), height: Double(inputHeight))
      && target == PixelRect(x: 0, y: 0, width: inputWidth, height: inputHeight)
  }

  /// The whole input on the original's plane: within the original where it was cropped, beyond it where it was
  /// padded.
  public var inputOnOriginal: Rect {
    let from = original(ofInput: Point(0, 0))
    let to = original(ofInput: Point(Double(inputWidth), Double(inputHeight)))
    return Rect(x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y)
  }

  /// Where a point of the input lies in the original. Points in padding land outside the original.
  public func original(ofInput point: Point) -> Point {
    Point(
      part.x + (point.x - Double(target.x)) * (part.width / Double(target.width)),
      part.y + (point.y - Double(target.y)) * (part.height / Double(target.height)))
  }

  /// Where a point of the original lies in the input. Points that were cropped away land outside the input.
  public func input(ofOriginal point: Point) -> Point {
    Point(
      Double(target.x) + (point.x - part.x) * (Double(target.width) / part.width),
      Double(target.y) + (point.y - part.y) * (Double(target.height) / part.height))
  }
}

extension Preparation {
  /// What happens to the coordinates of an image of a size.
  ///
  /// - Precondition: the image has at least one pixel.
  public func geometry(originalWidth: Int, originalHeight: Int) -> PreparationGeometry {
    precondition(originalWidth > 0 && originalHeight > 0, "an image of \(originalWidth)×\(originalHeight)")
    let w = Double(originalWidth)
    let h = Double(originalHeight)
    var part = Rect(x: 0, y: 0, width: w, height: h)
    var target = PreparationGeometry.PixelRect(x: 0, y: 0, width: width, height: height)
    switch resize {
    case .squash: break
    case .crop:
      // Compared as products, so that equal shapes are exactly equal and nothing is cut from them.
      let isWider = originalWidth * height > originalHeight * width
      let partWidth = cropFraction * (isWider ? h * Double(width) / Double(height) : w)
      let partHeight = cropFraction * (isWider ? h : w * Double(height) / Double(width))
      part = Rect(x: (w - partWidth) / 2, y: (h - partHeight) / 2, width: partWidth, height: partHeight)
    case .pad:
      let isWider = originalWidth * height > originalHeight * width
      let scale = isWider ? Double(width) / w : Double(height) / h
      let targetWidth = isWider ? width : min(width, max(1, Int((w * scale).rounded())))
      let targetHeight = isWider ? min(height, max(1, Int((h * scale).rounded()))) : height
      target = .init(
        x: (width - targetWidth) / 2, y: (height - targetHeight) / 2, width: targetWidth, height: targetHeight
      )
    }
    return PreparationGeometry(
      originalWidth: originalWidth, originalHeight: originalHeight, inputWidth: width, inputHeight: height,
      part: part, target: target)
  }
}
