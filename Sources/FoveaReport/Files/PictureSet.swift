import FoveaExplain
import FoveaFormats
import FoveaImage
import FoveaTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a model made of one image of the validation set.
public struct Example: Codable, Hashable, Sendable {
  /// The image's name within its data set, printable.
  public var name: String
  public var truth: String
  public var predicted: String
  /// The predicted class's probability.
  public var confidence: Double
  /// The true class's probability.
  public var truthProbability: Double
  /// Cross-entropy in nats.
  public var loss: Double

  public var isRight: Bool { truth == predicted }

  enum CodingKeys: String, CodingKey {
    case name, truth, predicted, confidence, loss
    case truthProbability = "truth_probability"
  }
}

/// Some images as the network saw them, what it made of each, and its maps of them. Kept as a safetensors file:
///
/// - `images` U8 [N, H, W, 3], which may be left out;
/// - one F32 tensor [N, h, w] for each map's name: a block's spatial gate, or `grad-cam`;
/// - `fovea.examples` in the metadata: a JSON list of N `Example`s; `fovea.maps`: the maps' names in order.
struct PictureSet: Equatable {
  var examples: [Example] = []
  /// As many as examples, or none.
  var images: [Image] = []
  var maps: [NamedMaps] = []

  struct NamedMaps: Equatable {
    var name: String
    /// One an example, all of one size.
    var maps: [AttentionMap]
  }

  static let limit = 256

  func write(to path: String) throws(FormatError) {
    var tensors: [(name: String, content: TensorContent)] = []
    if let first = images.first {
      tensors.append(
        (
          "images",
          .bytes(images.flatMap(\.pixels), shape: [images.count, first.height, first.width, 3])
        ))
    }
    for entry in maps {
      guard let first = entry.maps.first else { continue }
      let shape: Shape = [entry.maps.count, first.height, first.width]
      tensors.append((entry.name, .floats(Tensor(entry.maps.flatMap(\.values), shape: shape))))
    }
    try SafetensorsWriter.write(
      tensors, metadata: ["fovea.examples": jsonText(examples), "fovea.maps": jsonText(maps.map(\.name))],
      checksums: true, to: path)
  }

  init() {}

  /// - Throws: where the file is not what `write` wrote.
  init(contentsOf path: String) throws(FormatError) {
    let file = try SafetensorsFile(contentsOf: path)
    func damaged(_ problem: String) -> FormatError {
      FormatError(path: path, problem: problem, remedy: "Move it away; a resumed run writes it anew.")
    }
    let decoder = JSONDecoder()
    guard let text = file.metadata["fovea.examples"],
      let examples = try? decoder.decode([Example].self, from: Data(text.utf8)),
      let names = file.metadata["fovea.maps"].flatMap({
        try? decoder.decode([String].self, from: Data($0.utf8))
      })
    else { throw damaged("says nothing of its images") }
    guard examples.count <= Self.limit else { throw damaged("has \(examples.count) images") }
    self.examples = examples
    if let entry = file["images"] {
      guard entry.shape.count == 4, entry.shape[0] == examples.count, entry.shape[3] == 3,
        (1...4096).contains(entry.shape[1]), (1...4096).contains(entry.shape[2])
      else { throw damaged("has images of \(entry.shape)") }
      let bytes = try file.bytes("images")
      let size = entry.shape[1] * entry.shape[2] * 3
      guard bytes.count == size * examples.count else { throw damaged("has images of another type") }
      images = examples.indices.map {
        Image(
          width: entry.shape[2], height: entry.shape[1], pixels: Array(bytes[$0 * size..<($0 + 1) * size]))
      }
    }
    for name in names {
      guard let entry = file[name], entry.shape.count == 3, entry.shape[0] == examples.count,
        (1...4096).contains(entry.shape[1]), (1...4096).contains(entry.shape[2])
      else { throw damaged("has no maps '\(name)' of its images") }
      let values = try file.tensor(name).scalars
      let size = entry.shape[1] * entry.shape[2]
      maps.append(
        NamedMaps(
          name: name,
          maps: examples.indices.map {
            AttentionMap(
              width: entry.shape[2], height: entry.shape[1],
              values: Array(values[$0 * size..<($0 + 1) * size]))
          }))
    }
  }
}

/// JSON with sorted keys: the same bytes for the same value.
func jsonText(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  // What is encoded here holds numbers, texts and lists of them.
  return String(decoding: try! encoder.encode(value), as: UTF8.self)
}
