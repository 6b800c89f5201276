import FoveaAutodiff
import FoveaData
import FoveaNN
import FoveaOps

extension TrainingConfiguration {
  /// The whole network for so many classes.
  public func networkConfiguration(classes: Int) -> NetworkConfiguration {
    var network = model.network
    network.attention = model.attention == .cbam ? model.cbam : nil
    network.classes = classes
    return network
  }

  /// How images are prepared; nil where the normalisation has yet to be measured.
  public var preparation: Preparation? {
    guard let mean = input.mean, let std = input.std else { return nil }
    return Preparation(
      width: input.width, height: input.height, resize: input.resize, cropFraction: input.cropFraction,
      filter: input.filter, decodeScale: input.decodeScale, mean: mean, std: std, background: input.background
    )
  }

  public var augmentation: AugmentationConfiguration {
    AugmentationConfiguration(
      randomResizedCrop: augment.randomResizedCrop
        ? .init(
          scale: augment.cropScale[0]...augment.cropScale[1],
          ratio: augment.cropRatio[0]...augment.cropRatio[1])
        : nil,
      padAndCrop: augment.padAndCrop, horizontalFlip: augment.flip, rotation: augment.rotation,
      colorJitter: .init(
        brightness: augment.brightness, contrast: augment.contrast, saturation: augment.saturation,
        hue: augment.hue),
      randomErasing: .init(probability: augment.erasing, fill: augment.erasingFill), border: augment.border)
  }

  public var mixing: MixingConfiguration { MixingConfiguration(mixup: train.mixup, cutmix: train.cutmix) }

  public var engineOptions: EngineOptions {
    EngineOptions(winograd: engine.winograd, precision: engine.precision, memory: engine.memory)
  }

  /// The schedule of a run of so many steps.
  public func schedule(totalSteps: Int, stepsPerEpoch: Int) -> FoveaTrain.Schedule {
    let warmup = (schedule.warmupEpochs * Double(stepsPerEpoch)).rounded()
    var result = FoveaTrain.Schedule(
      kind: schedule.name, baseRate: optimizer.learningRate, totalSteps: totalSteps,
      warmupSteps: Int(min(warmup, Double(totalSteps))))
    result.warmupStart = schedule.warmupStart
    result.finalFraction = schedule.finalFraction
    result.milestones = schedule.milestones.map { Int(($0 * Double(totalSteps)).rounded()) }
    result.gamma = schedule.gamma
    result.riseFraction = schedule.riseFraction
    result.startDivisor = schedule.startDivisor
    result.finalDivisor = schedule.finalDivisor
    return result
  }

  public func makeOptimizer(_ parameters: [Parameter]) -> any FoveaTrain.Optimizer {
    switch optimizer.name {
    case .sgd:
      SGD(
        parameters, momentum: optimizer.momentum, nesterov: optimizer.nesterov && optimizer.momentum > 0,
        weightDecay: optimizer.weightDecay, decaysAll: optimizer.decayAll)
    case .adamw:
      AdamW(
        parameters, beta1: optimizer.beta1, beta2: optimizer.beta2, epsilon: optimizer.epsilon,
        weightDecay: optimizer.weightDecay, decaysAll: optimizer.decayAll)
    }
  }

  /// Checks what no key can check by itself.
  ///
  /// - Parameter place: where a key was set, for messages.
  func validate(place: (String) -> String) throws(ConfigurationError) {
    func fail(_ key: String, _ message: String) -> ConfigurationError {
      ConfigurationError(place: place(key), message: "\(key) \(message)")
    }
    do throws(NetworkConfigurationError) {
      try networkConfiguration(classes: 2).validate()
    } catch {
      throw ConfigurationError(place: place("model.\(error.key)"), message: "model.\(error)")
    }
    if (input.mean == nil) != (input.std == nil) {
      throw fail(
        input.mean == nil ? "input.std" : "input.mean",
        "is given without its fellow: give mean and std, or neither")
    }
    if zip(schedule.milestones, schedule.milestones.dropFirst()).contains(where: { $0 > $1 }) {
      throw fail("schedule.milestones", "must ascend")
    }
    if let name = output.name {
      let isComponent =
        !name.isEmpty && !name.contains("/") && name != "." && name != ".." && name.utf8.count <= 200
      if !isComponent {
        throw fail("output.name", "must be a single folder name; the folder it lies in is output.runs")
      }
    }
    if data.validation == .train {
      throw fail("data.validation", "cannot be train: those images were trained on")
    }
  }

  /// Makes a path that was just set, and is relative to `base`, relative to the current folder.
  mutating func resolvePath(of key: String, base: String) {
    func resolved(_ path: String) -> String {
      path.hasPrefix("/") || base == "." ? path : base == "/" ? "/" + path : "\(base)/\(path)"
    }
    switch key {
    case "data.path": data.path = data.path.map(resolved)
    case "model.weights": model.weights = model.weights.map(resolved)
    case "output.runs": output.runs = resolved(output.runs)
    default: break
    }
  }

  /// Makes every path absolute, so that the configuration means the same from any folder.
  mutating func makePathsAbsolute() {
    data.path = data.path.map(AbsolutePath.of)
    model.weights = model.weights.map(AbsolutePath.of)
    output.runs = AbsolutePath.of(output.runs)
  }
}
