import FoveaAutodiff
import FoveaData
import FoveaFormats
import FoveaNN
import FoveaOps
import FoveaTensor

extension Trainer {
  /// One optimiser step.
  ///
  /// - Throws: `TrainingError.diverged`; the state must then not be saved.
  func step(_ batch: Batch) throws(TrainingError) {
    let settings = plan.configuration.train
    let (images, targets) = inputs(batch)
    let context = Context(
      .training(seed: settings.seed, step: progress.step), engine: plan.configuration.engineOptions)
    let logits = plan.network(images, context)
    let (loss, _) = context.tape.crossEntropy(
      logits, targets: targets, labelSmoothing: settings.labelSmoothing, classWeights: classWeights)
    let lossValue = Double(loss.value[0])
    for parameter in parameters { parameter.gradient = nil }
    guard lossValue.isFinite else { throw diverged(batch, images: images, loss: lossValue) }
    context.tape.backward(from: loss)
    let norm = GradientNorm.global(parameters)
    // A running variance overflows before the loss does, since it divides by its root.
    guard norm.isFinite, plan.network.buffers.allSatisfy({ Self.isFinite($0.value) }) else {
      throw diverged(batch, images: images, loss: lossValue)
    }

    let rate = schedule.rate(atStep: progress.step)
    optimizer.step(
      learningRate: rate, gradientScale: GradientNorm.clipScale(norm: norm, limit: settings.clipNorm))
    // Too large a step can carry weights beyond all numbers; the next loss would show it, but a checkpoint may come
    // in between.
    guard parameters.allSatisfy({ Self.isFinite($0.value) }),
      optimizer.state.allSatisfy({ Self.isFinite($0.tensor) })
    else {
      throw diverged(batch, images: images, loss: lossValue)
    }
    for parameter in parameters { parameter.gradient = nil }
    progress.step += 1
    progress.batch = batch.position + 1
    progress.learningRate = rate
    average?.update(plan.network.averagedValues, step: progress.step)
    progress.sums.add(
      meanLoss: lossValue, ranks: Prediction.ranks(logits.value, labels: batch.labels.map(Int.init)))
    pace.lastStep = (lossValue, norm)
  }

  private func inputs(_ batch: Batch) -> (Tensor, SoftmaxCrossEntropy.Targets) {
    let mixing = plan.configuration.mixing
    guard !mixing.isOff else { return (batch.images, .labels(batch.labels)) }
    let mixed = batch.mixed(mixing, classes: plan.classes.count, seed: plan.configuration.train.seed)
    return (mixed.images, .distribution(mixed.targets))
  }

  /// Finds out where the numbers went bad, and writes it down.
  private func diverged(_ batch: Batch, images: Tensor, loss: Double) -> TrainingError {
    let norms = parameters.map { parameter in
      Divergence.GradientNorm(
        parameter: parameter.name,
        norm: parameter.gradient.map { OptimizerStep.sumOfSquares($0).squareRoot() } ?? 0)
    }
    var divergence = Divergence(
      epoch: progress.epoch + 1, step: progress.step + 1, loss: loss,
      learningRate: schedule.rate(atStep: progress.step), firstBadOutput: firstBadOutput(images),
      firstBadGradient: norms.last { !$0.norm.isFinite }?.parameter, gradientNorms: norms,
      images: batch.indices.map { plan.split.training.samples[$0].name.description }, reportPath: nil)
    divergence.write(to: folder.divergencePath)
    return .diverged(divergence)
  }

  /// Runs the batch again and looks at each block's output. The running statistics change, which no longer matters.
  private func firstBadOutput(_ images: Tensor) -> String? {
    if !Self.isFinite(images) { return "the batch of images" }
    if let parameter = parameters.first(where: { !Self.isFinite($0.value) }) {
      return "\(parameter.name), which is itself not finite"
    }
    let context = Context(
      .training(seed: plan.configuration.train.seed, step: progress.step),
      engine: plan.configuration.engineOptions)
    context.retainedBlocks = Set(plan.network.blockNames)
    let logits = plan.network(images, context).value
    if isStemBad(images) { return "conv1 or bn1 (the stem)" }
    if let feature = context.features.first(where: { !Self.isFinite($0.output.value) }) {
      return feature.block
    }
    if !Self.isFinite(logits) { return "fc" }
    if let moment = optimizer.state.first(where: { !Self.isFinite($0.tensor) }) {
      return "the optimiser's \(moment.name)"
    }
    return plan.network.buffers.first { !Self.isFinite($0.value) }?.name
  }

  private func isStemBad(_ images: Tensor) -> Bool {
    let context = Context(
      .training(seed: plan.configuration.train.seed, step: progress.step),
      engine: plan.configuration.engineOptions)
    let output = plan.network.stem(context.tape.constant(images), context).value
    return !Self.isFinite(output)
  }

  /// Squares of floats cannot overflow a double, so the sum is finite just where every element is.
  private static func isFinite(_ tensor: Tensor) -> Bool { OptimizerStep.sumOfSquares(tensor).isFinite }
}

extension Divergence {
  /// Writes everything to a text file; where that fails the report in the error must do.
  mutating func write(to path: String) {
    var text = "\(description)\n\nImages of the batch:\n"
    for image in images { text += "  \(image)\n" }
    text += "\nNorms of the gradients\(loss.isFinite ? "" : " (0: backward did not run)"):\n"
    for norm in gradientNorms { text += "  \(norm.parameter): \(norm.norm)\n" }
    if (try? DurableFile.write(Array(text.utf8), to: path)) != nil { reportPath = path }
  }
}

extension Network {
  /// What an average of weights is taken over: parameters and running statistics.
  var averagedValues: [Tensor] { parameters.map(\.value) + buffers.map(\.value) }

  /// Puts averages in place of the values.
  func setAveragedValues(_ values: [Tensor], counters source: [Counter]) {
    for (parameter, value) in zip(parameters, values) { parameter.value = value }
    for (buffer, value) in zip(buffers, values.dropFirst(parameters.count)) { buffer.value = value }
    for (counter, other) in zip(counters, source) { counter.value = other.value }
  }
}
