import Foundation
import FoveaTrain
import Testing

@testable import FoveaCLI

/// Colours, verbosity, completions, the manual and the doctor.
@Suite(.serialized) struct TerminalTests {
  @Test func coloursAreHonest() {
    let terminal = Console(
      output: MemorySink(), errors: MemorySink(), outputIsTerminal: true, errorsAreTerminal: true)
    let file = Console(output: MemorySink(), errors: MemorySink())
    unsetenv("NO_COLOR")
    #expect(terminal.with(color: .auto, verbosity: .normal).colorsOutput)
    #expect(!file.with(color: .auto, verbosity: .normal).colorsOutput)
    #expect(file.with(color: .always, verbosity: .normal).colorsErrors)
    #expect(!terminal.with(color: .never, verbosity: .normal).colorsErrors)
    setenv("NO_COLOR", "1", 1)
    defer { unsetenv("NO_COLOR") }
    #expect(!terminal.with(color: .auto, verbosity: .normal).colorsErrors)
    #expect(terminal.with(color: .always, verbosity: .normal).colorsErrors, "what is asked for is done")
    setenv("NO_COLOR", "", 1)
    #expect(terminal.with(color: .auto, verbosity: .normal).colorsErrors, "empty counts as not set")
  }

  @Test func anEpochsLineFitsTheTerminal() throws {
    let metrics = #"{"loss":1.23456,"top1":0.5,"top5":0.875,"count":640}"#
    let report = try JSONDecoder().decode(
      EpochReport.self,
      from: Data(
        """
        {"epoch":3,"epochs":20,"step":30,"learningRate":0.1,"training":\(metrics),"validation":\(metrics),
        "imagesPerSecond":612.4,"dataWaitShare":0.01,"seconds":4,"secondsLeft":61,"isBest":true}
        """.utf8))
    let whole = TrainingConsole.line(report, width: nil)
    #expect(
      whole == "epoch  3/20  train loss 1.2346 top-1  50.00 %  val loss 1.2346 top-1  50.00 % top-5  87.50 %"
        + "  lr 0.100   612 images/s  1.0 % waiting  1:01 left")
    #expect(TrainingConsole.line(report, width: 200) == whole)
    let narrow = TrainingConsole.line(report, width: 80)
    #expect(narrow == "epoch  3/20  train loss 1.2346 top-1  50.00 %  val loss 1.2346 top-1  50.00 %")
    for width in 50..<150 { #expect(TrainingConsole.line(report, width: width).count <= width - 2) }
    #expect(TrainingConsole.line(report, width: 110).hasSuffix("1:01 left"))
  }

  @Test func quietAndVerboseSayLessAndMore() {
    let plain = CommandRun("doctor", "--json")
    #expect(plain.errors == "")
    let verbose = CommandRun("doctor", "--json", "--verbose")
    #expect(verbose.errors.contains("thread") && verbose.errors.contains("of memory"))
    #expect(CommandRun("doctor", "-q", "-v").status == 2)
    let sink = MemorySink()
    let quiet = Console(output: MemorySink(), errors: sink).with(color: .never, verbosity: .quiet)
    quiet.note("a note")
    quiet.detail("a detail")
    quiet.warn("a warning")
    #expect(sink.text == "warning: a warning\n")
    var progress = Progress(quiet, noun: "images", total: 2, clock: { 100 })
    progress.update(1)
    #expect(sink.text == "warning: a warning\n")
  }

  @Test func theDoctorMeasures() throws {
    let run = CommandRun("doctor", "--json")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let (convolution, peak) = (
      json["convolution_gflops"] as? Double ?? 0, json["peak_gflops"] as? Double ?? 0
    )
    #expect(convolution > 0.01 && peak > 0.1)
    let libraries = try #require(json["libraries"] as? [String: String])
    #expect(
      libraries["libpng"]?.hasPrefix("1.") == true && libraries["zlib"] != nil && libraries["libjpeg"] != nil)
    let text = CommandRun("doctor").output
    for word in ["kernels", "threads", "libjpeg", "of the peak"] { #expect(text.contains(word)) }
  }

