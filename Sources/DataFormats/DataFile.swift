public import LinearAlgebra

/// Reads and writes data files of every format, told apart by their extensions.
///
/// | extension | observed entries | matrix | array |
/// |---|---|---|---|
/// | `.csv` `.tsv` `.txt` | table with holes, or triplets | table | |
/// | `.xlsx` | table with holes, or triplets | table | |
/// | `.mtx` | coordinates, or array with NaN | array, or coordinates and zeros | |
/// | `.npy`, `.npz` of one array | NaN is unknown | one or two dimensions | any dimension |
/// | `.npz` of a sparse matrix | what is stored | | |
/// | `.mat` | NaN is unknown, or what is stored | one or two dimensions | |
/// | `.png` `.jpg` `.pgm` `.ppm` | what is not transparent, or a mask's | pixels, channels side by side | |
/// | `.idx`, `…-ubyte` | all | first index as rows | any dimension |
///
/// Text, `.npy`, IDX, PGM and PPM may be gzip files; that is seen from their first bytes. Compressed data may expand to
/// 64 MiB, or to a hundred times the file's size if that is more. Named tensors are read by
/// ``Safetensors``, several named arrays by ``NPZArchive``.
public enum DataFile {
  static let dense: [DataFormat] = [
    .csv, .xlsx, .matrixMarket, .npy, .npz, .mat, .png, .jpeg, .pgm, .ppm, .idx,
  ]

  /// Reads the known entries of a matrix.
  ///
  /// - Throws: ``DataFormatError``. A file of triplets may have 10⁶ rows and columns, or four times as many
  ///   as entries if that is more, unless the options give the numbers explicitly.
  /// - Complexity: O(*bytes* + *rows* + *columns*); 40 bytes of memory for each entry of triplets.
  public static func readObservedEntries(
    from path: String, options: ReadingOptions = ReadingOptions()
  ) throws(DataFormatError) -> ObservedData {
    let source = try path == "-" ? ByteSource.standardInput() : ByteSource(path: path)
    let mask = try options.maskPath.map { path throws(DataFormatError) in try ByteSource(path: path)
    }
    return try readObservedEntries(from: source, mask: mask, options: options)
  }

  /// Reads the known entries of a matrix; `options.maskPath` does not count here, `mask` does.
  public static func readObservedEntries(
    from source: ByteSource, mask: ByteSource? = nil, options: ReadingOptions = ReadingOptions()
  ) throws(DataFormatError) -> ObservedData {
    let format = try format(source, options)
    var picture: Picture?
    if format.isPicture { picture = try Picture(reading: source, as: format) }
    if let sheet = options.sheet, ![.csv, .xlsx, .npy, .npz, .mat].contains(format) {
      throw DataFormatError(
        source.name, "the file has no sheet \(Excerpt.quoted(sheet.utf8))", "leave --sheet out")
    }
    if let mask {
      return try readMasked(source, mask, format, picture, options)
    }
    if format == .npz, try SparseArchive.isSparse(source) {
      return ObservedData(
        entries: try SparseArchive.read(source, options: options), format: .npz, layout: .triplets)
    }
    if format == .npy || format == .npz {
      let (file, elements) = try ArrayFile.read(
        source, isArchive: format == .npz, named: options.sheet)
      var matrix = elements
      try checkShape(matrix, options: options, file: source.name)
      matrix.markMissing(options.missing)
      return ObservedData(
        entries: try matrix.knownEntries(file: source.name), format: format, layout: .table,
        original: .array(file))
    }
    switch format {
    case .csv, .xlsx:
      let data: ObservedData
      if format == .xlsx {
        data = try Spreadsheet.read(source, options: options)
      } else {
        data = try DelimitedFile.readObserved(source, options: options)
      }
      if data.layout == .table {
        try checkShape(
          rowCount: data.entries.rowCount, columnCount: data.entries.columnCount, options: options,
          file: source.name)
      }
      return data
    case .matrixMarket: return try MatrixMarket.readObserved(source, options: options)
    case .mat:
      let variable = try MATFile(reading: source).variable(named: options.sheet)
      let entries = try variable.entries(file: source.name, options: options)
      return ObservedData(entries: entries, format: .mat, layout: .table)
    default:
      var matrix = picture?.elements ?? Matrix.zeros(0, 0)
      if picture == nil { matrix = try readElements(source, format, options) }
      try checkShape(matrix, options: options, file: source.name)
      matrix.markMissing(options.missing)
      let entries = try matrix.knownEntries(file: source.name)
      return ObservedData(
        entries: entries, names: TableNames(columns: picture?.columnNames), format: format,
        layout: .table, understanding: picture?.understanding(of: entries),
        original: picture.map(OriginalFile.picture))
    }
  }

