/// Reads the array of a `.npy` stream.
enum NPYReader {
  static func read(_ stream: ByteStream) throws(DataFormatError) -> NPYArray {
    try readWithHeader(stream).array
  }

  static func readWithHeader(
    _ stream: ByteStream
  ) throws(DataFormatError) -> (array: NPYArray, header: NPYHeader) {
    let header = try NPYHeader(reading: stream)
    let elements = try ElementReader.read(
      stream, shape: header.shape, type: header.type, isBigEndian: header.isBigEndian)
    let array = NPYArray(
      shape: header.shape,
      elements: header.isFortranOrder
        ? NPYArray.rearranged(elements, shape: header.shape) : elements)
    return (array, header)
  }
}

/// Reads elements of a fixed size, in chunks.
enum ElementReader {
  /// - Throws: before anything is allocated if the stream cannot have as many elements as the shape needs.
  static func read(
    _ stream: ByteStream, shape: [Int], type: ScalarType, isBigEndian: Bool
  ) throws(DataFormatError) -> [Double] {
    let count = try checkedCount(stream, shape: shape, type: type)
    var elements: [Double] = []
    elements.reserveCapacity(stream.count == nil ? min(count, 1 << 16) : count)
    let missing = try append(
      count, of: type, isBigEndian: isBigEndian, from: stream, to: &elements, before: 0)
    guard missing == 0 else {
      throw .tooShort(
        stream.name, needed: words(shape, type), available: count * type.byteCount - missing)
    }
    return elements
  }

  /// How many elements a shape has.
  ///
  /// - Throws: if the stream cannot have as many.
  static func checkedCount(
    _ stream: ByteStream, shape: [Int], type: ScalarType
  ) throws(DataFormatError) -> Int {
    let remaining = stream.remaining
    guard let count = elementCount(shape), count <= remaining / type.byteCount else {
      throw .tooShort(stream.name, needed: words(shape, type), available: remaining)
    }
    return count
  }

  /// What a header announces.
  static func words(_ shape: [Int], _ type: ScalarType) -> String {
    "\(shape.isEmpty ? "1" : DataFormatError.joined(shape, by: "×")) elements of "
      + "\(type.byteCount) \(type.byteCount == 1 ? "byte" : "bytes") are announced"
  }

  /// Appends the next elements of a stream, as far as it lasts; memory grows with what arrives.
  ///
  /// - Parameter before: how many elements came earlier, for the sentence about one of them.
  /// - Returns: how many bytes were missing.
  static func append(
    _ count: Int, of type: ScalarType, isBigEndian: Bool, from stream: ByteStream,
    to elements: inout [Double], before: Int
  ) throws(DataFormatError) -> Int {
    let chunk = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(8, min(1 << 18, count * type.byteCount)), alignment: 8)
    defer { chunk.deallocate() }
    var done = 0
    while done < count {
      let step = min(count - done, chunk.count / type.byteCount)
      let piece = UnsafeMutableRawBufferPointer(rebasing: chunk[..<(step * type.byteCount)])
      let got = try stream.read(into: piece)
      let whole = UnsafeRawBufferPointer(
        rebasing: piece[..<(got / type.byteCount * type.byteCount)])
      if let bad = type.decode(whole, isBigEndian: isBigEndian, into: &elements) {
        throw .inexactInteger(stream.name, index: before + done + bad.index, text: bad.text)
      }
      if got < piece.count { return (count - done) * type.byteCount - got }
      done += step
    }
    return 0
  }
}

/// Writes `.npy` files.
enum NPYWriter {
  static func write(
    _ array: NPYArray, as type: ScalarType = .float64, name: String, to sink: ByteSink
  ) throws(DataFormatError) {
    precondition(type.npyCode != nil, "NumPy has no type \(type.rawValue)")
    try sink.write(NPYHeader(type: type, shape: array.shape).encoded)
    if type == .float64 {
      try sink.write(array.elements)
      return
    }
    var bytes: [UInt8] = []
    for value in array.elements {
      guard type.encode(value, into: &bytes) else {
        throw .unfitting(name, value: value, type: type)
      }
      if bytes.count >= 1 << 16 {
        try sink.write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try sink.write(bytes)
  }
}
