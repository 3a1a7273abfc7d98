public import LinearAlgebra

/// How observed entries are read from a file.
public struct ReadingOptions: Equatable, Sendable {
  /// What the lines of a CSV file are.
  public enum Layout: String, CaseIterable, Sendable {
    /// Triplets if the words of a header line say so (`row,column,value`, `userId,movieId,rating`), if four whole
    /// numbers end in a time as in `u.data`, or if two columns of names that come again stand before a number;
    /// a table otherwise.
    case automatic
    /// One line for each row, one cell for each column; empty cells and marks such as `NA` are unknown.
    case table
    /// A row, a column and a value on each line, under a header line or not.
    case triplets
  }

  /// What the lines of a CSV file are. Other formats say so themselves.
  public var layout: Layout

  /// Whether the rows and columns of triplets count from one. Matrix Market files always do.
  public var oneBased: Bool

  /// What is done with a position given more than once.
  public var duplicates: ObservedEntries.DuplicatePolicy

  /// The number of rows, where the file does not say it: as many as the largest index needs by default.
  ///
  /// A file that does say it must agree.
  public var rowCount: Int?

  /// The number of columns; see ``rowCount``.
  public var columnCount: Int?

  /// A file of the matrix's shape, in any dense format, with zeros where the matrix is unknown.
  public var maskPath: String?

  /// Texts that stand for a missing value, besides those that are always understood; one that is a number stands
  /// for every way to write that number.
  public var missing: [String] = []

  /// What stands between the cells of a line, where it shall not be found out.
  public var delimiter: UInt8?

  /// The mark before fractions, where it shall not be found out: a point or a comma.
  public var decimal: UInt8?

  /// Columns that are not part of the matrix, by heading or by number from 1.
  public var ignored: [String] = []

  /// The only columns that are part of the matrix, by heading or by number from 1; empty for all.
  public var columns: [String] = []

  /// The format, where the name does not tell it.
  public var format: DataFormat?

  /// The sheet of a workbook, or the array of a file with several.
  public var sheet: String?

  /// Which cells of a sheet hold formulas or are covered by others.
  var formulas = SheetFormulas()

  /// Whether the text to read is that of a sheet.
  var isSheet = false

  /// Whether rows and columns of triplets that all count from 1 are recognised.
  package var recognizesBase = true

  /// - Precondition: `rowCount` and `columnCount` lie between 1 and 2³¹ − 2 where given.
  public init(
    layout: Layout = .automatic, oneBased: Bool = false,
    duplicates: ObservedEntries.DuplicatePolicy = .refuse, rowCount: Int? = nil,
    columnCount: Int? = nil, maskPath: String? = nil
  ) {
    for count in [rowCount, columnCount].compactMap(\.self) {
      precondition(
        count >= 1 && count < Int32.max, "a matrix with \(count) rows or columns cannot be read")
    }
    self.layout = layout
    self.oneBased = oneBased
    self.duplicates = duplicates
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.maskPath = maskPath
  }
}
