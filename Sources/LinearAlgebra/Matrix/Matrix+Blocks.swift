extension Matrix {
  /// The transpose.
  public func transposed() -> Matrix {
    if rowCount <= 1 || columnCount <= 1 {
      return Matrix(rowCount: columnCount, columnCount: rowCount, elements: storage)
    }
    let elements = [Double](unsafeUninitializedCapacity: count) { target, initializedCount in
      storage.withUnsafeBufferPointer { writeTranspose($0, into: target) }
      initializedCount = count
    }
    return Matrix(rowCount: columnCount, columnCount: rowCount, elements: elements)
  }

  /// Writes the transpose over another matrix, without allocation.
  ///
  /// - Precondition: the target has as many rows as this matrix has columns, and the reverse.
  public func transpose(into target: inout Matrix) {
    precondition(
      target.rowCount == columnCount && target.columnCount == rowCount,
      "the transpose of a \(shape) matrix does not fit into a \(target.shape) matrix")
    target.storage.withUnsafeMutableBufferPointer { target in
      storage.withUnsafeBufferPointer { writeTranspose($0, into: target) }
    }
  }

  /// In blocks of 8×8: one cache line of the source wide, so that lines of the target are filled while warm.
  private func writeTranspose(
    _ source: UnsafeBufferPointer<Double>, into target: UnsafeMutableBufferPointer<Double>
  ) {
    guard let from = source.baseAddress, let to = target.baseAddress, count > 0 else { return }
    let block = 8
    let (rowCount, columnCount) = (rowCount, columnCount)
    var top = 0
    while top < rowCount {
      let bottom = min(top + block, rowCount)
      var left = 0
      while left < columnCount {
        let right = min(left + block, columnCount)
        var column = left
        while column < right {
          let line = to + column * rowCount
          var row = top
          while row < bottom {
            line[row] = from[row * columnCount + column]
            row += 1
          }
          column += 1
        }
        left = right
      }
      top = bottom
    }
  }
}

extension Matrix {
  /// The elements of one row.
  public func row(_ row: Int) -> [Double] {
    precondition(row >= 0 && row < rowCount, "row \(row) lies outside a \(shape) matrix")
    return Array(storage[row * columnCount..<(row + 1) * columnCount])
  }

  /// The elements of one column.
  public func column(_ column: Int) -> [Double] {
    precondition(
      column >= 0 && column < columnCount, "column \(column) lies outside a \(shape) matrix")
    return storage.withUnsafeBufferPointer { source in
      (0..<rowCount).map { source[$0 * columnCount + column] }
    }
  }

