#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Round numbers along an axis, and where values lie between its ends.
public struct AxisTicks: Hashable, Sendable {
  public let low: Double
  public let high: Double
  public let step: Double
  let isLogarithmic: Bool

  /// - Parameter whole: whether only whole numbers are wanted.
  public init(_ minimum: Double, _ maximum: Double, whole: Bool = false, count: Double = 5) {
    isLogarithmic = false
    let least = whole ? 1 : max(abs(maximum), 1e-9) * 1e-3
    let span = max(maximum - minimum, least)
    // Values that hardly differ stand in the middle, rather than a rounding stretched over the whole height.
    let slack = whole ? 0 : max(0, (least - (maximum - minimum)) / 2)
    let (minimum, maximum) = (minimum - slack, maximum + slack)
    let power = pow(10, log10(span / count).rounded(.down))
    var step = power * ([1, 2, 5, 10].first { span / (power * $0) <= count + 1 } ?? 10)
    if whole { step = max(1, step.rounded()) }
    self.step = step
    low = whole ? minimum : (minimum / step + 1e-9).rounded(.down) * step
    high = whole ? max(maximum, minimum + 1) : max((maximum / step - 1e-9).rounded(.up) * step, low + step)
  }

  public var values: [Double] {
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard last >= first, last - first < 100 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// 0 at the low end, 1 at the high one.
  public func position(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A tick's label: as many decimals as tell the ticks apart.
  public func label(_ value: Double) -> String {
    guard step >= 1e-4, abs(high) < 1e7 else { return scientific(value) }
    return PageNumber.fixed(value, max(0, min(6, Int((-log10(step) - 1e-9).rounded(.up)))))
  }

  private func scientific(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    let mantissa = value / pow(10, Double(exponent))
    return PageNumber.short((mantissa * 10).rounded() / 10) + "e\(exponent)"
  }
}
