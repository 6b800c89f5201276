import FoveaData
import FoveaFormats
import FoveaNN
import FoveaTensor

extension Trainer {
  /// Saves the state while the run goes on. Where that fails, the checkpoint before is untouched, the user is told,
  /// and the next time it is tried again.
  func savePeriodically() {
    do throws(TrainingError) {
      try save()
    } catch {
      warn("\(error) The checkpoint before is untouched; training goes on, and saving is tried again")
    }
    // After a failure too: trying at every step would cost more than the checkpoint is worth.
    pace.noteCheckpoint(step: progress.step)
  }

  /// Saves the state at a run's end, where a failure is the run's.
  func saveFinally() throws(TrainingError) {
    // After an epoch's end there is nothing new, and another copy would push the checkpoint before it out.
    if savedProgress == progress, unsavedBest == nil { return }
    try save()
    pace.noteCheckpoint(step: progress.step)
  }

  /// Metrics first, then the best model, then the state: what the state counts as done is on the disk before it.
  private func save() throws(TrainingError) {
    let start = pace.now
    try metricsFile.flush()
    do throws(FormatError) {
      if let best = unsavedBest {
        try best.write(to: folder.bestPath)
        unsavedBest = nil
      }
      try Checkpoint.save(contents(), in: folder)
    } catch {
      throw .format(error)
    }
    savedProgress = progress
    let place =
      progress.batch == 0 ? "after epoch \(progress.epoch)" : "in epoch \(progress.epoch + 1)"
    let milliseconds = decimal(1000 * pace.seconds(since: start), 1)
    log.write("saved \(place), step \(progress.step), in \(milliseconds) ms")
    observer?.training(.checkpointSaved(path: folder.lastPath, step: progress.step))
  }

  private func contents() -> Checkpoint.Contents {
    let summary = ModelFile.TrainingSummary(
      run: folder.name, epoch: progress.epoch, step: progress.step, validation: nil, isAverage: average != nil
    )
    let model = ModelFile(
      network: plan.network, classes: plan.classes, preparation: plan.preparation, training: summary)
    var contents = Checkpoint.Contents(tensors: model.tensors, metadata: model.metadata)
    for (name, tensor) in optimizer.state {
      contents.tensors.append((Checkpoint.optimizerPrefix + name, .floats(tensor)))
    }
    if average != nil {
      for (name, value) in evaluatedNetwork.stateTensors() {
        contents.tensors.append((Checkpoint.averagePrefix + name, value.content))
      }
    }
    contents.metadata[Checkpoint.stateKey] = json(
      Checkpoint.State(
        progress: progress, optimizerSteps: optimizer.stepCount, stepsPerEpoch: plan.stepsPerEpoch,
        configuration: plan.configuration.yaml(), trainingFingerprint: plan.split.training.fingerprint,
        validationFingerprint: plan.split.validation.fingerprint))
    return contents
  }
}