  /// Every command and every one of its options stands in the manual.
  @Test func theManualTellsOfEverything() throws {
    let run = CommandRun("manual")
    #expect(run.status == 0 && run.output.hasPrefix(".TH FOVEA 1 "))
    func check(_ command: CommandDescription, _ path: String) {
      let start = run.output.firstRange(of: ".SS \"\(path)\"\n")
      #expect(start != nil, "\(path)")
      guard let start else { return }
      let section = run.output[start.upperBound...].components(separatedBy: "\n.SS ")[0]
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        let name = (argument.names ?? []).map(\.text).first ?? argument.valueName ?? ""
        #expect(section.contains(ManualPage.escaped(name)), "\(path): \(name)")
      }
      for inner in command.subcommands ?? [] where inner.shouldDisplay && inner.commandName != "help" {
        check(inner, "\(path) \(inner.commandName)")
      }
    }
    let root = try CommandDescription.ofFovea()
    let commands = (root.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    #expect(commands.count >= 12)
    for command in commands { check(command, "fovea \(command.commandName)") }
    for word in ["NO_COLOR", "FOVEA_THREADS", "FOVEA_KERNELS", "EXIT STATUS"] {
      #expect(run.output.contains(word))
    }
    // A line that begins with a dot or a quote is roff's; all of them are meant.
    let requests = Set(
      run.output.split(separator: "\n").filter { $0.hasPrefix(".") }.map { $0.prefix { $0 != " " } })
    #expect(requests.isSubset(of: [".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".nf", ".fi"]), "\(requests)")
  }

  @Test func shellsComplete() {
    for shell in ["bash", "zsh", "fish"] {
      let run = CommandRun("--generate-completion-script", shell)
      #expect(run.status == 0)
      for word in ["check", "serve", "doctor", "allow-truncated"] {
        #expect(run.output.contains(word), "\(shell): \(word)")
      }
    }
  }

  /// Whatever takes a path offers paths, and settings offer the configuration's keys.
  @Test func pathsAndSettingsAreCompleted() throws {
    let paths: Set<String> = [
      "file", "folder", "run", "model", "model|config", "config", "data", "weights", "paths",
    ]
    var seen: [String: Int] = [:]
    func check(_ command: [String: Any]) {
      for argument in command["arguments"] as? [[String: Any]] ?? []
      where argument["kind"] as? String != "flag" {
        let name = argument["valueName"] as? String ?? ""
        let kind = argument["completionKind"] as? [String: [String: Any]] ?? [:]
        let place = "\(command["commandName"] ?? "") \(name)"
        if paths.contains(name) { #expect(kind["file"] != nil || kind["directory"] != nil, "\(place)") }
        if name == "key=value" {
          #expect((kind["list"]?["values"] as? [String])?.contains("train.epochs=") == true, "\(place)")
        }
        seen[name, default: 0] += 1
      }
      for inner in command["subcommands"] as? [[String: Any]] ?? [] { check(inner) }
    }
    let help =
      try JSONSerialization.jsonObject(with: Data(CommandRun("--experimental-dump-help").output.utf8))
      as? [String: Any]
    check(try #require(help?["command"] as? [String: Any]))
    for name in paths.union(["key=value"]) { #expect(seen[name] != nil, "no '\(name)' any more") }
  }

  /// What bash makes of the script: run by bash itself.
  @Test func bashOffersCommandsFlagsAndFiles() throws {
    try withScratchFolder { folder in
      try write(CommandRun("--generate-completion-script", "bash").output, to: folder + "/completion")
      try write("", to: folder + "/settings.yaml")
      try FileManager.default.createDirectory(atPath: folder + "/runs", withIntermediateDirectories: false)
      func offered(_ words: String...) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.arguments =
          [
            "--norc", "-c",
            """
            source completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
            _fovea fovea "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; printf '%s\\n' "${COMPREPLY[@]}"
            """, "bash", "fovea",
          ] + words
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
      }
      #expect(try offered("tr") == ["train"])
      #expect(try offered("train", "--res") == ["--resume"])
      #expect(try offered("train", "set") == ["settings.yaml"])
      #expect(try offered("train", "--resume", "") == ["runs"])
      #expect(try offered("train", "--set", "train.ep") == ["train.epochs="])
      #expect(try offered("classify", "--format", "") == ["table", "csv", "jsonl"])
      #expect(try offered("check", "--html", "set") == ["settings.yaml"])
    }
  }
}
