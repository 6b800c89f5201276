import NIOHTTP1

/// Keeps other sites' pages from using the server through the reader's browser.
///
/// A page elsewhere can make a browser send requests to this machine, and by a name whose address it changes (DNS
/// rebinding) can even make them look like its own. Such a name shows in `Host`, and another site's page in `Origin` or
/// `Sec-Fetch-Site`. No header that would allow other origins (CORS) is ever sent.
struct RequestGuard: Sendable {
  private let allowedHosts: Set<String>

  init(_ configuration: ServeConfiguration) {
    allowedHosts = Set((configuration.allowedHosts + ["localhost"]).map { $0.lowercased() })
  }

  /// Why a request is refused; nil for one that is let in.
  func refusal(_ head: HTTPRequestHead) -> Reply? {
    let hosts = head.headers["host"]
    guard hosts.count == 1, let host = hosts.first else {
      return .refusal(.badRequest, "a request has exactly one Host header").closing()
    }
    guard isAllowed(host) else {
      return .refusal(
        .misdirectedRequest,
        "this server is asked for by its address or as localhost, not by this name; fovea serve --allow-host adds one"
      ).closing()
    }
    if let site = head.headers.first(name: "sec-fetch-site"), site != "same-origin", site != "none",
      head.method != .GET || head.headers.first(name: "sec-fetch-mode") != "navigate"
    {
      return .refusal(.forbidden, "requests from other sites' pages are not answered").closing()
    }
    if let origin = head.headers.first(name: "origin"), origin != "http://" + host {
      return .refusal(.forbidden, "requests from other sites' pages are not answered").closing()
    }
    return nil
  }

  /// An IP address cannot be made to lead elsewhere; a name can.
  private func isAllowed(_ host: String) -> Bool {
    let name = Self.withoutPort(host).lowercased()
    return allowedHosts.contains(name) || Self.isAddress(name)
  }

  static func withoutPort(_ host: String) -> String {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
      let rest = host[host.index(after: end)...]
      // What follows an address in brackets and is no port makes a name of it all.
      return rest.isEmpty || rest.hasPrefix(":") ? String(host[...end]) : host
    }
    guard let colon = host.lastIndex(of: ":") else { return host }
    return String(host[..<colon])
  }

  static func isAddress(_ name: String) -> Bool {
    if name.hasPrefix("["), name.hasSuffix("]") {
      return name.count > 3
        && name.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && UInt8(part) != nil
      }
  }

  /// What every answer carries.
  static let headers: [(String, String)] = [
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"), ("Cache-Control", "no-store"),
  ]

  /// For what is no page of the server's own making.
  static let strictPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

  /// For the server's own pages, which say in themselves which scripts and styles are theirs: both policies hold.
  static let pagePolicy =
    "default-src 'none'; img-src 'self' data: blob:; connect-src 'self'; style-src 'unsafe-inline'; "
    + "script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

  /// For pages from a run's folder, which may be anybody's: their scripts run, but as a stranger to this server, and can
  /// reach nothing.
  static let strangerPolicy =
    "sandbox allow-scripts; default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; "
    + "script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}
