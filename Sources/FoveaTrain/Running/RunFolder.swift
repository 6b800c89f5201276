import FoveaFormats

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where a run keeps what it makes, locked for this process.
///
///     runs/NAME/  config.yaml (resolved)  classes.txt  metrics.csv  log.txt  curves.png  confusion.png
///                 checkpoints/last.safetensors  checkpoints/best.safetensors
public final class RunFolder {
  public let path: String
  /// The last component of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  private let lock: RunLock

  public var configurationPath: String { path + "/config.yaml" }
  public var classesPath: String { path + "/classes.txt" }
  public var metricsPath: String { path + "/metrics.csv" }
  public var logPath: String { path + "/log.txt" }
  public var curvesPath: String { path + "/curves.png" }
  public var confusionPath: String { path + "/confusion.png" }
  public var evaluationPath: String { path + "/evaluation.json" }
  /// Only there while divergence is what ended the run.
  public var divergencePath: String { path + "/divergence.txt" }
  public var checkpointsPath: String { path + "/checkpoints" }
  /// All that a resumed run needs.
  public var lastPath: String { checkpointsPath + "/last.safetensors" }
  /// The checkpoint before that, in case the last one is damaged.
  public var previousPath: String { checkpointsPath + "/last.previous.safetensors" }
  /// Where a damaged `last` goes, for whoever wants to find out why.
  var damagedPath: String { checkpointsPath + "/last.damaged.safetensors" }
  /// The model to carry away.
  public var bestPath: String { checkpointsPath + "/best.safetensors" }

  /// Makes the folder of a new run.
  ///
  /// A name that the configuration gives must be new: a folder of that name with anything in it is refused. Without
  /// one the configuration file's name is taken, with -2, -3, … added until no such folder is there.
  ///
  /// - Throws: `TrainingError.folder` where it is in use, not empty or not writable.
  public static func create(for configuration: TrainingConfiguration) throws(TrainingError) -> RunFolder {
    let runs = configuration.output.runs
    try makeFolder(runs)
    if let name = configuration.output.name {
      let path = "\(runs)/\(name)"
      try makeFolder(path)
      // The lock first: of two runs that start at once, the second must not find the folder empty.
      let folder = try RunFolder(locking: path)
      // A run that was killed before it had a configuration leaves parts of files and is none.
      Checkpoint.removeLeftovers(folder)
      if !folder.isUnused {
        throw .folder(
          path, "holds a run already. Go on with it by --resume \(path), or choose another output.name")
      }
      try makeFolder(folder.checkpointsPath)
      return folder
    }
    for number in 1...100_000 {
      let name = number == 1 ? configuration.runName : "\(configuration.runName)-\(number)"
      let path = "\(runs)/\(name)"
      // Who makes the folder has it: mkdir is one step.
      if mkdir(path, 0o777) == 0 {
        try sync(runs)
        let folder = try RunFolder(locking: path)
        try makeFolder(folder.checkpointsPath)
        return folder
      }
      guard errno == EEXIST else { throw .folder(path, "cannot be made: \(systemMessage())") }
    }
    throw .folder(runs, "has too many runs named \(configuration.runName). Give output.name")
  }

  /// The list of the images that the run was started with.
  public var manifestPath: String { path + "/manifest.tsv" }

  /// The files that are replaced as a whole.
  var durablePaths: [String] {
    [
      configurationPath, classesPath, manifestPath, curvesPath, confusionPath, evaluationPath, divergencePath,
      lastPath, bestPath,
    ]
  }

  /// Opens the folder of a run that is to go on.
  ///
  /// - Throws: `TrainingError.folder` where it is no run folder or another process has it.
  public static func open(_ path: String) throws(TrainingError) -> RunFolder {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    var information = stat()
    guard stat(trimmed, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
      throw .folder(trimmed, "is no folder. Give the folder of a run, such as runs/shapes")
    }
    guard access(trimmed + "/config.yaml", R_OK) == 0 else {
      throw .folder(trimmed, "has no config.yaml, so it is not the folder of a run")
    }
    let folder = try RunFolder(locking: trimmed)
    try makeFolder(folder.checkpointsPath)
    guard access(folder.checkpointsPath, W_OK | X_OK) == 0 else {
      throw .folder(folder.checkpointsPath, "cannot be written to: \(systemMessage())")
    }
    return folder
  }

  private init(locking path: String) throws(TrainingError) {
    lock = try RunLock(folder: path)
    self.path = path
  }

  func removeDivergence() { unlink(divergencePath) }

  /// Whether it holds nothing but the lock.
  private var isUnused: Bool {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return false }
    return names.allSatisfy { $0 == ".lock" || $0 == "checkpoints" }
      && ((try? FileManager.default.contentsOfDirectory(atPath: checkpointsPath))?.isEmpty ?? true)
  }

  /// Makes a folder, if it is not there, so that it lasts.
  private static func makeFolder(_ path: String) throws(TrainingError) {
    let isNew = access(path, F_OK) != 0
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .folder(path, "cannot be made: \(systemMessage()). Give another place with --set output.runs=…")
    }
    if isNew { try sync(DurableFile.folder(of: path)) }
  }

  private static func sync(_ path: String) throws(TrainingError) {
    do throws(FormatError) {
      try DurableFile.sync(folder: path)
    } catch {
      throw .format(error)
    }
  }
}
