import Foundation
import FoveaAutodiff
import FoveaData
import FoveaImage
import FoveaNN
import FoveaTensor
import FoveaTrain
import Testing

/// `classify` and `explain` as a person runs them.
@Suite struct ClassifyAndExplainTests {
  /// A tree with two images of one name, a hidden one, a broken one and one that is none.
  private func makeTree(_ folder: String, from model: TrainedModel) throws -> [String] {
    let images = try files(below: model.data + "/test/star").map { model.data + "/test/star/" + $0 }
    for (place, image) in zip(["a/x.png", "b/x.png", "b/.hidden.png"], images) {
      try write(bytes(of: image), to: "\(folder)/\(place)")
    }
    try write(bytes(of: images[0]).prefix(300), to: folder + "/b/cut.png")
    try write("no image", to: folder + "/note, \"1\".txt")
    return ["a/x.png", "b/cut.png", "b/x.png", "note, \"1\".txt"].map { "\(folder)/\($0)" }
  }

  private struct Row: Decodable {
    struct Named: Decodable { let label: String, probability: Double, logit: Double }
    let path: String, status: String, error: String?, predictions: [Named], logits: [String: Double]?

    static func all(_ run: CommandRun) throws -> [Row] {
      try run.outputLines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }
  }

  @Test func oneRowForEachInput() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let expected = try makeTree(folder, from: model)
      let json = CommandRun("classify", model.run, folder, "--format", "jsonl", "--top", "3", "--logits")
      #expect(json.status == 3)
      #expect(json.errors.contains("2 of 4 inputs could not be read"))
      let rows = try Row.all(json)
      #expect(rows.map(\.path) == expected)
      #expect(rows.map(\.status) == ["ok", "error", "ok", "error"])
      #expect(rows[1].error?.contains("cut short") == true && rows[1].predictions.isEmpty)
      #expect(rows[0].predictions.count == 3 && rows[0].logits?.count == 8)
      #expect(rows[0].logits?[rows[0].predictions[0].label] == rows[0].predictions[0].logit)

