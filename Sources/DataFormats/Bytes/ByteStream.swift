/// Bytes from first to last, decompressed on the way where they are gzip.
final class ByteStream {
  typealias Pull = (UnsafeMutableRawBufferPointer) throws(DataFormatError) -> Int

  /// What messages call it.
  let name: String

  /// How many bytes there will be in all, unless they are compressed.
  let count: Int?

  /// How many bytes there may be in all at most.
  let limit: Int

  /// How many bytes have been delivered.
  private(set) var offset = 0

  private let pull: Pull

  init(name: String, count: Int?, limit: Int, pull: @escaping Pull) {
    self.name = name
    self.count = count
    self.limit = limit
    self.pull = pull
  }

  /// A source from its beginning; gzip is recognised by its first bytes, whatever the name says.
  ///
  /// - Throws: ``DataFormatError`` if there is not a single byte.
  convenience init(_ source: ByteSource, decompressing: Bool = true) throws(DataFormatError) {
    let bytes = try source.open()
    guard bytes.count > 0 else { throw .emptyFile(source.name) }
    if decompressing, try Gzip.isGzip(bytes) {
      self.init(
        name: bytes.name, count: nil, limit: Expansion.limit(compressedCount: bytes.count),
        pull: try Gzip.decompressing(bytes))
      return
    }
    var position = 0
    self.init(name: bytes.name, count: bytes.count, limit: bytes.count) {
      target throws(DataFormatError) in
      guard position < bytes.count else { return 0 }
      let got = try bytes.read(position, target)
      position += got
      return got
    }
  }

  /// The number of bytes that are still to come: exactly if that is known, otherwise at most.
  var remaining: Int { limit - offset }

  /// Fills a buffer as far as the bytes last; returns how far that was.
  func read(into target: UnsafeMutableRawBufferPointer) throws(DataFormatError) -> Int {
    var filled = 0
    while filled < target.count {
      let got = try pull(UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
      if got == 0 { break }
      filled += got
    }
    offset += filled
    return filled
  }

  /// The next bytes, fewer only at the end. Memory grows with what arrives, not with what is asked for.
  func bytes(_ wanted: Int) throws(DataFormatError) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < wanted, remaining > 0 {
      let step = min(wanted - result.count, remaining, max(1 << 16, result.count))
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 1)
      defer { piece.deallocate() }
      let got = try read(into: piece)
      result.append(contentsOf: piece[..<got])
      if got < step { break }
    }
    return result
  }
}

extension ByteStream {
  /// Reads what is left of compressed data: their checksum stands at the end.
  func verify() throws(DataFormatError) {
    if count == nil { try skipToEnd() }
  }

  /// Reads what is left.
  func skipToEnd() throws(DataFormatError) {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 1)
    defer { piece.deallocate() }
    while try read(into: piece) == piece.count {}
  }
}

/// How far compressed data may expand.
enum Expansion {
  /// 64 MiB, or a hundred times the compressed size if that is more.
  static func limit(compressedCount: Int) -> Int {
    let (product, overflow) = compressedCount.multipliedReportingOverflow(by: 100)
    return max(1 << 26, overflow ? Int.max : product)
  }
}

extension Array where Element == UInt8 {
  /// The integer at a position, least significant byte first; nil if it does not lie inside.
  func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type = Number.self, at offset: Int
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, offset <= count - size else { return nil }
    var result: Number = 0
    for index in (offset..<offset + size).reversed() { result = result << 8 | Number(self[index]) }
    return result
  }

  mutating func appendLittleEndian(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}

/// The product of a shape's extents; nil if it exceeds an `Int` or an extent is negative.
func elementCount(_ shape: [Int]) -> Int? {
  if shape.contains(where: { $0 < 0 }) { return nil }
  if shape.contains(0) { return 0 }
  var product = 1
  for extent in shape {
    let (next, overflow) = product.multipliedReportingOverflow(by: extent)
    if overflow { return nil }
    product = next
  }
  return product
}
