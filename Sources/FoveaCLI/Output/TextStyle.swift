import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// When terminals get colours.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  /// On a terminal, unless NO_COLOR is set.
  case auto
  case always
  case never

  /// The environment's word on it (https://no-color.org): set and not empty means no colours.
  static var environmentForbids: Bool { getenv("NO_COLOR").map { $0.pointee != 0 } ?? false }
}

/// How text is set off on a terminal: by the basic colours, which every terminal's owner has chosen.
enum TextStyle: String {
  case error = "1;31"
  case warning = "33"
  case good = "32"
  case strong = "1"
  case faint = "2"

  func applied(to text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
