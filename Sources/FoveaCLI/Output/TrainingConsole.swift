import FoveaTrain

/// Shows a run as it goes: a live bar on a terminal, a line per epoch everywhere.
final class TrainingConsole: TrainingObserver {
  private let console: Console
  private var shown = -Double.infinity
  private var isDrawn = false
  /// Files that could not be read.
  private(set) var skippedFiles = 0

  init(_ console: Console) { self.console = console }

  func training(_ event: TrainingEvent) {
    switch event {
    case .started(let start): announce(start)
    case .stepped(let step): draw(step)
    case .validating(let done, let total):
      draw(done, of: total, before: "validating ", after: "\(done)/\(total)", plain: nil)
    case .epochEnded(let report): note(line(report))
    case .checkpointSaved(let path, let step):
      clear()
      console.detail("saved \(path) after step \(grouped(step))")
    case .skipped(_, let reason):
      skippedFiles += 1
      clear()
      console.warn(printable(reason), label: "skipped")
    case .warning(let text):
      clear()
      console.warn(printable(text))
    }
  }

  /// Takes the bar away.
  func clear() {
    guard isDrawn else { return }
    try? console.errors.write(Array("\r\u{1B}[K".utf8))
    isDrawn = false
  }

  private func note(_ line: String) {
    clear()
    console.note(line)
  }

  private func announce(_ start: TrainingStart) {
    note(
      "\(grouped(start.trainingImages)) images of \(start.classes.count) classes, "
        + "\(grouped(start.validationImages)) to validate with (\(start.validationOrigin)); "
        + "\(grouped(start.parameters)) parameters; "
        + runLength(epochs: start.epochs, stepsPerEpoch: start.stepsPerEpoch, totalSteps: start.totalSteps))
    if let epoch = start.resumedEpoch, let step = start.resumedStep {
      note(
        step < start.totalSteps
          ? "going on in epoch \(epoch), after step \(grouped(step))"
          : "all steps of the run are done; to train on, give it more with --set train.epochs=…")
    }
    note("run folder \(start.folder)")
  }

  private func draw(_ step: StepReport) {
    let rate =
      "loss \(fixed(step.running.loss, 3)), top-1 \(fixed(100 * step.running.top1, 1)) %, "
      + "\(fixed(step.imagesPerSecond, 0)) images/s, \(duration(step.secondsLeft)) left"
    draw(
      step.stepInEpoch, of: step.stepsPerEpoch, before: "epoch \(step.epoch)/\(step.epochs)", after: rate,
      plain: "epoch \(step.epoch)/\(step.epochs), step \(step.stepInEpoch)/\(step.stepsPerEpoch): " + rate)
  }

  private func draw(_ done: Int, of total: Int, before: String, after: String, plain: String?) {
    guard !console.isQuiet else { return }
    let now = Progress.monotonicSeconds()
    let interval = console.errorsAreTerminal ? Progress.liveInterval : Progress.plainInterval
    guard now - shown >= interval else { return }
    // The first plain line comes after the interval, not at once: a short epoch needs none.
    defer { shown = now }
    if console.errorsAreTerminal {
      let line = Progress.line(done, of: total, before: before, after: after, width: console.width)
      try? console.errors.write(Array("\r\(line)\u{1B}[K".utf8))
      isDrawn = true
    } else if let plain, shown > 0 {
      console.note(plain)
    }
  }

  private func line(_ report: EpochReport) -> String {
    let line = Self.line(report, width: console.errorsAreTerminal ? console.width : nil)
    guard report.isBest else { return line }
    return line + " " + (console.colorsErrors ? TextStyle.good.applied(to: "*") : "*")
  }

  /// What an epoch came to, with room for the mark of the best one. Where `width` columns do not hold all of it, the
  /// least telling parts are left out: metrics.csv has them.
  static func line(_ report: EpochReport, width: Int?) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let number = padded("\(report.epoch)", "\(report.epochs)".count)
    let validation = report.validation
    // In the order in which they stand; those of the highest rank go first.
    var parts: [(text: String, rank: Int)] = [
      ("epoch \(number)/\(report.epochs)", 0),
      ("  train loss \(fixed(report.training.loss, 4)) top-1 \(padded(percent(report.training.top1), 8))", 1),
      ("  val loss \(fixed(validation.loss, 4)) top-1 \(padded(percent(validation.top1), 8))", 0),
      (" top-5 \(padded(percent(validation.top5), 8))", 4),
      ("  lr \(significant(report.learningRate))", 5),
      ("  \(padded(fixed(report.imagesPerSecond, 0), 4)) images/s", 3),
      ("  \(fixed(100 * report.dataWaitShare, 1)) % waiting", 6),
      ("  \(duration(report.secondsLeft)) left", 2),
    ]
    if let width {
      while parts.reduce(2, { $0 + $1.text.count }) > width,
        let least = parts.indices.max(by: { parts[$0].rank < parts[$1].rank }), parts[least].rank > 0
      {
        parts.remove(at: least)
      }
    }
    return parts.map(\.text).joined()
  }
}

/// `14 epochs of 187 steps, 2,618 steps in all`.
func runLength(epochs: Int, stepsPerEpoch: Int, totalSteps: Int) -> String {
  totalSteps == epochs * stepsPerEpoch
    ? "\(counted(epochs, "epoch")) of \(counted(stepsPerEpoch, "step")), \(grouped(totalSteps)) in all"
    : "\(counted(totalSteps, "step")), of which an epoch has \(grouped(stepsPerEpoch))"
}

/// A small number to three significant digits, without an exponent where that is short: `0.0125`, `4.41e-9`.
func significant(_ value: Double) -> String {
  guard value > 0, value.isFinite else { return fixed(value, 0) }
  var scaled = value
  var power = 0
  while scaled < 0.1, power < 400 {
    scaled *= 10
    power += 1
  }
  if power < 5 { return fixed(value, 3 + power) }
  return "\(fixed(scaled * 10, 2))e-\(power + 1)"
}
