public import LinearAlgebra

/// How observed entries are read from a file.
public struct ReadingOptions: Equatable, Sendable {
  /// What the lines of a CSV file are.
  public enum Layout: String, CaseIterable, Sendable {
    /// Triplets if three columns stand under a header line and the first two hold only integers; a table
    /// otherwise. A negative integer there is an error of a file of triplets, not a sign of a table.
    case automatic
    /// One line for each row, one cell for each column; empty, `NaN` and `NA` cells are unknown.
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
