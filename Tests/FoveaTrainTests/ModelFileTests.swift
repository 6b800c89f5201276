import FoveaAutodiff
import FoveaData
import FoveaFormats
import FoveaNN
import FoveaTensor
import FoveaTestSupport
import Testing

@testable import FoveaTrain

@Suite struct ModelFileTests {
  private func makeModel(seed: UInt64 = 3) throws -> ModelFile {
    var configuration = NetworkConfiguration()
    configuration.architecture = "custom"
    configuration.blocks = [1]
    configuration.widths = [4]
    configuration.classes = 3
    configuration.attention?.spatialKernel = 3
    return ModelFile(
      network: try Network(configuration, seed: seed), classes: ["cat", "dog", "b\n\"ird"],
      preparation: Preparation(width: 9, height: 7, resize: .pad, mean: [0.1, 0.2, 0.3], std: [1, 2, 3]))
  }

  /// The message of the error that loading a changed file gives.
  private func mistake(
    _ model: ModelFile,
    _ change: (inout [(name: String, content: TensorContent)], inout [String: String]) -> Void
  ) throws -> String {
    try withScratchFolder { folder in
      var (tensors, metadata) = (model.tensors, model.metadata)
      change(&tensors, &metadata)
      try SafetensorsWriter.write(tensors, metadata: metadata, to: folder + "/m.safetensors")
      do {
        _ = try ModelFile.load(folder + "/m.safetensors")
      } catch {
        #expect("\(error)".hasPrefix(folder + "/m.safetensors: "))
        // The short way to a predictor refuses the same, in the same words.
        let other = #expect(throws: TrainingError.self) {
          try Predictor(contentsOf: folder + "/m.safetensors")
        }
        #expect(other.map { "\($0)" } == "\(error)")
        return "\(error)"
      }
      _ = try Predictor(contentsOf: folder + "/m.safetensors")
      return "no error"
    }
  }

  @Test func whatIsSavedIsLoaded() throws {
    let model = try makeModel()
    try withScratchFolder { folder in
      try model.save(to: folder + "/m.safetensors")
      let loaded = try ModelFile.load(folder + "/m.safetensors")
      #expect(loaded.classes == model.classes)
      #expect(loaded.preparation == model.preparation)
      #expect(loaded.configuration == model.configuration)
      #expect(loaded.training == nil)
      for (a, b) in zip(loaded.network.parameters, model.network.parameters) {
        #expect(a.value.scalars == b.value.scalars, "\(a.name)")
      }
      let images = Tensor.random([2, 7, 9, 3], seed: 1)
      #expect(Predictor(loaded).predict(images).predictions == Predictor(model).predict(images).predictions)
      let file = try SafetensorsFile(contentsOf: folder + "/m.safetensors")
      #expect(file.hasChecksums)
      #expect(file.metadata["format"] == "pt")
      #expect(file.metadata["fovea.attention"] == "official")
      // As PyTorch has it.
      #expect(file["conv1.weight"]?.shape == [4, 3, 3, 3])
    }
  }

  /// Bottlenecks and basic blocks, Winograd's algorithm and not, projections, groups, and depthwise convolutions.
  @Test(arguments: [nil, 8, 64] as [Int?]) func aPredictorOfAFileIsThatOfTheModel(groups: Int?) throws {
    var configuration = NetworkConfiguration()
    configuration.architecture = "custom"
    configuration.block = groups == nil ? .basic : .bottleneck
    configuration.stem = groups == nil ? .cifar : .imagenet
    configuration.blocks = [2, 1]
    configuration.widths = [32, 64]
    configuration.groups = groups
    configuration.widthPerGroup = groups.map { 128 / $0 }
    configuration.classes = 3
    let model = ModelFile(
      network: try Network(configuration, seed: 5), classes: ["a", "b", "c"],
      preparation: Preparation(width: 33, height: 40))
    try withScratchFolder { folder in
      let path = folder + "/m.safetensors"
      try model.save(to: path)
      let predictor = try Predictor(contentsOf: path)
      #expect(predictor.classes == model.classes)
      #expect(predictor.preparation == model.preparation)
      // Weights are packed for one image and serve any number.
      let images = Tensor.random([3, 40, 33, 3], seed: 1)
      let (output, expected) = (predictor.predict(images), Predictor(model).predict(images))
      #expect(output.predictions == expected.predictions)
      let again = predictor.predict(images.slice(1..<2), recordsAttention: true)
      #expect(again.predictions == Array(expected.predictions[1..<2]))
      #expect(again.attention.count == 3)
    }
  }

  @Test func foreignAndNewerFilesAreRefused() throws {
    let model = try makeModel()
    #expect(try mistake(model) { $1 = [:] }.contains("no Fovea model around them"))
    #expect(try mistake(model) { $1["fovea.version"] = "2" }.contains("Use a newer Fovea"))
    #expect(try mistake(model) { $1["fovea.version"] = "1e9" }.contains("is of version '1e9'"))
  }

  @Test func hostileMetadataIsRefused() throws {
    let model = try makeModel()
    for key in ["fovea.network", "fovea.classes", "fovea.preparation"] {
      #expect(try mistake(model) { $1[key] = nil }.contains("lacks '\(key)'"))
      #expect(try mistake(model) { $1[key] = "{" }.contains("'\(key)'"))
      #expect(try mistake(model) { $1[key] = "[]" } != "no error")
      #expect(try mistake(model) { $1[key] = String(repeating: "[", count: 100_000) }.contains("'\(key)'"))
    }
    #expect(try mistake(model) { $1["fovea.training"] = "5" } != "no error")
    // What lacks or is of another type is named, with its place.
    #expect(try mistake(model) { $1["fovea.preparation"] = "{\"width\":7}" }.contains("no 'height'"))
    #expect(
      try mistake(model) { $1["fovea.preparation"] = "{\"width\":7,\"height\":\"a\"}" }.contains(" at height")
    )
    #expect(try mistake(model) { $1["fovea.classes"] = "[\"a\",null,\"b\"]" }.contains("'fovea.classes'"))
    #expect(try mistake(model) { $1["fovea.network"] = "{\"architecture\":5}" }.contains("'fovea.network'"))
    #expect(
      try mistake(model) { $1["fovea.classes"] = "[\"a\",\"b\"]" }.contains("names 2 different classes"))
    #expect(
      try mistake(model) { $1["fovea.classes"] = "[\"a\",\"b\",\"a\"]" }.contains("names 2 different classes")
    )
    #expect(
      try mistake(model) { $1["fovea.preparation"] = "{\"width\":1000000000,\"height\":7}" }.contains("width")
    )
    #expect(
      try mistake(model) { $1["fovea.preparation"] = "{\"width\":-1,\"height\":7}" }.contains("width"))
    #expect(
      try mistake(model) {
        $1["fovea.preparation"] = "{\"width\":7,\"height\":7,\"crop_fraction\":1e-18}"
      }.hasSuffix(
        "expected a number in 0.01…1. Correct it. The file is damaged: use another copy of the model."))
    // A network that would take gigabytes is refused before it is made.
    #expect(
      try mistake(model) {
        $1["fovea.network"] =
          "{\"architecture\":\"custom\",\"blocks\":[100],\"widths\":[900],\"stem_width\":900,\"classes\":3}"
      }.contains("bytes of weights"))
  }

  @Test func aNetworkForOtherImagesIsRefused() throws {
    let model = try makeModel()
    let text = try #require(model.metadata["fovea.network"])
    let changed = text.replacing("\"input_channels\":3", with: "\"input_channels\":4")
    #expect(changed != text)
    #expect(try mistake(model) { $1["fovea.network"] = changed }.contains("images of 4 channels, not 3"))
  }

  /// A small file that asks for a terabyte between its layers.
  @Test func aModelThatNoMachineCanRunIsRefused() throws {
    var configuration = NetworkConfiguration()
    configuration.architecture = "custom"
    configuration.stem = .cifar
    configuration.stemWidth = 4096
    configuration.blocks = [1]
    configuration.widths = [4]
    configuration.classes = 2
    let model = ModelFile(
      network: try Network(configuration, seed: 1), classes: ["a", "b"],
      preparation: Preparation(width: 4096, height: 4096))
    try withScratchFolder { folder in
      let path = folder + "/m.safetensors"
      try model.save(to: path)
      for load in [{ _ = try ModelFile.load(path) }, { _ = try Predictor(contentsOf: path) }] {
        let error = #expect(throws: TrainingError.self) { try load() }
        #expect(error.map { "\($0)".contains("needs about 825439 MB for an image of 4096×4096") } == true)
      }
    }
  }

  @Test func batchesStaySmallWhereImagesAreLarge() throws {
    let model = try makeModel()
    #expect(model.batchSize(atMost: 64) == 64)
    let large = ModelFile(
      network: model.network, classes: model.classes, preparation: Preparation(width: 4096, height: 4096))
    #expect(large.batchSize(atMost: 64) == 1)
  }

  @Test func anImportThatCannotBeIsRefused() throws {
    try withScratchFolder { root in
      let model = try makeModel()
      try model.exportWeights(to: root + "/w.safetensors")
      let yaml = "data: {path: \(root)}\ninput: {width: 9, height: 7, mean: [0, 0, 0], std: [1, 1, 1]}\n"
      func message(_ yaml: String, _ overrides: [String] = []) throws -> String {
        let configuration = try TrainingConfiguration(yaml: yaml, overrides: overrides)
        let error = #expect(throws: TrainingError.self) {
          try ModelFile.importing(
            root + "/w.safetensors", configuration: configuration, classes: ["cat", "dog", "bird"])
        }
        return error.map { "\($0)" } ?? ""
      }
      let unmeasured = try message("data: {path: \(root)}\n")
      #expect(unmeasured.contains("input.mean") && unmeasured.contains("--set"))
      let other = try message(yaml, ["model.architecture=resnet20"])
      #expect(other.hasPrefix(root + "/w.safetensors: "))
    }
  }

  @Test func aModelWithoutAttentionSaysSo() throws {
    var configuration = try makeModel().configuration
    configuration.attention = nil
    let model = ModelFile(
      network: try Network(configuration, seed: 1), classes: ["a", "b", "c"],
      preparation: Preparation(width: 9, height: 7))
    try withScratchFolder { folder in
      try model.save(to: folder + "/m.safetensors")
      #expect(
        try SafetensorsFile(contentsOf: folder + "/m.safetensors").metadata["fovea.attention"] == "none")
      #expect(try ModelFile.load(folder + "/m.safetensors").configuration.attention == nil)
    }
  }

  @Test func tensorsThatDoNotFitAreNamed() throws {
    let model = try makeModel()
    #expect(
      try mistake(model) { tensors, _ in tensors.removeAll { $0.name == "fc.bias" } }.contains("fc.bias"))
    #expect(
      try mistake(model) { tensors, _ in tensors.append(("extra", .floats(Tensor(zeros: [2])))) }.contains(
        "extra"))
    #expect(
      try mistake(model) { tensors, _ in
        tensors = tensors.map { $0.name == "fc.bias" ? ($0.name, .floats(Tensor(zeros: [4]))) : $0 }
      }.hasSuffix("fc.bias [4], expected [3]. The number of classes differs."))
    for bad in [Float.nan, .infinity] {
      let message = try mistake(model) { tensors, _ in
        tensors = tensors.map {
          $0.name == "fc.bias" ? ($0.name, .floats(Tensor([0, bad, 1], shape: [3]))) : $0
        }
      }
      #expect(message.contains("'fc.bias' has values that are not finite"))
    }
    // Weights as whole numbers, and counts as floats, are taken or refused, never a trap.
    _ = try mistake(model) { tensors, _ in
      tensors = tensors.map { tensor in
        switch tensor.content {
        case .floats(let value):
          (tensor.name, .integers([Int64](repeating: 1, count: value.count), shape: value.shape))
        default: (tensor.name, .floats(Tensor([.nan], shape: [])))
        }
      }
    }
  }
}
