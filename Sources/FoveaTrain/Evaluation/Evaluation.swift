/// How well a model does on a labelled set of images.
public struct Evaluation: Codable, Hashable, Sendable {
  /// The model's classes, in the order of its logits.
  public var classes: [String]
  public var images: Int
  /// Files that could not be read and were passed by.
  public var skipped: Int
  public var metrics: Metrics
  /// Rows are the true classes, columns the predicted ones.
  public var confusion: [[Int]]
  public var perClass: [ClassScore]
  /// Expected calibration error: how far the confidence is from the accuracy, averaged over 15 bins of equal width
  /// (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, eq. 3).
  public var calibrationError: Double
  public var calibrationBins: [CalibrationBin]

  /// How well one class is found. Nil where the figure is 0 by 0.
  public struct ClassScore: Codable, Hashable, Sendable {
    public var name: String
    /// Images of the class.
    public var support: Int
    /// Of the images that were given this class, the share that has it.
    public var precision: Double?
    /// Of the images that have this class, the share that was given it.
    public var recall: Double?
    /// The harmonic mean of both.
    public var f1: Double?
  }

  /// The images whose highest probability lies in (lower, upper].
  public struct CalibrationBin: Codable, Hashable, Sendable {
    public var lower: Double
    public var upper: Double
    public var images: Int
    public var confidence: Double
    public var accuracy: Double
  }

  /// Unweighted mean of the classes' F1, over those that have one.
  public var macroF1: Double {
    let scores = perClass.compactMap(\.f1)
    return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
  }

  enum CodingKeys: String, CodingKey {
    case classes, images, skipped, metrics, confusion
    case perClass = "per_class"
    case calibrationError = "calibration_error"
    case calibrationBins = "calibration_bins"
  }
}

/// Gathers an `Evaluation` image by image.
public struct EvaluationCounts: Sendable {
  public static let calibrationBinCount = 15

  private let classes: [String]
  private var loss = 0.0
  private var images = 0
  private var top1 = 0
  private var top5 = 0
  private var confusion: [[Int]]
  private var bins = [(images: Int, confidence: Double, correct: Int)](
    repeating: (0, 0, 0), count: calibrationBinCount)

  public init(classes: [String]) {
    self.classes = classes
    confusion = classes.map { _ in [Int](repeating: 0, count: classes.count) }
  }

  /// Adds one image.
  ///
  /// - Parameters:
  ///   - loss: its cross-entropy in nats.
  ///   - prediction: what the model made of it.
  ///   - label: the index of its true class.
  public mutating func add(loss: Double, prediction: Prediction, label: Int) {
    precondition(classes.indices.contains(label), "label \(label) of \(classes.count) classes")
    self.loss += loss
    images += 1
    let rank = prediction.rank(of: label)
    let predicted = prediction.best
    top1 += rank == 0 ? 1 : 0
    top5 += rank < 5 ? 1 : 0
    confusion[label][predicted] += 1
    let confidence = Double(prediction.probabilities[predicted])
    let last = Self.calibrationBinCount - 1
    let scaled = confidence * Double(Self.calibrationBinCount)
    // Bins are closed above, hence the rounding up.
    let bin = scaled.isFinite ? min(max(Int(scaled.rounded(.up)) - 1, 0), last) : last
    bins[bin].images += 1
    bins[bin].confidence += confidence
    bins[bin].correct += predicted == label ? 1 : 0
  }

  public var metrics: Metrics? {
    guard images > 0 else { return nil }
    let count = Double(images)
    return Metrics(loss: loss / count, top1: Double(top1) / count, top5: Double(top5) / count)
  }

  /// The figures; nil where no image was added.
  public func evaluation(skipped: Int = 0) -> Evaluation? {
    guard let metrics else { return nil }
    let width = 1 / Double(Self.calibrationBinCount)
    let calibration = bins.enumerated().map { index, bin in
      let count = Double(max(bin.images, 1))
      return Evaluation.CalibrationBin(
        lower: Double(index) * width, upper: Double(index + 1) * width, images: bin.images,
        confidence: bin.confidence / count, accuracy: Double(bin.correct) / count)
    }
    let error = calibration.reduce(0) {
      $0 + Double($1.images) / Double(images) * abs($1.accuracy - $1.confidence)
    }
    return Evaluation(
      classes: classes, images: images, skipped: skipped, metrics: metrics, confusion: confusion,
      perClass: classes.indices.map(score), calibrationError: error, calibrationBins: calibration)
  }

  private func score(of index: Int) -> Evaluation.ClassScore {
    let hits = confusion[index][index]
    let support = confusion[index].reduce(0, +)
    let predicted = confusion.reduce(0) { $0 + $1[index] }
    func ratio(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
    return Evaluation.ClassScore(
      name: classes[index], support: support, precision: ratio(hits, predicted), recall: ratio(hits, support),
      f1: ratio(2 * hits, support + predicted))
  }
}

extension Evaluation {
  /// All figures as JSON with sorted keys, for programs.
  public var json: String { FoveaTrain.json(self) }
}
