import FoveaImage
import FoveaTensor
import Synchronization

/// Mean and standard deviation of a source's channels, over all pixels, of values scaled to 0…1.
public struct ChannelNormalization: Hashable, Sendable {
  public let mean: [Float]
  public let std: [Float]
  /// How many images they come from.
  public let imageCount: Int
  /// Those of the chosen images that could not be read.
  public let bad: [BadSample]

  /// Measures them on prepared, unaugmented images.
  ///
  /// Sums are of whole numbers, so the result has the same bits in any order. Where a source has more than `limit`
  /// images, every n-th is taken, which keeps the shares of the classes.
  ///
  /// - Parameter preparation: its `mean` and `std` do not matter.
  public static func measure(
    _ source: ImageSource, preparation: Preparation, limit: Int = 10_000, allowsTruncated: Bool = false
  ) throws(DataError) -> ChannelNormalization {
    try preparation.validate()
    precondition(limit > 0)
    let chosen = min(limit, source.count)
    let indices = (0..<chosen).map { $0 * source.count / chosen }
    let request = preparation.request(allowsTruncated: allowsTruncated)
    let total = Mutex(Sums())
    WorkerPool.shared.forEach(chosen) { position in
      var sums = Sums()
      do throws(DataError) {
        sums.add(preparation.resized(try source.image(at: indices[position], request)))
      } catch {
        sums.bad.append(BadSample(index: indices[position], error: error))
      }
      total.withLock { $0.add(sums) }
    }
    return try total.withLock { $0 }.result(source)
  }
}

/// Sums of levels and of their squares for red, green and blue.
private struct Sums {
  var first: [UInt64] = [0, 0, 0]
  var second: [UInt64] = [0, 0, 0]
  var pixels: UInt64 = 0
  var images = 0
  var bad: [BadSample] = []

  mutating func add(_ image: Image) {
    image.pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<3 {
        var sum: UInt64 = 0
        var squares: UInt64 = 0
        for i in stride(from: channel, to: pixels.count, by: 3) {
          let level = UInt64(pixels[i])
          sum &+= level
          squares &+= level &* level
        }
        first[channel] += sum
        second[channel] += squares
      }
    }
    pixels += UInt64(image.width * image.height)
    images += 1
  }

  mutating func add(_ other: Sums) {
    for channel in 0..<3 {
      first[channel] += other.first[channel]
      second[channel] += other.second[channel]
    }
    pixels += other.pixels
    images += other.images
    bad += other.bad
  }

  func result(_ source: ImageSource) throws(DataError) -> ChannelNormalization {
    let bad = bad.sorted { $0.index < $1.index }
    guard pixels > 0 else {
      throw DataError(
        .noImages, source.name, found: "no image that can be read",
        expected: "some, to measure the normalisation of the channels",
        remedy: bad.first.map { "The first: \($0.error)" } ?? "Add images.")
    }
    let count = Double(pixels)
    let mean = first.map { Double($0) / count }
    let variance = zip(second, mean).map { max(0, Double($0) / count - $1 * $1) }
    // One level is the least that a byte can differ by: a constant channel is not blown up.
    return ChannelNormalization(
      mean: mean.map { Float($0 / 255) }, std: variance.map { Float(max($0.squareRoot(), 1) / 255) },
      imageCount: images, bad: bad)
  }
}
