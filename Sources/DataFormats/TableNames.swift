/// The names of the rows and columns of a table of text, where it has them.
public struct TableNames: Equatable, Sendable {
  /// The names in the header line, without the heading over the names of rows.
  public var columns: [String]?

  /// The names in the first column: under a header line, if the heading there is empty or if none of the
  /// column's cells is a number.
  public var rows: [String]?

  /// The heading over the names of rows.
  public var rowHeading: String?

  /// Names that are known; nil where there are none.
  public init(columns: [String]? = nil, rows: [String]? = nil, rowHeading: String? = nil) {
    self.columns = columns
    self.rows = rows
    self.rowHeading = rowHeading
  }
}
