import LinearAlgebra

/// The binary format of the CIFAR data sets: records of labels, one byte each, and a 32×32 image in three planes
/// of a byte per pixel.
public enum CIFARRecord: String, CaseIterable, Sendable {
  /// One label of 10 classes.
  case cifar10
  /// A coarse label of 20 classes and a fine one of 100.
  case cifar100

  /// Bytes of a picture: 32×32 pixels of red, then of green, then of blue.
  public static let pixelCount = 3 * 32 * 32

  /// How many classes each label of a record tells apart.
  public var classCounts: [Int] { self == .cifar10 ? [10] : [20, 100] }

  /// The bytes of a record.
  public var byteCount: Int { classCounts.count + Self.pixelCount }

  static func isNamed(_ name: String) -> Bool {
    let file = name.lowercased()
    return file.hasSuffix(".bin") || file.hasSuffix(".bin.gz")
  }

  /// The kind of a file of so many bytes, if it can be told.
  static func of(byteCount: Int) -> CIFARRecord? {
    allCases.first { byteCount % $0.byteCount == 0 }
  }
}

extension RowReader {
  /// The rows are the records, labels first.
  static func cifar(
    _ source: ByteSource, _ wanted: CIFARRecord?
  ) throws(DataFormatError) -> RowReader {
    let stream = try ByteStream(source)
    guard let kind = wanted ?? stream.count.map(CIFARRecord.of) ?? .cifar10,
      stream.count.map({ $0 % kind.byteCount == 0 }) ?? true
    else {
      let sizes = (wanted.map { [$0] } ?? CIFARRecord.allCases)
        .map { "\($0.byteCount)" }.joined(separator: " or ")
      throw DataFormatError(
        source.name, "\(stream.count ?? 0) bytes are no whole number of CIFAR records of \(sizes)",
        "the file is truncated or of another kind, fetch it again")
    }
    let labelCount = kind.classCounts.count
    var done = 0
    return RowReader(
      name: source.name, columnCount: kind.byteCount,
      rowCount: stream.count.map { $0 / kind.byteCount }, records: kind
    ) { limit throws(DataFormatError) in
      var elements: [Double] = []
      let wanted = limit * kind.byteCount
      let missing = try ElementReader.append(
        wanted, of: .uint8, isBigEndian: false, from: stream, to: &elements,
        before: done * kind.byteCount)
      let found = wanted - missing
      guard found > 0 else { return nil }
      guard found % kind.byteCount == 0 else {
        throw DataFormatError(
          stream.name,
          "record \(done + found / kind.byteCount) has only \(found % kind.byteCount) of \(kind.byteCount) bytes",
          "the file is truncated or of another kind, fetch it again")
      }
      let rows = Matrix(
        rowCount: found / kind.byteCount, columnCount: kind.byteCount, elements: elements)
      for row in 0..<rows.rowCount {
        for index in 0..<labelCount where rows[row, index] >= Double(kind.classCounts[index]) {
          throw DataFormatError(
            stream.name,
            "record \(done + row) has the label \(Int(rows[row, index])), beyond \(kind.classCounts[index]) classes",
            "check that the file is of \(kind.rawValue)")
        }
      }
      done += rows.rowCount
      return Block(rows: rows, labels: nil)
    }
  }
}
