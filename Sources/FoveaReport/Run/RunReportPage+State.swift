import FoveaPages
import FoveaTrain

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RunReportPage {
  /// How the run stands: a word, and what follows from it.
  static func state(_ record: RunRecord) -> HTML {
    .element("p", [.class("standing")], record.state.badge, HTML(" " + explanation(record)))
  }

  private static func explanation(_ record: RunRecord) -> String {
    switch record.state {
    case .running:
      let epoch = (record.metrics.rows.last?.epoch ?? 0) + 1
      let isLast = record.configuration.train.steps == nil && epoch > record.configuration.train.epochs
      return (isLast ? "Its last epoch was just done" : "Epoch \(epoch) was under way")
        + " when this page was written, at \(now)."
    case .finished: return "All of its epochs are done."
    case .stoppedEarly:
      let patience = record.configuration.train.earlyStopping ?? 0
      return
        "No epoch of the last \(patience) was better than the best, which is where train.early_stopping ends a run."
    case .interrupted:
      return
        "It was stopped or killed, or failed, before its last epoch; the end of log.txt tells. fovea train --resume "
        + "goes on with it."
    case .diverged:
      let told = record.divergence?.split(separator: "\n").first ?? "numbers were no longer finite"
      return "\(told.prefix(1).uppercased())\(told.dropFirst()). divergence.txt tells more."
    }
  }

  /// To the minute.
  private static var now: String {
    let text = Date.now.formatted(.iso8601)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }
}

extension RunState {
  var badge: HTML {
    let tone: HTML.Tone =
      switch self {
      case .running: .busy
      case .finished, .stoppedEarly: .good
      case .interrupted: .warning
      case .diverged: .bad
      }
    return .badge(words, tone)
  }
}
