import FoveaData
import FoveaImage
import FoveaTensor

/// Decodes and prepares inputs in parallel, a bounded number at a time, exactly as evaluation does.
struct ImagePreparer: Sendable {
  /// What became of an input on its way to the network.
  enum Outcome: Sendable {
    case ready(PreparedImage)
    case failed(String)
  }

  struct PreparedImage: Sendable {
    /// At the network's size.
    let image: Image
    /// The upright original's size.
    let originalWidth, originalHeight: Int
    /// What was wrong with a file that was read all the same.
    let remark: String?
  }

  let preparation: Preparation
  let allowsTruncated: Bool

  /// How many images to prepare before they go through the network: enough to keep all threads busy, few enough for
  /// rows to come soon and memory to stay small.
  var batchSize: Int { min(max((1 << 21) / max(preparation.width * preparation.height, 1), 1), 64) }

  /// In the order of the inputs.
  func prepare(_ inputs: [Input]) -> [Outcome] {
    WorkerPool.shared.map(inputs.count) { prepare(inputs[$0]) }
  }

  private func prepare(_ input: Input) -> Outcome {
    if let problem = input.problem { return .failed(problem) }
    do throws(DataError) {
      let decoded = try ImageFiles.decode(input.path, preparation.request(allowsTruncated: allowsTruncated))
      return .ready(
        PreparedImage(
          image: preparation.resized(LoadedImage(decoded)), originalWidth: decoded.originalWidth,
          originalHeight: decoded.originalHeight, remark: remark(decoded, input)))
    } catch {
      return .failed(error.reason)
    }
  }

  /// Not all that a decoder warns of concerns the pixels: what strict decoding takes too is whole.
  private func remark(_ decoded: DecodedImage, _ input: Input) -> String? {
    guard allowsTruncated, let warning = decoded.warnings.first else { return nil }
    do throws(DataError) {
      _ = try ImageFiles.decode(input.path, preparation.request())
      return nil
    } catch {
      return warning
    }
  }
}

extension DataError {
  /// The description without the name that it begins with, for a row that has the name already.
  var reason: String {
    let text = description
    return text.hasPrefix(subject + ": ") ? String(text.dropFirst(subject.count + 2)) : text
  }
}
