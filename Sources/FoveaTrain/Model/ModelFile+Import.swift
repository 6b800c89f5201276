import FoveaFormats
import FoveaNN
import FoveaOps

extension ModelFile {
  /// Makes a model of weights that another program trained, for the architecture that a configuration gives.
  ///
  /// Names are PyTorch's (with or without `module.`) or timm's; see `Network.load`.
  ///
  /// - Parameters:
  ///   - weights: a safetensors file.
  ///   - configuration: its `model` and `input` sections; mean and std must be given, as nothing is here to measure.
  ///   - classes: in the order of the logits.
  /// - Throws: where a tensor is missing, superfluous or of another shape; each is named.
  public static func importing(
    _ weights: String, configuration: TrainingConfiguration, classes: [String]
  ) throws(TrainingError) -> ModelFile {
    guard let preparation = configuration.preparation else {
      throw .configuration(
        ConfigurationError(
          place: "input.mean",
          message: "is not set. An import needs the mean and std that the weights were trained with: "
            + "give input.mean and input.std in the configuration, or with --set"))
    }
    let network: Network
    do throws(NetworkConfigurationError) {
      network = try Network(configuration.networkConfiguration(classes: classes.count), seed: nil)
    } catch {
      throw .network("model.\(error)")
    }
    do throws(GeometryError) {
      _ = try InferenceMemory(network, preparation)
    } catch {
      throw .network("\(error)")
    }
    do throws(FormatError) {
      try SafetensorsFile(contentsOf: weights).load(into: network)
      return ModelFile(network: network, classes: classes, preparation: preparation)
    } catch {
      throw .format(error)
    }
  }

  /// Writes the weights alone, under PyTorch's names and in its layout.
  public func exportWeights(to path: String) throws(FormatError) {
    try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], to: path)
  }
}
