import FoveaImage
import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// exp of a uniform number between the logarithms: as often twice as half.
func logUniform(_ range: ClosedRange<Float>, _ random: inout CounterRandom) -> Double {
  exp(Double(random.uniform(Float(log(Double(range.lowerBound)))...Float(log(Double(range.upperBound))))))
}

extension Image {
  /// The part of the same size that begins at (dx, dy), mirrored in x if asked for.
  ///
  /// - Parameter margin: the colour outside; nil mirrors the image at its edges, without repeating them.
  func shifted(dx: Int, dy: Int, flips: Bool, margin: RGB?) -> Image {
    let columns = (0..<width).map { x in
      Self.source((flips ? width - 1 - x : x) + dx, width, mirrors: margin == nil)
    }
    let color = margin ?? .black
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { output, count in
      self.pixels.withUnsafeBufferPointer { input in
        var target = output.baseAddress!
        for y in 0..<height {
          let sourceRow = Self.source(y + dy, height, mirrors: margin == nil)
          let row = input.baseAddress! + 3 * width * max(sourceRow, 0)
          for column in columns {
            if sourceRow < 0 || column < 0 {
              target[0] = color.red
              target[1] = color.green
              target[2] = color.blue
            } else {
              target[0] = row[3 * column]
              target[1] = row[3 * column + 1]
              target[2] = row[3 * column + 2]
            }
            target += 3
          }
        }
      }
      count = 3 * width * height
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  /// The index within 0..<count that a coordinate shows; -1 for the margin.
  private static func source(_ coordinate: Int, _ count: Int, mirrors: Bool) -> Int {
    if coordinate >= 0 && coordinate < count { return coordinate }
    guard mirrors else { return -1 }
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let folded = ((coordinate % period) + period) % period
    return folded < count ? folded : period - folded
  }

  /// The image turned about its centre, clockwise, at its own size, bilinearly.
  ///
  /// - Parameter margin: the colour outside; nil draws out the edge.
  func turned(degrees: Double, margin: RGB?) -> Image {
    let angle = degrees * .pi / 180
    let cosine = Float(cos(angle))
    let sine = Float(sin(angle))
    let centerX = Float(width - 1) / 2
    let centerY = Float(height - 1) / 2
    let color = margin ?? .black
    let levels = [color.red, color.green, color.blue]
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { output, count in
      self.pixels.withUnsafeBufferPointer { input in
        levels.withUnsafeBufferPointer { levels in
          let sampler = BilinearSampler(
            pixels: input.baseAddress!, width: width, height: height,
            margin: margin == nil ? nil : levels.baseAddress!)
          var target = output.baseAddress!
          for y in 0..<height {
            for x in 0..<width {
              let u = Float(x) - centerX
              let v = Float(y) - centerY
              sampler.write(
                x: cosine * u + sine * v + centerX, y: cosine * v - sine * u + centerY, to: target)
              target += 3
            }
          }
        }
      }
      count = 3 * width * height
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}

/// Pixels between pixels: the four around a point, weighted by their distance.
private struct BilinearSampler {
  let pixels: UnsafePointer<UInt8>
  let width: Int
  let height: Int
  /// Three levels for what lies outside; nil takes the nearest pixel of the edge.
  let margin: UnsafePointer<UInt8>?

  /// - Parameters:
  ///   - x: 0 is the centre of the first pixel.
  @inline(__always)
  func write(x: Float, y: Float, to target: UnsafeMutablePointer<UInt8>) {
    let left = x.rounded(.down)
    let top = y.rounded(.down)
    let right = x - left
    let down = y - top
    let column = Int(left)
    let row = Int(top)
    let a = pixel(column, row)
    let b = pixel(column + 1, row)
    let c = pixel(column, row + 1)
    let d = pixel(column + 1, row + 1)
    for channel in 0..<3 {
      let upper = Float(a[channel]) + right * (Float(b[channel]) - Float(a[channel]))
      let lower = Float(c[channel]) + right * (Float(d[channel]) - Float(c[channel]))
      target[channel] = UInt8(upper + down * (lower - upper) + 0.5)
    }
  }

  @inline(__always)
  private func pixel(_ column: Int, _ row: Int) -> UnsafePointer<UInt8> {
    if column >= 0, column < width, row >= 0, row < height { return pixels + 3 * (row * width + column) }
    if let margin { return margin }
    return pixels + 3 * (min(max(row, 0), height - 1) * width + min(max(column, 0), width - 1))
  }
}
