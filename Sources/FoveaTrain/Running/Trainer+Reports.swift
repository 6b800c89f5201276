import FoveaAutodiff
import FoveaData
import FoveaNN
import FoveaTensor

extension Trainer {
  func announceStart() {
    let split = plan.split
    let start = TrainingStart(
      folder: folder.path, classes: plan.classes, trainingImages: split.training.count,
      validationImages: split.validation.count, validationOrigin: split.validationOrigin,
      parameters: parameters.reduce(0) { $0 + $1.value.count }, epochs: plan.epochs,
      stepsPerEpoch: plan.stepsPerEpoch, totalSteps: plan.totalSteps, resumedEpoch: resumedFrom?.epoch,
      resumedStep: resumedFrom?.step)
    let origin = resumedFrom.map { "resumed in epoch \($0.epoch), step \($0.step)" } ?? "started"
    log.write(
      "\(origin): \(start.trainingImages) images of \(start.classes.count) classes, \(start.validationImages) to "
        + "validate (\(start.validationOrigin)), \(start.parameters) parameters, \(start.totalSteps) steps in "
        + "\(start.epochs) epochs")
    observer?.training(.started(start))
    for notice in plan.notices { warn(notice) }
  }

  func warn(_ text: String) {
    log.write("warning: \(text)")
    observer?.training(.warning(text))
  }

  func report(skipped bad: BadSample, of source: ImageSource) {
    guard reportedFiles.insert("\(bad.error)").inserted else { return }
    let name = source.samples[bad.index].name.description
    log.write("passed by: \(bad.error)")
    observer?.training(.skipped(file: name, reason: "\(bad.error)"))
  }

  func reportStep() {
    guard let observer, let running = progress.sums.metrics else { return }
    observer.training(
      .stepped(
        StepReport(
          epoch: progress.epoch + 1, epochs: plan.epochs, stepInEpoch: progress.batch,
          stepsPerEpoch: plan.stepsPerEpoch, step: progress.step, loss: pace.lastStep.loss, running: running,
          learningRate: progress.learningRate, gradientNorm: pace.lastStep.gradientNorm,
          imagesPerSecond: progress.imagesPerSecond, dataWaitShare: progress.dataWaitShare,
          secondsLeft: pace.secondsLeft(progress))))
  }

  func makeReport(_ evaluation: Evaluation, secondsOfValidation: Double) -> EpochReport {
    pace.note(validation: secondsOfValidation)
    return EpochReport(
      epoch: progress.epoch + 1, epochs: plan.epochs, step: progress.step,
      learningRate: progress.learningRate,
      training: progress.sums.metrics ?? Metrics(loss: 0, top1: 0, top5: 0), validation: evaluation.metrics,
      imagesPerSecond: progress.imagesPerSecond, dataWaitShare: progress.dataWaitShare,
      seconds: progress.seconds + secondsOfValidation, secondsLeft: pace.secondsLeft(progress),
      isBest: evaluation.metrics.isBetter(
        than: progress.best?.validation, by: plan.configuration.train.bestBy))
  }

  func model(_ network: Network, _ report: EpochReport) -> ModelFile {
    ModelFile(
      network: network, classes: plan.classes, preparation: plan.preparation,
      training: ModelFile.TrainingSummary(
        run: folder.name, epoch: report.epoch,
        step: report.step, validation: report.validation, isAverage: average != nil))
  }

  func writeRow(_ report: EpochReport) {
    log.write(report.logLine)
    do throws(TrainingError) {
      try metricsFile.append(report.csvRow)
    } catch {
      warn("\(error). The row is kept and tried again")
    }
  }
}

extension EpochReport {
  /// One line for people.
  public var logLine: String {
    func percent(_ share: Double) -> String { decimal(100 * share, 2) + " %" }
    var line = "epoch \(epoch)/\(epochs): loss \(decimal(training.loss, 4)), top-1 \(percent(training.top1))"
    line += "; validation loss \(decimal(validation.loss, 4)), top-1 \(percent(validation.top1)), "
    line += "top-5 \(percent(validation.top5))"
    line += "; rate \(decimal(learningRate, 6)), \(decimal(imagesPerSecond, 0)) images/s, "
    line += "waiting \(decimal(100 * dataWaitShare, 1)) %, \(decimal(seconds, 1)) s"
    return isBest ? line + " (best)" : line
  }
}
