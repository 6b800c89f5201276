#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How far a long piece of work has come: a bar that is drawn over on a terminal, and elsewhere a line once in a
/// while, so that a log file does not fill with bars.
struct Progress {
  private let console: Console
  private let noun: String
  private let total: Int?
  private let writesRows: Bool
  private let clock: () -> Double
  private let start: Double
  private var shown: Double
  private var isDrawn = false

  /// Seconds between two drawings of the bar, and between two plain lines.
  static let liveInterval = 0.1
  static let plainInterval = 15.0

  /// - Parameters:
  ///   - noun: what is counted, in the plural.
  ///   - total: how many there will be, where that is known.
  ///   - writesRows: whether the command writes to standard output meanwhile; on a terminal its rows would run into
  ///     the bar, and show the progress themselves.
  ///   - clock: seconds that only go forward.
  init(
    _ console: Console, noun: String, total: Int?, writesRows: Bool = false,
    clock: @escaping () -> Double = Progress.monotonicSeconds
  ) {
    self.console = console
    self.noun = noun
    self.total = total
    self.writesRows = writesRows
    self.clock = clock
    start = clock()
    shown = start
  }

  /// Shows that `done` are done, if it is time to show anything.
  mutating func update(_ done: Int, detail: String = "") {
    guard !console.isQuiet, !(writesRows && console.errorsAreTerminal && console.outputIsTerminal) else {
      return
    }
    let now = clock()
    guard now - shown >= (console.errorsAreTerminal ? Self.liveInterval : Self.plainInterval) else { return }
    shown = now
    let text = Self.text(done, of: total, noun: noun, seconds: now - start, detail: detail)
    if console.errorsAreTerminal {
      let line =
        total.map { Self.line(done, of: $0, after: text, width: console.width) }
        ?? String(text.prefix(console.width - 1))
      try? console.errors.write(Array("\r\(line)\u{1B}[K".utf8))
      isDrawn = true
    } else {
      console.note(text)
    }
  }

  /// Takes the bar away, so that a message or the shell's prompt has the line to itself.
  mutating func clear() {
    guard isDrawn else { return }
    try? console.errors.write(Array("\r\u{1B}[K".utf8))
    isDrawn = false
  }

  static func text(_ done: Int, of total: Int?, noun: String, seconds: Double, detail: String) -> String {
    var text = total.map { "\(done)/\($0) \(noun)" } ?? "\(done) \(noun)"
    if seconds > 0, done > 0 {
      let rate = Double(done) / seconds
      text += ", \(fixed(rate, rate < 10 ? 1 : 0))/s"
      if let total, total > done { text += ", \(duration(Double(total - done) / rate)) left" }
    }
    return detail.isEmpty ? text : text + ", " + detail
  }

  /// A line with a bar in it, which is shorter where the terminal is narrow: the words say more.
  static func line(
    _ done: Int, of total: Int, before: String = "", after: String, width: Int
  ) -> String {
    let spaced = before.isEmpty ? "" : before + " "
    // A column stays free, or some terminals would go on to the next line.
    let room = width - 1 - spaced.count - after.count - 3
    let bar = room < 4 ? "" : bar(done, of: total, cells: min(room, 24)) + " "
    return String((spaced + bar + after).prefix(width - 1))
  }

  static func bar(_ done: Int, of total: Int, cells: Int) -> String {
    // Eighths of a cell, from the block elements.
    let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let parts = total > 0 ? min(max(done, 0), total) * cells * 8 / total : cells * 8
    let full = String(repeating: "█", count: parts / 8) + eighths[parts % 8]
    return "▕" + full + String(repeating: " ", count: cells - full.count) + "▏"
  }

  static func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Seconds as a person reads them: `0:07`, `12:30`, `1:02:03`.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "?" }
  let whole = Int(seconds.rounded())
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  let hours = whole / 3600
  let rest = "\(hours > 0 ? two(whole / 60 % 60) : "\(whole / 60)"):\(two(whole % 60))"
  return hours > 0 ? "\(hours):\(rest)" : rest
}

/// A number with so many decimals, rounded half away from zero, as `%.Nf` without its locale.
func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  var unit = 1.0
  for _ in 0..<decimals { unit *= 10 }
  guard abs(value) * unit < 9e18 else { return "\(value)" }
  let scaled = Int((abs(value) * unit).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(scaled)" }
  let fraction = String(scaled % Int(unit))
  let zeros = String(repeating: "0", count: decimals - fraction.count)
  return "\(sign)\(scaled / Int(unit)).\(zeros)\(fraction)"
}

/// `1 image`, `1,200 images`.
func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

/// 1234567 as `1,234,567`.
func grouped(_ value: Int) -> String {
  var digits = Array(String(value.magnitude))
  var position = digits.count - 3
  while position > 0 {
    digits.insert(",", at: position)
    position -= 3
  }
  return (value < 0 ? "-" : "") + String(digits)
}
