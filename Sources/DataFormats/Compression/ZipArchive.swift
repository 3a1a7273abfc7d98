/// The members of a zip archive, stored or deflated, with zip64 sizes.
///
/// The central directory at the end of the file is what counts; local headers only say where data begin.
struct ZipArchive {
  struct Member {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    let compressedCount: Int
    let count: Int
    let headerOffset: Int
  }

  let bytes: RandomAccessBytes
  let members: [Member]

  init(_ source: ByteSource) throws(DataFormatError) {
    let bytes = try source.open()
    guard bytes.count > 0 else { throw .emptyFile(source.name) }
    self.bytes = bytes
    let directory = try Self.directory(of: bytes)
    var members: [Member] = []
    var offset = 0
    for _ in 0..<directory.memberCount {
      guard let (member, next) = try Self.member(directory.bytes, at: offset, file: bytes.name)
      else {
        throw Self.invalid(bytes.name, "its directory is damaged")
      }
      members.append(member)
      offset = next
    }
    self.members = members
    try checkSizes()
  }

  /// Refuses sizes that cannot be: members that overlap, and expansion beyond ``Expansion/limit(compressedCount:)``.
  private func checkSizes() throws(DataFormatError) {
    var compressed = 0
    var expanded = 0
    let limit = Expansion.limit(compressedCount: bytes.count)
    for member in members {
      let (sum, overflow) = compressed.addingReportingOverflow(member.compressedCount)
      guard !overflow, sum <= bytes.count,
        member.isDeflated || member.compressedCount == member.count
      else { throw Self.invalid(bytes.name, "the sizes of its members do not fit the file") }
      compressed = sum
      let (total, tooMuch) = expanded.addingReportingOverflow(member.count)
      guard !tooMuch, total <= limit else { throw .expandsTooFar(bytes.name, limit: limit) }
      expanded = total
    }
  }

  /// A member's bytes from first to last; length and checksum are compared at the end.
  func stream(_ member: Member) throws(DataFormatError) -> ByteStream {
    let file = bytes.name
    guard let header = try bytes.bytes(at: member.headerOffset, count: 30),
      header.littleEndian(UInt32.self, at: 0) == 0x0403_4B50,
      let nameCount = header.littleEndian(UInt16.self, at: 26),
      let extraCount = header.littleEndian(UInt16.self, at: 28)
    else { throw Self.invalid(file, "a member's header is damaged") }
    let start = member.headerOffset + 30 + Int(nameCount) + Int(extraCount)
    guard start <= bytes.count, member.compressedCount <= bytes.count - start else {
      throw Self.invalid(file, "a member lies outside the file")
    }
    let range = start..<start + member.compressedCount
    let pull: ByteStream.Pull
    if member.isDeflated {
      let inflater = try Inflater(.bare, of: bytes, range: range)
      pull = { target throws(DataFormatError) in try inflater.read(into: target) }
    } else {
      var position = range.lowerBound
      let bytes = self.bytes
      pull = { target throws(DataFormatError) in
        let wanted = min(target.count, range.upperBound - position)
        guard wanted > 0 else { return 0 }
        let got = try bytes.read(
          position, UnsafeMutableRawBufferPointer(rebasing: target[..<wanted]))
        position += got
        return got
      }
    }
    var checksum = CRC32()
    var delivered = 0
    let label = "\(file), array \(Excerpt.quoted(member.name.utf8))"
    return ByteStream(
      name: label, count: member.isDeflated ? nil : member.count, limit: member.count
    ) {
      target throws(DataFormatError) in
      let got = try pull(target)
      checksum.add(UnsafeRawBufferPointer(rebasing: target[..<got]))
      delivered += got
      guard delivered <= member.count, got > 0 || target.isEmpty || delivered == member.count else {
        throw .damagedCompression(label, what: "the length is not the one announced")
      }
      if delivered == member.count, checksum.value != member.checksum {
        throw .damagedCompression(label, what: "the checksum differs")
      }
      return got
    }
  }

  private static func invalid(_ file: String, _ problem: String) -> DataFormatError {
    .notThisFormat(file, format: "npz", problem: problem)
  }

