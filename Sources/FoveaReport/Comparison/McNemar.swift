#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Whether two models' shares of right answers on the same images differ by more than chance: McNemar's test ("Note on
/// the sampling error of the difference between correlated proportions", Psychometrika 12, 1947) in its exact form.
///
/// Only images on which one model is right and the other wrong say anything. If the models were equally good, each of
/// these would fall to either side like a coin, so the smaller side's count has a binomial distribution; the p-value
/// is that of a split at least as uneven, both ways. It is exact for any number of images; no approximation by
/// chi-square is made.
public struct McNemar: Hashable, Sendable {
  /// Images that only the first model has right, and only the second.
  public let onlyFirst: Int
  public let onlySecond: Int

  public init(onlyFirst: Int, onlySecond: Int) {
    precondition(onlyFirst >= 0 && onlySecond >= 0)
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
  }

  /// The probability of a split as uneven as this one or more, if neither model were better. 1 without such images.
  public var pValue: Double {
    let count = onlyFirst + onlySecond
    let fewer = min(onlyFirst, onlySecond)
    // By logarithms: 2^−count underflows, and the last term is the largest.
    var logTerm = -Double(count) * log(2.0)
    var logTerms = [logTerm]
    for k in 0..<fewer {
      logTerm += log(Double(count - k)) - log(Double(k + 1))
      logTerms.append(logTerm)
    }
    let sum = logTerms.reduce(0.0) { $0 + exp($1 - logTerm) }
    return min(1, 2 * exp(logTerm + log(sum)))
  }
}
