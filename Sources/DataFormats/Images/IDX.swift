/// The format of the MNIST files: numbers of one type in an array of any dimension, most significant byte first.
public enum IDX {
  /// Reads an array, gzip allowed.
  ///
  /// - Throws: ``DataFormatError`` for a file that is not IDX or is truncated.
  /// - Complexity: eight bytes of memory for each element.
  public static func read(_ source: ByteSource) throws(DataFormatError) -> NPYArray {
    let stream = try ByteStream(source)
    let (shape, type) = try header(stream)
    let elements = try ElementReader.read(stream, shape: shape, type: type, isBigEndian: true)
    try stream.verify()
    return NPYArray(shape: shape, elements: elements)
  }

  /// Reads what stands before the elements.
  static func header(
    _ stream: ByteStream
  ) throws(DataFormatError) -> (shape: [Int], type: ScalarType) {
    let start = try stream.bytes(4)
    guard start.count == 4, start[0] == 0, start[1] == 0, let type = types[start[2]], start[3] > 0
    else {
      throw .notThisFormat(
        stream.name, format: "IDX",
        problem: "it does not begin with two zeros, a type and a dimension")
    }
    let sizes = try stream.bytes(4 * Int(start[3]))
    guard sizes.count == 4 * Int(start[3]) else {
      throw .notThisFormat(stream.name, format: "IDX", problem: "its header is cut off")
    }
    var shape: [Int] = []
    for offset in stride(from: 0, to: sizes.count, by: 4) {
      shape.append(sizes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) })
    }
    return (shape, type)
  }

  /// Each item as a row: the first index stays, the others are strung together.
  static func rows(_ array: NPYArray) -> NPYArray {
    guard array.shape.count > 2 else { return array }
    let width = elementCount(Array(array.shape.dropFirst())) ?? 0
    guard width > 0 else { return array }
    return NPYArray(shape: [array.shape[0], width], elements: array.elements)
  }

  private static let types: [UInt8: ScalarType] = [
    0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
  ]
}
