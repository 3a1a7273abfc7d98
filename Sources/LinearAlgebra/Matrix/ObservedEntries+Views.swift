extension ObservedEntries {
  /// The known entries of a dense matrix: every element that is not NaN.
  ///
  /// - Throws: ``ObservedEntriesError/notFinite(index:row:column:value:)`` for an infinite element.
  public init(notNaN matrix: Matrix) throws(ObservedEntriesError) {
    var rows: [Int32] = []
    var columns: [Int32] = []
    var values: [Double] = []
    var position = 0
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount {
        let value = matrix.storage[position]
        if !value.isNaN {
          guard value.isFinite else {
            throw .notFinite(index: position, row: row, column: column, value: value)
          }
          rows.append(Int32(row))
          columns.append(Int32(column))
          values.append(value)
        }
        position += 1
      }
    }
    self.init(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount, sortedRows: rows,
      columns: columns, values: values)
  }

  /// The matrix with the known values in their places and another value elsewhere.
  public func dense(elsewhere value: Double = .nan) -> Matrix {
    var result = Matrix(rowCount: rowCount, columnCount: columnCount, repeating: value)
    for k in values.indices {
      result.storage[Int(rows[k]) * columnCount + Int(columns[k])] = values[k]
    }
    return result
  }

  /// The entries of the transposed matrix.
  public func transposed() -> ObservedEntries {
    // Entries sorted by row and column, sorted again stably by column, are sorted by column and row.
    var next = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { next[Int(column) + 1] += 1 }
    for column in 0..<columnCount { next[column + 1] += next[column] }
    var newRows = [Int32](repeating: 0, count: count)
    var newColumns = newRows
    var newValues = [Double](repeating: 0, count: count)
    for k in values.indices {
      let place = next[Int(columns[k])]
      next[Int(columns[k])] += 1
      newRows[place] = columns[k]
      newColumns[place] = rows[k]
      newValues[place] = values[k]
    }
    return ObservedEntries(
      rowCount: columnCount, columnCount: rowCount, sortedRows: newRows, columns: newColumns,
      values: newValues)
  }

  /// The same positions with other values.
  ///
  /// - Precondition: as many values as entries, all finite.
  public func replacingValues(_ newValues: [Double]) -> ObservedEntries {
    precondition(
      newValues.count == count, "\(newValues.count) values cannot stand at \(count) positions")
    precondition(newValues.allSatisfy(\.isFinite), "an observed value must be finite")
    return ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, sortedRows: rows, columns: columns,
      values: newValues)
  }

  /// The entries at some of the indices; the shape stays.
  ///
  /// - Precondition: the indices ascend strictly.
  public func selecting(_ indices: [Int]) -> ObservedEntries {
    precondition(
      zip(indices, indices.dropFirst()).allSatisfy(<), "indices of entries must ascend strictly")
    return ObservedEntries(
      rowCount: rowCount, columnCount: columnCount, sortedRows: indices.map { rows[$0] },
      columns: indices.map { columns[$0] }, values: indices.map { values[$0] })
  }
}
