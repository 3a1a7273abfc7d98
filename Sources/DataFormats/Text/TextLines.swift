#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A line of text in a reader's buffer, without its ending; valid until the next line is read.
///
/// At `end` stands a line ending or a zero, and at least eight more bytes can be read.
struct TextLine {
  var start: UnsafePointer<UInt8>
  var end: UnsafePointer<UInt8>

  var count: Int { end - start }

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  /// Whether there is nothing but spaces; tabs may be separators.
  var isBlank: Bool { start == end || bytes.allSatisfy { $0 == UInt8(ascii: " ") } }
}

/// Splits a stream into lines that end in LF or CR LF; a byte order mark at the beginning is dropped.
///
/// The buffer holds 256 KiB, or twice the longest line if that is more.
struct TextLines {
  let stream: ByteStream
  private let buffer: TextBuffer
  private var cursor: UnsafePointer<UInt8>
  private var limit: UnsafePointer<UInt8>
  private var isEnded = false

  /// The number of the line read last, from one.
  private(set) var number = 0

  init(_ stream: ByteStream) {
    self.stream = stream
    self.buffer = TextBuffer(capacity: min(1 << 18, stream.count ?? 1 << 18))
    self.cursor = buffer.start
    self.limit = buffer.start
  }

  /// The next line, or nil at the end.
  @inline(__always)
  mutating func next() throws(DataFormatError) -> TextLine? {
    var newline = Self.newline(cursor, limit)
    if newline == nil, !isEnded { newline = try refill() }
    let lineEnd = newline ?? limit
    if newline == nil, cursor == limit { return nil }
    number += 1
    var line = TextLine(start: cursor, end: lineEnd)
    cursor = newline.map { $0 + 1 } ?? limit
    if line.end > line.start, line.end[-1] == UInt8(ascii: "\r") { line.end -= 1 }
    return line
  }

  /// The next line with something on it.
  mutating func nextFilled() throws(DataFormatError) -> TextLine? {
    while let line = try next() {
      if !line.isBlank { return line }
    }
    return nil
  }

  @inline(never)
  private mutating func refill() throws(DataFormatError) -> UnsafePointer<UInt8>? {
    repeat {
      let isFirst = stream.offset == 0
      (cursor, limit, isEnded) = try buffer.refill(from: stream, keeping: cursor..<limit)
      if isFirst, limit - cursor >= 3, cursor[0] == 0xEF, cursor[1] == 0xBB, cursor[2] == 0xBF {
        cursor += 3
      }
      if let newline = Self.newline(cursor, limit) { return newline }
    } while !isEnded
    return nil
  }

  @inline(__always)
  private static func newline(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    guard let found = memchr(start, 0x0A, end - start) else { return nil }
    return UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
  }
}

/// The bytes of the lines being read, followed by zeros.
private final class TextBuffer {
  private var bytes: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private static let padding = 16

  init(capacity: Int) {
    self.capacity = max(64, capacity)
    self.bytes = .allocate(capacity: self.capacity + Self.padding)
    bytes.update(repeating: 0, count: Self.padding)
  }

  deinit { bytes.deallocate() }

  var start: UnsafePointer<UInt8> { UnsafePointer(bytes) }

  /// Moves the bytes of an unfinished line to the front and fills up behind them; grows when less than half
  /// of the buffer would be free.
  func refill(
    from stream: ByteStream, keeping rest: Range<UnsafePointer<UInt8>>
  ) throws(DataFormatError) -> (UnsafePointer<UInt8>, UnsafePointer<UInt8>, Bool) {
    let kept = rest.upperBound - rest.lowerBound
    if 2 * kept > capacity {
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * capacity + Self.padding)
      larger.update(from: rest.lowerBound, count: kept)
      bytes.deallocate()
      bytes = larger
      capacity *= 2
    } else if kept > 0 {
      memmove(bytes, rest.lowerBound, kept)
    }
    let wanted = capacity - kept
    let got = try stream.read(
      into: UnsafeMutableRawBufferPointer(start: bytes + kept, count: wanted))
    (bytes + kept + got).update(repeating: 0, count: Self.padding)
    return (UnsafePointer(bytes), UnsafePointer(bytes + kept + got), got < wanted)
  }
}
