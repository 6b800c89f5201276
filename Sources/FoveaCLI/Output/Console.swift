import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A place that bytes are written to.
public protocol ByteSink: AnyObject, Sendable {
  func write(_ bytes: [UInt8]) throws
}

/// Where a command writes: results to `output`, everything that is about the work rather than its result to `errors`.
///
/// Commands get one handed in, so that tests can read what they write.
public struct Console: Sendable {
  public let output: any ByteSink
  public let errors: any ByteSink
  /// Whether a person looks at `errors`, so that a line may be drawn over.
  public let errorsAreTerminal: Bool
  /// Whether a person looks at `output`.
  public let outputIsTerminal: Bool
  /// How much is said about the work; warnings and results always are.
  var verbosity = Verbosity.normal
  /// Whether `output` and `errors` get colours.
  private(set) var colorsOutput = false
  private(set) var colorsErrors = false

  enum Verbosity { case quiet, normal, verbose }

  public init(
    output: any ByteSink, errors: any ByteSink, outputIsTerminal: Bool = false,
    errorsAreTerminal: Bool = false
  ) {
    self.output = output
    self.errors = errors
    self.outputIsTerminal = outputIsTerminal
    self.errorsAreTerminal = errorsAreTerminal
  }

  /// The process's own.
  public static let standard = Console(
    output: DescriptorSink(STDOUT_FILENO, name: "standard output"),
    errors: DescriptorSink(STDERR_FILENO, name: "standard error"),
    outputIsTerminal: isatty(STDOUT_FILENO) == 1,
    errorsAreTerminal: isatty(STDERR_FILENO) == 1 && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? false)

  /// The console as a command line asks for it.
  func with(color: ColorChoice, verbosity: Verbosity) -> Console {
    var console = self
    console.verbosity = verbosity
    switch color {
    case .always: (console.colorsOutput, console.colorsErrors) = (true, true)
    case .never: (console.colorsOutput, console.colorsErrors) = (false, false)
    case .auto:
      let allowed = !ColorChoice.environmentForbids
      console.colorsOutput = allowed && outputIsTerminal && errorsAreTerminal
      console.colorsErrors = allowed && errorsAreTerminal
    }
    return console
  }

  /// Whether progress and notes are wanted.
  var isQuiet: Bool { verbosity == .quiet }

  /// Text of the result, set off where colours are wanted there.
  func styled(_ text: String, _ style: TextStyle) -> String { colorsOutput ? style.applied(to: text) : text }

  /// Writes a line of the result.
  func print(_ line: String) throws { try output.write(Array((line + "\n").utf8)) }

  /// Writes a line about the work, unless nobody wants to know.
  func note(_ line: String) {
    if !isQuiet { write(line) }
  }

  /// Writes a line for those who want to know everything.
  func detail(_ line: String) {
    if verbosity == .verbose { write(colorsErrors ? TextStyle.faint.applied(to: line) : line) }
  }

  /// Writes what a person must know, with the word that it begins with set off: `warning: …`.
  func warn(_ line: String, label: String = "warning") {
    write((colorsErrors ? TextStyle.warning.applied(to: "\(label):") : "\(label):") + " " + line)
  }

  func fail(_ line: String) {
    write((colorsErrors ? TextStyle.error.applied(to: "error:") : "error:") + " " + line)
  }

  /// A message that cannot be written is no reason to stop the work.
  private func write(_ line: String) { try? errors.write(Array((line + "\n").utf8)) }

  /// The terminal's width in columns, or 80.
  var width: Int {
    var size = winsize()
    guard errorsAreTerminal, ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else {
      return 80
    }
    return Int(size.ws_col)
  }
}

/// A file descriptor.
public final class DescriptorSink: ByteSink {
  private let descriptor: Int32
  private let name: String

  public init(_ descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        #if canImport(Glibc)
          let count = Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
        #else
          let count = Musl.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
        #endif
        if count >= 0 {
          written += count
        } else if errno != EINTR {
          throw CommandFailure(.failed, "cannot write to \(name): \(String(cString: strerror(errno)))")
        }
      }
    }
  }
}

/// Memory: what tests read.
public final class MemorySink: ByteSink {
  private let storage = Mutex<[UInt8]>([])

  public init() {}

  public func write(_ bytes: [UInt8]) { storage.withLock { $0 += bytes } }

  public var bytes: [UInt8] { storage.withLock { $0 } }
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
