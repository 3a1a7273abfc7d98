/// A matrix as colors; row 0 is on top.
public struct HeatMap: Codable, Equatable, Sendable {
  /// The number of rows.
  public var rowCount: Int
  /// The number of columns.
  public var columnCount: Int
  /// Row by row. NaN is a missing value and shows the paper.
  public var values: [Double]
  /// The axis from left to right.
  public var horizontal: Axis
  /// The axis from bottom to top.
  public var vertical: Axis
  /// How values become colors.
  public var colors: ColorScale
  /// Each value stands for a square block of so many rows and columns; 1 for a map of entries.
  public var blockSide: Int
  /// What the rows stand for, where they are values of a quantity: the first, and the step from each to the next.
  public var rowValues: Steps?
  /// The same for the columns.
  public var columnValues: Steps?
  /// What each row is called, where rows are things of their own; they are then never mixed, see ``reduced(toSide:)``.
  public var rowNames: [String]?
  /// The same for the columns.
  public var columnNames: [String]?
  /// A curve over the map, in the quantities that rows and columns stand for.
  public var outline: Outline?
  /// Where a click on each cell leads, row by row, relative to the page; empty for a cell that leads nowhere.
  public var addresses: [String]?

  /// Evenly spaced values.
  public struct Steps: Codable, Equatable, Sendable {
    /// Of the first row or column.
    public var first: Double
    /// From each to the next.
    public var step: Double

    /// Evenly spaced values.
    public init(from first: Double, by step: Double) {
      self.first = first
      self.step = step
    }
  }

  /// A curve through points.
  public struct Outline: Codable, Equatable, Sendable {
    /// The name, as the page shows it.
    public var name: String
    /// Places along the horizontal axis.
    public var x: [Double]
    /// Places along the vertical axis.
    public var y: [Double]

    /// A curve through points.
    public init(_ name: String, x: [Double], y: [Double]) {
      self.name = name
      self.x = x
      self.y = y
    }
  }

  /// - Precondition: `values`, and `addresses` where present, have `rowCount · columnCount` members, names are as many as rows and columns, and `blockSide` is positive.
  public init(
    rowCount: Int, columnCount: Int, values: [Double], horizontal: Axis = Axis("column"),
    vertical: Axis = Axis("row"), colors: ColorScale, blockSide: Int = 1,
    rowValues: Steps? = nil, columnValues: Steps? = nil, rowNames: [String]? = nil,
    columnNames: [String]? = nil, outline: Outline? = nil, addresses: [String]? = nil
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.values = values
    self.horizontal = horizontal
    self.vertical = vertical
    self.colors = colors
    self.blockSide = blockSide
    self.rowValues = rowValues
    self.columnValues = columnValues
    self.rowNames = rowNames
    self.columnNames = columnNames
    self.outline = outline
    self.addresses = addresses
    precondition(inconsistency == nil, inconsistency ?? "")
  }
}

/// How numbers become colors.
public struct ColorScale: Codable, Equatable, Sendable {
  /// Which colors.
  public enum Kind: String, Codable, Sendable {
    /// Dark to bright, for sizes.
    case sequential
    /// Blue over neutral to orange, for signed values; symmetric about zero unless told otherwise.
    case diverging
  }

  /// Which colors.
  public var kind: Kind
  /// The title.
  public var title: String
  /// The unit of its numbers, shown in brackets.
  public var unit: String?
  /// The values of the first and the last color; `nil` leaves them to the data.
  public var lower: Double?
  /// The upper end; nil leaves it to the data.
  public var upper: Double?

  /// All that is not given is left out, or as usual.
  public init(
    _ kind: Kind, title: String, unit: String? = nil, lower: Double? = nil, upper: Double? = nil
  ) {
    self.kind = kind
    self.title = title
    self.unit = unit
    self.lower = lower
    self.upper = upper
  }
}
