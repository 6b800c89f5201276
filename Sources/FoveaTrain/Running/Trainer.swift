import FoveaAutodiff
import FoveaData
import FoveaFormats
import FoveaNN
import FoveaTensor

/// A training run: from its first step, or from a checkpoint, to its end.
///
/// A run is a function of its configuration and its data. Interrupted anywhere and resumed, it makes the same
/// weights, bit for bit, on the same instruction set.
public final class Trainer {
  public let plan: TrainingPlan
  public let folder: RunFolder
  public var observer: (any TrainingObserver)?
  public var recorder: (any EpochRecorder)?

  let parameters: [Parameter]
  let optimizer: any Optimizer
  let schedule: Schedule
  /// The average of the weights, and the network that carries it.
  var average: WeightAverage?
  let averaged: Network?
  let classWeights: Tensor?

  let loader: BatchLoader
  let validationLoader: BatchLoader
  let metricsFile: MetricsFile
  let log: RunLog
  var progress: TrainingProgress
  var pace: Pace
  /// What was said of files that cannot be read: they come up in every epoch and are named once.
  var reportedFiles: Set<String> = []
  /// As of the last save of this process.
  var savedProgress: TrainingProgress?
  /// A best model that could not be written yet.
  var unsavedBest: Checkpoint.Contents?
  let resumedFrom: (epoch: Int, step: Int)?
  private var hasRun = false

  /// What a run starts with that is not in its plan.
  struct Start {
    var progress = TrainingProgress()
    var isResumed = false
  }

  /// Begins a new run: makes its folder and writes the resolved configuration and the class names there.
  public static func start(_ plan: TrainingPlan, observer: (any TrainingObserver)? = nil)
    throws(TrainingError)
    -> Trainer
  {
    try plan.checkMemory()
    let folder = try RunFolder.create(for: plan.configuration)
    do throws(FormatError) {
      try DurableFile.write(Array(plan.configuration.yaml().utf8), to: folder.configurationPath)
      try writeLists(plan, DataManifest(plan.split), folder)
    } catch {
      throw .format(error)
    }
    return try Trainer(plan, folder, Start(), observer)
  }

  /// Writes what the run is about: its classes and its images.
  static func writeLists(
    _ plan: TrainingPlan, _ manifest: DataManifest, _ folder: RunFolder
  ) throws(FormatError) {
    let names = plan.classes.map { $0 + "\n" }.joined()
    try DurableFile.write(Array(names.utf8), to: folder.classesPath)
    try manifest.write(to: folder.manifestPath)
  }

  init(
    _ plan: TrainingPlan, _ folder: RunFolder, _ start: Start, _ observer: (any TrainingObserver)?
  ) throws(TrainingError) {
    self.plan = plan
    self.folder = folder
    self.observer = observer
    progress = start.progress
    parameters = plan.network.parameters
    optimizer = plan.configuration.makeOptimizer(parameters)
    schedule = plan.schedule
    classWeights = plan.classWeights
    if let decay = plan.configuration.train.ema {
      average = WeightAverage(decay: decay, values: plan.network.averagedValues)
      averaged = try plan.makeEmptyNetwork()
    } else {
      averaged = nil
    }
    do throws(DataError) {
      loader = try plan.trainingLoader()
      validationLoader = try plan.validationLoader()
    } catch {
      throw .data(error)
    }
    metricsFile = try MetricsFile(path: folder.metricsPath, keeping: start.progress.rows)
    log = try RunLog(path: folder.logPath)
    pace = Pace(stepsPerEpoch: plan.stepsPerEpoch, totalSteps: plan.totalSteps)
    resumedFrom = start.isResumed ? (start.progress.epoch + 1, start.progress.step) : nil
  }

  /// The network whose weights are evaluated and exported.
  var evaluatedNetwork: Network {
    guard let averaged, let average else { return plan.network }
    averaged.setAveragedValues(average.values, counters: plan.network.counters)
    return averaged
  }

  /// Runs to the end, or until a stop is asked for.
  ///
  /// - Parameter stop: polled after each step; the state is then saved.
  /// - Throws: `TrainingError.diverged` where the loss or a gradient stops being a number; nothing of that step is
  ///   saved. Otherwise what keeps the run from going on, or from saving its end.
  public func run(stop: StopFlag = StopFlag()) throws(TrainingError) -> TrainingOutcome {
    precondition(!hasRun, "a trainer runs once")
    hasRun = true
    defer {
      loader.shutDown()
      validationLoader.shutDown()
    }
    announceStart()
    tellRecorder { try $0.runBegins(folder.path) }
    defer { tellRecorder { try $0.runEnded(folder.path) } }
    do throws(TrainingError) {
      return try runEpochs(stop)
    } catch {
      log.write("failed: \(error)")
      throw error
    }
  }

  private func runEpochs(_ stop: StopFlag) throws(TrainingError) -> TrainingOutcome {
    while progress.epoch < plan.epochs {
      if shouldStopEarly { return try finish(.stoppedEarly(summary)) }
      guard try trainEpoch(stop) else { return try interrupt() }
      guard try endEpoch(stop) else { return try interrupt() }
    }
    return try finish(.completed(summary))
  }

