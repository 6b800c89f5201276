import Foundation
import Testing

/// `train`, `evaluate`, `info`, `import` and `export` as a person runs them.
@Suite struct TrainAndEvaluateTests {
  /// A copy of the data in which one training and one validation file are cut short.
  private func damagedCopy(of data: String, in folder: String) throws -> (path: String, damaged: [String]) {
    let path = folder + "/damaged"
    try FileManager.default.copyItem(atPath: data, toPath: path)
    let damaged = try ["train", "val"].map { part in
      let folder = "\(path)/\(part)/star"
      return folder + "/" + (try FileManager.default.contentsOfDirectory(atPath: folder).sorted()[1])
    }
    for file in damaged { try write(bytes(of: file).prefix(200), to: file) }
    return (path, damaged)
  }

  @Test func unreadableFilesAreNamedOnceAndCounted() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let (data, damaged) = try damagedCopy(of: model.data, in: folder)
      try write(".", to: data + "/train/star/.hidden.png")
      let settings = ["--set", "data.path=\(data)", "--set", "output.runs=\(folder)/runs"]
      let run = CommandRun(["train", model.configuration, "--set", "data.max_bad=5%"] + settings)
      #expect(run.status == 3)
      for file in damaged {
        #expect(run.errors.components(separatedBy: "skipped: \(file)").count == 2, "\(run.errors)")
      }
      #expect(run.errors.contains("2 files could not be read"))
      #expect(!run.errors.contains(".hidden"))
      #expect(run.output.contains("\nmodel     "))

