import FlyingFox
import Foundation

extension HTTPResponse {
  /// What pages may do: nothing but what comes from this server, and no script or style within a page.
  static let pagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:; "
    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  /// What reports may do: they have their style within, and are shown without their scripts.
  static let reportPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    + "form-action 'none'; frame-ancestors 'none'"

  /// An answer with the headers that all have.
  static func of(
    _ status: HTTPStatusCode = .ok, _ type: String, _ body: Data, policy: String = pagePolicy,
    headers: [(HTTPHeader, String)] = []
  ) -> HTTPResponse {
    HTTPResponse(
      statusCode: status, headers: standard(type, policy, headers),
      body: HTTPBodySequence(data: body, suggestedBufferSize: 1 << 18))
  }

  private static func standard(
    _ type: String, _ policy: String, _ more: [(HTTPHeader, String)]
  ) -> HTTPHeaders {
    var headers = commonHeaders
    headers[.contentType] = type
    if policy != pagePolicy { headers[policyHeader] = policy }
    for (name, value) in more { headers[name] = value }
    return headers
  }

  private static let policyHeader = HTTPHeader("Content-Security-Policy")

  /// Put together once: names of headers are compared with care for their letters' case, which takes its time.
  private static let commonHeaders: HTTPHeaders = [
    policyHeader: pagePolicy,
    HTTPHeader("X-Content-Type-Options"): "nosniff",
    HTTPHeader("Referrer-Policy"): "same-origin",
    HTTPHeader("Cross-Origin-Opener-Policy"): "same-origin",
    HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
    .cacheControl: "no-store",
  ]

  static func json(_ body: [UInt8], _ status: HTTPStatusCode = .ok) -> HTTPResponse {
    of(status, "application/json", Data(body))
  }

  static func json(_ value: some Encodable, _ status: HTTPStatusCode = .ok) -> HTTPResponse {
    json((try? Work.compact(value)) ?? Array("{}".utf8), status)
  }

  /// A sentence for the person at the page.
  static func sentence(_ status: HTTPStatusCode, _ words: String) -> HTTPResponse {
    json(["error": words], status)
  }

  static let none = HTTPResponse(statusCode: .noContent)

  static func notAllowed(_ methods: String) -> HTTPResponse {
    var response = sentence(.methodNotAllowed, "Ask by \(methods).")
    response.headers[HTTPHeader("Allow")] = methods
    return response
  }

  /// A file to keep, by a name.
  static func download(_ body: Data, named name: String, type: String) -> HTTPResponse {
    let plain = String(
      name.unicodeScalars.map {
        $0.isASCII && $0.value >= 32 && $0 != "\"" && $0 != "\\" ? Character($0) : "_"
      })
    let escaped =
      name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "file"
    return of(
      .ok, type, body,
      headers: [
        (.contentDisposition, "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(escaped)")
      ])
  }

  /// The same without a body, as an answer to HEAD is.
  var withoutBody: HTTPResponse {
    var response = self
    response.payload = .httpBody(HTTPBodySequence())
    return response
  }
}

extension HTTPRequest {
  /// The body, or nil where it is larger than it may be; what is too much is read and forgotten.
  func body(atMost limit: Int) async throws -> Data? {
    var data = Data()
    var isTooLarge = (bodySequence.count ?? 0) > limit
    for try await part in bodySequence {
      if !isTooLarge { data.append(part) }
      if data.count > limit {
        isTooLarge = true
        data = Data()
      }
    }
    return isTooLarge ? nil : data
  }

  func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
