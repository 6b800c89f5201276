import Foundation
import Testing

/// A small shapes data set and a run on it, made once for all tests that need a model.
struct TrainedModel {
  /// Holds `data` (train, val, test, masks) and `runs/small`.
  let folder: String
  var data: String { folder + "/data" }
  var run: String { folder + "/runs/small" }
  var configuration: String { folder + "/small.yaml" }

  static let classes = ["arrow", "crescent", "cross", "heart", "house", "key", "mug", "star"]
  static let blocks = ["layer1.0", "layer2.0"]
  static let normalization = ["--set", "input.mean=[0.5, 0.5, 0.5]", "--set", "input.std=[0.2, 0.2, 0.2]"]

  /// Made when it is first asked for, and removed when the process ends.
  static func shared() throws -> TrainedModel { try made.get() }

  private static let made = Result { try TrainedModel() }

  private static let place =
    FileManager.default.temporaryDirectory.path
    + "/fovea-cli-model-\(ProcessInfo.processInfo.processIdentifier)"

  private init() throws {
    folder = Self.place
    atexit { try? FileManager.default.removeItem(atPath: TrainedModel.place) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let drawn = CommandRun(
      "dataset", "shapes", "--out", folder + "/data", "--size", "32", "--train", "12", "--val", "4", "--test",
      "3")
    try #require(drawn.status == 0, "\(drawn.errors)")
    try write(
      """
      data: {path: data}
      input: {width: 32, height: 32}
      model:
        architecture: custom
        stem: cifar
        stem_width: 8
        blocks: [1, 1]
        widths: [8, 16]
        attention: {spatial_gamma_start: 1}
      train: {epochs: 2, batch_size: 32}
      output: {runs: runs, checkpoint_minutes: 0}
      """, to: configuration)
    let trained = CommandRun("train", configuration)
    try #require(trained.status == 0, "\(trained.errors)")
  }
}
