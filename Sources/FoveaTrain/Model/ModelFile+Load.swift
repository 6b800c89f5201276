import FoveaData
import FoveaFormats
import FoveaNN
import FoveaOps
import FoveaTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ModelFile {
  /// Reads a model file, or a checkpoint, of which it takes the averaged weights where it has them.
  ///
  /// The file may come from anyone: whatever it says, the outcome is a usable model or an error that names the file
  /// and what is wrong in it, and memory is taken only in proportion to the file.
  public static func load(_ path: String) throws(TrainingError) -> ModelFile {
    do throws(FormatError) {
      return try load(try SafetensorsFile(contentsOf: path))
    } catch {
      throw .format(error)
    }
  }

  static func load(_ file: SafetensorsFile) throws(FormatError) -> ModelFile {
    let model = try described(by: file)
    try file.load(into: model.network, prefix: file.modelPrefix)
    return model
  }

  /// A model whose parameters are unset: all that a file says beside its tensors.
  static func described(by file: SafetensorsFile) throws(FormatError) -> ModelFile {
    try checkVersion(file)
    let configuration: NetworkConfiguration = try decode(Key.network, of: file)
    let classes: [String] = try decode(Key.classes, of: file)
    let preparation: Preparation = try decode(Key.preparation, of: file)
    let training: TrainingSummary? =
      file.metadata[Key.training] == nil ? nil : try decode(Key.training, of: file)
    do throws(DataError) {
      try preparation.validate()
    } catch {
      throw damaged(file, "\(Key.preparation): \(error)")
    }
    let network = try emptyNetwork(configuration, for: file)
    guard classes.count == configuration.classes, Set(classes).count == classes.count else {
      throw damaged(
        file, "names \(Set(classes).count) different classes for a network with \(configuration.classes)")
    }
    guard configuration.inputChannels == 3 else {
      throw damaged(file, "has a network for images of \(configuration.inputChannels) channels, not 3")
    }
    try checkMemory(network, preparation, file)
    return ModelFile(network: network, classes: classes, preparation: preparation, training: training)
  }

  /// Refuses what cannot be run: a file of a hundred kilobytes can ask for terabytes between its layers.
  private static func checkMemory(
    _ network: Network, _ preparation: Preparation, _ file: SafetensorsFile
  ) throws(FormatError) {
    let size = "\(preparation.width)×\(preparation.height)"
    let needed: Int
    do throws(GeometryError) {
      needed = try InferenceMemory(network, preparation).bytesPerImage
    } catch {
      throw damaged(file, "has a network that cannot take its images of \(size): \(error)")
    }
    // Asking the system takes longer than an ordinary network needs to be asked about.
    guard needed > 1 << 28, let available = SystemMemory.available, needed > available else { return }
    func text(_ bytes: Int) -> String { "\(decimal(Double(bytes) / 1e6, 0)) MB" }
    throw FormatError(
      path: file.path,
      problem:
        "needs about \(text(needed)) for an image of \(size), and this process can get \(text(available))",
      remedy: "Free memory, or use a machine with more.")
  }

  /// A network with room for the weights, but only as large as the file can fill.
  static func emptyNetwork(
    _ configuration: NetworkConfiguration, for file: SafetensorsFile
  ) throws(FormatError) -> Network {
    do throws(NetworkConfigurationError) {
      let parameters = try configuration.parameterCount()
      let bytes = file.tensors.reduce(0) { $0 + $1.range.count }
      // Half precision has two bytes a number.
      if bytes / 2 < parameters {
        throw NetworkConfigurationError(
          key: "parameters", problem: "\(parameters) for the \(bytes) bytes of weights in the file",
          remedy: "The file is damaged.")
      }
      return try Network(configuration, seed: nil)
    } catch {
      throw damaged(file, "\(Key.network): \(error)")
    }
  }

  private static func checkVersion(_ file: SafetensorsFile) throws(FormatError) {
    guard let text = file.metadata[Key.version] else {
      throw FormatError(
        path: file.path,
        problem: "has weights, but no Fovea model around them (no '\(Key.version)' in its metadata)",
        remedy: "Make a model of it with fovea import, which takes the architecture from a config.")
    }
    guard let version = Int(text), version >= 1, version <= Self.version else {
      throw FormatError(
        path: file.path,
        problem: "is of version '\(text.prefix(20))', this program reads up to \(Self.version)",
        remedy: "Use a newer Fovea.")
    }
  }

  private static func decode<Value: Decodable>(
    _ key: String, of file: SafetensorsFile
  ) throws(FormatError) -> Value {
    guard let text = file.metadata[key] else { throw damaged(file, "its metadata lacks '\(key)'") }
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw damaged(file, "'\(key)' in its metadata: \(explain(error))")
    } catch {
      throw damaged(file, "'\(key)' in its metadata: \(error)")
    }
  }

  private static func explain(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "" : " at \(path)"
    }
    switch error {
    case .dataCorrupted(let context): return context.debugDescription + place(context)
    case .keyNotFound(let key, let context): return "no '\(key.stringValue)'" + place(context)
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return context.debugDescription + place(context)
    @unknown default: return "cannot be read"
    }
  }

  private static func damaged(_ file: SafetensorsFile, _ problem: String) -> FormatError {
    // Errors from within end with their remedy, and its full stop.
    FormatError(
      path: file.path, problem: problem.hasSuffix(".") ? String(problem.dropLast()) : problem,
      remedy: "The file is damaged: use another copy of the model.")
  }
}

