import FoveaData
import FoveaFormats
import FoveaNN
import FoveaTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Trainer {
  /// Goes on with a run from its last checkpoint; from the one before where that is damaged; from the beginning where
  /// the run was killed before it saved any.
  ///
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - overrides: changes to its configuration, such as "train.epochs=60".
  /// - Throws: where there is no run, where another process has it, where the data's classes are others than the
  ///   checkpoint's, or where its weights are not the configuration's.
  public static func resume(
    _ path: String, overrides: [String] = [], observer: (any TrainingObserver)? = nil
  ) throws(TrainingError) -> Trainer {
    let folder = try RunFolder.open(path)
    Checkpoint.removeLeftovers(folder)
    let configuration: TrainingConfiguration
    do throws(ConfigurationError) {
      configuration = try TrainingConfiguration(contentsOf: folder.configurationPath, overrides: overrides)
    } catch {
      throw .configuration(error)
    }
    let plan = try TrainingPlan(configuration)
    try plan.checkMemory()
    let found = try Checkpoint.newest(in: folder)
    var start = Start()
    start.isResumed = true
    var warnings = found.warnings
    let manifest = DataManifest(plan.split)
    let recorded = DataManifest.read(folder.manifestPath)
    if let checkpoint = found.checkpoint {
      start.progress = checkpoint.state.progress
      warnings += try differences(checkpoint, plan, &start.progress)
      warnings += differences(checkpoint, plan, manifest, recorded)
    }
    let trainer = try Trainer(plan, folder, start, observer)
    for warning in warnings { trainer.warn(warning) }
    do throws(FormatError) {
      try found.checkpoint.map { (checkpoint) throws(FormatError) in try trainer.restore(checkpoint) }
      if let checkpoint = found.checkpoint, checkpoint.file.path != folder.lastPath {
        Checkpoint.setAsideDamaged(folder)
      }
      if manifest != recorded { try writeLists(plan, manifest, folder) }
      // The run goes on: that it once diverged is in its log, and no longer how it stands.
      folder.removeDivergence()
      if !overrides.isEmpty {
        try DurableFile.write(Array(plan.configuration.yaml().utf8), to: folder.configurationPath)
      }
    } catch {
      throw .format(error)
    }
    return trainer
  }

  private func restore(_ checkpoint: Checkpoint.Loaded) throws(FormatError) {
    let file = checkpoint.file
    try file.load(into: plan.network)
    let shapes = Dictionary(uniqueKeysWithValues: optimizer.state.map { ($0.name, $0.tensor.shape) })
    do {
      try optimizer.restore(stepCount: checkpoint.state.optimizerSteps) { name in
        let tensor = try file.tensor(Checkpoint.optimizerPrefix + name)
        guard tensor.shape == shapes[name] else {
          throw FormatError(
            path: file.path, problem: "the optimiser's \(name) is \(tensor.shape), expected \(shapes[name]!)",
            remedy: "Resume with the configuration that the run was started with.")
        }
        return tensor
      }
    } catch let error as FormatError {
      throw error
    } catch {
      throw FormatError(path: file.path, problem: "\(error)", remedy: "")
    }
    guard let averaged, let decay = average?.decay else { return }
    if file.tensors.contains(where: { $0.name.hasPrefix(Checkpoint.averagePrefix) }) {
      try file.load(into: averaged, prefix: Checkpoint.averagePrefix)
      average = WeightAverage(decay: decay, values: averaged.averagedValues)
    } else {
      average = WeightAverage(decay: decay, values: plan.network.averagedValues)
    }
  }

  /// What differs between the checkpoint and the plan, for people. A run whose epochs have another length goes back to
  /// the epoch's beginning.
  private static func differences(
    _ checkpoint: Checkpoint.Loaded, _ plan: TrainingPlan, _ progress: inout TrainingProgress
  ) throws(TrainingError) -> [String] {
    let state = checkpoint.state
    guard checkpoint.classes == plan.classes else {
      let (old, new) = (Set(checkpoint.classes), Set(plan.classes))
      let gone = old.subtracting(new).sorted().joined(separator: ", ")
      let added = new.subtracting(old).sorted().joined(separator: ", ")
      throw .folder(
        plan.split.training.name,
        "the classes are not those that the run was started with (gone: \(gone.isEmpty ? "none" : gone); "
          + "new: \(added.isEmpty ? "none" : added)). Restore them, or start a new run")
    }
    var warnings: [String] = []
    if let old = try? TrainingConfiguration(yaml: state.configuration) {
      for key in ConfigurationKey.all where key.section != "output" {
        let (before, now) = (key.value(in: old).yaml, key.value(in: plan.configuration).yaml)
        if before != now { warnings.append("\(key.path) is \(now), the checkpoint has \(before)") }
      }
    }
    if state.stepsPerEpoch != plan.stepsPerEpoch || progress.batch > plan.stepsPerEpoch {
      if progress.batch > 0 {
        warnings.append("epochs have another length: epoch \(progress.epoch + 1) starts again")
      }
      progress.restartEpoch()
    }
    return warnings
  }
}

extension Trainer {
  /// What has become of the images since the checkpoint, for people: by the list that the run has written down, and
  /// by the checkpoint's fingerprints where that list is lost.
  private static func differences(
    _ checkpoint: Checkpoint.Loaded, _ plan: TrainingPlan, _ now: DataManifest, _ before: DataManifest?
  ) -> [String] {
    let state = checkpoint.state
    let parts = [
      (
        "train", "training", state.trainingFingerprint, plan.split.training.fingerprint,
        "the run goes on, but is not repeatable"
      ),
      (
        "val", "validation", state.validationFingerprint, plan.split.validation.fingerprint,
        "figures before and after differ"
      ),
    ]
    return parts.compactMap { part, noun, old, new, consequence in
      let found = before.flatMap { now.differences(from: $0, part: part) }
      if found == nil, old == new { return nil }
      let list = found.map { " (\($0))" } ?? ""
      return "the \(noun) images are not those of the checkpoint\(list): \(consequence)"
    }
  }
}