  /// What of a matrix a mask does not cover.
  private static func readMasked(
    _ source: ByteSource, _ maskSource: ByteSource, _ format: DataFormat, _ picture: Picture?,
    _ options: ReadingOptions
  ) throws(DataFormatError) -> ObservedData {
    var (matrix, names) = (Matrix.zeros(0, 0), TableNames(columns: picture?.columnNames))
    var original = picture.map(OriginalFile.picture)
    let mask = try Mask.read(maskSource, for: picture)
    if let picture {
      matrix = picture.elements
    } else if format == .csv {
      (matrix, names) = try DelimitedFile.readMatrix(source, options: options, isCautious: false)
    } else if format == .npy || format == .npz {
      let (file, elements) = try ArrayFile.read(
        source, isArchive: format == .npz, named: options.sheet)
      matrix = elements
      original = .array(file)
    } else {
      matrix = try readElements(source, format, options)
    }
    guard mask.known.rowCount == matrix.rowCount, mask.known.columnCount == matrix.columnCount
    else {
      throw .wrongShape(
        maskSource.name, found: mask.known.shape, expected: "the mask of a \(matrix.shape) matrix")
    }
    try checkShape(matrix, options: options, file: source.name)
    matrix.markMissing(options.missing)
    let entries = try matrix.knownEntries(file: source.name, mask: mask.known)
    var understanding = picture?.understanding(of: entries)
    if let note = mask.note {
      if understanding == nil {
        understanding = TableUnderstanding(
          rowCount: matrix.rowCount, columnCount: matrix.columnCount,
          gapCount: matrix.count - entries.count, columns: [], traits: [], warnings: [],
          rowsBy: nil)
      }
      understanding?.warnings.append(note)
    }
    return ObservedData(
      entries: entries, names: names, format: format, layout: .table,
      understanding: understanding, original: original)
  }

  /// The format that the options or the name tell, or for standard input the first bytes.
  static func format(
    _ source: ByteSource, _ options: ReadingOptions
  ) throws(DataFormatError) -> DataFormat {
    if let format = options.format { return format }
    if source.isStandardInput {
      let bytes = try ByteStream(source).bytes(512)
      if bytes.starts(with: [0x50, 0x4B, 3, 4]) {
        // A workbook and an archive of arrays are both zip files.
        let members = try ZipArchive(source).members
        return members.contains { $0.name == "xl/workbook.xml" } ? .xlsx : .npz
      }
      return DataFormat.of(firstBytes: bytes)
    }
    return try DataFormat.of(reading: source, among: dense)
  }

  /// Reads a complete matrix; all of its elements are finite.
  ///
  /// One-dimensional arrays are columns. What a coordinate file does not name is zero, if the matrix has no
  /// more than 10⁷ elements or a hundred for each entry. A CSV file is always a table.
  ///
  /// - Throws: ``DataFormatError``.
  public static func readMatrix(from path: String) throws(DataFormatError) -> Matrix {
    return try readMatrix(from: try ByteSource(path: path))
  }

  /// Reads a complete matrix as ``readObservedEntries(from:mask:options:)`` would read it: the same columns
  /// are data, the same name rows.
  public static func readMatrix(
    from source: ByteSource, alike options: ReadingOptions
  ) throws(DataFormatError) -> Matrix {
    var options = options
    options.format = nil
    let matrix =
      switch try DataFormat.of(reading: source, among: dense) {
      case .csv:
        try DelimitedFile.readMatrix(source, options: options, isCautious: false).elements
      case .xlsx:
        try Spreadsheet.readMatrix(source, options: options, isCautious: false).elements
      case let format: try readElements(source, format, options)
      }
    return try matrix.complete(file: source.name)
  }

