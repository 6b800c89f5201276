/// Where a run's time goes, by a clock that never goes backwards.
struct Pace {
  let stepsPerEpoch: Int
  let totalSteps: Int
  /// Loss and gradient norm of the last step.
  var lastStep = (loss: 0.0, gradientNorm: 0.0)

  private let clock = ContinuousClock()
  private var lastCheckpoint: ContinuousClock.Instant
  private var lastCheckpointStep: Int?
  /// When this process began with the epoch, and what the epoch had taken before.
  private var epochStart: ContinuousClock.Instant
  private var secondsBefore = 0.0
  private var waitedBefore = 0.0
  /// This process's steps, and the time that they took.
  private var steps = 0
  private var secondsOfSteps = 0.0
  private var validationSeconds = 0.0
  private var imagesBeforeEpoch = 0

  init(stepsPerEpoch: Int, totalSteps: Int) {
    self.stepsPerEpoch = stepsPerEpoch
    self.totalSteps = totalSteps
    lastCheckpoint = clock.now
    epochStart = clock.now
  }

  var now: ContinuousClock.Instant { clock.now }

  func seconds(since instant: ContinuousClock.Instant) -> Double { (clock.now - instant) / .seconds(1) }

  mutating func beginEpoch(_ progress: TrainingProgress) {
    epochStart = clock.now
    secondsBefore = progress.seconds
    waitedBefore = progress.secondsWaited
  }

  /// Notes a step that was just taken.
  mutating func note(_ progress: inout TrainingProgress, secondsWaited: Double) {
    let seconds = secondsBefore + self.seconds(since: epochStart)
    secondsOfSteps += seconds - progress.seconds
    steps += 1
    progress.seconds = seconds
    progress.secondsWaited = waitedBefore + secondsWaited
  }

  mutating func note(validation seconds: Double) { validationSeconds = seconds }

  /// Seconds to the end of the run, at the pace so far.
  func secondsLeft(_ progress: TrainingProgress) -> Double {
    guard steps > 0 else { return 0 }
    let stepsLeft = Double(max(0, totalSteps - progress.step))
    let epochsLeft = (stepsLeft / Double(stepsPerEpoch)).rounded(.up)
    return stepsLeft * secondsOfSteps / Double(steps) + epochsLeft * validationSeconds
  }

  func isCheckpointDue(_ output: TrainingConfiguration.Output, step: Int) -> Bool {
    if let interval = output.checkpointSteps, step - (lastCheckpointStep ?? 0) >= interval { return true }
    return output.checkpointMinutes > 0 && seconds(since: lastCheckpoint) >= 60 * output.checkpointMinutes
  }

  mutating func noteCheckpoint(step: Int) {
    lastCheckpoint = clock.now
    lastCheckpointStep = step
  }
}

extension TrainingProgress {
  var imagesPerSecond: Double { seconds > 0 ? Double(sums.images) / seconds : 0 }
  var dataWaitShare: Double { seconds > 0 ? min(1, secondsWaited / seconds) : 0 }
}
