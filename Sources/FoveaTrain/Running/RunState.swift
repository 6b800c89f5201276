/// How a run stands, by what its folder holds.
public enum RunState: Hashable, Sendable {
  /// A process has the folder.
  case running
  /// All of its epochs are done.
  case finished
  /// `train.early_stopping` ended it.
  case stoppedEarly
  /// It ended before its last epoch: it was stopped or killed, or failed. It can be gone on with.
  case interrupted
  /// The loss or a gradient stopped being a number in this epoch.
  case diverged(epoch: Int)

  /// - Parameters:
  ///   - isHeld: whether a process has the folder (`RunLock.isHeld`).
  ///   - rows: of its `metrics.csv`.
  ///   - divergence: the text of its `divergence.txt`, where there is one.
  public init(
    isHeld: Bool, _ configuration: TrainingConfiguration, rows: [MetricsTable.Row], divergence: String?
  ) {
    let train = configuration.train
    let done = rows.last?.epoch ?? 0
    if isHeld {
      self = .running
    } else if let epoch = divergence.flatMap(Divergence.epoch), epoch > done {
      self = .diverged(epoch: epoch)
    } else if let last = rows.last, train.steps.map({ last.step >= $0 }) ?? (done >= train.epochs) {
      self = .finished
    } else if let patience = train.earlyStopping, done > 0,
      done - (MetricsTable.best(of: rows, by: train.bestBy)?.epoch ?? 0) >= patience
    {
      self = .stoppedEarly
    } else {
      self = .interrupted
    }
  }

  /// As people are told.
  public var words: String {
    switch self {
    case .running: "running"
    case .finished: "finished"
    case .stoppedEarly: "finished early"
    case .interrupted: "interrupted"
    case .diverged(let epoch): "diverged in epoch \(epoch)"
    }
  }

  /// As programs are told.
  public var name: String {
    switch self {
    case .running: "running"
    case .finished: "finished"
    case .stoppedEarly: "stopped_early"
    case .interrupted: "interrupted"
    case .diverged: "diverged"
    }
  }
}
