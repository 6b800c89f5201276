import ArgumentParser
import FoveaData
import FoveaNN
import FoveaReport
import FoveaTrain

struct TrainCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a classifier from a config file.",
    discussion: """
      Everything about a run is in its config file, a YAML document; --help-config prints every key with its default. \
      The run's folder gets the resolved configuration, metrics.csv, report.html, curves.png, confusion.png and the \
      checkpoints; checkpoints/best.safetensors is the model to carry away.

      Ctrl-C saves the state and stops with exit code 130; --resume goes on from there with the same bits as if nothing \
      had happened. A second Ctrl-C ends the run at once. Files that cannot be read are named and passed by; the exit \
      code is then 3.
      """)

  @Argument(
    help: ArgumentHelp("The configuration, such as configs/shapes.yaml.", valueName: "config"),
    completion: .configuration)
  var config: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a setting: --set train.epochs=5.", valueName: "key=value"),
    completion: .settings)
  var settings: [String] = []

  @Option(
    help: ArgumentHelp("Go on with an interrupted run, given its folder.", valueName: "run"),
    completion: .directory)
  var resume: String?

  @Flag(help: "Print the resolved configuration, the network, the memory and the steps, and train nothing.")
  var dryRun = false

  @Flag(help: "Print every key of a configuration with its default and what it does.")
  var helpConfig = false

  @OptionGroup var general: GeneralOptions

  func validate() throws {
    if helpConfig { return }
    if (config == nil) == (resume == nil) {
      throw ValidationError("Give a config file, or --resume with the folder of a run.")
    }
    if dryRun && resume != nil { throw ValidationError("--dry-run is for a config file, not for --resume.") }
  }

  func run(_ console: Console) throws {
    if helpConfig { return try console.output.write(Array(TrainingConfiguration.documentation.utf8)) }
    let observer = TrainingConsole(console)
    let trainer: Trainer
    if let resume {
      trainer = try Trainer.resume(resume, overrides: settings, observer: observer)
    } else {
      let plan = try TrainingPlan(TrainingConfiguration(contentsOf: config!, overrides: settings))
      if dryRun {
        for notice in plan.notices { console.warn(notice) }
        return try TrainingOutline(plan).print(to: console)
      }
      trainer = try Trainer.start(plan, observer: observer)
    }
    trainer.observer = observer
    trainer.recorder = RunRecorder()
    let outcome = try withExtendedLifetime(observer) { try trainer.run(stop: StopSignals.install()) }
    try finish(outcome, console, observer)
  }

  private func finish(_ outcome: TrainingOutcome, _ console: Console, _ observer: TrainingConsole) throws {
    observer.clear()
    let summary = outcome.summary
    if case .interrupted = outcome {
      throw CommandFailure(
        StopSignals.exitStatus,
        "interrupted after \(summary.step) steps; the state is saved. Go on with: fovea train --resume \(shellQuoted(summary.folder))"
      )
    }
    if case .stoppedEarly = outcome { console.note("stopped early: no better epoch for a while") }
    if let best = summary.best {
      try console.print(
        "best      epoch \(best.epoch): top-1 \(percent(best.validation.top1)), "
          + "top-5 \(percent(best.validation.top5)), loss \(fixed(best.validation.loss, 4))")
    }
    try console.print("run       \(summary.folder)")
    try console.print("model     \(summary.modelPath)")
    if observer.skippedFiles > 0 {
      throw CommandFailure(
        .skipped, "\(counted(observer.skippedFiles, "file")) could not be read and passed by")
    }
  }
}

/// A share as a person reads it: `93.25 %`.
func percent(_ share: Double) -> String { fixed(100 * share, 2) + " %" }

/// What `--dry-run` prints.
struct TrainingOutline {
  private let plan: TrainingPlan

  init(_ plan: TrainingPlan) { self.plan = plan }

  func print(to console: Console) throws {
    try console.print("# Resolved configuration\n\n" + plan.configuration.yaml())
    let layers = NetworkTable(
      try plan.network.summary(inputHeight: plan.preparation.height, inputWidth: plan.preparation.width))
    try console.print("# Network\n\n" + layers.text + "\n")
    let memory = try plan.memoryEstimate()
    try console.print(
      """
      # Memory

      about \(bytes(memory.total)): weights \(bytes(memory.weights)), optimiser \(bytes(memory.optimizer)), a step \
      \(bytes(memory.step)), batches ahead \(bytes(memory.batches)), decoded images up to \(bytes(memory.images))

      # Steps

      \(counted(plan.split.training.count, "training image")) of \(plan.classes.count) classes, \
      \(grouped(plan.split.validation.count)) for validation (\(plan.split.validationOrigin))
      \(runLength(epochs: plan.epochs, stepsPerEpoch: plan.stepsPerEpoch, totalSteps: plan.totalSteps))
      """)
  }
}

/// A word of a shell's command line.
func shellQuoted(_ text: String) -> String {
  let isPlain = text.unicodeScalars.allSatisfy { scalar in
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "_", "-", "+", ":", ",", "@", "=": true
    default: false
    }
  }
  if isPlain, !text.isEmpty { return text }
  return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// The first few names.
func listed(_ names: [String], limit: Int = 12) -> String {
  let shown = names.prefix(limit).map(printable).joined(separator: ", ")
  return names.count > limit ? "\(shown), … (\(names.count - limit) more)" : shown
}

/// `12.3 MB`, in powers of 1000.
func bytes(_ count: Int) -> String {
  var value = Double(count)
  for unit in ["B", "kB", "MB", "GB"] {
    if value < 1000 { return "\(fixed(value, unit == "B" || value >= 100 ? 0 : 1)) \(unit)" }
    value /= 1000
  }
  return "\(fixed(value, 1)) TB"
}
