import NIOCore
import NIOHTTP1
import Synchronization

/// What all connections share: how many there are, how much they send, and whether the server is stopping.
final class ServerState: Sendable {
  private struct Counts {
    var open = 0
    var bytes = 0
    var answers: [UInt: Int] = [:]
    var channels: [ObjectIdentifier: any Channel] = [:]
    /// Requests whose head has come and whose answer has not been written.
    var pending = 0
  }

  private let counts = Mutex(Counts())
  private let stopping = Atomic<Bool>(false)
  private let configuration: ServeConfiguration

  init(_ configuration: ServeConfiguration) { self.configuration = configuration }

  var isStopping: Bool { stopping.load(ordering: .relaxed) }
  func beginStopping() { stopping.store(true, ordering: .relaxed) }

  /// Counts a connection that was accepted. False for one too many.
  func admit() -> Bool {
    counts.withLock { counts in
      guard counts.open < configuration.connections else { return false }
      counts.open += 1
      return true
    }
  }

  func opened(_ channel: any Channel) {
    counts.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
  }

  func closed(_ channel: any Channel, countsAsOpen: Bool) {
    counts.withLock { counts in
      counts.channels[ObjectIdentifier(channel)] = nil
      if countsAsOpen { counts.open -= 1 }
    }
  }

  func begun() { counts.withLock { $0.pending += 1 } }
  func answered() { counts.withLock { $0.pending -= 1 } }
  var hasPending: Bool { counts.withLock { $0.pending > 0 } }

  var channels: [any Channel] { counts.withLock { Array($0.channels.values) } }

  func reserve(_ bytes: Int) -> Bool {
    counts.withLock { counts in
      guard counts.bytes + bytes <= configuration.totalBodyBytes else { return false }
      counts.bytes += bytes
      return true
    }
  }

  func release(_ bytes: Int) { counts.withLock { $0.bytes -= bytes } }

  func count(_ status: HTTPResponseStatus) { counts.withLock { $0.answers[status.code, default: 0] += 1 } }

  /// How many answers there were of each status.
  var answers: [(status: Int, count: Int)] {
    counts.withLock { $0.answers }.map { (Int($0.key), $0.value) }.sorted { $0.0 < $1.0 }
  }
}
