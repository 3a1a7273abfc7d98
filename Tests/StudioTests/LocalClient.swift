import Foundation
import Glibc

/// Speaks HTTP as bytes, so that a test can say what no browser would.
struct LocalClient {
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    func json() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:]
    }
  }

  let port: UInt16
  var token: String?

  /// A connection of its own.
  func connect() -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return status == 0 ? descriptor : -1
  }

  func send(_ bytes: [UInt8], on descriptor: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
      guard count > 0 else { return }
      sent += count
    }
  }

  func head(
    _ method: String, _ path: String, length: Int, headers: [String: String]
  ) -> [UInt8] {
    var all = ["Host": "127.0.0.1:\(port)", "Connection": "close", "Content-Length": "\(length)"]
    if let token { all["Authorization"] = "Bearer \(token)" }
    for (name, value) in headers { all[name] = value }
    let lines = all.filter { $0.value != "" }.map { "\($0.key): \($0.value)\r\n" }
    return Array("\(method) \(path) HTTP/1.1\r\n\(lines.joined())\r\n".utf8)
  }

  /// One request on a connection of its own; waits for the whole answer on a thread of its own.
  func ask(
    _ method: String, _ path: String, body: [UInt8] = [], headers: [String: String] = [:]
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let descriptor = connect()
        defer { close(descriptor) }
        send(head(method, path, length: body.count, headers: headers) + body, on: descriptor)
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
          let count = read(descriptor, &part, part.count)
          guard count > 0 else { break }
          all += part[..<count]
        }
        continuation.resume(returning: Self.parsed(all))
      }
    }
  }

  private static func parsed(_ bytes: [UInt8]) -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    guard
      let end = bytes.indices.first(where: { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) })
    else { return Answer(status: 0, headers: [:], body: []) }
    let lines = text.components(separatedBy: "\r\n")
    let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard !line.isEmpty else { break }
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
    }
    return Answer(status: status, headers: headers, body: Array(bytes[(end + 4)...]))
  }
}
