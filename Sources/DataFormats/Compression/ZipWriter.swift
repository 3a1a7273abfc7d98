/// Writes a zip archive member by member; the same members make the same bytes.
struct ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let method: UInt16
    let checksum: UInt32
    let compressedCount: Int
    let count: Int
    let offset: Int
  }

  private let sink: ByteSink
  private var entries: [Entry] = []
  private var offset = 0

  /// Sizes and positions from here on are written with 64 bits; lower only in tests.
  private let wideFrom: Int

  init(_ sink: ByteSink, wideFrom: Int = 0xFFFF_FFFF) {
    self.sink = sink
    self.wideFrom = wideFrom
  }

  /// Adds a member.
  ///
  /// - Parameter contents: writes the member; called twice unless it is deflated, for the checksum comes first.
  mutating func add(
    _ name: String, file: String, deflating: Bool,
    contents: (ByteSink) throws(DataFormatError) -> Void
  ) throws(DataFormatError) {
    var checksum = CRC32()
    var count = 0
    var deflated: [UInt8] = []
    let deflater =
      deflating ? try Deflater(.bare, name: file) { deflated.append(contentsOf: $0) } : nil
    let measuring = ByteSink { bytes throws(DataFormatError) in
      checksum.add(bytes)
      count += bytes.count
      try deflater?.write(bytes)
    }
    try contents(measuring)
    try measuring.flush()
    try deflater?.finish()
    let entry = Entry(
      name: Array(name.utf8), method: deflating ? 8 : 0, checksum: checksum.value,
      compressedCount: deflating ? deflated.count : count, count: count, offset: offset)
    let header = localHeader(entry)
    try sink.write(header)
    if deflating { try sink.write(deflated) } else { try contents(sink) }
    entries.append(entry)
    offset += header.count + entry.compressedCount
  }

  /// Writes the directory.
  func finish() throws(DataFormatError) {
    var directory: [UInt8] = []
    for entry in entries { directory += directoryEntry(entry) }
    let isWide =
      offset >= wideFrom || directory.count >= wideFrom || entries.count >= 0xFFFF
    if isWide {
      let record = offset + directory.count
      directory.appendLittleEndian(UInt32(0x0606_4B50))
      directory.appendLittleEndian(UInt64(44))
      directory.appendLittleEndian(UInt16(45))
      directory.appendLittleEndian(UInt16(45))
      directory.appendLittleEndian(UInt64(0))  // disks
      directory.appendLittleEndian(UInt64(entries.count))
      directory.appendLittleEndian(UInt64(entries.count))
      directory.appendLittleEndian(UInt64(record - offset))
      directory.appendLittleEndian(UInt64(offset))
      directory.appendLittleEndian(UInt32(0x0706_4B50))
      directory.appendLittleEndian(UInt32(0))
      directory.appendLittleEndian(UInt64(record))
      directory.appendLittleEndian(UInt32(1))
    }
    let size = directory.count - (isWide ? 76 : 0)
    directory.appendLittleEndian(UInt32(0x0605_4B50))
    directory.appendLittleEndian(UInt32(0))  // disks
    directory.appendLittleEndian(UInt16(isWide ? 0xFFFF : entries.count))
    directory.appendLittleEndian(UInt16(isWide ? 0xFFFF : entries.count))
    directory.appendLittleEndian(UInt32(isWide ? 0xFFFF_FFFF : size))
    directory.appendLittleEndian(UInt32(isWide ? 0xFFFF_FFFF : offset))
    directory.appendLittleEndian(UInt16(0))
    try sink.write(directory)
  }

  /// Version, flags, method, time (midnight, 1 January 1980) and checksum, as in both kinds of header.
  private func appendCommon(_ entry: Entry, isWide: Bool, to bytes: inout [UInt8]) {
    let isASCII = entry.name.allSatisfy { $0 < 128 }
    bytes.appendLittleEndian(UInt16(isWide ? 45 : 20))
    bytes.appendLittleEndian(UInt16(isASCII ? 0 : 0x0800))
    bytes.appendLittleEndian(entry.method)
    bytes.appendLittleEndian(UInt16(0))
    bytes.appendLittleEndian(UInt16(0x21))
    bytes.appendLittleEndian(entry.checksum)
  }

  private func isWide(_ entry: Entry) -> Bool {
    entry.count >= wideFrom || entry.compressedCount >= wideFrom
  }

  private func localHeader(_ entry: Entry) -> [UInt8] {
    let isWide = isWide(entry)
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt32(0x0403_4B50))
    appendCommon(entry, isWide: isWide, to: &bytes)
    bytes.appendLittleEndian(isWide ? UInt32.max : UInt32(entry.compressedCount))
    bytes.appendLittleEndian(isWide ? UInt32.max : UInt32(entry.count))
    bytes.appendLittleEndian(UInt16(entry.name.count))
    bytes.appendLittleEndian(UInt16(isWide ? 20 : 0))
    bytes += entry.name
    if isWide {
      bytes.appendLittleEndian(UInt16(1))
      bytes.appendLittleEndian(UInt16(16))
      bytes.appendLittleEndian(UInt64(entry.count))
      bytes.appendLittleEndian(UInt64(entry.compressedCount))
    }
    return bytes
  }

  private func directoryEntry(_ entry: Entry) -> [UInt8] {
    let isWide = isWide(entry)
    let isFar = entry.offset >= wideFrom
    var extra: [UInt8] = []
    if isWide {
      extra.appendLittleEndian(UInt64(entry.count))
      extra.appendLittleEndian(UInt64(entry.compressedCount))
    }
    if isFar { extra.appendLittleEndian(UInt64(entry.offset)) }
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt32(0x0201_4B50))
    bytes.appendLittleEndian(UInt16(45))
    appendCommon(entry, isWide: isWide || isFar, to: &bytes)
    bytes.appendLittleEndian(isWide ? UInt32.max : UInt32(entry.compressedCount))
    bytes.appendLittleEndian(isWide ? UInt32.max : UInt32(entry.count))
    bytes.appendLittleEndian(UInt16(entry.name.count))
    bytes.appendLittleEndian(UInt16(extra.isEmpty ? 0 : extra.count + 4))
    bytes.appendLittleEndian(UInt16(0))  // comment
    bytes.appendLittleEndian(UInt16(0))  // disk
    bytes.appendLittleEndian(UInt16(0))
    bytes.appendLittleEndian(UInt32(0))
    bytes.appendLittleEndian(isFar ? UInt32.max : UInt32(entry.offset))
    bytes += entry.name
    if !extra.isEmpty {
      bytes.appendLittleEndian(UInt16(1))
      bytes.appendLittleEndian(UInt16(extra.count))
      bytes += extra
    }
    return bytes
  }
}
