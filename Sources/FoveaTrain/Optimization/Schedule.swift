#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The learning rate as a function of the step, the first of which is 0.
///
/// Pure: a resumed run asks for the same step and gets the same rate.
public struct Schedule: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// The base rate throughout.
    case constant
    /// Half a cosine from the base rate to `finalFraction` of it (Loshchilov and Hutter, "SGDR", ICLR 2017, eq. 5).
    case cosine
    /// The base rate times `gamma` for each milestone passed.
    case step
    /// Up from a small rate to the base rate and down to almost nothing, both along half a cosine (Smith and
    /// Topin, "Super-Convergence", 2018; the values are those of PyTorch's OneCycleLR).
    case oneCycle = "onecycle"
  }

  public var kind: Kind
  /// The highest rate.
  public var baseRate: Double
  /// Steps of the whole run, warm-up among them.
  public var totalSteps: Int
  /// Steps over which the rate rises in a straight line to the schedule's first rate.
  public var warmupSteps: Int
  /// Where warm-up begins, as a fraction of the rate it rises to.
  public var warmupStart: Double = 0
  /// Cosine: the last rate as a fraction of the base rate.
  public var finalFraction: Double = 0
  /// Step: the steps at which the rate falls, ascending.
  public var milestones: [Int] = []
  /// Step: by what it falls.
  public var gamma: Double = 0.1
  /// One-cycle: the fraction of the steps after warm-up on which the rate rises.
  public var riseFraction: Double = 0.3
  /// One-cycle: the base rate over the first rate.
  public var startDivisor: Double = 25
  /// One-cycle: the first rate over the last rate.
  public var finalDivisor: Double = 1e4

  public init(kind: Kind, baseRate: Double, totalSteps: Int, warmupSteps: Int = 0) {
    precondition(totalSteps >= 0 && warmupSteps >= 0, "\(totalSteps) steps, \(warmupSteps) of warm-up")
    self.kind = kind
    self.baseRate = baseRate
    self.totalSteps = totalSteps
    self.warmupSteps = min(warmupSteps, totalSteps)
  }

  /// The rate of a step. Steps past the end have the last one's.
  public func rate(atStep step: Int) -> Double {
    if step < warmupSteps {
      let target = rateAfterWarmup(0)
      let progress = Double(step) / Double(warmupSteps)
      return target * (warmupStart + (1 - warmupStart) * progress)
    }
    return rateAfterWarmup(step - warmupSteps)
  }

  private func rateAfterWarmup(_ step: Int) -> Double {
    let steps = totalSteps - warmupSteps
    switch kind {
    case .constant:
      return baseRate
    case .cosine:
      let progress = min(1, Double(step) / Double(max(steps, 1)))
      return Self.cosine(from: baseRate, to: baseRate * finalFraction, progress)
    case .step:
      let passed = milestones.count { $0 <= step + warmupSteps }
      return baseRate * pow(gamma, Double(passed))
    case .oneCycle:
      let first = baseRate / startDivisor
      let peak = riseFraction * Double(steps) - 1
      let position = min(Double(step), Double(steps - 1))
      if position <= peak { return Self.cosine(from: first, to: baseRate, peak > 0 ? position / peak : 1) }
      let span = Double(steps - 1) - peak
      return Self.cosine(from: baseRate, to: first / finalDivisor, span > 0 ? (position - peak) / span : 1)
    }
  }

  private static func cosine(from start: Double, to end: Double, _ progress: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(.pi * progress))
  }
}
