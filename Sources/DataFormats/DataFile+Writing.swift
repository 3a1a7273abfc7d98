public import LinearAlgebra

extension DataFile {
  private static let writable: [DataFormat] = [.csv, .matrixMarket, .npy, .npz, .pgm, .png]

  /// Whether a result can be written here, to be asked before work is done for it.
  ///
  /// - Throws: ``DataFormatError`` for an extension that names no format, a folder that does not exist, or a
  ///   file that exists and may not be overwritten.
  public static func checkOutput(
    _ path: String, among formats: [DataFormat]? = nil, overwrite: Bool = false
  ) throws(DataFormatError) {
    if path == "-" { return }
    _ = try DataFormat.of(path, among: formats ?? writable)
    try OutputFile.check(path, overwrite: overwrite)
  }

  /// Whether a file of no particular format can be written here.
  package static func checkAnyOutput(
    _ path: String, overwrite: Bool = false
  ) throws(DataFormatError) { try OutputFile.check(path, overwrite: overwrite) }

  /// Writes bytes as they are, completely or not at all.
  package static func write(
    _ bytes: [UInt8], to path: String, overwrite: Bool = false
  ) throws(DataFormatError) {
    try OutputFile.write(to: path, overwrite: overwrite, compressing: false) {
      sink throws(DataFormatError) in try sink.write(bytes)
    }
  }

  /// Writes a matrix in the format of the path's extension, completely or not at all.
  ///
  /// CSV and Matrix Market hold the shortest numbers that read back to the same bits. Images, `.pgm`
  /// and `.png`, hold rounded values from 0 to 255. An archive holds one array, `matrix`. Names are written to CSV only; a table of
  /// three columns under a header whose first two hold integers would be taken for triplets when it is read
  /// without its layout.
  ///
  /// - Throws: ``DataFormatError`` as ``checkOutput(_:among:overwrite:)``, if writing fails, for NaN in an
  ///   image, and for column names that all look like numbers.
  /// - Precondition: as many names as columns and as rows.
  public static func writeMatrix(
    _ matrix: Matrix, to path: String, format: DataFormat? = nil, overwrite: Bool = false,
    names: TableNames = TableNames()
  ) throws(DataFormatError) {
    let (format, isCompressed, suffix) =
      try path == "-" ? (format ?? .csv, false, "csv") : DataFormat.of(path, among: writable)
    if let rows = names.rows {
      precondition(
        rows.count == matrix.rowCount,
        "\(rows.count) names cannot stand before \(matrix.rowCount) rows")
    }
    if let columns = names.columns {
      precondition(
        columns.count == matrix.columnCount,
        "\(columns.count) names cannot head \(matrix.columnCount) columns")
      guard format != .csv || DelimitedWriter.canBeHeader(columns + [names.rowHeading ?? ""]) else {
        throw DataFormatError(
          path, "column names that are all numbers look like data", "choose other names")
      }
    }
    if format.isPicture, let bad = matrix.elements.firstIndex(where: \.isNaN) {
      let (row, column) = bad.quotientAndRemainder(dividingBy: matrix.columnCount)
      throw .missingElement(path, row: row, column: column)
    }
    try OutputFile.write(to: path, overwrite: overwrite, compressing: isCompressed) {
      sink throws(DataFormatError) in
      try write(matrix, format, separator(suffix), names, file: path, to: sink)
    }
  }

  /// Writes the table that a list of single entries becomes, with numbers as the list has them.
  ///
  /// - Parameters:
  ///   - matrix: every entry of the table, rows × columns of `names`.
  ///   - path: a file for delimited text, or `-` for standard output.
  ///   - overwrite: whether a file that is there may be replaced.
  ///   - names: what rows and columns are called in the list.
  ///   - style: how the list is written.
  ///   - known: the entries of the list; whole numbers among them stay whole.
  ///   - isFilledEverywhere: whether known entries were replaced, too.
  /// - Throws: ``DataFormatError`` as `writeMatrix(_:to:overwrite:names:)`.
  public static func writeList(
    _ matrix: Matrix, to path: String, overwrite: Bool = false, names: TableNames,
    style: ListStyle, known: ObservedEntries, isFilledEverywhere: Bool = false
  ) throws(DataFormatError) {
    let (isCompressed, suffix) =
      try path == "-"
      ? (false, "")
      : { (path) throws(DataFormatError) in
        let found = try DataFormat.of(path, among: [.csv])
        return (found.isCompressed, found.suffix)
      }(path)
    try OutputFile.write(to: path, overwrite: overwrite, compressing: isCompressed) {
      sink throws(DataFormatError) in
      try DelimitedWriter.write(
        matrix, names: names, style: style, known: known,
        separator: suffix == "tsv" ? UInt8(ascii: "\t") : style.separator,
        isFilledEverywhere: isFilledEverywhere, to: sink)
    }
  }

  /// Whether a file of this name, or standard output of this format, holds text with delimiters.
  public static func isText(_ path: String, format: DataFormat? = nil) -> Bool {
    path == "-" ? (format ?? .csv) == .csv : (try? DataFormat.of(path))?.format == .csv
  }

