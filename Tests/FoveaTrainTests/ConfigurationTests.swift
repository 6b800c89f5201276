import FoveaData
import FoveaImage
import FoveaNN
import Testing

@testable import FoveaTrain

@Suite struct ConfigurationTests {
  /// The message of the error that a document gives.
  private func mistake(_ yaml: String, overrides: [String] = []) -> String {
    do throws(ConfigurationError) {
      _ = try TrainingConfiguration(yaml: yaml, file: "a.yaml", overrides: overrides)
      return "no error"
    } catch {
      return error.description
    }
  }

  @Test(arguments: ["", "{}", "---\n", "# nothing\n", "train:\n"])
  func anEmptyDocumentIsTheDefaults(_ yaml: String) throws {
    #expect(try TrainingConfiguration(yaml: yaml) == TrainingConfiguration())
  }

  @Test func theDefaultsAreWhatTheDocumentationSays() throws {
    #expect(try TrainingConfiguration(yaml: TrainingConfiguration.documentation) == TrainingConfiguration())
  }

  @Test func everyKeyHasHelpAndOneSpelling() {
    for key in ConfigurationKey.all {
      #expect(key.help.count > 10, "\(key.path)")
      #expect(
        key.path.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 46 || $0 == 95 }
      )
    }
    #expect(Set(ConfigurationKey.all.map(\.path)).count == ConfigurationKey.all.count)
    // Keys of one section stand together, or the dump would open a section twice.
    #expect(ConfigurationKey.sections.count == Set(ConfigurationKey.sections).count)
  }

  @Test func valuesAreReadAndTheDumpReadsBack() throws {
    let yaml = """
      data: {path: /d, format: idx, cache: 512MB, max_bad: 2%, class_names: [no, "yes", 3]}
      input: {width: 96, height: 64, mean: [0.1, 0.2, 0.3], std: [1, 1, 1], background: "#0a141e"}
      augment: {pad_and_crop: 4, flip: 0.5, random_resized_crop: true, crop_scale: [0.25, 1]}
      model:
        architecture: custom
        blocks: [1, 1]
        widths: [8, 16]
        attention: {kind: none, spatial_gamma_start: 1}
      train: {epochs: 1_000, seed: 18446744073709551615, ema: 0.999, clip_norm: 1e-1}
      optimizer: {name: adamw, learning_rate: 3e-4}
      schedule: {name: onecycle, warmup_epochs: 0.5}
      output: {name: "a: b # c"}
      """
    let read = try TrainingConfiguration(yaml: yaml)
    #expect(read.data.cache == 512 << 20)
    #expect(read.data.maxBad == 0.02)
    #expect(read.data.classNames == ["no", "yes", "3"])
    #expect(read.input.background == .init(10, 20, 30))
    #expect(read.augmentation.randomResizedCrop?.scale == 0.25...1)
    #expect(read.networkConfiguration(classes: 5).attention == nil)
    #expect(read.train.epochs == 1000)
    #expect(read.train.seed == .max)
    #expect(read.optimizer.learningRate == 3e-4)
    #expect(read.output.name == "a: b # c")
    #expect(try TrainingConfiguration(yaml: read.yaml()) == read)
    #expect(try TrainingConfiguration(yaml: read.yaml(withHelp: true)) == read)
  }

  @Test func unknownKeysAreNamedWithLineAndNearest() {
    #expect(
      mistake("train:\n  batch_size: 4\n  epoch: 3\n")
        == "a.yaml:3: unknown key 'epoch' in 'train'. Did you mean 'epochs'?")
    #expect(mistake("trian: {epochs: 3}") == "a.yaml:1: unknown key 'trian'. Did you mean 'train'?")
    #expect(mistake("epochs: 3") == "a.yaml:1: unknown key 'epochs'. Did you mean 'train.epochs'?")
    #expect(
      mistake("schedule:\n  zzz: 3").hasPrefix("a.yaml:2: unknown key 'zzz' in 'schedule'. Known here: name,")
    )
  }

  @Test func wrongValuesAreRefusedWithTheLine() {
    #expect(
      mistake("\ntrain:\n  epochs: many")
        == "a.yaml:3: train.epochs takes a whole number, 1 or more, found 'many'")
    #expect(mistake("train: {epochs: \"5\"}").contains("found the text \"5\""))
    #expect(mistake("train: {epochs: 1.5}").contains("a.yaml:1: train.epochs"))
    #expect(mistake("train: {epochs: 99999999999999999999}").contains("a.yaml:1: train.epochs"))
    #expect(mistake("train: {epochs: [1]}").contains("found a list of 1"))
    #expect(mistake("train: 5").contains("'train' is a section of keys, found '5'"))
    #expect(
      mistake("optimizer: {learning_rate: .nan}").contains("optimizer.learning_rate takes a number above 0"))
    #expect(mistake("optimizer: {learning_rate: nan}").contains("optimizer.learning_rate"))
    #expect(mistake("optimizer: {learning_rate: 1e999}").contains("optimizer.learning_rate"))
    #expect(mistake("optimizer: {learning_rate: 0}").contains("optimizer.learning_rate"))
    #expect(mistake("optimizer: {name: adam}").contains("one of sgd, adamw, found 'adam'"))
    #expect(mistake("data: {cache: -1}").contains("data.cache"))
    #expect(mistake("data: {cache: 99999999TB}").contains("data.cache"))
    #expect(mistake("augment: {crop_scale: [1, 0.5]}").contains("two ascending numbers"))
    #expect(mistake("input: {background: \"#12345g\"}").contains("input.background"))
  }

  @Test func valuesThatDoNotGoTogetherPointAtALine() {
    #expect(
      mistake("input:\n  mean: [0, 0, 0]").hasPrefix("a.yaml:2: input.mean is given without its fellow")
        || mistake("input:\n  mean: [0, 0, 0]").hasPrefix("a.yaml:2"))
    #expect(mistake("model:\n  architecture: resnet21").contains("a.yaml:2: model.architecture"))
    #expect(
      mistake("model:\n  attention:\n    spatial_kernel: 5").hasPrefix(
        "a.yaml:3: model.attention.spatial_kernel"))
    #expect(
      mistake("model:\n  attention:\n    stages: [4]").hasPrefix("a.yaml:3: model.attention.stages: [4]"))
    #expect(mistake("output: {name: a/b}").contains("single folder name"))
    #expect(mistake("output: {name: ..}").contains("single folder name"))
    #expect(mistake("data: {validation: train}").contains("trained on"))
  }

  @Test func notYAML() {
    #expect(mistake("train: [1").hasPrefix("a.yaml:"))
    #expect(mistake("train:\n\tepochs: 3").contains("not valid YAML"))
    #expect(mistake("train: {epochs: 1}\ntrain: {epochs: 2}").contains("'train' given more than once"))
    #expect(mistake("- a\n- b").contains("expected sections"))
    #expect(mistake("5").contains("expected sections"))
    #expect(mistake("a: 1\n---\nb: 2").hasPrefix("a.yaml"))
    #expect(mistake("? [a]\n: 1").contains("a key must be a plain name"))
  }

  @Test func hostileDocumentsAreErrors() {
    let laughs = (1..<20).map { level in
      let previous = [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
      return "a\(level): &a\(level) [\(previous)]"
    }
    #expect(mistake("a0: &a0 [x]\n" + laughs.joined(separator: "\n")).contains("aliases"))
    #expect(mistake("train: &t {epochs: 3}").contains("anchors"))
    #expect(mistake("data: {path: &p x}\nmodel: {weights: *p}").contains("anchors"))
    #expect(mistake(String(repeating: "[", count: 100_000)) != "no error")
    #expect(mistake(String(repeating: "- ", count: 100_000)) != "no error")
    #expect(
      mistake("train: " + String(repeating: "{a: ", count: 12) + "1" + String(repeating: "}", count: 12))
        .contains("levels deep"))
    #expect(mistake(String(repeating: "# long\n", count: 100_000)).contains("too many"))
    #expect(mistake("train: {epochs: \0}") != "no error")
    #expect(mistake("data: {path: \"a\\0b\"}").contains("data.path"))
    #expect(mistake("\u{FEFF}train: {epochs: 3}") == "no error")
  }

  @Test func overridesComeLast() throws {
    let read = try TrainingConfiguration(
      yaml: "train: {epochs: 3}\nmodel: {blocks: [1, 1, 1]}",
      overrides: [
        "train.epochs=5", "model.blocks=[2, 2, 2]", "train.ema=0.9", "train.ema=null", "data.path=a=b",
      ])
    #expect(read.train.epochs == 5)
    #expect(read.model.network.blocks == [2, 2, 2])
    #expect(read.train.ema == nil)
    #expect(read.data.path == "a=b")
    #expect(mistake("", overrides: ["train.epoch=5"]).contains("Did you mean 'train.epochs'?"))
    #expect(mistake("", overrides: ["train.epochs"]).contains("KEY=VALUE"))
    #expect(mistake("", overrides: ["train.epochs=0"]).hasPrefix("--set train.epochs=0: train.epochs takes"))
    #expect(mistake("", overrides: ["train=5"]).contains("--set train=5"))
  }

  @Test func pathsAreRelativeToTheFile() throws {
    try withScratchFolder { folder in
      try write(
        "data: {path: ../data}\noutput: {runs: runs}\nmodel: {weights: /w.safetensors}",
        to: folder + "/my.yaml")
      let read = try TrainingConfiguration(contentsOf: folder + "/my.yaml")
      #expect(read.data.path == AbsolutePath.of(folder + "/../data"))
      #expect(read.output.runs == AbsolutePath.of(folder + "/runs"))
      #expect(read.model.weights == "/w.safetensors")
      #expect(read.runName == "my")
      let overridden = try TrainingConfiguration(
        contentsOf: folder + "/my.yaml", overrides: ["data.path=here"])
      #expect(overridden.data.path == AbsolutePath.of("here"))
    }
  }

  @Test func filesThatAreNoConfiguration() throws {
    try withScratchFolder { folder in
      func message(_ name: String) -> String {
        do throws(ConfigurationError) {
          _ = try TrainingConfiguration(contentsOf: folder + "/" + name)
          return "no error"
        } catch {
          return error.description
        }
      }
      #expect(message("none.yaml").contains("none.yaml: there is no such file"))
      #expect(message("").contains("is not a file"))
      try write([0xFF, 0xFE, 0x00], to: folder + "/binary.yaml")
      #expect(message("binary.yaml").contains("UTF-8"))
    }
  }
}
