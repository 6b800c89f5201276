import FoveaData
import FoveaOps
import FoveaTrain

/// Which model a person means: a model file, or the folder of a run, whose best one it then is.
struct ModelArgument {
  let path: String
  /// The run's configuration, where a run was named.
  let configurationPath: String?

  init(_ argument: String) {
    let folder = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
    let best = folder + "/checkpoints/best.safetensors"
    if PathKind(of: RawPath(folder)) == .folder, PathKind(of: RawPath(best)) == .file {
      path = best
      configurationPath = folder + "/config.yaml"
    } else {
      path = argument
      configurationPath = nil
    }
  }

  func load() throws -> ModelFile {
    try ModelFile.load(try file())
  }

  /// The model for predictions alone, in less time and memory.
  func predictor(engine: EngineOptions) throws -> Predictor {
    try Predictor(contentsOf: try file(), engine: engine)
  }

  private func file() throws -> String {
    if PathKind(of: RawPath(path)) == .folder {
      throw CommandFailure(
        .failed,
        "\(path): a folder without checkpoints/best.safetensors. Give a model file, or the folder of a run, "
          + "such as runs/shapes, that has come to the end of an epoch")
    }
    return path
  }

  /// The file's name, for pictures.
  var name: String { path.split(separator: "/").suffix(3).joined(separator: "/") }
}
