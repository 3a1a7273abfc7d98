/// Rows of cells under named columns.
public struct Table: Codable, Equatable, Sendable {
  /// The title.
  public var title: String
  /// What a reader needs to know to read it.
  public var caption: String
  /// The columns, in order.
  public var columns: [Column]
  /// The cells, row by row.
  public var rows: [[Cell]]
  /// What each row is called in addresses, so that links lead to it; empty for a row that none leads to.
  public var marks: [String]?

  /// - Precondition: every row has as many cells as there are columns, and marks are as many as rows.
  public init(
    title: String, caption: String = "", columns: [Column], rows: [[Cell]], marks: [String]? = nil
  ) {
    self.title = title
    self.caption = caption
    self.columns = columns
    self.rows = rows
    self.marks = marks
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

/// A column of a table: its name, and how its cells are shown.
public struct Column: Codable, Equatable, Sendable {
  /// Where cells stand in a column.
  public enum Alignment: String, Codable, Sendable {
    case leading, center, trailing
  }

  /// The title.
  public var title: String
  /// The unit of its numbers, shown in brackets.
  public var unit: String?
  /// Where its cells stand.
  public var alignment: Alignment
  /// How many significant digits a page shows; files always hold every digit.
  public var significantDigits: Int

  /// All that is not given is left out, or as usual.
  public init(
    _ title: String, unit: String? = nil, alignment: Alignment = .trailing,
    significantDigits: Int = 4
  ) {
    precondition(significantDigits > 0, "a number cannot have \(significantDigits) digits")
    self.title = title
    self.unit = unit
    self.alignment = alignment
    self.significantDigits = significantDigits
  }
}
