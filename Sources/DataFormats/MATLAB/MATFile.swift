import LinearAlgebra

/// A MATLAB file of version 5 to 7.2: real matrices, full or sparse, compressed or not.
struct MATFile {
  /// A matrix and its name; of a sparse one the stored elements are known.
  struct Variable {
    var name: String
    var rowCount: Int
    var columnCount: Int
    var content: Content

    enum Content {
      case full([Double])
      case sparse(rows: [Int32], columns: [Int32], values: [Double])
    }
  }

  private(set) var variables: [Variable] = []
  private let file: String

  init(reading source: ByteSource) throws(DataFormatError) {
    file = source.name
    let bytes = try source.wholeText()
    guard bytes.count >= 128 else { throw Self.invalid(file, "its header is cut off") }
    let isHDF = bytes.prefix(1024).indices.contains {
      bytes[$0...].starts(with: [0x89, 0x48, 0x44, 0x46])
    }
    if isHDF {
      throw DataFormatError(
        file, "the file is of version 7.3, which is HDF5", "save it with save(…, '-v7')")
    }
    guard bytes[126...127].elementsEqual("IM".utf8) else {
      throw Self.invalid(
        file,
        bytes[126...127].elementsEqual("MI".utf8)
          ? "its bytes are in big-endian order" : "it is of another version than 5")
    }
    var elements = Elements(bytes, from: 128)
    while let element = elements.next() {
      switch element.type {
      case 15:
        let inflated = try Self.inflated(element.bytes, file: file)
        var inner = Elements(inflated, from: 0)
        if let only = inner.next(), only.type == 14 { try add(only.bytes) }
      case 14: try add(element.bytes)
      default: break
      }
    }
    guard !elements.isDamaged else { throw Self.invalid(file, "it is cut off") }
  }

  static func invalid(_ file: String, _ problem: String) -> DataFormatError {
    .notThisFormat(file, format: "MATLAB", problem: problem)
  }

  /// The variable of a name, or the only one.
  func variable(named name: String?) throws(DataFormatError) -> Variable {
    if let name {
      if let found = variables.first(where: { $0.name == name }) { return found }
    } else if variables.count == 1 {
      return variables[0]
    }
    let names = variables.prefix(12).map { Excerpt.quoted($0.name.utf8) }.joined(separator: ", ")
    if variables.isEmpty {
      throw DataFormatError(file, "there is no real matrix in it", "save one of numbers")
    }
    throw DataFormatError(
      file,
      name.map { "no matrix is called \(Excerpt.quoted($0.utf8))" }
        ?? "there are \(variables.count) matrices in it", "name one of \(names)")
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) throws(DataFormatError) {
    var parts = Elements(Array(bytes), from: 0)
    guard let flags = parts.next(), flags.bytes.count >= 8, let shape = parts.next(),
      let name = parts.next()
    else { return }
    let kind = flags.bytes[flags.bytes.startIndex]
    let isComplex = flags.bytes[flags.bytes.startIndex + 1] & 0x08 != 0
    let extents = numbers(shape)
    guard extents.count == 2, !isComplex, (5...15).contains(kind),
      let rowCount = Int(exactly: extents[0]), let columnCount = Int(exactly: extents[1]),
      rowCount > 0, columnCount > 0, let count = elementCount([rowCount, columnCount])
    else { return }
    var variable = Variable(
      name: String(decoding: name.bytes, as: UTF8.self), rowCount: rowCount,
      columnCount: columnCount, content: .full([]))
    if kind == 5 {
      guard let places = parts.next().map(numbers), let starts = parts.next().map(numbers),
        let values = parts.next().map(numbers), starts.count == columnCount + 1,
        let stored = starts.last.flatMap({ Int(exactly: $0) }), stored <= values.count,
        stored <= places.count, stored >= 0
      else { throw Self.invalid(file, "a sparse matrix is damaged") }
      var columns: [Int32] = []
      for column in 0..<columnCount {
        guard starts[column] == Double(columns.count), starts[column + 1] >= starts[column],
          starts[column + 1] <= Double(stored)
        else { throw Self.invalid(file, "a sparse matrix is damaged") }
        columns.append(
          contentsOf: repeatElement(
            Int32(truncatingIfNeeded: column), count: Int(starts[column + 1] - starts[column])))
      }
      let rows = places.prefix(stored).compactMap { Int32(exactly: $0) }
      guard rows.count == stored, columns.count == stored else {
        throw Self.invalid(file, "a sparse matrix is damaged")
      }
      variable.content = .sparse(rows: rows, columns: columns, values: Array(values.prefix(stored)))
    } else {
      guard let values = parts.next().map(numbers), values.count == count else {
        throw Self.invalid(file, "a matrix is cut off")
      }
      // Columns follow each other.
      var elements = [Double](repeating: 0, count: count)
      for column in 0..<columnCount {
        for row in 0..<rowCount {
          elements[row * columnCount + column] = values[column * rowCount + row]
        }
      }
      variable.content = .full(elements)
    }
    variables.append(variable)
  }

