import FoveaImage
import FoveaTensor
import FoveaTrain
import Foundation

@testable import FoveaReport

/// A data set of 8×8 images in three classes, with names that a page must not trust, and runs on it that take a moment.
struct HostileRun {
  let root: String
  /// Their folders; told apart by where an image is bright.
  static let classes = ["</script><script>alert(1)</script>", "a&b \"quoted\" 'single'", "plain"]
    .map { $0.replacingOccurrences(of: "/", with: "\u{2215}") }

  init(_ root: String) throws {
    self.root = root
    for (part, count) in [("train", 16), ("val", 6)] {
      var random = CounterRandom(seed: UInt64(count), purpose: .test)
      for (label, name) in Self.classes.enumerated() {
        let folder = "\(root)/data/\(part)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          var pixels: [UInt8] = []
          for place in 0..<64 {
            let level = random.integer(below: 150) + (place / 24 == label ? 90 : 0)
            pixels += [UInt8(level), UInt8(level), UInt8(level / 2)]
          }
          try Image(width: 8, height: 8, pixels: pixels).write(to: "\(folder)/\(number).png")
        }
      }
    }
    // Names that are no text: a newline, a tag, and a byte that is no UTF-8.
    let folder = "\(root)/data/val/plain"
    rename("\(folder)/0.png", "\(folder)/<img src=x onerror=alert(1)>\n.png")
    var invalid = "\(folder)/x.png".utf8CString.map { $0 }
    invalid[invalid.count - 6] = CChar(bitPattern: 0xFF)
    rename("\(folder)/1.png", invalid)
  }

  func configuration(_ name: String, _ overrides: [String] = []) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      yaml: """
        data: {path: \(root)/data}
        input: {width: 8, height: 8, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}
        model:
          architecture: custom
          blocks: [1, 1]
          widths: [4, 8]
          attention: {reduction: 2, spatial_kernel: 3, spatial_gamma_start: 1}
        train: {epochs: 3, batch_size: 16, seed: 5}
        output: {runs: \(root)/runs, name: \(name), checkpoint_minutes: 0}
        """, overrides: overrides)
  }

  /// Trains and returns the run's folder, interrupted after so many steps where that is given.
  @discardableResult
  func train(_ name: String, stopAfter step: Int? = nil, recorded: Bool = true, _ overrides: String...) throws
    -> String
  {
    let stopper = Stopper(step)
    let trainer = try Trainer.start(
      try TrainingPlan(try configuration(name, overrides)), observer: stopper)
    if recorded { trainer.recorder = RunRecorder() }
    _ = try trainer.run(stop: stopper.stop)
    return trainer.folder.path
  }

  func resume(_ path: String) throws {
    let trainer = try Trainer.resume(path)
    trainer.recorder = RunRecorder()
    _ = try trainer.run()
  }
}

final class Stopper: TrainingObserver {
  let step: Int?
  let stop = StopFlag()
  var warnings: [String] = []

  init(_ step: Int?) { self.step = step }

  func training(_ event: TrainingEvent) {
    switch event {
    case .stepped(let report) where report.step == step: stop.request()
    case .warning(let text): warnings.append(text)
    default: break
    }
  }
}

func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.path + "/fovea-report-\(UInt64.random(in: 0 ... .max))"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

func bytes(of path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
func text(of path: String) throws -> String { String(decoding: try bytes(of: path), as: UTF8.self) }

/// What a page's data element holds.
func pageData(_ html: String, _ id: String) throws -> [String: Any] {
  let start = "<script type=\"application/json\" id=\"\(id)\">"
  let parts = html.components(separatedBy: start)
  struct Missing: Error {}
  guard parts.count == 2 else { throw Missing() }
  let json = parts[1].components(separatedBy: "</script>")[0]
  return try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
}
