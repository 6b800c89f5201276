import FoveaAutodiff
import FoveaData
import FoveaFormats
import FoveaNN
import FoveaOps
import FoveaTensor

/// A configuration brought together with its data: all that a run needs, before anything is written.
public final class TrainingPlan {
  /// With what had to be measured or chosen filled in.
  public let configuration: TrainingConfiguration
  public let split: DataSplit
  public let preparation: Preparation
  public let network: Network
  public let stepsPerEpoch: Int
  public let epochs: Int
  public let totalSteps: Int
  /// What the user should know before the run: files that could not be read, a classifier that was not imported.
  public let notices: [String]

  public var classes: [String] { split.training.classes }
  public var schedule: Schedule {
    configuration.schedule(totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch)
  }

  /// Reads the lists of images, measures the normalisation where it is not given, and builds the network.
  public init(_ configuration: TrainingConfiguration) throws(TrainingError) {
    var configuration = configuration
    var notices: [String] = []
    guard let path = configuration.data.path else {
      throw .configuration(
        ConfigurationError(
          place: "data.path",
          message: "is not set. Set it in the configuration, or with --set data.path=FOLDER"))
    }
    do throws(PrecisionError) {
      try configuration.engine.precision.checkAvailable()
    } catch {
      throw .configuration(
        ConfigurationError(place: "engine.precision", message: "\(error). Set engine.precision: fp32"))
    }
    do throws(DataError) {
      let source = try DataSource(
        RawPath(path), format: configuration.data.format, classNames: configuration.data.classNames)
      let rule = try HashSplit(
        fraction: configuration.data.validationShare, seed: configuration.data.splitSeed)
      split = try source.split(validation: configuration.data.validation, rule)
      notices += Self.notices(of: split)
      preparation = try Self.prepare(&configuration, split.training, &notices)
      try configuration.augmentation.validate()
    } catch {
      throw .data(Self.explained(error, path: path))
    }
    let images = split.training.count
    let batchSize = configuration.train.batchSize
    if images < batchSize {
      notices.append(
        "train.batch_size is \(batchSize), but there are \(images) training images: a step takes them all")
    }
    // The remainder of an epoch is left out, so that no batch normalisation sees a handful of images; there is one
    // smaller batch where the images do not fill any.
    stepsPerEpoch = max(1, images / batchSize)
    if let steps = configuration.train.steps {
      totalSteps = steps
      epochs = (steps + stepsPerEpoch - 1) / stepsPerEpoch
    } else {
      epochs = configuration.train.epochs
      totalSteps = epochs * stepsPerEpoch
    }
    network = try Self.makeNetwork(configuration, classes: split.training.classes.count, &notices)
    self.configuration = configuration
    self.notices = notices
  }

  /// Where the data set itself is not there, which key says where it is.
  private static func explained(_ error: DataError, path: String) -> DataError {
    guard error.kind == .missing, error.subject == RawPath(path).description, error.expected.isEmpty,
      error.found == "no such file or folder"
    else { return error }
    return DataError(
      .missing, error.subject, found: error.found,
      remedy: "This is data.path: set it in the configuration, or with --set data.path=FOLDER.")
  }

  /// The batches of training, in the order that the seed gives.
  func trainingLoader() throws(DataError) -> BatchLoader {
    try BatchLoader(
      split.training, preparation: preparation, augmentation: configuration.augmentation,
      configuration: trainingLoaderConfiguration)
  }

  /// The batches of validation, in the source's order.
  func validationLoader() throws(DataError) -> BatchLoader {
    try BatchLoader(split.validation, preparation: preparation, configuration: validationLoaderConfiguration)
  }

  /// The weight of each class's loss, or nil for 1: the inverse of its share, so that their mean over images is 1.
  var classWeights: Tensor? {
    guard configuration.train.classWeights == .balanced else { return nil }
    let counts = split.training.classCounts
    let present = counts.count { $0 > 0 }
    let weights = counts.map { $0 > 0 ? Float(split.training.count) / Float(present * $0) : 0 }
    return Tensor(weights, shape: [weights.count])
  }

  /// Another network of the same shape, with zeros for weights.
  func makeEmptyNetwork() throws(TrainingError) -> Network {
    do throws(NetworkConfigurationError) {
      return try Network(network.configuration, seed: nil)
    } catch {
      throw .network("model.\(error)")
    }
  }

  var trainingLoaderConfiguration: LoaderConfiguration {
    loaderConfiguration(
      batchSize: min(configuration.train.batchSize, split.training.count), seed: configuration.train.seed,
      images: split.training.count)
  }

  var validationLoaderConfiguration: LoaderConfiguration {
    loaderConfiguration(
      batchSize: configuration.train.evaluationBatchSize ?? configuration.train.batchSize, seed: nil,
      images: split.validation.count)
  }

  private func loaderConfiguration(batchSize: Int, seed: UInt64?, images: Int) -> LoaderConfiguration {
    let data = configuration.data
    // Both loaders share the budget by their numbers of images.
    let share = Double(images) / Double(split.training.count + split.validation.count)
    return LoaderConfiguration(
      batchSize: batchSize, dropsLast: seed != nil, seed: seed,
      threads: data.workers == 0 ? nil : data.workers,
      cacheBudget: Int(Double(data.cache) * share), maxBad: data.maxBad, allowsTruncated: data.allowTruncated)
  }

  private static func notices(of split: DataSplit) -> [String] {
    let ignored = split.training.ignored
    var notices = ignored.prefix(5).map { "\($0.path): passed by, \($0.reason)" }
    if ignored.count > 5 { notices.append("\(ignored.count - 5) more passed by in \(split.training.name)") }
    return notices
  }

  private static func prepare(
    _ configuration: inout TrainingConfiguration, _ source: ImageSource, _ notices: inout [String]
  ) throws(DataError) -> Preparation {
    if configuration.input.mean == nil {
      configuration.input.mean = [0.5, 0.5, 0.5]
      configuration.input.std = [0.5, 0.5, 0.5]
      let measured = try ChannelNormalization.measure(
        source, preparation: configuration.preparation!, allowsTruncated: configuration.data.allowTruncated)
      configuration.input.mean = measured.mean
      configuration.input.std = measured.std
    }
    let preparation = configuration.preparation!
    try preparation.validate()
    return preparation
  }

  private static func makeNetwork(
    _ configuration: TrainingConfiguration, classes: Int, _ notices: inout [String]
  ) throws(TrainingError) -> Network {
    let network: Network
    do throws(NetworkConfigurationError) {
      network = try Network(
        configuration.networkConfiguration(classes: classes), seed: configuration.train.seed)
    } catch {
      throw .network("model.\(error)")
    }
    guard let weights = configuration.model.weights else { return network }
    do throws(FormatError) {
      let kept = try SafetensorsFile(contentsOf: weights).load(into: network, classifier: .ifFitting)
      if !kept.isEmpty {
        notices.append("\(weights): the classifier does not fit \(classes) classes and starts anew")
      }
    } catch {
      throw .format(error)
    }
    return network
  }
}
