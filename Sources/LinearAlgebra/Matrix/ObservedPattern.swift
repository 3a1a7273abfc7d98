import CSparseKernels

/// The positions of known entries, in row order and in column order, and the products that visit only them.
///
/// A sparse matrix here is a list of values, one per position in row order. Factors are tall: one row for
/// each row (or column) of the matrix.
public struct ObservedPattern: Equatable, Sendable {
  public let rowCount: Int
  public let columnCount: Int

  /// The row and the column of each position, in row order.
  public let rows: [Int32]
  public let columns: [Int32]

  /// Where each row's positions begin in row order; `rowCount + 1` numbers.
  public let rowStarts: [Int]

  /// Where each column's positions begin in column order; `columnCount + 1` numbers.
  public let columnStarts: [Int]

  /// In column order: each position's row, and its place in row order.
  public let columnOrderRows: [Int32]
  public let columnOrder: [Int32]

  /// The number of positions.
  public var count: Int { rows.count }

  /// Builds both orders.
  ///
  /// - Complexity: O(*entries* + *rows* + *columns*).
  public init(of entries: ObservedEntries) {
    rowCount = entries.rowCount
    columnCount = entries.columnCount
    rows = entries.rows
    columns = entries.columns
    rowStarts = entries.rowStarts
    var starts = [Int](repeating: 0, count: entries.columnCount + 1)
    for column in entries.columns { starts[Int(column) + 1] += 1 }
    for column in 0..<entries.columnCount { starts[column + 1] += starts[column] }
    columnStarts = starts
    var next = starts
    var order = [Int32](repeating: 0, count: entries.count)
    var orderRows = order
    for position in entries.columns.indices {
      let column = Int(entries.columns[position])
      order[next[column]] = Int32(position)
      orderRows[next[column]] = entries.rows[position]
      next[column] += 1
    }
    columnOrder = order
    columnOrderRows = orderRows
  }

  /// `products[e] = (L Rᵀ)` at position `e`: the product of two factors where it is known.
  ///
  /// - Precondition: `left` is rows × k, `right` is columns × k, and `products` has one place per position.
  /// - Complexity: O(*entries* · *k*), no allocation.
  public func products(left: Matrix, right: Matrix, into products: inout [Double]) {
    requireFactor(left, rowCount, "left")
    requireFactor(right, columnCount, "right")
    precondition(
      left.columnCount == right.columnCount,
      "factors of \(left.columnCount) and \(right.columnCount) columns have no product")
    precondition(products.count == count, "\(products.count) places for \(count) products")
    sparse_products_at(
      count, rows, columns, left.storage, right.storage, left.columnCount, &products)
  }

  /// `result = S F`, with the sparse matrix S of the given values and a factor of columns × k.
  ///
  /// - Complexity: O(*entries* · *k*), no allocation.
  public func times(_ values: [Double], _ factor: Matrix, into result: inout Matrix) {
    requireFactor(factor, columnCount, "right")
    requireResult(result, rowCount, factor, values)
    sparse_times_factor(
      rowCount, rowStarts, columns, values, factor.storage, factor.columnCount, &result.storage)
  }

  /// `result = Sᵀ F`, with the sparse matrix S of the given values and a factor of rows × k.
  ///
  /// - Complexity: O(*entries* · *k*), no allocation.
  public func transposedTimes(_ values: [Double], _ factor: Matrix, into result: inout Matrix) {
    requireFactor(factor, rowCount, "left")
    requireResult(result, columnCount, factor, values)
    sparse_times_factor_ordered(
      columnCount, columnStarts, columnOrderRows, columnOrder, values, factor.storage,
      factor.columnCount, &result.storage)
  }

  private func requireFactor(_ factor: Matrix, _ expected: Int, _ side: String) {
    precondition(
      factor.rowCount == expected,
      "the \(side) factor of a \(rowCount)×\(columnCount) matrix has \(expected) rows, not \(factor.rowCount)"
    )
  }

  private func requireResult(
    _ result: Matrix, _ rowCount: Int, _ factor: Matrix, _ values: [Double]
  ) {
    precondition(values.count == count, "\(values.count) values for \(count) positions")
    precondition(
      result.rowCount == rowCount && result.columnCount == factor.columnCount,
      "the product is \(rowCount)×\(factor.columnCount), not \(result.shape)")
  }
}
