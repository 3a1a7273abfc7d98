import LinearAlgebra

/// An array of a `.npy` or `.npz` file, with the way back: it can be written again with its gaps filled, in the same
/// type, byte order and order of elements, and in an archive under the same name beside the other members.
public struct ArrayFile: Sendable {
  let source: ByteSource
  /// The member of the archive; nil in a file of one array.
  let member: String?
  let header: NPYHeader

  var format: DataFormat { member == nil ? .npy : .npz }

  /// Reads the array of a `.npy` file, or one of an archive.
  ///
  /// - Parameter name: which of several; members that hold no real numbers are passed over.
  static func read(
    _ source: ByteSource, isArchive: Bool, named name: String?
  ) throws(DataFormatError) -> (file: ArrayFile, elements: Matrix) {
    guard isArchive else {
      if let name {
        throw DataFormatError(
          source.name, "one array has no name such as \(Excerpt.quoted(name.utf8))",
          "leave --sheet out")
      }
      let stream = try ByteStream(source)
      let (array, header) = try NPYReader.readWithHeader(stream)
      try stream.verify()
      let file = ArrayFile(source: source, member: nil, header: header)
      return (file, try array.matrix(file: source.name))
    }
    let archive = try ZipArchive(source)
    var found: [(member: ZipArchive.Member, name: String)] = []
    var refusal: DataFormatError?
    for member in archive.members where member.name.hasSuffix(".npy") {
      let own = String(member.name.dropLast(4))
      if let name, name != own { continue }
      do throws(DataFormatError) {
        _ = try NPYHeader(reading: try archive.stream(member))
        found.append((member, own))
      } catch {
        refusal = error
      }
    }
    guard found.count == 1, let (member, own) = found.first else {
      if found.isEmpty, let refusal { throw refusal }
      let names = archive.members.filter { $0.name.hasSuffix(".npy") }.prefix(8)
        .map { Excerpt.quoted($0.name.dropLast(4).utf8) }
      let list = names.joined(separator: ", ")
      if let name {
        throw DataFormatError(
          source.name, "no array is called \(Excerpt.quoted(name.utf8))",
          names.isEmpty ? "the archive has none" : "the arrays are \(list)")
      }
      throw DataFormatError(
        source.name, "the archive holds \(names.count) arrays\(names.isEmpty ? "" : " (\(list))")",
        names.isEmpty ? "give a file with exactly one" : "name one with --sheet")
    }
    let stream = try archive.stream(member)
    let (array, header) = try NPYReader.readWithHeader(stream)
    try stream.skipToEnd()
    return (
      ArrayFile(source: source, member: own, header: header), try array.matrix(file: source.name)
    )
  }

  func write(
    to sink: ByteSink, file: String, entries: ObservedEntries, isFilledEverywhere: Bool,
    fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    var (_, matrix) = try Self.read(source, isArchive: member != nil, named: member)
    for row in 0..<entries.rowCount {
      var known = entries.rowStarts[row]
      let end = entries.rowStarts[row + 1]
      for column in 0..<entries.columnCount {
        let isKnown = known < end && Int(entries.columns[known]) == column
        if isKnown { known += 1 }
        if !isKnown || isFilledEverywhere, let value = fill(row, column) {
          matrix[row, column] = header.type.nearest(value)
        }
      }
    }
    guard let member else { return try write(matrix, file: file, to: sink) }
    let archive = try ZipArchive(source)
    var zip = ZipWriter(sink)
    for other in archive.members where !other.name.hasSuffix("/") {
      if other.name == member + ".npy" {
        try zip.add(other.name, file: file, deflating: other.isDeflated) {
          sink throws(DataFormatError) in try write(matrix, file: file, to: sink)
        }
      } else {
        let bytes = try archive.stream(other).bytes(other.count)
        try zip.add(other.name, file: file, deflating: other.isDeflated) {
          sink throws(DataFormatError) in try sink.write(bytes)
        }
      }
    }
    try zip.finish()
  }

  private func write(
    _ matrix: Matrix, file: String, to sink: ByteSink
  ) throws(DataFormatError) {
    try sink.write(header.encoded)
    let isTurned = header.isFortranOrder && header.shape.count == 2
    let elements = isTurned ? matrix.transposed().elements : matrix.elements
    let size = header.type.byteCount
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count * size)
    for value in elements {
      guard header.type.encode(value, into: &bytes) else {
        throw .unfitting(file, value: value, type: header.type)
      }
      if header.isBigEndian { bytes[(bytes.count - size)...].reverse() }
    }
    try sink.write(bytes)
  }
}

extension ScalarType {
  /// The nearest number that an element can hold.
  fileprivate func nearest(_ value: Double) -> Double {
    switch self {
    case .float64: value
    case .float32: Double(Float(value))
    case .float16, .bfloat16: value
    case .bool: value >= 0.5 ? 1 : 0
    case .int8: min(max(value.rounded(), -128), 127)
    case .int16: min(max(value.rounded(), -32_768), 32_767)
    case .int32: min(max(value.rounded(), Double(Int32.min)), Double(Int32.max))
    case .int64: value.rounded()
    case .uint8: min(max(value.rounded(), 0), 255)
    case .uint16: min(max(value.rounded(), 0), 65_535)
    case .uint32: min(max(value.rounded(), 0), Double(UInt32.max))
    case .uint64: max(value.rounded(), 0)
    }
  }
}
