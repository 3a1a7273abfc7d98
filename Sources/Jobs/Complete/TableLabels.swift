package import DataFormats

/// What rows and columns are called: by their names, or by their numbers counted from 0.
package struct TableLabels: Sendable {
  private let names: TableNames

  package init(_ names: TableNames) { self.names = names }

  package var hasRowNames: Bool { names.rows != nil }
  package var hasColumnNames: Bool { names.columns != nil }

  /// The name of a row, or its number.
  package func row(_ index: Int) -> String { Self.label(names.rows, index) }

  /// The name of a column, or its number.
  package func column(_ index: Int) -> String { Self.label(names.columns, index) }

  /// The names of some rows; nil if rows have none.
  package func rows(_ indices: [Int]) -> [String]? { names.rows.map { _ in indices.map(row) } }

  /// The names of some columns; nil if columns have none.
  package func columns(_ indices: [Int]) -> [String]? {
    names.columns.map { _ in indices.map(column) }
  }

  private static func label(_ names: [String]?, _ index: Int) -> String {
    guard let names, names.indices.contains(index), !names[index].isEmpty else {
      return "\(index)"
    }
    return names[index]
  }
}
