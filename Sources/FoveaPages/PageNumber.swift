#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Numbers as pages show them, the same in every locale.
public enum PageNumber {
  /// With so many decimals; "–" for what is no number.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    guard abs(value) < 1e12 else { return "\(value)" }
    let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let units = Int((abs(value) * scale).rounded())
    let sign = value < 0 && units > 0 ? "−" : ""
    guard digits > 0 else { return sign + grouped(units) }
    let fraction = String(units % Int(scale))
    return sign + grouped(units / Int(scale)) + "."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// A share as percent.
  public static func percent(_ share: Double, _ digits: Int = 1) -> String {
    share.isFinite ? fixed(100 * share, digits) + " %" : "–"
  }

  /// With so many digits that count: 0.000123, 1.23, 12,300.
  public static func significant(_ value: Double, _ digits: Int = 3) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "–" }
    let magnitude = Int(log10(abs(value)).rounded(.down))
    return fixed(value, max(0, min(12, digits - 1 - magnitude)))
  }

  /// A whole number, its thousands set apart.
  public static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "−" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Seconds as people say them.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    if seconds < 10 { return fixed(seconds, 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// Up to two decimals, without zeros at the end, with a plain minus: for coordinates.
  static func short(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((abs(value) * 100).rounded())
    let sign = value < 0 && hundredths > 0 ? "-" : ""
    let rest = hundredths % 100
    let whole = "\(sign)\(hundredths / 100)"
    if rest == 0 { return whole }
    if rest % 10 == 0 { return "\(whole).\(rest / 10)" }
    return "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}
