public import LinearAlgebra

/// A data set read from its beginning in blocks of rows, so that it need not fit into memory.
///
/// | file | a row |
/// |---|---|
/// | IDX, `.npy` | what the first index selects, strung together |
/// | `.csv` | a line; one column may hold labels of any text |
/// | CIFAR binary, `.bin` | the labels of a record, then its pixels |
///
/// All may be gzip files, which are decompressed as they are read. An `.npy` file in Fortran order is read at
/// once.
public final class RowReader {
  /// Rows that follow each other.
  public struct Block: Sendable {
    /// The numbers, one row per sample.
    public let rows: Matrix
    /// The texts of the label column, if one was asked for.
    public let labels: [String]?
  }

  /// Which column of a CSV file holds labels.
  public enum LabelColumn: Equatable, Sendable {
    /// Counted from 0; from the end, beginning with -1, if negative.
    case position(Int)
    /// By its heading.
    case name(String)
  }

  /// The file.
  public let name: String

  /// How many numbers a row has, the label column of a CSV file not counted.
  public let columnCount: Int

  /// How many rows there will be, if the file says so before they are read.
  public let rowCount: Int?

  /// The kind of CIFAR file, if it is one.
  public let records: CIFARRecord?

  private let pull: (Int) throws(DataFormatError) -> Block?
  private var delivered = 0

  init(
    name: String, columnCount: Int, rowCount: Int?, records: CIFARRecord? = nil,
    pull: @escaping (Int) throws(DataFormatError) -> Block?
  ) {
    self.name = name
    self.columnCount = columnCount
    self.rowCount = rowCount
    self.records = records
    self.pull = pull
  }

  /// The next rows, or nil at the end.
  ///
  /// - Parameter limit: at most as many, at least 1.
  /// - Throws: ``DataFormatError`` for a truncated or damaged file, and for values that are missing or infinite.
  public func next(atMost limit: Int) throws(DataFormatError) -> Block? {
    precondition(limit > 0, "a block of \(limit) rows has no row")
    guard let block = try pull(limit) else { return nil }
    try checkFinite(block.rows)
    delivered += block.rows.rowCount
    return block
  }

  private func checkFinite(_ rows: Matrix) throws(DataFormatError) {
    let bad = rows.withUnsafeElements { elements in elements.firstIndex { !$0.isFinite } }
    guard let bad else { return }
    let (row, column) = (delivered + bad / rows.columnCount, bad % rows.columnCount)
    let value = rows.elements[bad]
    throw value.isNaN
      ? .missingElement(name, row: row, column: column)
      : .infiniteElement(name, row: row, column: column, value: value)
  }
}

extension RowReader {
  /// Opens a file; its extension tells the format.
  ///
  /// - Parameters:
  ///   - source: the bytes and their name.
  ///   - labelColumn: for CSV files only.
  ///   - records: the kind of a CIFAR file, if its size does not tell.
  /// - Throws: ``DataFormatError``.
  public static func open(
    _ source: ByteSource, labelColumn: LabelColumn? = nil, records: CIFARRecord? = nil
  ) throws(DataFormatError) -> RowReader {
    if CIFARRecord.isNamed(source.name) { return try cifar(source, records) }
    let format: DataFormat
    do throws(DataFormatError) {
      format = try DataFormat.of(reading: source, among: [.csv, .npy, .idx])
    } catch {
      throw .unsupportedExtension(
        source.name,
        supported: ["csv", "csv.gz", "npy", "npy.gz", "idx", "idx.gz", "bin", "bin.gz"])
    }
    if labelColumn != nil, format != .csv {
      throw DataFormatError(
        source.name, "only CSV files have a column of labels", "give the labels in a file")
    }
    switch format {
    case .csv: return try delimited(source, labelColumn)
    case .idx: return try idx(source)
    default: return try npy(source)
    }
  }

  private static func idx(_ source: ByteSource) throws(DataFormatError) -> RowReader {
    let stream = try ByteStream(source)
    let (shape, type) = try IDX.header(stream)
    return try array(stream, shape: shape, type: type, isBigEndian: true)
  }

  private static func npy(_ source: ByteSource) throws(DataFormatError) -> RowReader {
    let stream = try ByteStream(source)
    let header = try NPYHeader(reading: stream)
    if header.isFortranOrder, header.shape.count > 1 {
      return try whole(NPYArray(reading: source), name: source.name)
    }
    return try array(
      stream, shape: header.shape, type: header.type, isBigEndian: header.isBigEndian)
  }

  /// The size of what the first index selects.
  private static func width(_ shape: [Int], name: String) throws(DataFormatError) -> Int {
    guard !shape.isEmpty else { throw .wrongDimension(name, shape: shape) }
    let width = elementCount(Array(shape.dropFirst())) ?? 0
    guard width > 0, shape[0] > 0 else { throw .noElements(name, shape: shape) }
    return width
  }

  private static func array(
    _ stream: ByteStream, shape: [Int], type: ScalarType, isBigEndian: Bool
  ) throws(DataFormatError) -> RowReader {
    _ = try ElementReader.checkedCount(stream, shape: shape, type: type)
    let width = try width(shape, name: stream.name)
    var done = 0
    return RowReader(name: stream.name, columnCount: width, rowCount: shape[0]) {
      limit throws(DataFormatError) in
      let rows = min(limit, shape[0] - done)
      guard rows > 0 else {
        try stream.verify()
        return nil
      }
      var elements: [Double] = []
      let missing = try ElementReader.append(
        rows * width, of: type, isBigEndian: isBigEndian, from: stream, to: &elements,
        before: done * width)
      guard missing == 0 else {
        throw .tooShort(
          stream.name, needed: ElementReader.words(shape, type),
          available: (done + rows) * width * type.byteCount - missing)
      }
      done += rows
      return Block(
        rows: Matrix(rowCount: rows, columnCount: width, elements: elements), labels: nil)
    }
  }

  private static func whole(_ array: NPYArray, name: String) throws(DataFormatError) -> RowReader {
    let width = try width(array.shape, name: name)
    var done = 0
    return RowReader(name: name, columnCount: width, rowCount: array.shape[0]) { limit in
      let rows = min(limit, array.shape[0] - done)
      guard rows > 0 else { return nil }
      let elements = Array(array.elements[done * width..<(done + rows) * width])
      done += rows
      return Block(
        rows: Matrix(rowCount: rows, columnCount: width, elements: elements), labels: nil)
    }
  }

  private static func delimited(
    _ source: ByteSource, _ labelColumn: LabelColumn?
  ) throws(DataFormatError) -> RowReader {
    var text = try DelimitedText(source)
    let label = try labelColumn.map { column throws(DataFormatError) in
      try text.position(of: column)
    }
    // Under an empty heading stand names of rows.
    let skipped = text.cellCount > 1 && text.header?[0] == "" && label != 0
    let width = text.cellCount - (skipped ? 1 : 0) - (label == nil ? 0 : 1)
    guard width > 0 else {
      throw DataFormatError(
        source.name, "there is no column beside the labels", "give the inputs too")
    }
    guard text.line != nil else { throw .noEntries(source.name) }
    return RowReader(name: source.name, columnCount: width, rowCount: nil) {
      limit throws(DataFormatError) in
      try text.nextBlock(atMost: limit, label: label, skippingFirst: skipped, width: width)
    }
  }
}
