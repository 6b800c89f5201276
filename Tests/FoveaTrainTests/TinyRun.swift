import FoveaFormats
import FoveaTensor

@testable import FoveaTrain

/// A data set and configurations so small that a whole run takes a moment.
struct TinyRun {
  let root: String

  /// Writes a data set in MNIST's format: 8×8 gray images in three classes, told apart by where they are bright.
  init(_ root: String, images: Int = 70) throws {
    self.root = root
    try Self.write(images, "train", root, seed: 1)
    try Self.write(30, "t10k", root, seed: 2)
  }

  private static func write(_ count: Int, _ prefix: String, _ root: String, seed: UInt64) throws {
    var random = CounterRandom(seed: seed, purpose: .test)
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    for _ in 0..<count {
      let label = random.integer(below: 3)
      labels.append(UInt8(label))
      for place in 0..<64 {
        let bright = place / 24 == label
        pixels.append(UInt8(random.integer(below: 120) + (bright ? 130 : 0)))
      }
    }
    func word(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }
    try FoveaTrainTests.write(
      [0, 0, 8, 3] + word(count) + word(8) + word(8) + pixels, to: "\(root)/\(prefix)-images-idx3-ubyte")
    try FoveaTrainTests.write([0, 0, 8, 1] + word(count) + labels, to: "\(root)/\(prefix)-labels-idx1-ubyte")
  }

  /// - Parameter runs: the folder of runs below the root.
  func configuration(runs: String, _ overrides: String...) throws -> TrainingConfiguration {
    try configuration(runs: runs, overrides)
  }

  func configuration(runs: String, _ overrides: [String]) throws -> TrainingConfiguration {
    let yaml = """
      data: {path: \(root)}
      input: {width: 8, height: 8}
      augment: {pad_and_crop: 1, flip: 0.5, erasing: 0.3}
      model:
        architecture: custom
        blocks: [1, 1]
        widths: [4, 8]
        dropout: 0.1
        attention: {reduction: 2, spatial_kernel: 3, spatial_gamma_start: 1}
      train: {epochs: 3, batch_size: 16, seed: 5, label_smoothing: 0.1, mixup: 0.2, cutmix: 1, ema: 0.9, clip_norm: 5}
      schedule: {warmup_epochs: 0.5}
      output: {runs: \(root)/\(runs), name: tiny, checkpoint_minutes: 0}
      """
    return try TrainingConfiguration(yaml: yaml, overrides: overrides)
  }

  func trainer(
    runs: String, observer: (any TrainingObserver)? = nil, _ overrides: String...
  ) throws -> Trainer {
    try Trainer.start(try TrainingPlan(try configuration(runs: runs, overrides)), observer: observer)
  }
}

/// Keeps what it is told, and asks for a stop after so many steps.
final class Recorder: TrainingObserver {
  var stopAfterStep: Int?
  let stop = StopFlag()
  var reports: [EpochReport] = []
  var steps: [StepReport] = []
  var warnings: [String] = []
  var start: TrainingStart?
  /// Called after each step.
  var onStep: (StepReport) -> Void = { _ in }
  var onValidation: () -> Void = {}

  init(stopAfterStep: Int? = nil) {
    self.stopAfterStep = stopAfterStep
  }

  func training(_ event: TrainingEvent) {
    switch event {
    case .started(let start): self.start = start
    case .stepped(let report):
      steps.append(report)
      onStep(report)
      if report.step == stopAfterStep { stop.request() }
    case .validating: onValidation()
    case .epochEnded(let report): reports.append(report)
    case .warning(let text): warnings.append(text)
    case .checkpointSaved, .skipped: break
    }
  }
}

/// Every tensor of a file, as bytes.
func contents(of path: String) throws -> [String: [UInt8]] {
  let file = try SafetensorsFile(contentsOf: path)
  var contents: [String: [UInt8]] = [:]
  for tensor in file.tensors { contents[tensor.name] = try file.bytes(tensor.name) }
  return contents
}

/// The rows of metrics.csv without the columns that tell of time.
func timelessRows(of path: String) throws -> [String] {
  try text(of: path).split(separator: "\n").map { line in
    line.split(separator: ",", omittingEmptySubsequences: false).prefix(9).joined(separator: ",")
  }
}
