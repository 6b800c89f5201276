/// Loss and accuracy gathered over images, added up in the order in which they were seen.
public struct MetricSums: Codable, Hashable, Sendable {
  /// Sum over images of each one's loss.
  public private(set) var loss = 0.0
  public private(set) var images = 0
  /// Images whose class had the highest logit.
  public private(set) var top1 = 0
  /// Images whose class was among the five highest.
  public private(set) var top5 = 0

  public init() {}

  /// Adds a batch.
  ///
  /// - Parameters:
  ///   - meanLoss: the batch's mean loss.
  ///   - ranks: for each image, how many classes beat its own.
  public mutating func add(meanLoss: Double, ranks: [Int]) {
    loss += meanLoss * Double(ranks.count)
    images += ranks.count
    top1 += ranks.count { $0 == 0 }
    top5 += ranks.count { $0 < 5 }
  }

  public var metrics: Metrics? {
    guard images > 0 else { return nil }
    let count = Double(images)
    return Metrics(loss: loss / count, top1: Double(top1) / count, top5: Double(top5) / count)
  }
}

/// Loss and accuracy over a set of images.
public struct Metrics: Codable, Hashable, Sendable {
  /// Mean cross-entropy in nats.
  public var loss: Double
  /// Share of images whose class had the highest logit.
  public var top1: Double
  /// Share of images whose class was among the five highest.
  public var top5: Double

  public init(loss: Double, top1: Double, top5: Double) {
    self.loss = loss
    self.top1 = top1
    self.top5 = top5
  }
}

/// What is known at the end of an epoch: one row of `metrics.csv`.
public struct EpochReport: Codable, Hashable, Sendable {
  /// From 1.
  public var epoch: Int
  public var epochs: Int
  /// Optimiser steps since the run began.
  public var step: Int
  /// The rate of the epoch's last step.
  public var learningRate: Double
  public var training: Metrics
  public var validation: Metrics
  /// Training images a second, waiting for data included, validation not.
  public var imagesPerSecond: Double
  /// Share of the training time that was spent waiting for data.
  public var dataWaitShare: Double
  /// Seconds that the epoch took, validation included.
  public var seconds: Double
  /// Seconds to the end of the run, if it goes on at this pace.
  public var secondsLeft: Double
  /// Whether no epoch before was better.
  public var isBest: Bool

  static let csvHeader =
    "epoch,step,learning_rate,train_loss,train_top1,train_top5,val_loss,val_top1,val_top5,"
    + "images_per_second,data_wait_share,seconds,eta_seconds"

  var csvRow: String {
    func rounded(_ value: Double, _ digits: Int) -> String { decimal(value, digits) }
    let values = [
      "\(epoch)", "\(step)", "\(learningRate)",
      rounded(training.loss, 6), rounded(training.top1, 6), rounded(training.top5, 6),
      rounded(validation.loss, 6), rounded(validation.top1, 6), rounded(validation.top5, 6),
      rounded(imagesPerSecond, 1), rounded(dataWaitShare, 4), rounded(seconds, 2), rounded(secondsLeft, 0),
    ]
    return values.joined(separator: ",")
  }
}

/// A number with so many decimals, the same in every locale.
func decimal(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
  let units = Int((abs(value) * scale).rounded())
  let sign = value < 0 && units > 0 ? "-" : ""
  let whole = units / Int(scale)
  guard digits > 0 else { return "\(sign)\(whole)" }
  let fraction = String(units % Int(scale))
  return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
}
