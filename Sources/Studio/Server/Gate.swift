import FlyingFox
import Foundation

/// Who may come in: only who knows the token, from a page of this server, on this machine.
///
/// `Host` is compared with the server's own names, so that a page of another site that has its name point here
/// is turned away; `Origin` and `Sec-Fetch-Site`, where a browser sends them, must be this server's.
struct Gate: Sendable {
  /// Of 32 random bytes, in the alphabet of addresses.
  let token: String
  let port: UInt16

  let cookieName: String
  private let hosts: [String]
  private let origins: [String]

  init(port: UInt16, token: String = Gate.newToken()) {
    self.port = port
    self.token = token
    cookieName = "deeplinear-studio-\(port)"
    hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
    origins = hosts.map { "http://\($0)" }
  }

  /// Random by the operating system.
  static func newToken() -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
    return Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  enum Verdict: Equatable {
    case welcome
    /// A navigation with the token in its address: it gets a cookie.
    case introduce
    case refuse(HTTPStatusCode, String)
  }

  func verdict(_ request: HTTPRequest) -> Verdict {
    guard let host = request.headers[.host], hosts.contains(host.lowercased()) else {
      return .refuse(.misdirectedRequest, "This server answers to 127.0.0.1:\(port) alone.")
    }
    if let origin = request.headers[HTTPHeader("Origin")], !origins.contains(origin.lowercased()) {
      return .refuse(.forbidden, "This server answers its own pages alone.")
    }
    let isNavigation = request.headers[HTTPHeader("Sec-Fetch-Mode")] == "navigate"
    if let site = request.headers[HTTPHeader("Sec-Fetch-Site")], site != "same-origin",
      !(site == "none" || isNavigation && request.method == .GET)
    {
      return .refuse(.forbidden, "This server answers its own pages alone.")
    }
    if request.method == .GET, request.path == "/",
      let given = request.query.first(where: { $0.name == "token" })?.value
    {
      return Self.areEqual(given, token)
        ? .introduce
        : .refuse(.unauthorized, "The token in the address is not that of this server.")
    }
    if let given = bearer(request) ?? cookie(request), Self.areEqual(given, token) {
      return .welcome
    }
    return .refuse(
      .unauthorized, "Open the whole address that `deeplinear studio` printed, with its token.")
  }

  private func bearer(_ request: HTTPRequest) -> String? {
    guard let text = request.headers[.authorization], text.hasPrefix("Bearer ") else { return nil }
    return String(text.dropFirst(7))
  }

  private func cookie(_ request: HTTPRequest) -> String? {
    for pair in (request.headers[.cookie] ?? "").split(separator: ";") {
      let parts = pair.drop(while: { $0 == " " }).split(separator: "=", maxSplits: 1)
      if parts.count == 2, parts[0] == cookieName { return String(parts[1]) }
    }
    return nil
  }

  var setCookie: String { "\(cookieName)=\(token); HttpOnly; SameSite=Strict; Path=/" }

  /// Compared in a time that tells nothing of where two texts differ: every byte of the longer is looked at.
  static func areEqual(_ left: String, _ right: String) -> Bool {
    let (a, b) = (Array(left.utf8), Array(right.utf8))
    var difference = UInt8(truncatingIfNeeded: a.count ^ b.count) | (a.count == b.count ? 0 : 1)
    for k in 0..<max(a.count, b.count) {
      difference |= (k < a.count ? a[k] : 0) ^ (k < b.count ? b[k] : 0)
    }
    return difference == 0
  }
}