  /// Reads a complete matrix; see ``readMatrix(from:)-(String)``.
  public static func readMatrix(from source: ByteSource) throws(DataFormatError) -> Matrix {
    let format = try DataFormat.of(reading: source, among: dense)
    return try readElements(source, format, ReadingOptions()).complete(file: source.name)
  }

  /// Reads a complete matrix with the names of its rows and columns, where a table of text or a workbook has them.
  ///
  /// - Throws: ``DataFormatError``.
  package static func readNamedMatrix(
    from source: ByteSource
  ) throws(DataFormatError) -> (elements: Matrix, names: TableNames) {
    switch try DataFormat.of(reading: source, among: dense) {
    case .csv:
      let (elements, names) = try DelimitedFile.readMatrix(source)
      return (try elements.complete(file: source.name), names)
    case .xlsx:
      let (elements, names) = try Spreadsheet.readMatrix(
        source, options: ReadingOptions(), isCautious: true)
      return (try elements.complete(file: source.name), names)
    default: return (try readMatrix(from: source), TableNames())
    }
  }

  /// Reads an array of any number of dimensions from `.npy`, `.npz` with one array, or IDX.
  ///
  /// - Throws: ``DataFormatError``.
  public static func readArray(from path: String) throws(DataFormatError) -> NPYArray {
    return try readArray(from: try ByteSource(path: path))
  }

  /// Reads an array of any number of dimensions; see ``readArray(from:)-(String)``.
  public static func readArray(from source: ByteSource) throws(DataFormatError) -> NPYArray {
    switch try DataFormat.of(reading: source, among: [.npy, .npz, .idx]) {
    case .npz: try onlyArray(source)
    case .idx: try IDX.read(source)
    default: try NPYArray(reading: source)
    }
  }

  /// The elements of a dense file; NaN where something is missing.
  private static func readElements(
    _ source: ByteSource, _ format: DataFormat, _ options: ReadingOptions
  ) throws(DataFormatError) -> Matrix {
    switch format {
    case .xlsx:
      try Spreadsheet.readMatrix(source, options: options, isCautious: true).elements
    case .mat: try MATFile(reading: source).variable(named: options.sheet).matrix(file: source.name)
    case .png, .jpeg, .ppm: try Picture(reading: source, as: format).elements
    case .csv: try DelimitedFile.readMatrix(source).elements
    case .matrixMarket: try MatrixMarket.readMatrix(source)
    case .npz: try onlyArray(source).matrix(file: source.name)
    case .idx: try IDX.rows(try IDX.read(source)).matrix(file: source.name)
    case .pgm: try PGMImage(reading: source).pixels
    case .npy, .safetensors: try NPYArray(reading: source).matrix(file: source.name)
    }
  }

  private static func onlyArray(_ source: ByteSource) throws(DataFormatError) -> NPYArray {
    let archive = try NPZArchive(reading: source)
    guard archive.members.count == 1, let only = archive.members.first else {
      let names = archive.members.prefix(8).map { Excerpt.quoted($0.name.utf8) }.joined(
        separator: ", ")
      throw DataFormatError(
        source.name,
        "the archive holds \(archive.members.count) arrays\(names.isEmpty ? "" : " (\(names))")",
        "give a file with exactly one")
    }
    return only.array
  }

  private static func checkShape(
    _ matrix: Matrix, options: ReadingOptions, file: String
  ) throws(DataFormatError) {
    try checkShape(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount, options: options, file: file)
  }

  private static func checkShape(
    rowCount: Int, columnCount: Int, options: ReadingOptions, file: String
  ) throws(DataFormatError) {
    let rows = options.rowCount ?? rowCount
    let columns = options.columnCount ?? columnCount
    guard rows == rowCount, columns == columnCount else {
      throw .wrongShape(file, found: "\(rowCount)×\(columnCount)", expected: "\(rows)×\(columns)")
    }
  }
}
