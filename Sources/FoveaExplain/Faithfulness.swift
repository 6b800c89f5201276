import FoveaImage
import FoveaTensor

/// Whether a map's high places are what the network's answer rests on: deletion and insertion (Petsiuk et al., "RISE:
/// Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018).
///
/// Pixels of the network's input go, or come, in the order of the map, highest first, a share at a time; each time the
/// network is asked for the probability of the class that it gave the whole image. What is deleted becomes the mean
/// colour of the training images (0 once normalised); insertion starts from a blurred copy, since shapes cut out of a
/// flat ground are evidence of their own. A faithful map makes the deletion curve fall early, and the insertion curve
/// rise early: a small and a large area under them.
public struct FaithfulnessCurves: Equatable, Sendable {
  /// Probabilities after 0, 1/n, 2/n … n/n of the pixels were deleted, or inserted.
  public var deletion, insertion: [Double]

  public init(deletion: [Double], insertion: [Double]) {
    precondition(deletion.count == insertion.count && deletion.count > 1)
    self.deletion = deletion
    self.insertion = insertion
  }

  /// Areas under the curves, by trapezoids, 0 to 1.
  public var deletionArea: Double { Self.area(deletion) }
  public var insertionArea: Double { Self.area(insertion) }

  private static func area(_ curve: [Double]) -> Double {
    let steps = Double(curve.count - 1)
    return zip(curve, curve.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 / steps }
  }

  /// - Parameters:
  ///   - image: [1, H, W, C], the network's input.
  ///   - blurred: of the same shape, what insertion starts from.
  ///   - order: all pixels of the input, the first to go first.
  ///   - steps: into how many shares they are cut.
  ///   - probability: of images [N, H, W, C] the probability of the class in question, one each.
  public static func measure(
    _ image: Tensor, blurred: Tensor, order: [Int], steps: Int, probability: (Tensor) -> [Double]
  ) -> FaithfulnessCurves {
    let shape = image.shape
    let pixels = shape[1] * shape[2]
    let channels = shape[3]
    precondition(shape[0] == 1 && blurred.shape == shape && order.count == pixels && steps > 0)
    let (whole, start) = (image.scalars, blurred.scalars)
    func curve(from first: [Float], to last: (Int) -> Float) -> [Double] {
      var current = first
      var images: [Float] = []
      images.reserveCapacity((steps + 1) * first.count)
      var done = 0
      for step in 0...steps {
        let until = step * pixels / steps
        for pixel in order[done..<until] {
          for channel in 0..<channels {
            current[pixel * channels + channel] = last(pixel * channels + channel)
          }
        }
        done = until
        images += current
      }
      return probability(Tensor(images, shape: [steps + 1, shape[1], shape[2], channels]))
    }
    return FaithfulnessCurves(
      deletion: curve(from: whole) { _ in 0 }, insertion: curve(from: start) { whole[$0] })
  }
}

/// In which order a map ranks the pixels of the network's input.
public enum PixelOrder {
  /// Highest first. Equal values come in a random order, so a map that is the same everywhere ranks as chance does.
  ///
  /// - Parameters:
  ///   - seed: of the random order.
  ///   - image: the image's number, so that each has an order of its own.
  public static func of(_ map: AttentionMap, width: Int, height: Int, seed: UInt64, image: Int) -> [Int] {
    let values = map.plane.resized(width: width, height: height).values
    let chance = random(width * height, seed: seed, image: image)
    // A stable sort of the random order breaks ties by it; what is no number is last.
    return chance.enumerated().sorted { a, b in
      let (x, y) = (values[a.element], values[b.element])
      if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a.offset < b.offset : y.isNaN }
      return x == y ? a.offset < b.offset : x > y
    }.map(\.element)
  }

  public static func random(_ count: Int, seed: UInt64, image: Int) -> [Int] {
    var random = CounterRandom(seed: seed, purpose: .explanation, sample: image)
    return random.permutation(count)
  }
}

/// How alike two maps rank their cells.
public enum RankCorrelation {
  /// Spearman's: 1 for the same order, 0 for none, −1 for the reverse; equal values share their mean rank. Nil where a map
  /// is the same everywhere and so has no order, or the sizes differ.
  public static func spearman(_ a: AttentionMap, _ b: AttentionMap) -> Double? {
    guard a.width == b.width, a.height == b.height, !Scale(a.range).isFlat, !Scale(b.range).isFlat else {
      return nil
    }
    let (x, y) = (ranks(a.values), ranks(b.values))
    let mean = Double(x.count - 1) / 2
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (p, q) in zip(x, y) {
      xy += (p - mean) * (q - mean)
      xx += (p - mean) * (p - mean)
      yy += (q - mean) * (q - mean)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
  }

  private static func ranks(_ values: [Float]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end - 1) / 2 }
      start = end
    }
    return ranks
  }
}
