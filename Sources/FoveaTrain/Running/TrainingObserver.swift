/// Is told what a training run does, on the run's thread.
public protocol TrainingObserver: AnyObject {
  func training(_ event: TrainingEvent)
}

/// What happens in a run.
public enum TrainingEvent: Sendable {
  case started(TrainingStart)
  /// After every optimiser step.
  case stepped(StepReport)
  /// Validation has gone through so many of its images.
  case validating(done: Int, of: Int)
  case epochEnded(EpochReport)
  case checkpointSaved(path: String, step: Int)
  /// A file of the training or validation images is passed by; told once for each.
  case skipped(file: String, reason: String)
  /// Something that the user should know and that does not end the run.
  case warning(String)
}

/// What a run is about to do.
public struct TrainingStart: Hashable, Sendable {
  public var folder: String
  public var classes: [String]
  public var trainingImages: Int
  public var validationImages: Int
  /// Where the validation images come from: "val", "test", or "20 % of the training images, by name".
  public var validationOrigin: String
  public var parameters: Int
  public var epochs: Int
  public var stepsPerEpoch: Int
  public var totalSteps: Int
  /// The epoch, from 1, and the optimiser steps taken, where a resumed run goes on; nil in a new run.
  public var resumedEpoch: Int?
  public var resumedStep: Int?
}

/// How a run stands after an optimiser step.
public struct StepReport: Hashable, Sendable {
  /// From 1.
  public var epoch: Int
  public var epochs: Int
  /// Steps taken in this epoch, and how many it has.
  public var stepInEpoch: Int
  public var stepsPerEpoch: Int
  /// Steps since the run began.
  public var step: Int
  /// Of this step's batch.
  public var loss: Double
  /// Of the epoch so far.
  public var running: Metrics
  public var learningRate: Double
  /// Over all parameters, before clipping.
  public var gradientNorm: Double
  /// Over the epoch so far, waiting for data included.
  public var imagesPerSecond: Double
  public var dataWaitShare: Double
  /// Seconds to the end of the run, if it goes on at this pace.
  public var secondsLeft: Double
}
