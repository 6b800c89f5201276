import FoveaData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The paths of a command line, where `-` stands for those on standard input.
final class PathSource: IteratorProtocol {
  private var arguments: ArraySlice<String>
  private let zeroSeparated: Bool
  private let descriptor: Int32
  private var reader: PathReader?

  init(_ arguments: [String], zeroSeparated: Bool, descriptor: Int32 = STDIN_FILENO) {
    self.arguments = arguments[...]
    self.zeroSeparated = zeroSeparated
    self.descriptor = descriptor
  }

  func next() -> Input? {
    while true {
      if let input = reader?.next() { return input }
      reader = nil
      guard let argument = arguments.popFirst() else { return nil }
      guard argument == "-" else { return Input(ProcessArguments.path(argument)) }
      reader = PathReader(descriptor: descriptor, zeroSeparated: zeroSeparated)
    }
  }

  /// Whether asking for the next path would wait for someone to write it.
  var wouldWait: Bool { reader?.wouldWait ?? false }
}

/// The command line's bytes. An argument that is not UTF-8 is repaired on its way to becoming a `String`, and would then
/// name no file.
enum ProcessArguments {
  /// The path that an argument was before it became a string.
  static func path(_ argument: String) -> RawPath { repaired[argument] ?? RawPath(argument) }

  private static let repaired: [String: RawPath] = {
    var table: [String: RawPath] = [:]
    for index in 0..<Int(CommandLine.argc) {
      guard let pointer = CommandLine.unsafeArgv[index] else { continue }
      let bytes = UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) }
      if String(validating: bytes, as: UTF8.self) == nil {
        table[String(decoding: bytes, as: UTF8.self)] = RawPath(bytes: bytes)
      }
    }
    return table
  }()
}
