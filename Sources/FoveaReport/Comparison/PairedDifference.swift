#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The mean difference between two set-ups that were trained with the same seeds, and how sure it is: Student's t-test
/// for pairs ("The probable error of a mean", Biometrika 6, 1908).
public struct PairedDifference: Hashable, Sendable {
  /// Of second minus first, one a seed.
  public let differences: [Double]

  public init(_ differences: [Double]) {
    precondition(!differences.isEmpty)
    self.differences = differences
  }

  public var mean: Double { differences.reduce(0, +) / Double(differences.count) }

  /// With n − 1; nil for a single pair.
  public var standardDeviation: Double? {
    guard differences.count > 1 else { return nil }
    let squares = differences.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(differences.count - 1)).squareRoot()
  }

  /// Two-sided, of no difference. Nil for a single pair; 0 or 1 where all differences are the same.
  public var pValue: Double? {
    guard let standardDeviation else { return nil }
    guard standardDeviation > 0 else { return mean == 0 ? 1 : 0 }
    let t = mean / (standardDeviation / Double(differences.count).squareRoot())
    return StudentT.twoSided(t, degrees: differences.count - 1)
  }

  /// Where the true mean difference lies with 95 % confidence.
  public var interval: ClosedRange<Double>? {
    guard let standardDeviation else { return nil }
    let half =
      StudentT.quantile(degrees: differences.count - 1) * standardDeviation
      / Double(differences.count).squareRoot()
    return mean - half...mean + half
  }
}

/// Student's t distribution, through the regularised incomplete beta function I_x(a, b) (Abramowitz and Stegun, 26.5.8 and
/// 26.7.1).
enum StudentT {
  /// The probability of |T| ≥ |t|.
  static func twoSided(_ t: Double, degrees: Int) -> Double {
    let n = Double(degrees)
    return regularizedBeta(n / (n + t * t), n / 2, 0.5)
  }

  /// The t that |T| exceeds with probability `share`.
  static func quantile(_ share: Double = 0.05, degrees: Int) -> Double {
    var low = 0.0
    var high = 1.0
    while twoSided(high, degrees: degrees) > share, high < 1e12 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if twoSided(middle, degrees: degrees) > share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges fast on this side of the mean only.
    if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
    let logBeta: Double = lgamma(a) + lgamma(b) - lgamma(a + b)
    let front: Double = exp(a * log(x) + b * log(1 - x) - logBeta) / a
    return front / continuedFraction(x, a, b)
  }

  /// 1 + d₁/(1 + d₂/(1 + …)), evaluated from far out to the front.
  private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    var value = 1.0
    for j in stride(from: 400, through: 1, by: -1) {
      let m = Double(j / 2)
      let numerator: Double = j.isMultiple(of: 2) ? m * (b - m) : -(a + m) * (a + b + m)
      let after: Double = j.isMultiple(of: 2) ? a + 2 * m - 1 : a + 2 * m + 1
      let d: Double = numerator * x / ((a + 2 * m) * after)
      value = 1 + d / value
    }
    return value
  }
}
