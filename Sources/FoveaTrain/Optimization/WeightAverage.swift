import FoveaOps
import FoveaTensor

/// An exponential moving average of a model's weights and running statistics.
///
/// average ← decay·average + (1 − decay)·value, with a lower decay in the first steps, in which the average would
/// otherwise be the initial weights' for long: min(decay, (1 + step) / (10 + step)).
public struct WeightAverage: Sendable {
  public let decay: Double
  public private(set) var values: [Tensor]

  public init(decay: Double, values: [Tensor]) {
    self.decay = decay
    self.values = values
  }

  /// - Parameters:
  ///   - current: the values after the optimiser's step, in the order of `values`.
  ///   - step: how many optimiser steps were taken, this one among them.
  public mutating func update(_ current: [Tensor], step: Int) {
    precondition(current.count == values.count, "\(current.count) values, not \(values.count)")
    let decay = min(decay, Double(1 + step) / Double(10 + step))
    for index in values.indices {
      OptimizerStep.average(&values[index], towards: current[index], weight: Float(1 - decay))
    }
  }
}
