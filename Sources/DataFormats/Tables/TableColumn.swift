/// A column of a table as it was understood.
public struct TableColumn: Equatable, Sendable {
  /// What a column is for.
  public enum Role: Equatable, Sendable {
    /// Its numbers are entries of the matrix.
    case data
    /// It names the rows.
    case names
    /// It is passed through as it is: text, or left out by the caller.
    case kept
    /// It has neither a heading nor a cell with something in it.
    case blank
  }

  /// The heading; empty where there is none.
  public var heading: String

  /// The unit under the heading.
  public var unit: String?

  /// What the column is for.
  public var role: Role

  /// How its numbers are written.
  public var format: NumberFormat

  /// The smallest and largest number; nil where none is known.
  public var range: ClosedRange<Double>?

  /// How many of its cells hold numbers.
  public var knownCount: Int
}

/// What was understood of a table, for the person who gave it.
public struct TableUnderstanding: Equatable, Sendable {
  /// Rows of the matrix.
  public var rowCount: Int
  /// Columns of the matrix.
  public var columnCount: Int

  /// How many cells of the matrix are unknown.
  public var gapCount: Int

  /// All columns of the file, in its order.
  public var columns: [TableColumn]

  /// What else is remarkable, a few words each: `decimal comma`, `UTF-16`.
  public var traits: [String]

  /// Sentences about what may not be as it should.
  public var warnings: [String]

  /// What the rows are told apart by: `date`, `time` where dates have one, or the heading of their names.
  public var rowsBy: String?

  /// What takes the place of rows, columns and gaps in the sentence: `80 × 60 pixels, colour`.
  public var shape: String?

  /// One line: `720 rows by date, 8 columns, 412 gaps, decimal comma`.
  public var sentence: String {
    func counted(_ count: Int, _ word: String) -> String {
      "\(count) \(word)\(count == 1 ? "" : "s")"
    }
    if let shape { return ([shape] + traits).joined(separator: ", ") }
    let by = rowsBy.map { " by \($0)" } ?? ""
    return
      ([
        counted(rowCount, "row") + by, counted(columnCount, "column"),
        gapCount == 0 ? "no gap" : counted(gapCount, "gap"),
      ] + traits).joined(separator: ", ")
  }
}
