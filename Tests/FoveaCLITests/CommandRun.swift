import Foundation
import FoveaCLI

/// What a command did: its exit code and what it wrote.
struct CommandRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `fovea` with these arguments, within this process.
  init(_ arguments: String...) { self.init(arguments) }

  init(_ arguments: [String]) {
    let (output, errors) = (MemorySink(), MemorySink())
    status = runFovea(arguments, console: Console(output: output, errors: errors))
    self.output = output.text
    self.errors = errors.text
  }

  var outputLines: [Substring] { output.split(separator: "\n") }
}

/// Runs a body with a folder of its own, which is removed afterwards.
func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.path + "/fovea-cli-\(UInt64.random(in: 0 ... .max))"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

func bytes(of path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

func text(of path: String) throws -> String { String(decoding: try bytes(of: path), as: UTF8.self) }

func write(_ content: Data, to path: String) throws {
  let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  try content.write(to: URL(fileURLWithPath: path))
}

func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

/// All files below a folder, as paths relative to it, sorted.
func files(below folder: String) throws -> [String] {
  try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().filter { path in
    (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)")) == nil
  }
}
