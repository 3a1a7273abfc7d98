import LinearAlgebra

/// A sparse matrix as `scipy.sparse.save_npz` writes it: what is stored is known, all else unknown.
struct SparseArchive {
  /// Whether an archive holds a sparse matrix.
  static func isSparse(_ source: ByteSource) throws(DataFormatError) -> Bool {
    let names = try ZipArchive(source).members.map(\.name)
    return names.contains("format.npy") && names.contains("shape.npy")
      && names.contains("data.npy")
  }

  static func read(
    _ source: ByteSource, options: ReadingOptions
  ) throws(DataFormatError) -> ObservedEntries {
    let archive = try ZipArchive(source)
    func array(_ name: String) throws(DataFormatError) -> [Double] {
      guard let member = archive.members.first(where: { $0.name == name + ".npy" }) else {
        throw DataFormatError(
          source.name, "the sparse matrix has no array \(name)",
          "save it with scipy.sparse.save_npz as csr, csc or coo")
      }
      return try NPYReader.read(try archive.stream(member)).elements
    }
    let format = try format(archive)
    let shape = try array("shape")
    guard shape.count == 2, let rowCount = Int(exactly: shape[0]),
      let columnCount = Int(exactly: shape[1]), rowCount > 0, columnCount > 0
    else { throw .noElements(source.name, shape: shape.map { Int(exactly: $0) ?? 0 }) }
    let values = try array("data")
    var rows: [Double]
    var columns: [Double]
    switch format {
    case "coo": (rows, columns) = (try array("row"), try array("col"))
    case "csr", "csc":
      let inner = try array("indices")
      let outer = try expanded(try array("indptr"), count: inner.count, file: source.name)
      (rows, columns) = format == "csr" ? (outer, inner) : (inner, outer)
    default:
      throw DataFormatError(
        source.name, "a sparse matrix of the form \(Excerpt.quoted(format.utf8)) is not read",
        "save it as csr, csc or coo")
    }
    guard rows.count == values.count, columns.count == values.count else {
      throw .notThisFormat(
        source.name, format: "npz", problem: "its sparse arrays differ in length")
    }
    var collector = TripletCollector(file: source.name)
    for k in values.indices where !values[k].isNaN {
      guard let row = Int32(exactly: rows[k]), let column = Int32(exactly: columns[k]), row >= 0,
        column >= 0
      else {
        throw .notThisFormat(source.name, format: "npz", problem: "an index is no row or column")
      }
      collector.append(row, column, values[k], line: k)
    }
    guard collector.count > 0 else { throw .allMissing(source.name) }
    try TripletCollector.checkProportion(
      source.name, rowCount: rowCount, columnCount: columnCount, entries: collector.count,
      explicit: options)
    return try collector.sorted(
      rowCount: rowCount, columnCount: columnCount, base: 0, duplicates: options.duplicates)
  }

  /// The letters that follow the header of the array `format`.
  private static func format(_ archive: ZipArchive) throws(DataFormatError) -> String {
    guard let member = archive.members.first(where: { $0.name == "format.npy" }) else { return "" }
    let bytes = try archive.stream(member).bytes(min(member.count, 1 << 12))
    guard let newline = bytes.firstIndex(of: 0x0A) else { return "" }
    let letters = bytes[(newline + 1)...].filter { (0x61...0x7A).contains($0) }
    return String(decoding: letters, as: UTF8.self)
  }

  /// For each entry the row, or column, whose range it lies in.
  private static func expanded(
    _ starts: [Double], count: Int, file: String
  ) throws(DataFormatError) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(count)
    for (index, (start, end)) in zip(starts, starts.dropFirst()).enumerated() {
      guard start == Double(result.count), end >= start, end <= Double(count) else {
        throw .notThisFormat(file, format: "npz", problem: "its row starts are out of order")
      }
      result.append(contentsOf: repeatElement(Double(index), count: Int(end - start)))
    }
    return result
  }
}
