import CZlib

/// The gzip format: one compressed stream, or several one after the other.
package enum Gzip {
  /// Compressed bytes.
  package static func compressed(_ bytes: [UInt8]) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      let deflater = try Deflater(.gzip, name: "bytes.gz") { piece throws(DataFormatError) in
        try sink.write(piece)
      }
      try bytes.withUnsafeBufferPointer { buffer throws(DataFormatError) in
        try deflater.write(UnsafeRawBufferPointer(buffer))
      }
      try deflater.finish()
    }
  }

  static func isGzip(_ bytes: RandomAccessBytes) throws(DataFormatError) -> Bool {
    try bytes.bytes(at: 0, count: 3) == [0x1F, 0x8B, 8]
  }

  /// Decompresses from the beginning, checksum included; memory does not grow with the data.
  static func decompressing(_ bytes: RandomAccessBytes) throws(DataFormatError) -> ByteStream.Pull {
    let limit = Expansion.limit(compressedCount: bytes.count)
    let inflater = try Inflater(.gzip, of: bytes, range: 0..<bytes.count)
    var delivered = 0
    return { target throws(DataFormatError) in
      while true {
        let got = try inflater.read(into: target)
        delivered += got
        guard delivered <= limit else { throw .expandsTooFar(bytes.name, limit: limit) }
        if got > 0 { return got }
        guard try inflater.startNextMember() else { return 0 }
      }
    }
  }
}

/// The wrapping of a compressed stream.
enum CompressedForm {
  /// With a header and a checksum.
  case gzip
  /// With two bytes before and a checksum behind, as inside MATLAB files.
  case zlib
  /// Bare, as inside a zip archive.
  case bare

  var windowBits: Int32 {
    switch self {
    case .gzip: 15 + 16
    case .zlib: 15
    case .bare: -15
    }
  }
}

/// Decompresses a range of bytes piece by piece.
final class Inflater {
  private let bytes: RandomAccessBytes
  private var position: Int
  private let end: Int
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutableRawBufferPointer
  private var ended = false

  init(
    _ form: CompressedForm, of bytes: RandomAccessBytes, range: Range<Int>
  ) throws(DataFormatError) {
    self.bytes = bytes
    self.position = range.lowerBound
    self.end = range.upperBound
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
    self.input = .allocate(byteCount: max(1, min(1 << 16, range.count)), alignment: 16)
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, form.windowBits, ZLIB_VERSION, size) == Z_OK else {
      throw .damagedCompression(bytes.name, what: "zlib cannot start")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    input.deallocate()
  }

  /// Delivers some bytes; none only at the end of the compressed stream.
  func read(into target: UnsafeMutableRawBufferPointer) throws(DataFormatError) -> Int {
    guard !ended, !target.isEmpty else { return 0 }
    let wanted = min(target.count, 1 << 30)
    stream.pointee.next_out = target.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(wanted)
    while stream.pointee.avail_out == UInt32(wanted) {
      if stream.pointee.avail_in == 0 { try refill() }
      switch inflate(stream, Z_NO_FLUSH) {
      case Z_OK: break
      case Z_STREAM_END:
        ended = true
        return wanted - Int(stream.pointee.avail_out)
      case Z_BUF_ERROR where stream.pointee.avail_in == 0 && position < end: break
      case Z_BUF_ERROR:
        throw .damagedCompression(bytes.name, what: "they end too early")
      default:
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "invalid data"
        throw .damagedCompression(bytes.name, what: reason)
      }
    }
    return wanted - Int(stream.pointee.avail_out)
  }

  /// Goes on to a gzip stream that follows directly; zeros that pad the end are allowed.
  func startNextMember() throws(DataFormatError) -> Bool {
    while true {
      if stream.pointee.avail_in == 0 { try refill() }
      guard stream.pointee.avail_in > 0 else { return false }
      if stream.pointee.next_in.pointee != 0 { break }
      stream.pointee.next_in += 1
      stream.pointee.avail_in -= 1
    }
    guard inflateReset(stream) == Z_OK else {
      throw .damagedCompression(bytes.name, what: "zlib cannot restart")
    }
    ended = false
    return true
  }

  private func refill() throws(DataFormatError) {
    let wanted = min(input.count, end - position)
    guard wanted > 0 else { return }
    let got = try bytes.read(position, UnsafeMutableRawBufferPointer(rebasing: input[..<wanted]))
    position = got == 0 ? end : position + got
    stream.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(got)
  }
}

/// Compresses piece by piece.
final class Deflater {
  private let name: String
  private let push: ByteSink.Push
  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer

  init(
    _ form: CompressedForm, name: String, push: @escaping ByteSink.Push
  ) throws(DataFormatError) {
    self.name = name
    self.push = push
    self.stream = .allocate(capacity: 1)
    self.stream.initialize(to: z_stream())
    self.output = .allocate(byteCount: 1 << 16, alignment: 16)
    let size = Int32(MemoryLayout<z_stream>.size)
    let outcome = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, form.windowBits, 8, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, size)
    guard outcome == Z_OK else { throw .unwritable(name, reason: "zlib cannot start") }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
    output.deallocate()
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(DataFormatError) {
    var rest = bytes
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: piece.baseAddress!.assumingMemoryBound(to: UInt8.self))
      stream.pointee.avail_in = UInt32(piece.count)
      try run(Z_NO_FLUSH)
    }
  }

  func finish() throws(DataFormatError) { try run(Z_FINISH) }

  private func run(_ mode: Int32) throws(DataFormatError) {
    repeat {
      stream.pointee.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let outcome = deflate(stream, mode)
      guard outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR else {
        throw .unwritable(name, reason: "zlib fails")
      }
      let made = output.count - Int(stream.pointee.avail_out)
      if made > 0 { try push(UnsafeRawBufferPointer(rebasing: output[..<made])) }
    } while stream.pointee.avail_out == 0
  }
}

/// The checksum of zip and gzip.
struct CRC32 {
  private(set) var value: UInt32 = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let piece = rest.prefix(1 << 30)
      let start = piece.base.baseAddress! + piece.startIndex
      value = UInt32(
        crc32(
          UInt(value), start.assumingMemoryBound(to: UInt8.self), UInt32(piece.count)))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
    }
  }
}
