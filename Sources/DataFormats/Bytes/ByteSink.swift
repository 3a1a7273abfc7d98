/// Bytes on their way out, in large pieces.
final class ByteSink {
  typealias Push = (UnsafeRawBufferPointer) throws(DataFormatError) -> Void

  private var pending: [UInt8] = []
  private let push: Push
  private static let pieceSize = 1 << 18

  init(_ push: @escaping Push) {
    self.push = push
    pending.reserveCapacity(Self.pieceSize + 1024)
  }

  func write(_ byte: UInt8) { pending.append(byte) }

  func write(_ text: String) throws(DataFormatError) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= Self.pieceSize { try flush() }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(DataFormatError) {
    if bytes.count < Self.pieceSize {
      pending.append(contentsOf: bytes)
      if pending.count >= Self.pieceSize { try flush() }
    } else {
      try flush()
      try push(bytes)
    }
  }

  func write(_ bytes: [UInt8]) throws(DataFormatError) {
    try bytes.withUnsafeBufferPointer { buffer throws(DataFormatError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Doubles in IEEE format, least significant byte first.
  func write(_ values: [Double]) throws(DataFormatError) {
    #if _endian(little)
      try values.withUnsafeBufferPointer { buffer throws(DataFormatError) in
        try write(UnsafeRawBufferPointer(buffer))
      }
    #else
      for value in values {
        pending.appendLittleEndian(value.bitPattern)
        if pending.count >= Self.pieceSize { try flush() }
      }
    #endif
  }

  func flush() throws(DataFormatError) {
    guard !pending.isEmpty else { return }
    try pending.withUnsafeBufferPointer { buffer throws(DataFormatError) in
      try push(UnsafeRawBufferPointer(buffer))
    }
    pending.removeAll(keepingCapacity: true)
  }

  /// All that a writer writes.
  static func collect(
    _ body: (ByteSink) throws(DataFormatError) -> Void
  ) throws(DataFormatError) -> [UInt8] {
    var result: [UInt8] = []
    let sink = ByteSink { result.append(contentsOf: $0) }
    try body(sink)
    try sink.flush()
    return result
  }
}