      let csv = CommandRun("classify", model.run, folder, "--format", "csv").outputLines
      #expect(csv[0] == "path,status,error,label_1,probability_1")
      #expect(csv.count == 5)
      #expect(
        csv[1]
          == "\(folder)/a/x.png,ok,,\(rows[0].predictions[0].label),\(Float(rows[0].predictions[0].probability))"
      )
      #expect(csv[4].hasPrefix("\"\(folder)/note, \"\"1\"\".txt\",error,"))

      let table = CommandRun("classify", model.run, folder).outputLines
      #expect(table.count == 5 && table[0].hasPrefix("label") && table[2].hasPrefix("(not read)"))
    }
  }

  /// Weights that are finite, and so large that an image's sums are not.
  @Test func anAnswerThatIsNoNumberIsAnError() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let overflowing = try ModelFile.load(model.run + "/checkpoints/best.safetensors")
      let weight = try #require(overflowing.network.parameters.first { $0.name == "fc.weight" })
      weight.value = Tensor(repeating: 3e38, shape: weight.value.shape)
      try overflowing.save(to: folder + "/m.safetensors")
      let run = CommandRun(
        "classify", folder + "/m.safetensors", model.data + "/test/star", "--format", "jsonl")
      let rows = try Row.all(run)
      #expect(run.status == 3)
      #expect(rows.count == 3)
      #expect(rows.allSatisfy { $0.error == "the model's answer is no number" && $0.predictions.isEmpty })
      let explained = CommandRun(
        "explain", folder + "/m.safetensors", model.data + "/test/star", "-o", folder + "/maps", "--score")
      #expect(explained.status == 3)
      #expect(
        explained.errors.split(separator: "\n").count { $0.hasSuffix("the model's answer is no number") } == 3
      )
      #expect(try text(of: folder + "/maps/attention.csv").split(separator: "\n").count == 1)
    }
  }

  /// What `evaluate` computes for an image, `classify` computes to the bit.
  @Test func agreesWithEvaluate() throws {
    struct Evaluated: Decodable {
      struct Metrics: Decodable { let top1: Double }
      let metrics: Metrics
    }
    let model = try TrainedModel.shared()
    let rows = try Row.all(CommandRun("classify", model.run, model.data + "/test", "--format", "jsonl"))
    let right = rows.filter { $0.path.contains("/\($0.predictions[0].label)/") }.count
    let json = CommandRun("evaluate", model.run, "--json").output
    let evaluated = try JSONDecoder().decode(Evaluated.self, from: Data(json.utf8))
    #expect(rows.count == 24)
    #expect(evaluated.metrics.top1 == Double(right) / 24)
  }

  /// A JPEG with the tag gives the same as its upright pixels without one, by both commands.
  @Test func orientationIsAppliedByEveryCommand() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let image = try #require(try files(below: model.data + "/test/star").first)
      let upright = try ImageFiles.load(RawPath("\(model.data)/test/star/\(image)")).image
      var jpeg = Data(try upright.jpegData())
      // An APP1 segment after SOI: a TIFF directory with one entry, orientation (0x0112) 6.
      let exif: [UInt8] =
        [0xFF, 0xE1, 0, 34] + Array("Exif\0\0MM\0*\0\0\0\u{8}\0\u{1}".utf8)
        + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
      jpeg.insert(contentsOf: exif, at: 2)
      try write(jpeg, to: folder + "/in/turned.jpg")
      let turned = try ImageFiles.load(RawPath(folder + "/in/turned.jpg")).image
      try turned.write(to: folder + "/in/upright.png")
      try write(Data(try upright.jpegData()), to: folder + "/plain.jpg")
      #expect(try turned != ImageFiles.load(RawPath(folder + "/plain.jpg")).image)

      let rows = try Row.all(
        CommandRun("classify", model.run, folder + "/in", "--format", "jsonl", "--logits"))
      #expect(rows.count == 2 && rows[0].logits == rows[1].logits)
      let explained = CommandRun("explain", model.run, folder + "/in", "-o", folder + "/out")
      #expect(explained.status == 0)
      for block in TrainedModel.blocks {
        for kind in ["maps", "overlays"] {
          let pictures = try ["turned.jpg", "upright.png"].map {
            try ImageFiles.load(RawPath("\(folder)/out/\(kind)/\($0)/\(block).png")).image
          }
          #expect(pictures[0] == pictures[1], "\(kind) \(block)")
        }
      }
    }
  }

  @Test func explainMirrorsTheTree() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      _ = try makeTree(folder + "/in", from: model)
      let run = CommandRun("explain", model.run, folder + "/in", "-o", folder + "/out")
      #expect(run.status == 3)
      #expect(run.errors.contains("2 images explained"))
      #expect(run.errors.contains("warning: \(folder)/in/b/cut.png: "))
      let pictures = TrainedModel.blocks + ["grad-cam"]
      let expected = ["a/x.png", "b/x.png"].flatMap { image in
        ["panels/\(image).png", "thumbs/\(image).jpg", "thumbs/\(image).maps.jpg"]
          + pictures.flatMap { ["maps/\(image)/\($0).png", "overlays/\(image)/\($0).png"] }
      }
      #expect(try files(below: folder + "/out") == (expected + ["attention.csv", "index.html"]).sorted())
      // Width, height, depth and colour type of the PNG's header: one 16-bit gray pixel a cell.
      let header = try bytes(of: folder + "/out/maps/a/x.png/layer2.0.png")[16..<26]
      #expect(Array(header) == [0, 0, 0, 16, 0, 0, 0, 16, 16, 0])
      let overlay = try bytes(of: folder + "/out/overlays/a/x.png/layer2.0.png")[16..<26]
      #expect(Array(overlay) == [0, 0, 0, 32, 0, 0, 0, 32, 8, 2])

      let lines = try text(of: folder + "/out/attention.csv").split(separator: "\n")
      #expect(lines.count == 1 + 2 * 3)
      let columns = lines[0].split(separator: ",").map(String.init)
      let row = lines[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let values = Dictionary(uniqueKeysWithValues: zip(columns, row))
      #expect(values["block"] == "layer1.0" && values["width"] == "32" && values["channels"] == "8")
      let numbers = ["min", "mean", "max"].compactMap { values[$0].flatMap(Double.init) }
      #expect(numbers.count == 3 && numbers == numbers.sorted() && numbers[0] >= 0 && numbers[2] <= 1)
      for name in ["entropy", "border_share"] {
        let value = try #require(values[name].flatMap(Double.init))
        #expect(value >= 0 && value <= 1)
      }
    }
  }

  @Test func masksScoreEveryMap() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let run = CommandRun(
        "explain", model.run, model.data + "/test", "-o", folder + "/out", "--no-pictures", "--masks",
        model.data + "/masks")
      #expect(run.status == 0)
      #expect(run.outputLines.map { $0.prefix { $0 != " " } } == ["map", "layer1.0", "layer2.0", "grad-cam"])
      let written = try files(below: folder + "/out")
      #expect(written == ["attention.csv"])
      let table = try text(of: folder + "/out/attention.csv")
      #expect(table.contains(",truth,pointing,energy,object_area\n"))
      let none = CommandRun(
        "explain", model.run, model.data + "/test/star", "-o", folder + "/out", "--no-pictures", "--masks",
        folder)
      #expect(none.status == 1 && none.errors.contains("no image has a mask"))
    }
  }

  @Test func choicesOfExplain() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      let images = model.data + "/test/star"
      func explain(_ arguments: String...) -> CommandRun {
        CommandRun(["explain", model.run, images, "-o", folder + "/out"] + arguments)
      }
      let mistakes = [
        (["--class", "sta"], "Did you mean 'star'?"), (["--blocks", "layer2.1"], "Did you mean 'layer2.0'?"),
        (["--blocks", ""], "the model has no attention block ''"),
      ]
      for (arguments, words) in mistakes {
        let run = CommandRun(["explain", model.run, images, "-o", folder + "/out"] + arguments)
        #expect(run.status == 2 && run.errors.contains(words), "\(run.errors)")
      }
      let same = CommandRun("explain", model.run, images, "-o", images)
      #expect(same.status == 2 && same.errors.contains("is the input folder itself"))
      #expect(try files(below: folder).isEmpty)

      #expect(explain("--blocks", "last", "--class", "heart").status == 0)
      let lines = try text(of: folder + "/out/attention.csv").split(separator: "\n").dropFirst()
      #expect(lines.count == 3 * 2)
      #expect(lines.contains { $0.contains(",grad-cam,heart,") })
      let image = try #require(try files(below: images).first)
      let overlay = "\(folder)/out/overlays/\(image)/layer2.0.png"
      // Each of these is another picture of the same map.
      var seen = [try bytes(of: overlay)]
      for arguments in [
        ["--normalize", "image"], ["--normalize", "run"], ["--interpolation", "nearest"],
        ["--interpolation", "bicubic"], ["--color-map", "jet"], ["--opacity", "0.2"],
      ] {
        let run = CommandRun(
          ["explain", model.run, images, "-o", folder + "/out", "--blocks", "last"] + arguments)
        #expect(run.status == 0)
        let picture = try bytes(of: overlay)
        #expect(!seen.contains(picture), "\(arguments)")
        seen.append(picture)
      }
    }
  }
}
