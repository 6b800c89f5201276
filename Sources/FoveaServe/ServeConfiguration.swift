/// Where to listen, and what one machine's answering may cost.
public struct ServeConfiguration: Sendable {
  /// An address of this machine. Anything but 127.0.0.1 or ::1 lets others in.
  public var host = "127.0.0.1"
  /// 0 takes any free one.
  public var port = 8080
  /// Names besides IP addresses and localhost by which the server may be asked for (see `RequestGuard`).
  public var allowedHosts: [String] = []
  /// Most bytes of a request's body.
  public var bodyBytes = 32 << 20
  /// Most bytes of all bodies that are being received or answered.
  public var totalBodyBytes = 256 << 20
  /// Most images of a request.
  public var imagesPerRequest = 16
  /// Most connections at a time.
  public var connections = 128
  /// Most images that wait for the network.
  public var waitingImages = 64
  /// Most images that go through the network together.
  public var batchSize = 8
  /// Seconds for a whole request to come in, from the connection's beginning or the last answer.
  public var receiveSeconds: Int64 = 15
  /// Seconds that an image may wait for its turn.
  public var waitSeconds = 60.0
  /// Seconds that requests get to be finished when the server stops.
  public var stopSeconds = 10.0
  /// The folder whose runs are shown; nil shows none.
  public var runs: String?

  public init() {}
}

/// Why a server cannot start.
public struct ServeError: Error, CustomStringConvertible {
  public let description: String
}
