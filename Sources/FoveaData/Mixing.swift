import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Mixing images, and their labels with them.
public struct MixingConfiguration: Codable, Hashable, Sendable {
  /// Alpha of mixup (Zhang et al., "mixup: Beyond empirical risk minimization", ICLR 2018): images are blended. 0 is
  /// off; 0.2 is common.
  public var mixup: Float
  /// Alpha of cutmix (Yun et al., "CutMix", ICCV 2019): a rectangle is pasted. 0 is off; 1 is common.
  public var cutmix: Float
  /// The share of batches that are mixed. With both on, each batch gets one of them, evenly.
  public var probability: Float

  public init(mixup: Float = 0, cutmix: Float = 0, probability: Float = 1) {
    self.mixup = mixup
    self.cutmix = cutmix
    self.probability = probability
  }

  public var isOff: Bool { (mixup == 0 && cutmix == 0) || probability == 0 }

  public enum CodingKeys: String, CodingKey, CaseIterable {
    case mixup
    case cutmix
    case probability
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      mixup: try container.decodeIfPresent(Float.self, forKey: .mixup) ?? 0,
      cutmix: try container.decodeIfPresent(Float.self, forKey: .cutmix) ?? 0,
      probability: try container.decodeIfPresent(Float.self, forKey: .probability) ?? 1)
  }

  /// Checks what a file or a person may have written.
  public func validate() throws(DataError) {
    for (name, value, highest) in [
      ("mixup", mixup, Float(100)), ("cutmix", cutmix, 100), ("probability", probability, 1),
    ] where !(value >= 0 && value <= highest) {
      throw DataError(
        .invalidSetting, "mixing \(name)", found: "\(value)", expected: "a number in 0…\(highest)",
        remedy: "Correct it.")
    }
  }
}

/// A batch with a share of each class as its target.
public struct MixedBatch: Sendable {
  /// [N, height, width, 3]
  public let images: Tensor
  /// [N, K]; each row adds up to 1.
  public let targets: Tensor
}

extension Batch {
  /// Mixes each image with another of the batch, in a random pairing.
  ///
  /// The randomness is a function of the seed, the epoch and the batch's position. One share λ holds for the whole
  /// batch: λ of the image itself, 1 − λ of its partner.
  ///
  /// - Parameter classes: K.
  public func mixed(_ mixing: MixingConfiguration, classes: Int, seed: UInt64) -> MixedBatch {
    var random = CounterRandom(seed: seed, purpose: .mixing, epoch: epoch, sample: position)
    guard !mixing.isOff, random.uniform() < mixing.probability else {
      return MixedBatch(images: images, targets: Self.targets(labels, labels, share: 1, classes))
    }
    let usesMixup = mixing.cutmix == 0 || (mixing.mixup > 0 && random.uniform() < 0.5)
    let share = random.symmetricBeta(Double(usesMixup ? mixing.mixup : mixing.cutmix))
    let partners = random.permutation(count)
    let partnerLabels = partners.map { labels[$0] }
    if usesMixup {
      return MixedBatch(
        images: blended(partners, Float(share)),
        targets: Self.targets(labels, partnerLabels, share: Float(share), classes))
    }
    let box = Self.box(height: images.shape[1], width: images.shape[2], share: share, &random)
    // What was pasted, by whole pixels, and not what was drawn.
    let pasted = Float(box.rows.count * box.columns.count) / Float(images.shape[1] * images.shape[2])
    return MixedBatch(
      images: pasting(partners, box), targets: Self.targets(labels, partnerLabels, share: 1 - pasted, classes)
    )
  }

  private static func targets(_ own: [Int32], _ other: [Int32], share: Float, _ classes: Int) -> Tensor {
    Tensor([own.count, classes]) { output in
      output.initialize(repeating: 0)
      for row in own.indices {
        output[row * classes + Int(own[row])] += share
        output[row * classes + Int(other[row])] += 1 - share
      }
    }
  }

  private func blended(_ partners: [Int], _ share: Float) -> Tensor {
    let row = images.count / max(count, 1)
    return Tensor(images.shape) { output in
      images.withUnsafeBufferPointer { input in
        for (index, partner) in partners.enumerated() {
          let a = input.baseAddress! + index * row
          let b = input.baseAddress! + partner * row
          let target = output.baseAddress! + index * row
          for i in 0..<row { target[i] = share * a[i] + (1 - share) * b[i] }
        }
      }
    }
  }

  private func pasting(_ partners: [Int], _ box: (rows: Range<Int>, columns: Range<Int>)) -> Tensor {
    let (height, width) = (images.shape[1], images.shape[2])
    return images.withUnsafeBufferPointer { input in
      Tensor(images.shape) { output in
        _ = output.initialize(fromContentsOf: input)
        for (index, partner) in partners.enumerated() {
          for y in box.rows {
            let start = (y * width + box.columns.lowerBound) * 3
            (output.baseAddress! + index * height * width * 3 + start).update(
              from: input.baseAddress! + partner * height * width * 3 + start, count: 3 * box.columns.count)
          }
        }
      }
    }
  }

  /// A box of the image's shape and 1 − share of its area, about a uniformly random centre, cut off at the edges.
  private static func box(
    height: Int, width: Int, share: Double, _ random: inout CounterRandom
  ) -> (rows: Range<Int>, columns: Range<Int>) {
    let half = 0.5 * (1 - share).squareRoot()
    func range(_ extent: Int) -> Range<Int> {
      let center = random.integer(below: extent)
      let reach = Int((half * Double(extent)).rounded())
      return max(0, center - reach)..<min(extent, center + reach)
    }
    let rows = range(height)
    return (rows, range(width))
  }
}

extension CounterRandom {
  /// Beta(alpha, alpha), as the share of one of two gammas.
  mutating func symmetricBeta(_ alpha: Double) -> Double {
    let a = gamma(alpha)
    let b = gamma(alpha)
    // Tiny alphas underflow to 0 and 0: then it is one or the other.
    return a + b > 0 ? a / (a + b) : (uniform() < 0.5 ? 0 : 1)
  }

  /// Gamma(shape, 1) (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; their boost for
  /// shapes below 1).
  private mutating func gamma(_ shape: Double) -> Double {
    if shape < 1 {
      let boost = pow(1 - Double(uniform()), 1 / shape)
      return gamma(shape + 1) * boost
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = Double(normal())
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      if log(1 - Double(uniform())) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }
}