extension SafetensorsFile {
  /// The prefix of the weights to use: the averages, where a checkpoint has them.
  var modelPrefix: String {
    tensors.contains { $0.name.hasPrefix(Checkpoint.averagePrefix) } ? Checkpoint.averagePrefix : ""
  }

  /// Loads a network's state from the tensors whose names start with `prefix`; without one, from those that are not
  /// a checkpoint's own.
  @discardableResult
  func load(
    into network: Network, prefix: String = "", classifier: Network.ClassifierLoading = .required
  ) throws(FormatError) -> [String] {
    try asFormatError {
      try network.load(entries: entries(prefix), classifier: classifier) { try finite(prefix + $0) }
    }
  }

  /// The network with the model's weights, ready for images of one size.
  ///
  /// - Parameter network: with unset parameters.
  func inferenceNetwork(
    loading network: Network, imageSize: Size2D, engine: EngineOptions
  ) throws(FormatError) -> InferenceNetwork {
    let prefix = modelPrefix
    return try asFormatError {
      try InferenceNetwork(loading: network, entries: entries(prefix), imageSize: imageSize, engine: engine) {
        try finite(prefix + $0)
      }
    }
  }

  /// The tensors of `load(into:prefix:)`, under their names without the prefix.
  private func entries(_ prefix: String) -> [(name: String, shape: Shape)] {
    let own = [Checkpoint.optimizerPrefix, Checkpoint.averagePrefix]
    return tensors.lazy.filter { entry in
      prefix.isEmpty ? !own.contains { entry.name.hasPrefix($0) } : entry.name.hasPrefix(prefix)
    }.map { (String($0.name.dropFirst(prefix.count)), Shape($0.shape)) }
  }

  private func asFormatError<Result>(_ body: () throws -> Result) throws(FormatError) -> Result {
    do {
      return try body()
    } catch let error as FormatError {
      throw error
    } catch {
      throw FormatError(path: path, problem: "\(error)", remedy: "")
    }
  }

  /// Weights that are no numbers would make every answer one: a class would be named, and it would mean nothing.
  private func finite(_ name: String) throws(FormatError) -> StateValue {
    let value = try value(name)
    guard case .tensor(let tensor) = value, !OptimizerStep.sumOfSquares(tensor).isFinite,
      !name.hasSuffix("num_batches_tracked")
    else { return value }
    throw FormatError(
      path: path, problem: "tensor '\(name)' has values that are not finite (NaN or infinite)",
      remedy: "The weights are of a training that diverged, or damaged: use others.")
  }

  private func value(_ name: String) throws(FormatError) -> StateValue {
    if self[name]?.elementType.isReadableAsFloats == true { return .tensor(try tensor(name)) }
    let integers = try integers(name)
    // Only counts are whole numbers; a weight that a file stores so is a tensor all the same.
    if integers.count == 1, name.hasSuffix("num_batches_tracked") { return .count(integers[0]) }
    return .tensor(Tensor(integers.map { Float($0) }, shape: Shape(self[name]!.shape)))
  }
}
