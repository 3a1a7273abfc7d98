/// Rows of cells under named columns.
public struct Table: Codable, Equatable, Sendable {
  public var title: String
  public var caption: String
  public var columns: [Column]
  public var rows: [[Cell]]

  /// - Precondition: every row has as many cells as there are columns.
  public init(title: String, caption: String = "", columns: [Column], rows: [[Cell]]) {
    self.title = title
    self.caption = caption
    self.columns = columns
    self.rows = rows
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

public struct Column: Codable, Equatable, Sendable {
  public enum Alignment: String, Codable, Sendable {
    case leading, center, trailing
  }

  public var title: String
  public var unit: String?
  public var alignment: Alignment
  /// How many significant digits a page shows; files always hold every digit.
  public var significantDigits: Int

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
