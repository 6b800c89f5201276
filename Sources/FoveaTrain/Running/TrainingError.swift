import FoveaData
import FoveaFormats

/// Why a run cannot begin or go on. Each says what was found and what to do.
public enum TrainingError: Error, Sendable, CustomStringConvertible {
  /// A setting is wrong, or does not go with another or with the data.
  case configuration(ConfigurationError)
  /// The data cannot be used.
  case data(DataError)
  /// A checkpoint or model file cannot be read or written.
  case format(FormatError)
  /// A run folder cannot be used: in use, not empty, not writable, not a run.
  case folder(String, String)
  /// Another file cannot be read or written.
  case file(String, String)
  /// The network cannot be built or does not fit the weights.
  case network(String)
  /// The loss or a gradient is not a number.
  case diverged(Divergence)

  public var description: String {
    switch self {
    case .configuration(let error): error.description
    case .data(let error): error.description
    case .format(let error): error.description
    case .folder(let path, let message), .file(let path, let message): "\(path): \(message)"
    case .network(let message): message
    case .diverged(let divergence): divergence.description
    }
  }
}

/// What was known when a run's loss or gradients stopped being numbers. The optimiser had not stepped, and no
/// checkpoint holds the bad state.
public struct Divergence: Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  public var epoch: Int
  /// The optimiser step that was not taken, from 1.
  public var step: Int
  public var loss: Double
  public var learningRate: Double
  /// The first block, in forward order, whose output has an element that is not finite; or the weight or running
  /// statistic that has.
  public var firstBadOutput: String?
  /// The last layer, in forward order, whose gradient has an element that is not finite: backward met it first.
  public var firstBadGradient: String?
  /// The norm of each parameter's gradient, by name, in forward order; not finite where it is bad.
  public var gradientNorms: [GradientNorm]
  /// The names of the batch's images.
  public var images: [String]
  /// Where all of this was written down.
  public var reportPath: String?

  public struct GradientNorm: Hashable, Sendable {
    public var parameter: String
    public var norm: Double
  }

  private static let opening = "training diverged in epoch "

  /// The epoch that the text of a `divergence.txt` speaks of; nil where it is none.
  static func epoch(in text: String) -> Int? {
    guard text.hasPrefix(opening) else { return nil }
    return Int(text.dropFirst(opening.count).prefix { $0.isASCII && $0.isNumber })
  }

  public var description: String {
    var text = "\(Self.opening)\(epoch), step \(step): "
    text +=
      loss.isFinite ? "numbers are no longer finite (the loss still is, \(loss))" : "the loss is \(loss)"
    if let layer = firstBadOutput { text += "; the first bad values are in \(layer)" }
    if let layer = firstBadGradient { text += "; the first bad gradient is that of \(layer)" }
    text +=
      ". Try a lower optimizer.learning_rate (it was \(learningRate) here), a longer schedule.warmup_epochs, "
    text += "or train.clip_norm=1"
    if let reportPath { text += ". The batch's files and the gradient norms are in \(reportPath)" }
    return text
  }
}
