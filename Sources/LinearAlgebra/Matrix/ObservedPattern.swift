import CSparseKernels

/// The positions of known entries, in row order and in column order, and the products that visit only them.
///
/// A sparse matrix here is a list of values, one per position in row order. Factors are tall: one row for
/// each row (or column) of the matrix.
public struct ObservedPattern: Equatable, Sendable {
  /// The number of rows.
  public let rowCount: Int
  /// The number of columns.
  public let columnCount: Int

  /// The row of each position, in row order.
  public let rows: [Int32]
  /// The column of each position, in row order.
  public let columns: [Int32]

  /// Where each row's positions begin in row order; `rowCount + 1` numbers.
  public let rowStarts: [Int]

  /// Where each column's positions begin in column order; `columnCount + 1` numbers.
  public let columnStarts: [Int]

  /// Each position's row, in column order.
  public let columnOrderRows: [Int32]
  /// Each position's place in row order, in column order.
  public let columnOrder: [Int32]

  /// The rows in row order, in blocks of about equal numbers of entries.
  public let rowBlocks: RowBlocks
  /// The columns in column order, in such blocks.
  public let columnBlocks: RowBlocks

  /// How many threads a product may use. The bits of the result do not depend on it.
  public let threadCount: Int

  /// The number of positions.
  public var count: Int { rows.count }

  /// Builds both orders.
  ///
  /// - Complexity: O(*entries* + *rows* + *columns*).
  public init(of entries: ObservedEntries, threadCount: Int = 1) {
    precondition(threadCount > 0, "products cannot run on \(threadCount) threads")
    self.threadCount = threadCount
    rowCount = entries.rowCount
    columnCount = entries.columnCount
    rows = entries.rows
    columns = entries.columns
    rowStarts = entries.rowStarts
    var starts = [Int](repeating: 0, count: entries.columnCount + 1)
    for column in entries.columns { starts[Int(column) + 1] += 1 }
    for column in 0..<entries.columnCount { starts[column + 1] += starts[column] }
    columnStarts = starts
    rowBlocks = RowBlocks(starts: rowStarts)
    columnBlocks = RowBlocks(starts: starts)
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

  /// Values given in row order, in column order.
  ///
  /// - Complexity: O(*entries*).
  public func columnOrdered(_ values: [Double]) -> [Double] {
    precondition(values.count == count, "\(values.count) values for \(count) positions")
    return [Double](unsafeUninitializedCapacity: count) { result, initializedCount in
      initializedCount = count
      guard let target = result.baseAddress else { return }
      columnBlocks.forEach(threadCount: threadCount) { _, columns in
        values.withUnsafeBufferPointer { values in
          columnOrder.withUnsafeBufferPointer { order in
            for e in columnStarts[columns.lowerBound]..<columnStarts[columns.upperBound] {
              (target + e).initialize(to: values[Int(order[e])])
            }
          }
        }
      }
    }
  }

  /// `products[e] = (L Rᵀ)` at position `e`: the product of two factors where it is known.
  ///
  /// - Precondition: `left` is rows × k, `right` is columns × k, and `products` has one place per position.
  /// - Complexity: O(*entries* · *k*), no allocation.
  public func products(left: Matrix, right: Matrix, into products: inout [Double]) {
    requireFactors(left, right)
    precondition(products.count == count, "\(products.count) places for \(count) products")
    let width = left.columnCount
    products.withUnsafeMutableBufferPointer { products in
      withEntries(left, right) { rows, columns, left, right in
        rowBlocks.forEach(threadCount: threadCount) { _, lines in
          let first = rowStarts[lines.lowerBound]
          sparse_products_at(
            rowStarts[lines.upperBound] - first, rows + first, columns + first, left, right, width,
            products.baseAddress! + first)
        }
      }
    }
  }

  /// `residuals[e] = scale ((L Rᵀ) − value)` at position `e`; returns Σ ((L Rᵀ) − value)².
  ///
  /// - Precondition: as for ``products(left:right:into:)``, and a value for each position.
  /// - Complexity: O(*entries* · *k*), no allocation up to some millions of entries.
  public func residuals(
    left: Matrix, right: Matrix, values: [Double], scale: Double, into residuals: inout [Double]
  ) -> Double {
    requireFactors(left, right)
    precondition(
      residuals.count == count && values.count == count,
      "\(values.count) values and \(residuals.count) places for \(count) positions")
    guard count > 0 else { return 0 }
    let width = left.columnCount
    return residuals.withUnsafeMutableBufferPointer { residuals in
      values.withUnsafeBufferPointer { values in
        withEntries(left, right) { rows, columns, left, right in
          rowBlocks.sum(threadCount: threadCount) { _, lines in
            let first = rowStarts[lines.lowerBound]
            return sparse_residuals(
              rowStarts[lines.upperBound] - first, rows + first, columns + first, left, right,
              width, values.baseAddress! + first, scale, residuals.baseAddress! + first)
          }
        }
      }
    }
  }

  /// `result = S F`, with the sparse matrix S of the given values and a factor of columns × k.
  ///
  /// - Complexity: O(*entries* · *k*), no allocation.
  public func times(_ values: [Double], _ factor: Matrix, into result: inout Matrix) {
    requireFactor(factor, columnCount, "right")
    requireResult(result, rowCount, factor, values)
    let width = factor.columnCount
    result.storage.withUnsafeMutableBufferPointer { result in
      guard let target = result.baseAddress else { return }
      rowBlocks.forEach(threadCount: threadCount) { _, lines in
        rowStarts.withUnsafeBufferPointer { starts in
          sparse_times_factor(
            lines.count, starts.baseAddress! + lines.lowerBound, columns, values, factor.storage,
            width, target + lines.lowerBound * width)
        }
      }
    }
  }

  /// `result = Sᵀ F`, with the sparse matrix S of the given values and a factor of rows × k.
  ///
  /// - Complexity: O(*entries* · *k*), no allocation.
  public func transposedTimes(_ values: [Double], _ factor: Matrix, into result: inout Matrix) {
    requireFactor(factor, rowCount, "left")
    requireResult(result, columnCount, factor, values)
    let width = factor.columnCount
    result.storage.withUnsafeMutableBufferPointer { result in
      guard let target = result.baseAddress else { return }
      columnBlocks.forEach(threadCount: threadCount) { _, lines in
        columnStarts.withUnsafeBufferPointer { starts in
          sparse_times_factor_ordered(
            lines.count, starts.baseAddress! + lines.lowerBound, columnOrderRows, columnOrder,
            values, factor.storage, width, target + lines.lowerBound * width)
        }
      }
    }
  }

  /// Calls a closure with the positions and both factors in memory.
  private func withEntries<Result>(
    _ left: Matrix, _ right: Matrix,
    _ body: (
      UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafePointer<Double>, UnsafePointer<Double>
    ) -> Result
  ) -> Result {
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        left.storage.withUnsafeBufferPointer { left in
          right.storage.withUnsafeBufferPointer { right in
            // An array without elements has an address too, which nobody reads.
            body(
              rows.baseAddress!, columns.baseAddress!, left.baseAddress!, right.baseAddress!)
          }
        }
      }
    }
  }

  private func requireFactors(_ left: Matrix, _ right: Matrix) {
    requireFactor(left, rowCount, "left")
    requireFactor(right, columnCount, "right")
    precondition(
      left.columnCount == right.columnCount,
      "factors of \(left.columnCount) and \(right.columnCount) columns have no product")
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
