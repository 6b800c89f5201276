import FoveaImage

/// How maps are coloured and laid over images.
public struct OverlayStyle: Equatable, Sendable {
  public var colorMap: ColorMap
  /// How much of the map's colour covers the image, 0 to 1.
  public var opacity: Float
  public var filter: ResizeFilter

  public init(colorMap: ColorMap = .viridis, opacity: Float = 0.55, filter: ResizeFilter = .bilinear) {
    self.colorMap = colorMap
    self.opacity = opacity
    self.filter = filter
  }
}

/// Pictures of a map: alone, and over the image it is about. What the network did not see is dimmed and hatched on
/// all of them: a map says nothing about it.
public enum Overlay {
  /// The image with the map's colours laid over it.
  ///
  /// Under the colours the image is gray, so that its own colours are not taken for the map's. A map or a scale
  /// that is flat has nothing to show, and the image stays gray.
  ///
  /// - Parameter placement: of the network's input on `image`, of its size.
  public static func blended(
    _ map: AttentionMap, over image: Image, placement: Placement, scale: Scale, style: OverlayStyle
  ) -> Image {
    precondition(
      image.width == placement.originalWidth && image.height == placement.originalHeight,
      "\(image.width)×\(image.height)")
    let scale = Scale.drawing(map, by: scale)
    let drawn = map.drawn(on: placement, filter: style.filter)
    let table = style.colorMap.table
    let alpha = Int(min(max(style.opacity, 0), 1) * 256)
    var result = image
    for index in drawn.values.indices {
      let gray = luma(image.pixels, 3 * index)
      guard let position = scale.position(drawn.values[index]) else {
        for channel in 0..<3 { result.pixels[3 * index + channel] = UInt8(gray) }
        continue
      }
      let color = table[Int((position * 255).rounded())]
      result.pixels[3 * index] = mix(gray, Int(color.red), alpha)
      result.pixels[3 * index + 1] = mix(gray, Int(color.green), alpha)
      result.pixels[3 * index + 2] = mix(gray, Int(color.blue), alpha)
    }
    markUnseen(&result, placement)
    return result
  }

  /// The map's colours alone, where they lie on the original.
  public static func colored(
    _ map: AttentionMap, placement: Placement, scale: Scale, style: OverlayStyle
  ) -> Image {
    let scale = Scale.drawing(map, by: scale)
    var positions = map.drawn(on: placement, filter: style.filter)
    // What has no position becomes NaN, for which the colour map has a neutral gray.
    for index in positions.values.indices {
      positions.values[index] = scale.position(positions.values[index]) ?? .nan
    }
    var result = style.colorMap.image(positions)
    if !placement.seesAll {
      // The map goes on at its edge where it says nothing: leave none of that to be seen under the hatching.
      for y in 0..<result.height {
        for x in 0..<result.width where !placement.sees(x: x, y: y) { result[x, y] = RGB(150, 150, 150) }
      }
    }
    markUnseen(&result, placement)
    return result
  }

  /// Dims and hatches what lies outside the network's input.
  public static func markUnseen(_ image: inout Image, _ placement: Placement) {
    guard !placement.seesAll else { return }
    let period = max(5, min(image.width, image.height) / 28)
    let line = max(1, period / 5)
    for y in 0..<image.height {
      for x in 0..<image.width where !placement.sees(x: x, y: y) {
        let index = 3 * (y * image.width + x)
        let isLine = (x + y) % period < line
        let gray = luma(image.pixels, index)
        let dimmed = mix(gray, 255, 160)
        for channel in 0..<3 { image.pixels[index + channel] = isLine ? mix(Int(dimmed), 110, 120) : dimmed }
      }
    }
  }

  /// Rec. 601's weights, as Pillow's conversion to "L".
  private static func luma(_ pixels: [UInt8], _ index: Int) -> Int {
    (Int(pixels[index]) * 19_595 + Int(pixels[index + 1]) * 38_470 + Int(pixels[index + 2]) * 7_471 + 0x8000)
      >> 16
  }

  private static func mix(_ a: Int, _ b: Int, _ alpha: Int) -> UInt8 {
    UInt8((a * (256 - alpha) + b * alpha + 128) >> 8)
  }
}

extension AttentionMap {
  /// The map as it is, one pixel a cell, for programs.
  ///
  /// - Parameter top: the value that 65535 stands for: 1 for gates. What is above it, or no number, is cut off.
  public func gray16(top: Float = 1) -> Gray16Image {
    Gray16Image(
      width: width, height: height,
      pixels: values.map { value in
        guard value > 0, top > 0 else { return 0 }
        return UInt16((min(value / top, 1) * 65_535).rounded())
      })
  }
}
