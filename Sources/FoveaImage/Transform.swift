extension Image {
  /// The part with its top left corner at (x, y).
  ///
  /// - Precondition: the part lies inside the image.
  public func cropped(x: Int, y: Int, width newWidth: Int, height newHeight: Int) -> Image {
    precondition(
      x >= 0 && y >= 0 && newWidth >= 0 && newHeight >= 0 && x <= width - newWidth && y <= height - newHeight,
      "crop \(newWidth)×\(newHeight) at (\(x), \(y)) is not inside \(width)×\(height)")
    return gathered(newWidth, newHeight) { input, out in
      for row in 0..<newHeight {
        let source = input.baseAddress! + 3 * ((y + row) * width + x)
        (out + 3 * row * newWidth).initialize(from: source, count: 3 * newWidth)
      }
    }
  }

  /// The image with a margin of one colour. The sizes are in pixels, none negative.
  public func padded(left: Int, top: Int, right: Int, bottom: Int, color: RGB) -> Image {
    precondition(
      left >= 0 && top >= 0 && right >= 0 && bottom >= 0,
      "negative margin \(left), \(top), \(right), \(bottom)")
    if left + top + right + bottom == 0 { return self }
    var result = Image(width: width + left + right, height: height + top + bottom, fill: color)
    let newWidth = result.width
    result.pixels.withUnsafeMutableBufferPointer { out in
      pixels.withUnsafeBufferPointer { input in
        guard let out = out.baseAddress, let input = input.baseAddress else { return }
        for row in 0..<height {
          (out + 3 * ((top + row) * newWidth + left)).update(from: input + 3 * row * width, count: 3 * width)
        }
      }
    }
    return result
  }

  /// Left and right exchanged.
  public func flippedHorizontally() -> Image {
    remapped(width, height, start: width - 1, stepX: -1, stepY: width)
  }

  /// Top and bottom exchanged.
  public func flippedVertically() -> Image {
    remapped(width, height, start: (height - 1) * width, stepX: 1, stepY: -width)
  }

  /// Rows and columns exchanged: mirrored in the diagonal from the top left.
  public func transposed() -> Image {
    remapped(height, width, start: 0, stepX: width, stepY: 1)
  }

  /// Rows and columns exchanged the other way: mirrored in the diagonal from the top right.
  public func transversed() -> Image {
    remapped(height, width, start: width * height - 1, stepX: -width, stepY: -1)
  }

  /// Turned by a right angle clockwise.
  public func rotated90() -> Image {
    remapped(height, width, start: (height - 1) * width, stepX: -width, stepY: 1)
  }

  /// Turned upside down.
  public func rotated180() -> Image {
    remapped(width, height, start: width * height - 1, stepX: -1, stepY: -width)
  }

  /// Turned by a right angle anticlockwise.
  public func rotated270() -> Image {
    remapped(height, width, start: width - 1, stepX: width, stepY: -1)
  }

  /// Output pixel (x, y) is the source pixel number `start + x · stepX + y · stepY`.
  private func remapped(_ newWidth: Int, _ newHeight: Int, start: Int, stepX: Int, stepY: Int) -> Image {
    gathered(newWidth, newHeight) { input, out in
      // In tiles, so that a walk down the source's columns stays in the cache.
      let tile = 32
      for y0 in stride(from: 0, to: newHeight, by: tile) {
        for x0 in stride(from: 0, to: newWidth, by: tile) {
          for y in y0..<min(y0 + tile, newHeight) {
            var o = out + 3 * (y * newWidth + x0)
            var i = input.baseAddress! + 3 * (start + x0 * stepX + y * stepY)
            for _ in x0..<min(x0 + tile, newWidth) {
              o.initialize(to: i[0])
              (o + 1).initialize(to: i[1])
              (o + 2).initialize(to: i[2])
              o += 3
              i += 3 * stepX
            }
          }
        }
      }
    }
  }

  /// An image whose bytes `fill` writes, every one of them, from this image's.
  func gathered(
    _ newWidth: Int, _ newHeight: Int,
    _ fill: (UnsafeBufferPointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
  ) -> Image {
    let bytes = 3 * newWidth * newHeight
    guard bytes > 0 else { return Image(width: newWidth, height: newHeight, pixels: []) }
    let result = [UInt8](unsafeUninitializedCapacity: bytes) { out, count in
      pixels.withUnsafeBufferPointer { fill($0, out.baseAddress!) }
      count = bytes
    }
    return Image(width: newWidth, height: newHeight, pixels: result)
  }
}