  /// The block where some rows and columns cross.
  public func submatrix(rows: Range<Int>, columns: Range<Int>) -> Matrix {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCount && columns.lowerBound >= 0
        && columns.upperBound <= columnCount,
      "rows \(rows) and columns \(columns) lie outside a \(shape) matrix")
    return build(rows.count, columns.count) { source, target in
      var place = 0
      for row in rows {
        let start = row * columnCount
        for column in columns {
          target[place] = source[start + column]
          place += 1
        }
      }
    }
  }

  /// The first columns.
  public func firstColumns(_ count: Int) -> Matrix {
    submatrix(rows: 0..<rowCount, columns: 0..<count)
  }

  /// The first rows.
  public func firstRows(_ count: Int) -> Matrix {
    submatrix(rows: 0..<count, columns: 0..<columnCount)
  }

  /// The matrix of some rows, in the order given; a row may come more than once.
  public func selecting(rows: [Int]) -> Matrix {
    for row in rows {
      precondition(row >= 0 && row < rowCount, "row \(row) lies outside a \(shape) matrix")
    }
    return build(rows.count, columnCount) { source, target in
      for (place, row) in rows.enumerated() {
        for column in 0..<columnCount {
          target[place * columnCount + column] = source[row * columnCount + column]
        }
      }
    }
  }

  /// The matrix of some columns, in the order given; a column may come more than once.
  public func selecting(columns: [Int]) -> Matrix {
    for column in columns {
      precondition(
        column >= 0 && column < columnCount, "column \(column) lies outside a \(shape) matrix")
    }
    return build(rowCount, columns.count) { source, target in
      var place = 0
      for row in 0..<rowCount {
        for column in columns {
          target[place] = source[row * columnCount + column]
          place += 1
        }
      }
    }
  }

  /// The matrices side by side.
  ///
  /// - Precondition: all have the same number of rows.
  public static func horizontallyStacked(_ parts: [Matrix]) -> Matrix {
    let rowCount = parts.first?.rowCount ?? 0
    for part in parts {
      precondition(
        part.rowCount == rowCount,
        "cannot put a \(part.shape) matrix beside one of \(rowCount) rows")
    }
    var elements: [Double] = []
    elements.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for row in 0..<rowCount {
      for part in parts {
        elements += part.storage[row * part.columnCount..<(row + 1) * part.columnCount]
      }
    }
    return Matrix(
      rowCount: rowCount, columnCount: parts.reduce(0) { $0 + $1.columnCount }, elements: elements)
  }

  /// The matrices one below the other.
  ///
  /// - Precondition: all have the same number of columns.
  public static func verticallyStacked(_ parts: [Matrix]) -> Matrix {
    let columnCount = parts.first?.columnCount ?? 0
    for part in parts {
      precondition(
        part.columnCount == columnCount,
        "cannot put a \(part.shape) matrix below one of \(columnCount) columns")
    }
    return Matrix(
      rowCount: parts.reduce(0) { $0 + $1.rowCount }, columnCount: columnCount,
      elements: parts.flatMap(\.storage))
  }

  /// The same elements, row after row, in another shape.
  public func reshaped(_ newRowCount: Int, _ newColumnCount: Int) -> Matrix {
    Matrix(rowCount: newRowCount, columnCount: newColumnCount, elements: storage)
  }

  /// The elements whose row and column are equal.
  public var diagonal: [Double] {
    (0..<min(rowCount, columnCount)).map { storage[$0 * columnCount + $0] }
  }

  /// The sum of the diagonal.
  ///
  /// - Precondition: the matrix is square.
  public var trace: Double {
    precondition(rowCount == columnCount, "a \(shape) matrix has no trace")
    return diagonal.reduce(0, +)
  }

  /// The matrix of a function's values at the elements.
  @inlinable
  public func map<Failure: Error>(
    _ transform: (Double) throws(Failure) -> Double
  ) throws(Failure) -> Matrix {
    Matrix(rowCount: rowCount, columnCount: columnCount, elements: try storage.map(transform))
  }

  /// The product element by element.
  public func hadamard(_ other: Matrix) -> Matrix {
    requireSameShape(other, "multiply element by element")
    return build(rowCount, columnCount) { left, target in
      other.storage.withUnsafeBufferPointer { right in
        for k in left.indices { target[k] = left[k] * right[k] }
      }
    }
  }

  /// A matrix whose elements a closure writes, all of them, from this one's.
  private func build(
    _ rowCount: Int, _ columnCount: Int,
    _ write: (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void
  ) -> Matrix {
    let count = rowCount * columnCount
    let elements = [Double](unsafeUninitializedCapacity: count) { target, initializedCount in
      storage.withUnsafeBufferPointer { write($0, target) }
      initializedCount = count
    }
    return Matrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
  }
}

extension Matrix {
  /// The matrix with each column multiplied by its own factor, `A diag(factors)`.
  public func scalingColumns(by factors: [Double]) -> Matrix {
    precondition(
      factors.count == columnCount,
      "\(factors.count) factors cannot scale the columns of a \(shape) matrix")
    return build(rowCount, columnCount) { source, target in
      factors.withUnsafeBufferPointer { factors in
        var place = 0
        for _ in 0..<rowCount {
          for column in 0..<columnCount {
            target[place] = source[place] * factors[column]
            place += 1
          }
        }
      }
    }
  }

  /// The matrix with each row multiplied by its own factor, `diag(factors) A`.
  public func scalingRows(by factors: [Double]) -> Matrix {
    precondition(
      factors.count == rowCount,
      "\(factors.count) factors cannot scale the rows of a \(shape) matrix")
    return build(rowCount, columnCount) { source, target in
      var place = 0
      for row in 0..<rowCount {
        let factor = factors[row]
        for _ in 0..<columnCount {
          target[place] = source[place] * factor
          place += 1
        }
      }
    }
  }

  /// The symmetric part, `(A + Aᵀ)/2`, symmetric to the bit.
  ///
  /// - Precondition: the matrix is square.
  public func symmetrized() -> Matrix {
    precondition(rowCount == columnCount, "a \(shape) matrix has no symmetric part")
    return build(rowCount, columnCount) { source, target in
      for i in 0..<rowCount {
        for j in 0...i {
          // Halved before the sum, which then cannot overflow.
          let mean = 0.5 * source[i * columnCount + j] + 0.5 * source[j * columnCount + i]
          target[i * columnCount + j] = mean
          target[j * columnCount + i] = mean
        }
      }
    }
  }
}