  /// The bytes of a file that ``writeMatrix(_:to:overwrite:names:)`` would write, not compressed.
  package static func encoded(
    _ matrix: Matrix, as format: DataFormat, names: TableNames = TableNames()
  ) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try write(matrix, format, separator("csv"), names, file: "matrix", to: sink)
    }
  }

  /// The bytes of a file that ``writeObservedEntries(_:to:overwrite:)`` would write, not compressed.
  package static func encoded(
    _ entries: ObservedEntries, as format: DataFormat
  ) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try write(entries, format, separator("csv"), file: "entries", to: sink)
    }
  }

  /// Writes a file as it came, with other numbers in its gaps; all else stays byte for byte.
  ///
  /// A number is written as the others of its column are: with as many decimals, with the same marks, whole where
  /// all known numbers are.
  ///
  /// - Parameters:
  ///   - original: the file that was read.
  ///   - path: the file to write.
  ///   - format: the format; that of the extension where nil.
  ///   - overwrite: whether a file that exists is replaced.
  ///   - entries: the known entries that were read from it.
  ///   - isFilledEverywhere: whether known cells get a number too; numbers are exact then.
  ///   - fill: the number for a row and a column of the matrix; nil leaves the cell as it is.
  /// - Throws: ``DataFormatError`` as ``checkOutput(_:among:overwrite:)``, or if the file cannot be read any more.
  public static func write(
    _ original: OriginalFile, to path: String, format: DataFormat? = nil, overwrite: Bool = false,
    entries: ObservedEntries, isFilledEverywhere: Bool = false, fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    let (format, isCompressed) =
      try path == "-"
      ? (format ?? original.format, false)
      : { (path) throws(DataFormatError) in
        let found = try DataFormat.of(path)
        return (found.format, found.isCompressed)
      }(path)
    try OutputFile.write(to: path, overwrite: overwrite, compressing: isCompressed) {
      sink throws(DataFormatError) in
      try original.write(
        to: sink, as: format, file: path, entries: entries, isFilledEverywhere: isFilledEverywhere,
        fill: fill)
    }
  }

  private static func write(
    _ matrix: Matrix, _ format: DataFormat, _ separator: UInt8, _ names: TableNames,
    file: String, to sink: ByteSink
  ) throws(DataFormatError) {
    switch format {
    case .matrixMarket: try MatrixMarket.write(matrix, to: sink)
    case .npy: try NPYWriter.write(NPYArray(matrix), name: file, to: sink)
    case .npz:
      let archive = NPZArchive([.init(name: "matrix", array: NPYArray(matrix))])
      try archive.write(to: sink, file: file, compressed: false)
    case .pgm: try PGMImage(matrix).write(to: sink)
    case .png:
      let rounded = PGMImage(matrix).pixels
      let picture = Picture(
        width: matrix.columnCount, height: matrix.rowCount, channelCount: 1, maximum: 255,
        samples: rounded)
      try picture.write(to: sink, as: .png, file: file)
    case .csv, .idx, .safetensors, .ppm, .jpeg, .xlsx, .mat:
      try DelimitedWriter.write(matrix, names: names, separator: separator, to: sink)
    }
  }

  private static func write(
    _ entries: ObservedEntries, _ format: DataFormat, _ separator: UInt8, file: String,
    to sink: ByteSink
  ) throws(DataFormatError) {
    switch format {
    case .matrixMarket: try MatrixMarket.write(entries, to: sink)
    case .npy: try NPYWriter.write(NPYArray(entries.dense()), name: file, to: sink)
    default: try DelimitedWriter.write(entries, separator: separator, to: sink)
    }
  }

  /// Writes known entries: as triplets to CSV, as coordinates to Matrix Market, with NaN elsewhere to npy.
  ///
  /// - Throws: ``DataFormatError`` as `writeMatrix(_:to:overwrite:names:)`.
  public static func writeObservedEntries(
    _ entries: ObservedEntries, to path: String, overwrite: Bool = false
  ) throws(DataFormatError) {
    let (format, isCompressed, suffix) = try DataFormat.of(
      path, among: [.csv, .matrixMarket, .npy])
    try OutputFile.write(to: path, overwrite: overwrite, compressing: isCompressed) {
      sink throws(DataFormatError) in
      try write(entries, format, separator(suffix), file: path, to: sink)
    }
  }

  /// Writes an array of any number of dimensions as `.npy`.
  ///
  /// - Throws: ``DataFormatError`` as `writeMatrix(_:to:overwrite:names:)`, and for elements that
  ///   the type does not hold.
  public static func writeArray(
    _ array: NPYArray, to path: String, overwrite: Bool = false, as type: ScalarType = .float64
  ) throws(DataFormatError) {
    let isCompressed = try DataFormat.of(path, among: [.npy]).isCompressed
    try OutputFile.write(to: path, overwrite: overwrite, compressing: isCompressed) {
      sink throws(DataFormatError) in
      try NPYWriter.write(array, as: type, name: path, to: sink)
    }
  }

  private static func separator(_ suffix: String) -> UInt8 {
    UInt8(ascii: suffix == "tsv" ? "\t" : ",")
  }

  /// Writes a text, completely or not at all; `-` is standard output.
  ///
  /// - Throws: ``DataFormatError`` as ``checkOutput(_:among:overwrite:)``.
  public static func writeText(
    _ text: String, to path: String, overwrite: Bool = false
  ) throws(DataFormatError) {
    let isCompressed = path.lowercased().hasSuffix(".gz")
    try OutputFile.write(to: path, overwrite: overwrite, compressing: isCompressed) {
      sink throws(DataFormatError) in try sink.write(text)
    }
  }
}
