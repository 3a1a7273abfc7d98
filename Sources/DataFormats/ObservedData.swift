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

  /// The file as it came, to be given back with its gaps filled.
  public var original: OriginalFile?
}

/// A file that can be written again with other numbers in its gaps.
public enum OriginalFile: Sendable {
  /// A table of text.
  case text(TextTable)

  /// Whether a file of this name takes the form in which the original came.
  public func canBeWritten(to path: String) -> Bool {
    guard let format = try? DataFormat.of(path) else { return false }
    switch self {
    case .text(let table):
      let isTabbed = table.structure.dialect.delimiter == UInt8(ascii: "\t")
      return format.format == .csv && (format.suffix != "tsv" || isTabbed)
    }
  }

  /// The bytes with other numbers in the gaps.
  package func encoded(
    entries: ObservedEntries, isFilledEverywhere: Bool = false, fill: (Int, Int) -> Double?
  ) throws(DataFormatError) -> [UInt8] {
    try ByteSink.collect { sink throws(DataFormatError) in
      try write(to: sink, entries: entries, isFilledEverywhere: isFilledEverywhere, fill: fill)
    }
  }

  func write(
    to sink: ByteSink, entries: ObservedEntries, isFilledEverywhere: Bool,
    fill: (Int, Int) -> Double?
  ) throws(DataFormatError) {
    switch self {
    case .text(let table):
      try table.write(
        to: sink, entries: entries, isFilledEverywhere: isFilledEverywhere, fill: fill)
    }
  }
}