  private func numbers(_ element: Element) -> [Double] {
    let type: ScalarType? =
      switch element.type {
      case 1: .int8
      case 2: .uint8
      case 3: .int16
      case 4: .uint16
      case 5: .int32
      case 6: .uint32
      case 7: .float32
      case 9: .float64
      case 12: .int64
      case 13: .uint64
      default: nil
      }
    guard let type else { return [] }
    var result: [Double] = []
    let whole = Array(element.bytes.prefix(element.bytes.count / type.byteCount * type.byteCount))
    let bad = whole.withUnsafeBytes { type.decode($0, isBigEndian: false, into: &result) }
    return bad == nil ? result : []
  }

  private static func inflated(
    _ bytes: ArraySlice<UInt8>, file: String
  ) throws(DataFormatError) -> [UInt8] {
    let source = try ByteSource(Array(bytes), named: file).open()
    let inflater = try Inflater(.zlib, of: source, range: 0..<bytes.count)
    let limit = Expansion.limit(compressedCount: bytes.count)
    var result: [UInt8] = []
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { piece.deallocate() }
    while case let got = try inflater.read(into: piece), got > 0 {
      result.append(contentsOf: piece[..<got])
      guard result.count <= limit else { throw .expandsTooFar(file, limit: limit) }
    }
    return result
  }

  /// A tagged piece of the file.
  private struct Element {
    var type: UInt32
    var bytes: ArraySlice<UInt8>
  }

  private struct Elements {
    let bytes: [UInt8]
    var position: Int
    var isDamaged = false

    init(_ bytes: [UInt8], from position: Int) {
      self.bytes = bytes
      self.position = position
    }

    mutating func next() -> Element? {
      guard position + 8 <= bytes.count, let word = bytes.littleEndian(UInt32.self, at: position)
      else { return nil }
      // Up to four bytes may stand in the tag itself.
      if word >> 16 != 0 {
        let count = Int(word >> 16)
        guard count <= 4 else {
          isDamaged = true
          return nil
        }
        let start = position + 4
        position += 8
        return Element(type: word & 0xFFFF, bytes: bytes[start..<start + count])
      }
      guard let size = bytes.littleEndian(UInt32.self, at: position + 4),
        Int(size) <= bytes.count - position - 8
      else {
        isDamaged = true
        return nil
      }
      let start = position + 8
      let end = start + Int(size)
      position = word == 15 ? end : (end + 7) / 8 * 8
      return Element(type: word, bytes: bytes[start..<end])
    }
  }
}

extension MATFile.Variable {
  func entries(
    file: String, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedEntries {
    switch content {
    case .full(let elements):
      return try Matrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
        .knownEntries(file: file)
    case .sparse(let rows, let columns, let values):
      var collector = TripletCollector(file: file)
      for k in values.indices where !values[k].isNaN {
        collector.append(rows[k], columns[k], values[k], line: k)
      }
      guard collector.count > 0 else { throw .allMissing(file) }
      try TripletCollector.checkProportion(
        file, rowCount: rowCount, columnCount: columnCount, entries: collector.count,
        explicit: options)
      return try collector.sorted(
        rowCount: rowCount, columnCount: columnCount, base: 0, duplicates: options.duplicates)
    }
  }

  /// The matrix; what a sparse one does not store is zero.
  func matrix(file: String) throws(DataFormatError) -> Matrix {
    switch content {
    case .full(let elements):
      return Matrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
    case .sparse(let rows, let columns, let values):
      guard rowCount * columnCount <= max(10_000_000, 100 * values.count) else {
        throw .tooManyElements(
          file, rowCount: rowCount, columnCount: columnCount, entries: values.count)
      }
      var result = Matrix.zeros(rowCount, columnCount)
      for k in values.indices where Int(rows[k]) < rowCount {
        result[Int(rows[k]), Int(columns[k])] = values[k]
      }
      return result
    }
  }
}
