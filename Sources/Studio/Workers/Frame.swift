import Glibc

/// A message between the server and a worker: a kind, a length, and that many bytes.
struct Frame {
  enum Kind: UInt8 {
    /// To a worker: the first byte is the ``Work``, the others its request.
    case work = 1
    /// To a worker: stop what you do.
    case stop
    /// From a worker: progress in JSON.
    case progress
    /// From a worker: an answer in JSON.
    case done
    /// From a worker: sentences.
    case refused, failed
    case interrupted
  }

  var kind: Kind
  var body: [UInt8]

  init(_ kind: Kind, _ body: [UInt8] = []) {
    self.kind = kind
    self.body = body
  }

  init(_ kind: Kind, _ text: String) { self.init(kind, Array(text.utf8)) }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// Answers beyond this are a fault.
  private static let largest = 1 << 30

  /// Whether all of it was written.
  func write(to descriptor: Int32) -> Bool {
    var bytes = [kind.rawValue]
    withUnsafeBytes(of: UInt32(body.count).littleEndian) { bytes += $0 }
    bytes += body
    return bytes.withUnsafeBytes { buffer in
      var sent = 0
      while sent < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress! + sent, buffer.count - sent)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  /// The next one; nil where there is none any more.
  static func read(from descriptor: Int32) -> Frame? {
    guard let head = bytes(5, from: descriptor), let kind = Kind(rawValue: head[0]) else {
      return nil
    }
    let count = (0..<4).reduce(0) { $0 | Int(head[1 + $1]) << (8 * $1) }
    guard count <= largest, let body = bytes(count, from: descriptor) else { return nil }
    return Frame(kind, body)
  }

  private static func bytes(_ count: Int, from descriptor: Int32) -> [UInt8]? {
    guard count > 0 else { return [] }
    var isWhole = true
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = Glibc.read(descriptor, buffer.baseAddress! + filled, count - filled)
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          isWhole = false
          return
        }
        filled += got
      }
    }
    return isWhole ? bytes : nil
  }
}
