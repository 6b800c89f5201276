import FoveaTrain
import Foundation
import Testing

@testable import FoveaServe

@Suite struct RunsFolderTests {
  /// `one` and `two` are runs, `three` is none; outside lies a secret.
  static func folder() throws -> String {
    let root = FileManager.default.temporaryDirectory.path + "/fovea-runs-\(UInt64.random(in: 0 ... .max))"
    for name in ["runs/one", "runs/two", "runs/three", "runs/.hidden", "outside"] {
      try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: true)
    }
    func write(_ text: String, _ name: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + name))
    }
    let header = "epoch,step,learning_rate,train_loss,train_top1,train_top5,val_loss,val_top1,val_top5\n"
    try write("a: 1", "runs/one/config.yaml")
    try write(
      header + "1,10,0.1,2.0,0.3,0.8,1.5,0.5,0.9\n2,20,0.1,1.0,0.6,0.9,1.1,0.7,1.0\n", "runs/one/metrics.csv")
    try write("<script>alert(1)</script>", "runs/one/report.html")
    try write("a: 1", "runs/two/config.yaml")
    try write("a: 1", "runs/.hidden/config.yaml")
    try write("secret", "outside/config.yaml")
    try write("secret", "outside/log.txt")
    try write("secret", "runs/one/secret.txt")
    try FileManager.default.createSymbolicLink(
      atPath: root + "/runs/two/log.txt", withDestinationPath: root + "/outside/log.txt")
    try FileManager.default.createSymbolicLink(
      atPath: root + "/runs/linked", withDestinationPath: root + "/outside")
    return root
  }

  @Test func nothingLeavesTheFolder() throws {
    let root = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let runs = RunsFolder(path: root + "/runs")
    #expect(Set(runs.runs().map(\.name)) == ["one", "two"])
    #expect(runs.run("one")?.rows.map(\.validation.top1) == [0.5, 0.7])
    #expect(runs.file("config.yaml", of: "one")?.bytes == Array("a: 1".utf8))
    #expect(runs.file("log.txt", of: "two") == nil, "a link")
    #expect(runs.file("secret.txt", of: "one") == nil, "no file of a run's")
    for name in ["..", ".", "", "linked", ".hidden", "../outside", "one/../../outside", "/etc", "one\0"] {
      #expect(runs.file("config.yaml", of: name) == nil && runs.run(name) == nil, "\(name)")
    }
    #expect(runs.file("../one/config.yaml", of: "two") == nil)
  }

  @Test func theyTellHowTheyStand() throws {
    let root = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    func configure(_ run: String, _ yaml: String) throws {
      try Data(yaml.utf8).write(to: URL(fileURLWithPath: "\(root)/runs/\(run)/config.yaml"))
    }
    let runs = RunsFolder(path: root + "/runs")
    #expect(runs.run("one")?.state == nil, "its configuration is none")
    try configure("one", "train: {epochs: 2}")
    #expect(runs.run("one")?.state == .finished && runs.run("one")?.epochs == 2)
    try configure("one", "train: {epochs: 5}")
    #expect(runs.run("one")?.state == .interrupted)
    try Data("training diverged in epoch 3, step 25: …".utf8)
      .write(to: URL(fileURLWithPath: root + "/runs/one/divergence.txt"))
    #expect(runs.run("one")?.state == .diverged(epoch: 3))
    // Held as a process that trains holds it.
    let lock = open(root + "/runs/one/.lock", O_RDWR | O_CREAT, 0o644)
    defer { close(lock) }
    try #require(flock(lock, LOCK_EX) == 0)
    #expect(runs.run("one")?.state == .running)
    let running = try RunningServer { $0.runs = root + "/runs" }
    #expect(running.get("/runs").text.contains("<span class=\"badge busy\">running</span>"))
    #expect(running.get("/runs/one/").text.contains("of 5 epochs"))
    #expect(running.get("/api/runs").text.contains("\"state\":\"running\""))
  }

  @Test func theirNamesStayText() throws {
    let root = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    for name in ["<script>alert(1)<script>", "a\"b' & %2e#?.", "-line\nbreak", "é\u{202E}"] {
      let path = root + "/runs/" + name
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data("train: {epochs: 1}".utf8).write(to: URL(fileURLWithPath: path + "/config.yaml"))
    }
    let running = try RunningServer { $0.runs = root + "/runs" }
    let list = running.get("/runs").text
    #expect(!list.contains("<script>alert") && list.contains("&lt;script&gt;alert(1)&lt;script&gt;"))
    // Each link of the list leads to its run.
    let links = list.components(separatedBy: "href=\"./runs/").dropFirst()
      .map { $0.components(separatedBy: "\"")[0] }
    #expect(links.count == 6)
    for link in links {
      let page = running.get("/runs/" + link)
      #expect(page.status == 200 && !page.text.contains("<script>alert"), "\(link)")
    }
    let facts = try #require(
      try JSONSerialization.jsonObject(with: Data(running.get("/api/runs").text.utf8)) as? [[String: Any]])
    #expect(facts.contains { $0["name"] as? String == "-line\nbreak" })
  }

  @Test func theyAreServed() throws {
    let root = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let running = try RunningServer { $0.runs = root + "/runs" }
    let list = running.get("/runs")
    #expect(
      list.status == 200 && list.text.contains("href=\"./runs/one/\"") && list.headers["refresh"] == "10")
    let page = running.get("/runs/one/")
    #expect(page.status == 200 && page.text.contains("70.00 %"))
    let report = running.get("/runs/one/report.html?x")
    #expect(report.status == 200 && report.text == "<script>alert(1)</script>")
    #expect(report.headers["content-security-policy"]?.hasPrefix("sandbox allow-scripts;") == true)
    for path in [
      "/runs/", "/runs/three/", "/runs/one/secret.txt", "/runs/one", "/runs/%2e%2e/outside/config.yaml",
      "/runs/..%2foutside/config.yaml",
      "/runs/../outside/config.yaml", "/runs/linked/config.yaml", "/runs/two/log.txt", "/runs/one/%00",
      "/runs/one//config.yaml",
      "/runs/one/config.yaml/",
    ] {
      #expect(running.get(path).status == 404, "\(path)")
    }
  }
}
