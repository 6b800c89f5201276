@testable import FoveaCLI
import FoveaTestSupport
import Testing

@Suite struct InfoPlanTests {
  /// The table's rows of one convolution.
  private func plan(of layer: String, _ arguments: [String]) throws -> [String] {
    try withScratchFolder { folder in
      let configuration = folder + "/small.yaml"
      try write(
        "model:\n  architecture: resnet20\ninput:\n  width: 32\n  height: 32\ntrain:\n  batch_size: 128\n",
        to: configuration)
      let run = CommandRun(["info", configuration, "--classes", "10"] + arguments)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.outputLines.map(String.init)
      guard let table = lines.firstIndex(where: { $0.contains("product") && $0.contains("plan") }) else {
        return []
      }
      let rows = lines[table...]
      guard let first = rows.firstIndex(where: { $0.hasPrefix(layer) }) else { return [] }
      return Array(rows[first..<min(rows.endIndex, first + 3)])
    }
  }

  @Test func isShownWhereItIsAskedFor() throws {
    #expect(try plan(of: "layer1.0.conv1", []).isEmpty)
    try withKernelsHeld {
      let rows = try plan(of: "layer1.1.conv1", ["--plan"])
      #expect(rows.map { $0.contains("winograd4") } == [true, true, true])
      #expect(rows[0].contains("forward") && rows[1].contains("input gradient"))
      #expect(rows[2].contains("weight gradient"))
    }
  }

  /// Images get no gradient.
  @Test func theFirstConvolutionHasTwoProducts() throws {
    let rows = try plan(of: "conv1", ["--plan"])
    #expect(rows[0].contains("forward") && rows[1].contains("weight gradient"))
    #expect(!rows[2].hasPrefix(" "))
  }

  @Test func followsTheEnginesSettings() throws {
    let off = try plan(of: "layer1.1.conv1", ["--plan", "--set", "engine.winograd=off"])
    #expect(off.map { $0.contains("direct") } == [true, true, true])
    let f2 = try plan(of: "layer1.1.conv1", ["--plan", "--set", "engine.winograd=f2"])
    #expect(f2.map { $0.contains("winograd2") } == [true, true, true])
  }

  @Test func isInTheJSON() throws {
    try withScratchFolder { folder in
      try write("{}\n", to: folder + "/defaults.yaml")
      let run = CommandRun("info", folder + "/defaults.yaml", "--classes", "3", "--plan", "--json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains(#""algorithm""#) && run.output.contains(#""weight gradient""#))
    }
  }
}
