import FoveaTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Softmax and cross-entropy in one, computed in double precision: the classifier's loss.
///
/// Label smoothing ε replaces a target t by (1 − ε)·t + ε/K, and class weights multiply each class's term, both as
/// PyTorch's `cross_entropy` with mean reduction defines them: labels divide by the sum of their classes' weights,
/// distributions by the number of rows.
public enum SoftmaxCrossEntropy {
  /// What each row of the logits should say.
  public enum Targets: Sendable {
    /// The class of each row, in 0..<K.
    case labels([Int32])
    /// The probability of each class, [N, K], for mixed images.
    case distribution(Tensor)
  }

  /// Kept for backward: the gradient of the logits for a loss gradient of 1.
  public struct Saved: Sendable {
    let dLogits: Tensor  // [N, K]
  }

  /// - Parameters:
  ///   - logits: [N, K].
  ///   - labelSmoothing: ε in 0...1.
  ///   - classWeights: [K], or nil for 1.
  /// - Returns: the mean loss, a scalar of shape [], and the weight that it carries in a mean over batches: the sum
  ///   of the labels' class weights, or the number of rows.
  public static func forward(
    _ logits: Tensor, targets: Targets, labelSmoothing: Float = 0, classWeights: Tensor? = nil
  ) -> (loss: Tensor, weight: Double, saved: Saved) {
    precondition(logits.shape.rank == 2, "logits \(logits.shape) are not [N, K]")
    precondition((0...1).contains(labelSmoothing), "label smoothing \(labelSmoothing)")
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    check(targets, rows: rows, classes: classes)
    precondition(classWeights.map { $0.shape == [classes] } ?? true, "class weights for \(classes) classes")
    let weights = classWeights?.scalars.map { Double($0) } ?? [Double](repeating: 1, count: classes)
    let total = totalWeight(targets, weights: weights, rows: rows)
    let smoothing = Double(labelSmoothing)

    var losses = [Double](repeating: 0, count: rows)
    let dLogits = losses.withUnsafeMutableBufferPointer { losses in
      let losses = losses.baseAddress
      return Tensor(filling: logits.shape) { dLogits in
        logits.withFloats { logits in
          RowPieces(rows: rows, floatsPerRow: 32 * classes).forEach { _, range in
            var target = [Double](repeating: 0, count: classes)
            var logProbability = target
            for row in range {
              fill(&target, targets, row: row)
              for k in 0..<classes {
                target[k] = ((1 - smoothing) * target[k] + smoothing / Double(classes)) * weights[k]
              }
              logSoftmax(logits + row * classes, into: &logProbability)
              let mass = target.reduce(0, +)
              for k in 0..<classes {
                // A class that no one asks for may be impossible: 0 · log 0 is 0.
                if target[k] != 0 { losses![row] -= target[k] * logProbability[k] }
                dLogits[row * classes + k] = Float((exp(logProbability[k]) * mass - target[k]) / total)
              }
            }
          }
        }
      }
    }
    let loss = losses.reduce(0, +) / total
    return (Tensor([Float(loss)], shape: []), total, Saved(dLogits: dLogits))
  }

  /// The gradient of the logits, [N, K].
  ///
  /// - Parameter dLoss: the gradient of the loss, a scalar.
  public static func backward(_ dLoss: Tensor, _ saved: Saved) -> Tensor {
    precondition(dLoss.count == 1, "the loss is a scalar, its gradient \(dLoss.shape)")
    let scale = dLoss[0]
    if scale == 1 { return saved.dLogits }
    return Tensor(saved.dLogits.scalars.map { $0 * scale }, shape: saved.dLogits.shape)
  }

  /// The probabilities of each row: e^logit divided by the row's sum.
  ///
  /// - Parameter logits: [..., K].
  public static func softmax(_ logits: Tensor) -> Tensor {
    let classes = logits.lastExtent
    let pieces = RowPieces(rows: logits.rowCount, floatsPerRow: 32 * classes)
    return Tensor(filling: logits.shape) { probabilities in
      logits.withFloats { logits in
        pieces.forEach { _, range in
          var logProbability = [Double](repeating: 0, count: classes)
          for row in range {
            logSoftmax(logits + row * classes, into: &logProbability)
            for k in 0..<classes { probabilities[row * classes + k] = Float(exp(logProbability[k])) }
          }
        }
      }
    }
  }

  private static func check(_ targets: Targets, rows: Int, classes: Int) {
    switch targets {
    case .labels(let labels):
      precondition(labels.count == rows, "\(labels.count) labels for \(rows) rows")
      precondition(labels.allSatisfy { $0 >= 0 && $0 < classes }, "a label is outside 0..<\(classes)")
    case .distribution(let targets):
      precondition(targets.shape == [rows, classes], "targets \(targets.shape) for [\(rows), \(classes)]")
    }
  }

  private static func totalWeight(_ targets: Targets, weights: [Double], rows: Int) -> Double {
    switch targets {
    case .labels(let labels): labels.reduce(0) { $0 + weights[Int($1)] }
    case .distribution: Double(rows)
    }
  }

  private static func fill(_ target: inout [Double], _ targets: Targets, row: Int) {
    let classes = target.count
    switch targets {
    case .labels(let labels):
      for k in 0..<classes { target[k] = 0 }
      target[Int(labels[row])] = 1
    case .distribution(let tensor):
      tensor.withFloats { for k in 0..<classes { target[k] = Double($0[row * classes + k]) } }
    }
  }

  /// logit − log Σ e^logit, about the largest logit so that nothing overflows.
  private static func logSoftmax(_ logits: Floats, into result: inout [Double]) {
    var largest = Double(logits[0])
    for k in 1..<max(result.count, 1) { largest = max(largest, Double(logits[k])) }
    var sum = 0.0
    for k in result.indices { sum += exp(Double(logits[k]) - largest) }
    let logSum = log(sum)
    for k in result.indices { result[k] = Double(logits[k]) - largest - logSum }
  }
}
