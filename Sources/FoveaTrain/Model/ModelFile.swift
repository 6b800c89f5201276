import FoveaData
import FoveaFormats
import FoveaNN
import FoveaTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A trained classifier as users carry it about: one safetensors file with the weights under PyTorch's names and, in
/// its metadata, all that is needed to use them.
///
/// Metadata keys: `format` ("pt", as other programs expect it), `fovea.version`, `fovea.network`, `fovea.classes`,
/// `fovea.preparation`, `fovea.attention`, and `fovea.training`; all but the first, the version and the attention's
/// name are JSON. A checkpoint (`last.safetensors`) is such a file too, with more in it.
public struct ModelFile {
  /// The version of the metadata that this program writes, and the highest that it reads.
  public static let version = 1

  public let network: Network
  /// In the order of the logits.
  public let classes: [String]
  public let preparation: Preparation
  /// How it came to be; nil for imported weights.
  public let training: TrainingSummary?

  public var configuration: NetworkConfiguration { network.configuration }

  /// - Precondition: as many classes as the network has logits.
  public init(
    network: Network, classes: [String], preparation: Preparation, training: TrainingSummary? = nil
  ) {
    precondition(
      classes.count == network.configuration.classes,
      "\(classes.count) class names for \(network.configuration.classes) classes")
    self.network = network
    self.classes = classes
    self.preparation = preparation
    self.training = training
  }

  /// Where a model comes from and how well it did.
  public struct TrainingSummary: Codable, Hashable, Sendable {
    public var run: String
    /// The epoch, from 1, and the optimiser steps, after which the weights are as they are.
    public var epoch: Int
    public var step: Int
    public var validation: Metrics?
    /// Whether the weights are an average over steps.
    public var isAverage: Bool

    public init(run: String, epoch: Int, step: Int, validation: Metrics?, isAverage: Bool) {
      self.run = run
      self.epoch = epoch
      self.step = step
      self.validation = validation
      self.isAverage = isAverage
    }

    enum CodingKeys: String, CodingKey {
      case run, epoch, step, validation
      case isAverage = "is_average"
    }
  }

  /// Writes the file, whole or not at all, with a checksum per tensor.
  public func save(to path: String) throws(FormatError) {
    try SafetensorsWriter.write(tensors, metadata: metadata, checksums: true, to: path)
  }

  var tensors: [(name: String, content: TensorContent)] {
    network.stateTensors().map { ($0.name, $0.value.content) }
  }

  var metadata: [String: String] {
    var metadata = [
      "format": "pt",
      Key.version: "\(Self.version)",
      Key.network: json(configuration),
      Key.classes: json(classes),
      Key.preparation: json(preparation),
      Key.attention: configuration.attention?.variant.rawValue ?? "none",
    ]
    metadata[Key.training] = training.map(json)
    return metadata
  }

  enum Key {
    static let version = "fovea.version"
    static let network = "fovea.network"
    static let classes = "fovea.classes"
    static let preparation = "fovea.preparation"
    static let attention = "fovea.attention"
    static let training = "fovea.training"
  }
}

extension StateValue {
  var content: TensorContent {
    switch self {
    case .tensor(let tensor): .floats(tensor)
    case .count(let count): .integer(count)
    }
  }
}

/// JSON text with sorted keys: the same bytes for the same value.
func json(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  guard let data = try? encoder.encode(value) else { preconditionFailure("\(value) cannot be encoded") }
  return String(decoding: data, as: UTF8.self)
}
