extension Image {
  /// An image of the same size, turned about its centre with bilinear interpolation.
  ///
  /// - Parameters:
  ///   - degrees: clockwise as seen.
  ///   - color: what shows where the turned image does not reach; its border blends into it over one pixel.
  public func rotated(degrees: Double, color: RGB) -> Image {
    precondition(degrees.isFinite, "angle \(degrees)")
    let (sine, cosine) = sineAndCosine(turns: degrees / 360)
    let middle = Point(Double(width) / 2, Double(height) / 2)
    // In steps of 1/256 pixel; halves, because pixel centres lie there on both sides.
    let one = 256.0
    let stepX = cosine * one
    let stepY = -sine * one
    return gathered(width, height) { input, out in
      let sampler = BilinearSampler(pixels: input, width: width, height: height, outside: color)
      var out = out
      for y in 0..<height {
        let dy = Double(y) + 0.5 - middle.y
        let startX = (sine * dy + middle.x - 0.5 - cosine * (middle.x - 0.5)) * one + 0.5
        let startY = (cosine * dy + middle.y - 0.5 + sine * (middle.x - 0.5)) * one + 0.5
        for x in 0..<width {
          sampler.sample(
            Int((startX + stepX * Double(x)).rounded(.down)),
            Int((startY + stepY * Double(x)).rounded(.down)),
            into: out)
          out += 3
        }
      }
    }
  }
}

/// Reads an image between its pixels.
private struct BilinearSampler {
  let pixels: UnsafeBufferPointer<UInt8>
  let width: Int
  let height: Int
  let outside: RGB

  /// Writes the colour at (x, y), which are in 1/256 pixel from the first pixel's centre.
  @inline(__always)
  func sample(_ x: Int, _ y: Int, into out: UnsafeMutablePointer<UInt8>) {
    let left = x >> 8
    let top = y >> 8
    guard left >= 0 && left < width - 1 && top >= 0 && top < height - 1 else {
      sampleBorder(x, y, into: out)
      return
    }
    let fx = Int32(truncatingIfNeeded: x & 255)
    let fy = Int32(truncatingIfNeeded: y & 255)
    let upper = pixels.baseAddress! + 3 * (top &* width &+ left)
    let lower = upper + 3 * width
    for channel in 0..<3 {
      let a = Int32(upper[channel]) &* (256 &- fx) &+ Int32(upper[channel + 3]) &* fx
      let b = Int32(lower[channel]) &* (256 &- fx) &+ Int32(lower[channel + 3]) &* fx
      out[channel] = UInt8(truncatingIfNeeded: (a &* (256 &- fy) &+ b &* fy &+ 32768) >> 16)
    }
  }

  /// The same where some or all of the four pixels lie outside.
  @inline(never)
  private func sampleBorder(_ x: Int, _ y: Int, into out: UnsafeMutablePointer<UInt8>) {
    let (left, top) = (x >> 8, y >> 8)
    let (fx, fy) = (x & 255, y & 255)
    guard left >= -1 && left < width && top >= -1 && top < height else {
      out[0] = outside.red
      out[1] = outside.green
      out[2] = outside.blue
      return
    }
    for channel in 0..<3 {
      let fill = channel == 0 ? outside.red : channel == 1 ? outside.green : outside.blue
      func pixel(_ px: Int, _ py: Int) -> Int {
        guard px >= 0 && px < width && py >= 0 && py < height else { return Int(fill) }
        return Int(pixels[3 * (py * width + px) + channel])
      }
      let a = pixel(left, top) * (256 - fx) + pixel(left + 1, top) * fx
      let b = pixel(left, top + 1) * (256 - fx) + pixel(left + 1, top + 1) * fx
      out[channel] = UInt8((a * (256 - fy) + b * fy + 32768) >> 16)
    }
  }
}
