/// Reads the array of a `.npy` stream.
enum NPYReader {
  static func read(_ stream: ByteStream) throws(DataFormatError) -> NPYArray {
    let header = try NPYHeader(reading: stream)
    let elements = try ElementReader.read(
      stream, shape: header.shape, type: header.type, isBigEndian: header.isBigEndian)
    return NPYArray(
      shape: header.shape,
      elements: header.isFortranOrder
        ? NPYArray.rearranged(elements, shape: header.shape) : elements)
  }
}

/// Reads elements of a fixed size, in chunks.
enum ElementReader {
  /// - Throws: before anything is allocated if the stream cannot have as many elements as the shape needs.
  static func read(
    _ stream: ByteStream, shape: [Int], type: ScalarType, isBigEndian: Bool
  ) throws(DataFormatError) -> [Double] {
    let remaining = stream.remaining
    let needed =
      "\(shape.isEmpty ? "1" : shape.map(String.init).joined(separator: "×")) elements of "
      + "\(type.byteCount) \(type.byteCount == 1 ? "byte" : "bytes") are announced"
    guard let count = elementCount(shape), count <= remaining / type.byteCount else {
      throw .tooShort(stream.name, needed: needed, available: remaining)
    }
    var elements: [Double] = []
    elements.reserveCapacity(stream.count == nil ? min(count, 1 << 16) : count)
    let chunk = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(8, min(1 << 18, count * type.byteCount)), alignment: 8)
    defer { chunk.deallocate() }
    while elements.count < count {
      let step = min(count - elements.count, chunk.count / type.byteCount)
      let piece = UnsafeMutableRawBufferPointer(rebasing: chunk[..<(step * type.byteCount)])
      let got = try stream.read(into: piece)
      guard got == piece.count else {
        throw .tooShort(
          stream.name, needed: needed, available: elements.count * type.byteCount + got)
      }
      let before = elements.count
      if let bad = type.decode(
        UnsafeRawBufferPointer(piece), isBigEndian: isBigEndian, into: &elements)
      {
        throw .inexactInteger(stream.name, index: before + bad.index, text: bad.text)
      }
    }
    return elements
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
