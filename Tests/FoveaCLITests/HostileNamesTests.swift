import FoveaFormats
import Foundation
import Testing

/// Names that end a script, a line, a field or a string, through everything that writes them down.
@Suite struct HostileNamesTests {
  /// Below a folder for each class; the bytes of each, of which some are no UTF-8.
  private static let names: [[UInt8]] =
    [
      "a\nb.png", "quote\"',.png", "<img src=x onerror=alert(1)>.png", "-rf.png", "=1+1.png", " lead.png",
      "\u{202E}gnp.png", "back\\slash.png", String(repeating: "n", count: 251) + ".png",
      // Together the path has an end tag in it.
      "</script><img src=x onerror=alert(2)>.png",
    ].map { Array($0.utf8) } + [Array("x".utf8) + [0xFF, 0xFE] + Array(".png".utf8)]

  private static let classes = ["a&b \"q\" 's',x", "new\nline"]

  /// A data set of train and val with each name in each class.
  private func makeTree(_ folder: String, from model: TrainedModel) throws {
    let images = try files(below: model.data + "/train").map { model.data + "/train/" + $0 }
    var next = 0
    for part in ["train", "val"] {
      for name in Self.classes {
        let path = "\(folder)/\(part)/\(name)"
        try FileManager.default.createDirectory(atPath: path + "/<", withIntermediateDirectories: true)
        for file in Self.names {
          let content = try bytes(of: images[next])
          next += 1
          let place = Array("\(path)/".utf8) + file + [0]
          let descriptor = place.withUnsafeBytes {
            open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_WRONLY | O_CREAT, 0o644)
          }
          try #require(descriptor >= 0, "\(String(decoding: file, as: UTF8.self))")
          defer { close(descriptor) }
          try FileHandle(fileDescriptor: descriptor).write(contentsOf: content)
        }
      }
    }
  }

  private var imageCount: Int { 2 * Self.classes.count * Self.names.count }

  /// Nothing of what a page shows was taken for a tag of its own.
  private func expectSafe(_ html: String, scripts: Int) {
    #expect(!html.contains("<img src=x") && !html.contains("onerror=alert(1)>.png\""))
    #expect(html.components(separatedBy: "<script").count == 1 + scripts)
    #expect(html.components(separatedBy: "</script>").count == 1 + scripts)
  }

  @Test func rowsOfClassify() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      try makeTree(folder + "/data", from: model)
      let csv = CSV.records(CommandRun("classify", model.run, folder + "/data", "--format", "csv").output)
      #expect(csv.count == 1 + imageCount && csv.allSatisfy { $0.count == 5 })
      let lines = CommandRun("classify", model.run, folder + "/data", "--format", "jsonl").outputLines
      #expect(lines.count == imageCount)
      var paths: [String] = []
      for line in lines {
        let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let path = try #require(row["path"] as? String)
        paths.append(path)
        #expect(row["status"] as? String == "ok")
        if let bytes = row["path_bytes"] as? [Int] {
          #expect(bytes.contains(0xFF) && path.hasSuffix("x\\xff\\xfe.png"))
        } else {
          #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
      }
      #expect(csv.dropFirst().map { $0[0] } == paths)
      // On a terminal a row is a line, whatever is in the name.
      #expect(CommandRun("classify", model.run, folder + "/data").outputLines.count == 1 + imageCount)
    }
  }

  @Test func pagesOfCheckAndExplain() throws {
    let model = try TrainedModel.shared()
    try withScratchFolder { folder in
      try makeTree(folder + "/data", from: model)
      try write("no image", to: folder + "/data/val/new\nline/broken\",\n<b>.png")
      let check = CommandRun("check", folder + "/data", "--json", "--html", folder + "/check.html")
      #expect(check.status == 3)
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(check.output.utf8)) as? [String: Any])
      #expect(json["images"] as? Int == imageCount + 1)
      let page = try text(of: folder + "/check.html")
      expectSafe(page, scripts: 2)
      #expect(page.contains("broken&quot;,\\n&lt;b&gt;.png"))

      let explain = CommandRun("explain", model.run, folder + "/data", "-o", folder + "/maps")
      #expect(explain.status == 3 && explain.errors.contains("1 of \(imageCount + 1) inputs"))
      let table = CSV.records(try text(of: folder + "/maps/attention.csv"))
      #expect(table.count == 1 + 3 * imageCount && table.allSatisfy { $0.count == table[0].count })
      let gallery = try text(of: folder + "/maps/index.html")
      expectSafe(gallery, scripts: 2)
      // The page's script makes places of files of the names in its data: each must be there.
      let start = try #require(gallery.firstRange(of: "id=\"gallery-data\">")).upperBound
      let end = try #require(gallery[start...].firstRange(of: "</script>")).lowerBound
      let data = try JSONSerialization.jsonObject(with: Data(gallery[start..<end].utf8)) as? [String: Any]
      let names = try #require(data?["items"] as? [[String: Any]]).compactMap { $0["n"] as? String }
      #expect(names.count == imageCount && Set(names).count == imageCount)
      for name in names {
        for place in ["thumbs/\(name).jpg", "thumbs/\(name).maps.jpg", "panels/\(name).png"] {
          #expect(FileManager.default.fileExists(atPath: "\(folder)/maps/\(place)"), "\(place)")
        }
      }
    }
  }
}
