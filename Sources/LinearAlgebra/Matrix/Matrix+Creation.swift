extension Matrix {
  /// A matrix whose elements all have one value.
  @inlinable
  public init(rowCount: Int, columnCount: Int, repeating value: Double = 0) {
    precondition(
      rowCount >= 0 && columnCount >= 0, "a matrix cannot have \(rowCount)×\(columnCount) elements")
    self.init(
      rowCount: rowCount, columnCount: columnCount,
      elements: [Double](repeating: value, count: rowCount * columnCount))
  }

  /// A matrix of zeros.
  @inlinable
  public static func zeros(_ rowCount: Int, _ columnCount: Int) -> Matrix {
    Matrix(rowCount: rowCount, columnCount: columnCount)
  }

  /// A matrix from its rows, all of one length.
  public init(rows: [[Double]]) {
    let columnCount = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() {
      precondition(
        row.count == columnCount,
        "row \(index) has \(row.count) elements, the first row has \(columnCount)")
    }
    self.init(rowCount: rows.count, columnCount: columnCount, elements: rows.flatMap(\.self))
  }

  /// The matrix with ones on the diagonal; rectangular when two sizes are given.
  public static func identity(_ rowCount: Int, _ columnCount: Int? = nil) -> Matrix {
    var result = Matrix(rowCount: rowCount, columnCount: columnCount ?? rowCount)
    for k in 0..<min(result.rowCount, result.columnCount) { result[k, k] = 1 }
    return result
  }

  /// The matrix with the given values on its diagonal; square unless a shape is given.
  public static func diagonal(
    _ values: [Double], rowCount: Int? = nil, columnCount: Int? = nil
  ) -> Matrix {
    var result = Matrix(
      rowCount: rowCount ?? values.count, columnCount: columnCount ?? values.count)
    precondition(
      values.count <= min(result.rowCount, result.columnCount),
      "\(values.count) diagonal values do not fit into a \(result.shape) matrix")
    for (k, value) in values.enumerated() { result[k, k] = value }
    return result
  }
}
