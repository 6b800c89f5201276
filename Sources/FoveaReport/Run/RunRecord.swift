import FoveaFormats
import FoveaTrain

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A run folder as its report sees it. What is missing or damaged is nil and named in `problems`: a report shows what
/// there is.
public struct RunRecord {
  public let path: String
  /// The last component of the path.
  public let name: String
  public let configuration: TrainingConfiguration
  /// The resolved configuration as it stands in the folder.
  public let yaml: String
  public let metrics: MetricsTable
  /// How the run stands.
  public let state: RunState
  /// What is known of why it diverged.
  let divergence: String?
  /// Of the best epoch.
  public private(set) var evaluation: Evaluation?
  public private(set) var predictions: [Example]?
  public private(set) var attention: [GateSummary] = []
  public private(set) var history: [(epoch: Int, summary: GateSummary)] = []
  private(set) var examples: PictureSet?
  private(set) var film: Film?
  /// What could not be read.
  public private(set) var problems: [String] = []

  /// A few images and their maps across epochs.
  struct Film {
    var images: PictureSet
    /// Ascending.
    var frames: [(epoch: Int, set: PictureSet)]
  }

  /// - Parameter isHeld: whether the run is under way; nil asks whether a process has the folder. Who has it itself, and
  ///   ends, knows better.
  /// - Throws: where the folder is not that of a run.
  public init(_ path: String, isHeld: Bool? = nil) throws {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.path = trimmed
    name = trimmed.split(separator: "/").last.map(String.init) ?? trimmed
    let configurationPath = trimmed + "/config.yaml"
    guard FileManager.default.fileExists(atPath: configurationPath) else {
      throw FormatError(
        path: trimmed, problem: "has no config.yaml, so it is not the folder of a run",
        remedy: "Give the folder of a run, such as runs/shapes.")
    }
    yaml = try WholeFile.text(of: configurationPath, limit: 1 << 20)
    configuration = try TrainingConfiguration(contentsOf: configurationPath)
    let metricsPath = trimmed + "/metrics.csv"
    metrics =
      FileManager.default.fileExists(atPath: metricsPath)
      ? MetricsTable(csv: try WholeFile.text(of: metricsPath, limit: 64 << 20)) : MetricsTable(csv: "")
    divergence = try? WholeFile.text(of: trimmed + "/divergence.txt", limit: 16 << 20)
    state = RunState(
      isHeld: isHeld ?? RunLock.isHeld(folder: trimmed), configuration, rows: metrics.rows,
      divergence: divergence)
    readEvaluation()
    readReportFiles()
  }

  public var classes: [String] { evaluation?.classes ?? [] }

  /// The best epoch's row, by the run's own measure.
  public var best: MetricsTable.Row? {
    MetricsTable.best(of: metrics.rows, by: configuration.train.bestBy)
  }

  private mutating func readEvaluation() {
    let path = self.path + "/evaluation.json"
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      let text = try WholeFile.bytes(of: path, limit: 1 << 28)
      let found = try JSONDecoder().decode(Evaluation.self, from: Data(text))
      let count = found.classes.count
      let isWhole =
        found.confusion.count == count && found.perClass.count == count
        && found.confusion.allSatisfy { row in
          row.count == count && row.allSatisfy { $0 >= 0 && $0 < 1 << 40 }
        }
      if isWhole {
        evaluation = found
      } else {
        problems.append("\(path): its confusion matrix does not fit its classes")
      }
    } catch let error as FormatError {
      problems.append("\(error)")
    } catch {
      problems.append("\(path): is not an evaluation")
    }
  }

  private mutating func readReportFiles() {
    let files = ReportFiles(run: path)
    predictions = attempt(files.predictions) { (path) throws(FormatError) in try PredictionsFile.read(path) }
    attention = attempt(files.attention) { (path) throws(FormatError) in try AttentionFile.read(path) } ?? []
    history = attempt(files.history) { (path) throws(FormatError) in try HistoryFile.read(path) } ?? []
    history.removeAll { $0.epoch > metrics.rows.last?.epoch ?? 0 }
    examples = attempt(files.examples) { (path) throws(FormatError) in try PictureSet(contentsOf: path) }
    let images = attempt(files.filmImages) { (path) throws(FormatError) in try PictureSet(contentsOf: path) }
    guard let images, images.images.count == images.examples.count, !images.examples.isEmpty else { return }
    let epochs = files.filmEpochs().filter { $0 <= metrics.rows.last?.epoch ?? 0 }
    let names = images.examples.map(\.name)
    // Training keeps no more; a folder that others have filled may have.
    let frames = FilmRule.shown(epochs, limit: FilmRule.limit + 2).compactMap {
      epoch -> (epoch: Int, set: PictureSet)? in
      guard
        let set = attempt(
          files.film(epoch: epoch), { (path) throws(FormatError) in try PictureSet(contentsOf: path) }),
        set.examples.map(\.name) == names
      else { return nil }
      return (epoch, set)
    }
    film = Film(images: images, frames: frames)
  }

  /// Nil where there is no such file, or it cannot be used.
  private mutating func attempt<Value>(
    _ path: String, _ read: (String) throws(FormatError) -> Value
  ) -> Value? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do throws(FormatError) {
      return try read(path)
    } catch {
      problems.append("\(error)")
      return nil
    }
  }
}