  private static func directory(
    of file: RandomAccessBytes
  ) throws(DataFormatError) -> (memberCount: Int, bytes: [UInt8]) {
    // The end record has 22 bytes and a comment of at most 65,535.
    let tailStart = max(0, file.count - 22 - 65_535)
    let tail = try file.bytes(at: tailStart, count: file.count - tailStart) ?? []
    var end = tail.count - 22
    while end >= 0, tail.littleEndian(UInt32.self, at: end) != 0x0605_4B50 { end -= 1 }
    guard end >= 0,
      var count = tail.littleEndian(UInt16.self, at: end + 10).map(UInt64.init),
      var size = tail.littleEndian(UInt32.self, at: end + 12).map(UInt64.init),
      var offset = tail.littleEndian(UInt32.self, at: end + 16).map(UInt64.init)
    else { throw invalid(file.name, "it has no zip directory") }
    if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
      let locator = try file.bytes(at: tailStart + end - 20, count: 20),
      locator.littleEndian(UInt32.self, at: 0) == 0x0706_4B50
    {
      guard let place = locator.littleEndian(UInt64.self, at: 8).flatMap(Int.init(exactly:)),
        let record = try file.bytes(at: place, count: 56),
        record.littleEndian(UInt32.self, at: 0) == 0x0606_4B50,
        let wideCount = record.littleEndian(UInt64.self, at: 32),
        let wideSize = record.littleEndian(UInt64.self, at: 40),
        let wideOffset = record.littleEndian(UInt64.self, at: 48)
      else { throw invalid(file.name, "its zip64 directory is damaged") }
      (count, size, offset) = (wideCount, wideSize, wideOffset)
    }
    guard let start = Int(exactly: offset), let length = Int(exactly: size),
      count <= size / 46, let bytes = try file.bytes(at: start, count: length)
    else { throw invalid(file.name, "its directory lies outside the file") }
    return (Int(count), bytes)
  }

  private static func member(
    _ directory: [UInt8], at start: Int, file: String
  ) throws(DataFormatError) -> (Member, next: Int)? {
    guard directory.littleEndian(UInt32.self, at: start) == 0x0201_4B50,
      let flags = directory.littleEndian(UInt16.self, at: start + 8),
      let method = directory.littleEndian(UInt16.self, at: start + 10),
      let checksum = directory.littleEndian(UInt32.self, at: start + 16),
      var compressed = directory.littleEndian(UInt32.self, at: start + 20).map(UInt64.init),
      var count = directory.littleEndian(UInt32.self, at: start + 24).map(UInt64.init),
      let nameCount = directory.littleEndian(UInt16.self, at: start + 28).map(Int.init),
      let extraCount = directory.littleEndian(UInt16.self, at: start + 30).map(Int.init),
      let commentCount = directory.littleEndian(UInt16.self, at: start + 32).map(Int.init),
      var offset = directory.littleEndian(UInt32.self, at: start + 42).map(UInt64.init)
    else { return nil }
    let nameStart = start + 46
    let extraStart = nameStart + nameCount
    let next = extraStart + extraCount + commentCount
    guard next <= directory.count else { return nil }
    let name = String(decoding: directory[nameStart..<extraStart], as: UTF8.self)
    guard flags & 1 == 0, method == 0 || method == 8 else {
      throw DataFormatError(
        file, .array(name), "the data are encrypted or compressed in an unknown way",
        "save it with numpy.savez or numpy.savez_compressed")
    }
    // Values that do not fit 32 bits stand in an extra field of type 1, in this order.
    var field = extraStart
    while let type = directory.littleEndian(UInt16.self, at: field),
      let length = directory.littleEndian(UInt16.self, at: field + 2),
      field + 4 <= extraStart + extraCount
    {
      if type == 1 {
        var place = field + 4
        func wide(_ value: inout UInt64) -> Bool {
          guard value == 0xFFFF_FFFF else { return true }
          guard place + 8 <= extraStart + extraCount,
            let wideValue = directory.littleEndian(UInt64.self, at: place)
          else { return false }
          value = wideValue
          place += 8
          return true
        }
        guard wide(&count), wide(&compressed), wide(&offset) else { return nil }
      }
      field += 4 + Int(length)
    }
    guard let compressedCount = Int(exactly: compressed), let expandedCount = Int(exactly: count),
      let headerOffset = Int(exactly: offset), headerOffset <= Int.max - (1 << 20)
    else { return nil }
    let member = Member(
      name: name, isDeflated: method == 8, checksum: checksum, compressedCount: compressedCount,
      count: expandedCount, headerOffset: headerOffset)
    return (member, next)
  }
}
