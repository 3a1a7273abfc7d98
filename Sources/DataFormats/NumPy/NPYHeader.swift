/// The header of a `.npy` file: a Python dictionary of three keys.
struct NPYHeader: Equatable {
  var type: ScalarType
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: [Int]

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads magic string, version, length and dictionary.
  init(reading stream: ByteStream) throws(DataFormatError) {
    let file = stream.name
    func invalid(_ problem: String) -> DataFormatError {
      .notThisFormat(file, format: "npy", problem: problem)
    }
    let start = try stream.bytes(8)
    guard start.prefix(6).elementsEqual(Self.magic) else {
      throw invalid("it does not begin with \\x93NUMPY")
    }
    guard start.count == 8, (1...3).contains(start[6]) else {
      throw invalid("its version is unknown")
    }
    let lengthBytes = try stream.bytes(start[6] == 1 ? 2 : 4)
    guard
      let length = start[6] == 1
        ? lengthBytes.littleEndian(UInt16.self, at: 0).map(Int.init)
        : lengthBytes.littleEndian(UInt32.self, at: 0).map(Int.init)
    else { throw invalid("its header is cut off") }
    guard length <= min(stream.remaining, 1 << 20) else { throw invalid("its header is cut off") }
    let text = try stream.bytes(length)
    guard text.count == length else { throw invalid("its header is cut off") }

    var scanner = PythonLiteral(bytes: text)
    guard let dictionary = scanner.dictionary() else {
      throw invalid("its header cannot be understood")
    }
    guard case .string(let description)? = dictionary["descr"] else {
      if case .list? = dictionary["descr"] {
        throw Self.unsupported(file, "records with several fields", "a structured type")
      }
      throw invalid("its header names no type")
    }
    guard case .boolean(let isFortranOrder)? = dictionary["fortran_order"],
      case .tuple(let shape)? = dictionary["shape"], shape.count <= 64
    else { throw invalid("its header lacks the order or the shape") }
    self.isFortranOrder = isFortranOrder
    self.shape = shape
    (type, isBigEndian) = try Self.type(description, file: file)
  }

  init(type: ScalarType, shape: [Int]) {
    self.type = type
    self.isBigEndian = false
    self.isFortranOrder = false
    self.shape = shape
  }

  private static func type(
    _ description: String, file: String
  ) throws(DataFormatError) -> (ScalarType, Bool) {
    let order = description.first
    let code = description.dropFirst()
    if order == "<" || order == ">" || order == "|" || order == "=",
      let type = ScalarType.allCases.first(where: { $0.npyCode.map { $0 == code } ?? false })
    {
      return (type, order == ">")
    }
    let content =
      switch code.first {
      case "c": "complex numbers"
      case "O": "Python objects"
      case "U", "S", "a": "text"
      case "V": "records or raw bytes"
      case "M", "m": "dates or times"
      default: "elements of an unknown type"
      }
    throw unsupported(file, content, "dtype \(Excerpt.quoted(description.utf8))")
  }

  private static func unsupported(_ file: String, _ content: String, _ type: String)
    -> DataFormatError
  {
    DataFormatError(
      file, "the array holds \(content) (\(type))", "save it as real numbers, say float64")
  }

  /// The header's bytes, padded so that the data begin at a multiple of 64.
  var encoded: [UInt8] {
    let order = type.byteCount == 1 ? "|" : isBigEndian ? ">" : "<"
    let dictionary =
      "{'descr': '\(order)\(type.npyCode ?? "f8")', 'fortran_order': \(isFortranOrder ? "True" : "False"), "
      + "'shape': \(DataFormatError.words(shape)), }"
    let isLong = dictionary.utf8.count > 65_000
    let fixed = isLong ? 12 : 10
    let length = (fixed + dictionary.utf8.count + 1 + 63) / 64 * 64 - fixed
    var result = Self.magic + [isLong ? 2 : 1, 0]
    if isLong {
      result.appendLittleEndian(UInt32(length))
    } else {
      result.appendLittleEndian(UInt16(length))
    }
    result += Array(dictionary.utf8)
    result += [UInt8](repeating: 0x20, count: length - dictionary.utf8.count - 1) + [0x0A]
    return result
  }
}

extension ScalarType {
  /// NumPy's letter and size; nil where NumPy has no such type.
  var npyCode: String? {
    switch self {
    case .float16: "f2"
    case .bfloat16: nil
    case .float32: "f4"
    case .float64: "f8"
    case .int8: "i1"
    case .int16: "i2"
    case .int32: "i4"
    case .int64: "i8"
    case .uint8: "u1"
    case .uint16: "u2"
    case .uint32: "u4"
    case .uint64: "u8"
    case .bool: "b1"
    }
  }
}

/// As much of Python's literals as headers use.
private struct PythonLiteral {
  enum Value {
    case string(String)
    case boolean(Bool)
    case tuple([Int])
    case list
  }

  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func dictionary() -> [String: Value]? {
    var result: [String: Value] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = string(), take(":"), let value = value() else { return nil }
      result[key] = value
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpaces()
    return position == bytes.count ? result : nil
  }

  private mutating func value() -> Value? {
    if let text = string() { return .string(text) }
    if take("True") { return .boolean(true) }
    if take("False") { return .boolean(false) }
    if take("(") { return tuple() }
    if take("[") {
      // A structured type: what follows does not matter, but must be skipped.
      var depth = 1
      while depth > 0, position < bytes.count {
        if bytes[position] == UInt8(ascii: "[") { depth += 1 }
        if bytes[position] == UInt8(ascii: "]") { depth -= 1 }
        position += 1
      }
      return .list
    }
    return nil
  }

  private mutating func tuple() -> Value? {
    var extents: [Int] = []
    while !take(")") {
      guard let extent = integer() else { return nil }
      _ = take("L")
      extents.append(extent)
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return .tuple(extents)
  }

  private mutating func integer() -> Int? {
    skipSpaces()
    let start = position
    while position < bytes.count, DecimalParser.digit(bytes[position]) != nil { position += 1 }
    return Int(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func string() -> String? {
    skipSpaces()
    guard position < bytes.count else { return nil }
    let quote = bytes[position]
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self)
  }

  private mutating func take(_ word: String) -> Bool {
    skipSpaces()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func skipSpaces() {
    while position < bytes.count,
      bytes[position] == 0x20 || bytes[position] == 0x0A || bytes[position] == 9
    {
      position += 1
    }
  }
}
