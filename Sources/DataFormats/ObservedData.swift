public import LinearAlgebra

/// The known entries of a matrix as a file gives them.
public struct ObservedData: Sendable {
  /// How the entries stood in the file.
  public enum Layout: String, Sendable {
    /// All cells of a matrix, known or not.
    case table
    /// Known entries with their positions.
    case triplets
  }

  /// The entries: at least one, all finite.
  public var entries: ObservedEntries

  /// The names of rows and columns in a table of text.
  public var names = TableNames()

  /// The format of the file.
  public var format: DataFormat

  /// How the entries stood in the file.
  public var layout: Layout

  /// What was understood of the file, for the person who gave it.
  public var understanding: TableUnderstanding?

  /// Cells, row after row, that are not known but hold something and stay as they are: limits such as `<0.05`,
  /// formulas, cells covered by others.
  public var held: Set<Int> = []

  /// How the numbers of a list of single entries are written.
  public var style: ListStyle?

  /// Whether the list counts its rows and columns from 1.
  public var countsFromOne = false

  /// The file as it came, to be given back with its gaps filled.
  public var original: OriginalFile?
}

/// A file that can be written again with other numbers in its gaps.
public enum OriginalFile: Sendable {
  /// A table of text.
  case text(TextTable)
  /// A table in a workbook.
  case spreadsheet(Spreadsheet)
  /// A picture, gray or in colour.
  case picture(Picture)
  /// An array of a `.npy` or `.npz` file.
  case array(ArrayFile)

  /// The form in which it came.
  var format: DataFormat {
    switch self {
    case .text: .csv
    case .spreadsheet: .xlsx
    case .picture(let picture): picture.channelCount == 1 ? .pgm : .ppm
    case .array(let file): file.format
    }
  }

  /// The sentence about what a picture loses in a file of this name; nil if nothing.
  public func loss(in path: String) -> String? {
    guard case .picture = self, let found = try? DataFormat.of(path), found.format == .jpeg else {
      return nil
    }
    return "JPEG changes known pixels a little, too: name a .png to keep them as they are"
  }

  /// Whether a file of this name takes the form in which the original came.
  public func canBeWritten(to path: String, format: DataFormat? = nil) -> Bool {
    if path == "-" { return canBeWritten(as: format ?? self.format, suffix: "") }
    guard let found = try? DataFormat.of(path) else { return false }
    return canBeWritten(as: found.format, suffix: found.suffix)
  }

  private func canBeWritten(as format: DataFormat, suffix: String) -> Bool {
    switch self {
    case .text: return format == .csv
    case .spreadsheet: return format == .xlsx || format == .csv
    case .array(let file): return format == file.format
    case .picture(let picture):
      return picture.channelCount == 1
        ? [.pgm, .png, .jpeg].contains(format) : [.ppm, .png, .jpeg].contains(format)
    }
  }

  /// The bytes with other numbers in the gaps.
  package func encoded(
    as format: DataFormat? = nil, entries: ObservedEntries, isFilledEverywhere: Bool = false,
    fill: (Int, Int) -> Double?
  ) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try write(
        to: sink, as: format ?? self.format, file: "file", entries: entries,
        isFilledEverywhere: isFilledEverywhere, fill: fill)
    }
  }

  func write(
    to sink: ByteSink, as format: DataFormat, file: String, entries: ObservedEntries,
    isFilledEverywhere: Bool, fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    let isTabbed = file.lowercased().hasSuffix(".tsv") || file.lowercased().hasSuffix(".tsv.gz")
    switch self {
    case .text(let table):
      let separator = isTabbed ? UInt8(ascii: "\t") : nil
      try table.write(
        to: sink, separator: separator == table.structure.dialect.delimiter ? nil : separator,
        entries: entries, isFilledEverywhere: isFilledEverywhere, fill: fill)
    case .spreadsheet(let sheet) where format == .csv:
      try sheet.table.write(
        to: sink, separator: UInt8(ascii: isTabbed ? "\t" : ","), entries: entries,
        isFilledEverywhere: isFilledEverywhere, fill: fill)
    case .spreadsheet(let sheet):
      try sheet.write(
        to: sink, entries: entries, isFilledEverywhere: isFilledEverywhere, fill: fill)
    case .array(let array):
      try array.write(
        to: sink, file: file, entries: entries, isFilledEverywhere: isFilledEverywhere, fill: fill)
    case .picture(let picture):
      var samples = picture.samples
      for row in 0..<entries.rowCount {
        var known = entries.rowStarts[row]
        let end = entries.rowStarts[row + 1]
        for column in 0..<entries.columnCount {
          let isKnown = known < end && Int(entries.columns[known]) == column
          if isKnown { known += 1 }
          if !isKnown || isFilledEverywhere {
            samples[row, column] = fill(row, column) ?? .nan
          }
        }
      }
      try picture.replacing(samples: samples).write(to: sink, as: format, file: file)
    }
  }
}
