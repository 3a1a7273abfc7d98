// Layout: the header's length in eight bytes, the header as JSON, then the data without gaps.
extension Safetensors {
  /// Reads a file.
  ///
  /// Tensors of types that are not read here, such as complex numbers and those of eight bits, are kept.
  ///
  /// - Throws: ``DataFormatError`` for a header that is no such JSON, or data that overlap, leave gaps or go beyond
  ///   the file.
  /// - Complexity: memory of twice the file's size.
  public init(reading source: ByteSource) throws(DataFormatError) {
    let file = source.name
    func fits(_ entry: Entry) -> Bool {
      guard let bits = Self.bitCounts[entry.typeName] else {
        return elementCount(entry.shape) != nil
      }
      guard let all = elementCount(entry.shape + [bits]) else { return false }
      return all % 8 == 0 && all / 8 == entry.end - entry.begin
    }
    func invalid(_ problem: String) -> DataFormatError {
      .notThisFormat(file, format: "safetensors", problem: problem)
    }
    let stream = try ByteStream(source, decompressing: false)
    guard let length = try stream.bytes(8).littleEndian(UInt64.self, at: 0),
      let headerCount = Int(exactly: length), headerCount <= stream.remaining
    else { throw invalid("its header is cut off") }
    guard headerCount <= 100_000_000 else { throw invalid("its header is too long") }
    let (entries, metadata) = try Self.header(try stream.bytes(headerCount), file: file)
    let dataCount = stream.remaining
    var tensors: [Tensor] = []
    var end = 0
    // Tensors without elements share a place: then the header's order counts.
    let order = entries.indices.sorted {
      (entries[$0].begin, entries[$0].end, $0) < (entries[$1].begin, entries[$1].end, $1)
    }
    for entry in order.map({ entries[$0] }) {
      guard entry.begin == end, entry.end >= end, entry.end <= dataCount else {
        throw DataFormatError(
          file, .array(entry.name), "the data overlap, leave a gap or go beyond the file",
          "write the file again")
      }
      guard fits(entry) else {
        throw DataFormatError(
          file, .array(entry.name),
          "\(entry.end - entry.begin) bytes do not make the shape \(DataFormatError.words(entry.shape))",
          "write the file again")
      }
      let bytes = try stream.bytes(entry.end - entry.begin)
      guard bytes.count == entry.end - entry.begin else { throw invalid("its data are cut off") }
      tensors.append(
        Tensor(name: entry.name, typeName: entry.typeName, shape: entry.shape, keeping: bytes))
      end = entry.end
    }
    guard end == dataCount else { throw invalid("data follow that belong to no tensor") }
    self.init(tensors, metadata: metadata)
  }

  private struct Entry {
    let name: String
    let typeName: String
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  /// The size of a number of each type that the format knows.
  private static let bitCounts = [
    "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
  ].merging(ScalarType.allCases.map { ($0.safetensorsName, 8 * $0.byteCount) }) { first, _ in first
  }

  private static func header(
    _ bytes: [UInt8], file: String
  ) throws(DataFormatError) -> ([Entry], [String: String]) {
    var scanner = JSONScanner(bytes)
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    var names: Set<String> = []
    let isWhole = scanner.object { name, scanner in
      guard names.insert(name).inserted else { return false }
      if name == "__metadata__" {
        return scanner.object { key, scanner in
          guard let text = scanner.string() else { return false }
          metadata[key] = text
          return true
        }
      }
      var type: String?
      var shape: [Int]?
      var offsets: [Int]?
      let isObject = scanner.object { key, scanner in
        switch key {
        case "dtype": type = scanner.string()
        case "shape": shape = scanner.integers()
        case "data_offsets": offsets = scanner.integers()
        default: return false
        }
        return true
      }
      guard isObject, let type, let shape, let offsets, offsets.count == 2 else { return false }
      entries.append(
        Entry(name: name, typeName: type, shape: shape, begin: offsets[0], end: offsets[1]))
      return true
    }
    guard isWhole, scanner.isAtEnd else {
      throw .notThisFormat(file, format: "safetensors", problem: "its header cannot be understood")
    }
    return (entries, metadata)
  }

  /// The bytes of a file.
  public func encoded() throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in try write(to: sink) }
  }

  /// Writes a file.
  ///
  /// - Throws: ``DataFormatError`` if the file exists and may not be overwritten, or cannot be written.
  public func write(to path: String, overwrite: Bool = false) throws(DataFormatError) {
    _ = try DataFormat.of(path, among: [.safetensors])
    try OutputFile.write(to: path, overwrite: overwrite, compressing: false) {
      sink throws(DataFormatError) in try write(to: sink)
    }
  }

  private func write(to sink: ByteSink) throws(DataFormatError) {
    var parts: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }
        .map { JSONScanner.quoted($0.key) + ":" + JSONScanner.quoted($0.value) }
      parts.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.bytes.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      parts.append(
        JSONScanner.quoted(tensor.name)
          + ":{\"dtype\":\(JSONScanner.quoted(tensor.typeName)),\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array(("{" + parts.joined(separator: ",") + "}").utf8)
    while header.count % 8 != 0 { header.append(0x20) }
    var length: [UInt8] = []
    length.appendLittleEndian(UInt64(header.count))
    try sink.write(length)
    try sink.write(header)
    for tensor in tensors { try sink.write(tensor.bytes) }
  }
}

extension ScalarType {
  var safetensorsName: String {
    switch self {
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .uint16: "U16"
    case .uint32: "U32"
    case .uint64: "U64"
    case .bool: "BOOL"
    }
  }
}
