import FoveaTensor

/// What a model makes of one image.
public struct Prediction: Hashable, Sendable {
  /// One per class, in the order of the model's classes.
  public let logits: [Float]
  /// Softmax of the logits.
  public let probabilities: [Float]

  public init(logits: [Float], probabilities: [Float]) {
    precondition(logits.count == probabilities.count && !logits.isEmpty)
    self.logits = logits
    self.probabilities = probabilities
  }

  /// Whether it names a class at all: weights can be finite, and so large that an image's sums are not.
  public var isFinite: Bool { logits.allSatisfy(\.isFinite) }

  /// What is said of an image whose logits are not finite.
  public static let notFinite = "the model's answer is no number"

  /// The class with the highest logit; of equal ones the first.
  public var best: Int {
    logits.indices.dropFirst().reduce(0) { Self.beats(logits[$1], $1, logits[$0], $0) ? $1 : $0 }
  }

  /// The classes with the highest logits, best first; of equal ones the first.
  public func top(_ count: Int) -> [Int] {
    Array(logits.indices.sorted { Self.beats(logits[$0], $0, logits[$1], $1) }.prefix(count))
  }

  /// How many classes beat this one: 0 for the best.
  public func rank(of label: Int) -> Int { Self.rank(of: label, in: logits[...]) }

  /// For each row of logits [N, K], how many classes beat the row's own.
  static func ranks(_ logits: Tensor, labels: [Int]) -> [Int] {
    let classes = logits.shape[1]
    let values = logits.scalars
    return labels.enumerated().map { row, label in
      rank(of: label, in: values[(row * classes)..<((row + 1) * classes)])
    }
  }

  private static func rank(of label: Int, in logits: ArraySlice<Float>) -> Int {
    let place = logits.startIndex + label
    return logits.indices.count { $0 != place && beats(logits[$0], $0, logits[place], place) }
  }

  /// A total order of logits with their places: higher first, NaN last, of equal ones the first.
  private static func beats(_ x: Float, _ a: Int, _ y: Float, _ b: Int) -> Bool {
    if x.isNaN || y.isNaN { return x.isNaN == y.isNaN ? a < b : y.isNaN }
    return x == y ? a < b : x > y
  }
}
