import Foundation
import Testing

@testable import FoveaCLI

/// What `fovea serve` refuses before it listens. What it answers is the library's and tested there.
@Suite struct ServeCommandTests {
  @Test func mistakesAreRefused() throws {
    let model = try TrainedModel.shared()
    for (arguments, word) in [
      (["--port", "70000"], "--port 70000"), (["--runs", model.folder + "/none"], "--runs"),
      (["--batch", "0"], "--batch 0"), (["--max-body", "0"], "--max-body 0"),
    ] {
      let run = CommandRun(["serve", model.run] + arguments)
      #expect(run.status == 2 && run.output == "" && run.errors.contains(word), "\(run.errors)")
    }
    #expect(CommandRun("serve", model.folder + "/none").status == 1)
    let taken = CommandRun("serve", model.run, "--host", "203.0.113.1")
    #expect(taken.status == 1 && taken.errors.contains("cannot listen on 203.0.113.1"), "\(taken.errors)")
  }
}