  private var shouldStopEarly: Bool {
    guard let patience = plan.configuration.train.earlyStopping else { return false }
    return progress.epochsSinceBest >= patience
  }

  /// Trains what is left of the epoch; false where a stop was asked for.
  private func trainEpoch(_ stop: StopFlag) throws(TrainingError) -> Bool {
    let batches = loader.epoch(progress.epoch, from: progress.batch)
    pace.beginEpoch(progress)
    while progress.step < plan.totalSteps {
      if stop.isRequested { return false }
      guard let batch = try nextBatch(batches) else { break }
      try step(batch)
      pace.note(&progress, secondsWaited: batches.secondsWaited)
      reportStep()
      if pace.isCheckpointDue(plan.configuration.output, step: progress.step),
        progress.batch < plan.stepsPerEpoch
      {
        savePeriodically()
      }
    }
    return true
  }

  private func nextBatch(_ batches: EpochBatches) throws(TrainingError) -> Batch? {
    do throws(DataError) {
      let batch = try batches.next()
      for bad in batch?.skipped ?? [] {
        report(skipped: bad, of: plan.split.training)
      }
      return batch
    } catch {
      // The state is sound: what is wrong is the data. It can go on once they are put right.
      savePeriodically()
      throw .data(error)
    }
  }

  /// Evaluates, writes the epoch's row and the checkpoints; false where a stop was asked for meanwhile.
  private func endEpoch(_ stop: StopFlag) throws(TrainingError) -> Bool {
    let start = pace.now
    // Evaluation needs blocks of other sizes, for which those of training need not stay around.
    BufferPool.shared.trim()
    defer { BufferPool.shared.trim() }
    let network = evaluatedNetwork
    guard let evaluation = try evaluate(network, stop) else { return false }
    let report = makeReport(evaluation, secondsOfValidation: pace.seconds(since: start))
    if !report.validation.loss.isFinite {
      warn("the validation loss is \(report.validation.loss): epoch \(report.epoch) cannot be the best")
    }
    if report.isBest {
      let model = model(network, report)
      unsavedBest = Checkpoint.Contents(tensors: model.tensors, metadata: model.metadata)
    }
    writeRow(report)
    advance(report)
    savePeriodically()
    writeReports(newBest: report.isBest ? evaluation : nil)
    tellRecorder(report, evaluation, network)
    observer?.training(.epochEnded(report))
    return true
  }

  /// Nil where a stop was asked for meanwhile.
  private func evaluate(_ network: Network, _ stop: StopFlag) throws(TrainingError) -> Evaluation? {
    let predictor = Predictor(
      network: network, classes: plan.classes, preparation: plan.preparation,
      engine: plan.configuration.engineOptions)
    recorder?.validationBegins(plan)
    do throws(DataError) {
      return try Evaluator.evaluate(
        predictor, validationLoader, stop: stop,
        watch: recorder.map { recorder in { recorder.validated($0, $1) } },
        progress: { done, total in observer?.training(.validating(done: done, of: total)) },
        skipped: { report(skipped: $0, of: plan.split.validation) })
    } catch {
      savePeriodically()
      throw .data(error)
    }
  }

  /// Moves on to the next epoch.
  private func advance(_ report: EpochReport) {
    progress.rows += 1
    if report.isBest { progress.best = report }
    progress.epoch += 1
    progress.restartEpoch()
  }

  private func interrupt() throws(TrainingError) -> TrainingOutcome {
    try saveFinally()
    log.write("interrupted in epoch \(progress.epoch + 1), step \(progress.step); the state is saved")
    return .interrupted(summary)
  }

  private func finish(_ outcome: TrainingOutcome) throws(TrainingError) -> TrainingOutcome {
    try saveFinally()
    log.write(
      "\(outcome.isEarly ? "stopped early" : "done") after \(progress.epoch) epochs, \(progress.step) steps"
        + (progress.best.map { "; the best was epoch \($0.epoch)" } ?? ""))
    return outcome
  }

  var summary: TrainingOutcome.Summary {
    TrainingOutcome.Summary(
      folder: folder.path, modelPath: folder.bestPath, epochs: progress.epoch, step: progress.step,
      best: progress.best)
  }
}

/// How a run ended.
public enum TrainingOutcome: Hashable, Sendable {
  /// All epochs are done.
  case completed(Summary)
  /// `train.early_stopping` ended it.
  case stoppedEarly(Summary)
  /// A stop was asked for; the state is saved, and the run can be resumed.
  case interrupted(Summary)

  public struct Summary: Hashable, Sendable {
    public var folder: String
    /// The best model, once an epoch is done.
    public var modelPath: String
    /// Epochs done.
    public var epochs: Int
    /// Optimiser steps taken.
    public var step: Int
    public var best: EpochReport?
  }

  var isEarly: Bool {
    if case .stoppedEarly = self { true } else { false }
  }

  public var summary: Summary {
    switch self {
    case .completed(let summary), .stoppedEarly(let summary), .interrupted(let summary): summary
    }
  }
}