      let strict = CommandRun(["train", model.configuration, "--set", "data.max_bad=0"] + settings)
      #expect(strict.status == 1)
      #expect(strict.errors.contains("max_bad") && strict.errors.contains(damaged[0]))
      // The data are as they were.
      #expect(try bytes(of: damaged[0]).count == 200)
    }
  }

  @Test func aFinishedRunSaysSo() throws {
    let model = try TrainedModel.shared()
    let before = try bytes(of: model.run + "/checkpoints/best.safetensors")
    let run = CommandRun("train", "--resume", model.run)
    #expect(run.status == 0)
    #expect(run.errors.contains("all steps of the run are done"))
    #expect(!run.errors.contains("going on in epoch"))
    #expect(try bytes(of: model.run + "/checkpoints/best.safetensors") == before)
  }

  @Test func divergenceIsExitCodeFour() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let run = CommandRun(
        "train", model.configuration, "--set", "output.runs=\(folder)", "--set",
        "optimizer.learning_rate=1000", "--set", "optimizer.momentum=0.999", "--set", "train.epochs=50")
      #expect(run.status == 4)
      #expect(run.errors.contains("training diverged in epoch"))
      #expect(run.errors.contains("divergence.txt"))
    }
  }

  @Test func theDryRunTrainsNothing() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let run = CommandRun(
        "train", model.configuration, "--dry-run", "--set", "output.runs=\(folder)/runs", "--set",
        "train.steps=4")
      #expect(run.status == 0)
      for part in [
        "# Resolved configuration\n", "\n  steps: 4\n", "# Network\n", "layer2.0.cbam.SpatialGate",
        "# Memory\n\nabout ", "96 training images of 8 classes, 32 for validation (val)",
        "4 steps, of which an epoch has 3",
      ] { #expect(run.output.contains(part), "\(part)") }
      let written = try files(below: folder)
      #expect(written.isEmpty)
    }
  }

  @Test func evaluationGoesByNames() throws {
    let model = try TrainedModel.shared()
    let all = CommandRun("evaluate", model.run, "--json")
    #expect(all.status == 0)
    let whole = try Evaluated(all.output)
    #expect(whole.images == 24 && whole.classes == TrainedModel.classes)
    #expect(CommandRun("evaluate", model.run, model.data + "/test", "--json").output == all.output)
    #expect(CommandRun("evaluate", model.run, "--part", "val").output.hasPrefix("images             32\n"))
    try withScratchFolder { folder in
      // Two of eight classes: by order they would be the first two.
      for name in ["mug", "key"] {
        try FileManager.default.copyItem(
          atPath: "\(model.data)/test/\(name)", toPath: "\(folder)/\(name)")
      }
      let some = try Evaluated(CommandRun("evaluate", model.run, folder, "--json").output)
      #expect(some.images == 6)
      for (row, name) in TrainedModel.classes.enumerated() {
        #expect(
          some.confusion[row]
            == (["mug", "key"].contains(name) ? whole.confusion[row] : Array(repeating: 0, count: 8)))
      }
      try FileManager.default.moveItem(atPath: folder + "/mug", toPath: folder + "/zebra")
      let unknown = CommandRun("evaluate", model.run, folder)
      #expect(unknown.status == 1 && unknown.output == "")
      #expect(unknown.errors.contains("class 'zebra', which the model does not know"))
    }
  }

  /// Trained on one tree of classes: unasked, only what was set aside is evaluated.
  @Test func aRunsOwnTreeIsEvaluatedByWhatItSetAside() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let tree = folder + "/tree"
      try FileManager.default.copyItem(atPath: model.data + "/train", toPath: tree)
      let run = CommandRun(
        "train", model.configuration, "--set", "data.path=\(tree)", "--set", "output.runs=\(folder)", "--set",
        "output.name=run", "--set", "train.steps=1")
      #expect(run.status == 0, "\(run.errors)")
      let alone = CommandRun("evaluate", folder + "/run", "--json")
      let asked = CommandRun("evaluate", folder + "/run", tree + "/", "--part", "split", "--json")
      #expect(alone.errors.contains(" of \(tree), the 20 % set aside to validate\n"))
      #expect(
        alone.output == asked.output
          && CommandRun("evaluate", folder + "/run", tree, "--json").output == asked.output)
      #expect(try Evaluated(alone.output).images < 40)
      // Without the run, nobody knows what was trained on.
      let file = CommandRun("evaluate", folder + "/run/checkpoints/best.safetensors", tree, "--json")
      #expect(try Evaluated(file.output).images == 96)
    }
  }

  private struct Evaluated: Decodable {
    let images: Int
    let classes: [String]
    let confusion: [[Int]]

    init(_ json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }
  }

  @Test func whatIsImportedIsExportedToTheBit() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let weights = folder + "/weights.safetensors"
      let copy = folder + "/copy.safetensors"
      #expect(CommandRun("export", model.run, "-o", weights).output == weights + "\n")
      let imported = CommandRun(
        ["import", weights, "--config", model.configuration, "-o", copy] + TrainedModel.normalization)
      #expect(imported.status == 0, "\(imported.errors)")
      #expect(imported.errors.contains("8 classes: arrow, crescent"))
      #expect(CommandRun("export", copy, "-o", folder + "/again.safetensors").status == 0)
      let again = try bytes(of: folder + "/again.safetensors")
      #expect(try bytes(of: weights) == again)
      #expect(CommandRun("info", weights).errors.contains("Make a model of it with fovea import"))
      #expect(CommandRun("export", model.run, "-o", model.run + "/checkpoints/best.safetensors").status == 2)
    }
  }

  @Test func tensorsThatDoNotFitAreNamed() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let weights = folder + "/weights.safetensors"
      _ = CommandRun("export", model.run, "-o", weights)
      func mistake(_ arguments: String...) -> String {
        let run = CommandRun(
          ["import", weights, "--config", model.configuration, "-o", folder + "/m.safetensors"]
            + TrainedModel.normalization + arguments)
        #expect(run.status == 1 && run.output == "")
        #expect(!FileManager.default.fileExists(atPath: folder + "/m.safetensors"))
        return run.errors
      }
      let superfluous = mistake("--set", "model.attention.stages=[1]")
      #expect(superfluous.contains("superfluous: layer2.0.cbam.ChannelGate.mlp.1.bias"))
      #expect(
        superfluous.hasSuffix("Check the attention in the network's configuration, then its architecture.\n"))
      let missing = mistake("--set", "model.blocks=[2, 1]")
      #expect(missing.contains("missing: layer1.1.conv1.weight"))
      let misshapen = mistake("--classes", "a,b")
      #expect(misshapen.contains("fc.weight [8, 16], expected [2, 16]"))
    }
  }

  @Test func infoAsText() throws {
    let model = try TrainedModel.shared()
    let run = CommandRun("info", model.run)
    #expect(run.status == 0)
    for part in [
      "attention     CBAM, official\n", "input         32×32, crop", "trained       small, epoch ",
    ] {
      #expect(run.output.contains(part), "\(run.output)")
    }
    let configuration = CommandRun("info", model.configuration, "--set", "model.shortcut=padding")
    #expect(configuration.output.contains("classes       8\n"))
    #expect(!configuration.output.contains("downsample"))
  }

  @Test func infoAsJSON() throws {
    struct Described: Decodable {
      struct Network: Decodable {
        struct Layer: Decodable { let name: String, parameters: Int }
        let layers: [Layer], parameters: Int
      }
      let classes: [String], network: Network
    }
    let model = try TrainedModel.shared()
    let json = CommandRun("info", model.run, "--json").output
    let described = try JSONDecoder().decode(Described.self, from: Data(json.utf8))
    #expect(described.classes == TrainedModel.classes)
    #expect(described.network.layers.map(\.parameters).reduce(0, +) == described.network.parameters)
    #expect(described.network.layers.contains { $0.name == "layer1.0.cbam.ChannelGate" })
  }
}
