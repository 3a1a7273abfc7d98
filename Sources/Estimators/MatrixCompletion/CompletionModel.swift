public import LinearAlgebra

/// A completed matrix in factored form, W = L Rᵀ, plus offsets where they are used.
public struct CompletionModel: Equatable, Sendable {
  /// Rows × rank.
  public var rowFactor: Matrix
  /// Columns × rank.
  public var columnFactor: Matrix
  /// Added to the product of the factors.
  public var offsets: AdditiveOffsets?
  /// The ridge of each component for a row that is fitted anew: the row's coordinates minimise
  /// Σ (b − Σ_k u_k v_k)² + Σ_k ridge_k u_k². Zeros for exact data.
  public var ridge: [Double]
  /// The ridge of the offset of such a row, ``noRowOffsets`` where rows have none; used with offsets only.
  public var offsetRidge: Double
  /// The deviation of the noise in each column, in a unit of which the ridges are in: a new row's residuals are
  /// divided by it. Nil where it is the same in all.
  public var columnNoise: [Double]?
  /// What fills rows and columns without any entry; nil predicts them by the factors and offsets.
  public var fallback: AdditiveOffsets?
  /// Rows and columns that had no entry.
  public var emptyRows: [Int]
  /// The columns without a known entry.
  public var emptyColumns: [Int]

  /// A model of known parts, as a file holds it.
  public init(
    rowFactor: Matrix, columnFactor: Matrix, offsets: AdditiveOffsets? = nil,
    ridge: [Double]? = nil, offsetRidge: Double = 0, columnNoise: [Double]? = nil,
    fallback: AdditiveOffsets? = nil, emptyRows: [Int] = [], emptyColumns: [Int] = []
  ) {
    precondition(
      rowFactor.columnCount == columnFactor.columnCount,
      "factors of \(rowFactor.columnCount) and \(columnFactor.columnCount) columns have no product")
    self.rowFactor = rowFactor
    self.columnFactor = columnFactor
    self.offsets = offsets
    self.ridge = ridge ?? [Double](repeating: 0, count: rowFactor.columnCount)
    self.offsetRidge = offsetRidge
    self.columnNoise = columnNoise
    precondition(
      columnNoise.map { $0.count == columnFactor.rowCount } ?? true,
      "\(columnNoise?.count ?? 0) deviations for \(columnFactor.rowCount) columns")
    precondition(
      self.ridge.count == rowFactor.columnCount,
      "\(self.ridge.count) ridges for \(rowFactor.columnCount) components")
    self.fallback = fallback
    self.emptyRows = emptyRows
    self.emptyColumns = emptyColumns
  }

  /// The ridge of rows' offsets in a model whose offsets are the columns' alone.
  public static let noRowOffsets = Double.greatestFiniteMagnitude

  mutating func rescale(by unit: Double) {
    rowFactor.scale(by: unit)
    offsets?.rescale(by: unit)
    fallback?.rescale(by: unit)
  }

  /// The number of rows.
  public var rowCount: Int { rowFactor.rowCount }
  /// The number of columns.
  public var columnCount: Int { columnFactor.rowCount }

  /// The number of components of the product.
  public var rank: Int { rowFactor.columnCount }

  /// The predictions at known positions, in their order.
  ///
  /// - Complexity: O(*entries* · *rank*).
  public func values(at entries: ObservedEntries) -> [Double] {
    values(at: entries, pattern: ObservedPattern(of: entries))
  }

  /// The same on the threads of a pattern of the entries.
  func values(at entries: ObservedEntries, pattern: ObservedPattern) -> [Double] {
    var result = [Double](repeating: 0, count: entries.count)
    if rank > 0 {
      pattern.products(left: rowFactor, right: columnFactor, into: &result)
    }
    if let offsets {
      for k in result.indices {
        result[k] += offsets.value(row: Int(entries.rows[k]), column: Int(entries.columns[k]))
      }
    }
    return result
  }

  /// The whole matrix.
  ///
  /// - Complexity: O(*rows* · *columns* · *rank*) time, rows · columns numbers of memory.
  public func completion() -> Matrix {
    var result =
      rank > 0
      ? rowFactor * columnFactor.transposed()
      : Matrix(rowCount: rowCount, columnCount: columnCount)
    let columnCount = columnCount
    result.withUnsafeMutableElements { w in
      if let offsets {
        for i in 0..<rowCount {
          for j in 0..<columnCount { w[i * columnCount + j] += offsets.value(row: i, column: j) }
        }
      }
      if let fallback {
        for i in emptyRows {
          for j in 0..<columnCount { w[i * columnCount + j] = fallback.value(row: i, column: j) }
        }
        for j in emptyColumns {
          for i in 0..<rowCount { w[i * columnCount + j] = fallback.value(row: i, column: j) }
        }
      }
    }
    return result
  }

  /// The singular values of the completed matrix, descending, as many as can differ from zero.
  ///
  /// They come from the factors (offsets are two more columns, rows and columns without entries one each) by
  /// two QR decompositions and a small SVD.
  /// - Complexity: O((*rows* + *columns*) *rank*²).
  public func singularValues() throws(DecompositionError) -> [Double] {
    let (left, right) = factorsWithFallback()
    guard left.columnCount > 0 else { return [] }
    if left.columnCount >= min(rowCount, columnCount) {
      return try (left * right.transposed()).singularValues()
    }
    let r = try QRDecomposition(of: left).triangularFactor
    let s = try QRDecomposition(of: right).triangularFactor
    return try r.timesTransposed(s).singularValues()
  }

  /// Factors of the completed matrix, with what fills rows and columns without entries: 1_E (μ + b)ᵀ for the
  /// empty rows E, then (μ + a) 1_Fᵀ for the empty columns F. An empty row or column has no offset of its own.
  private func factorsWithFallback() -> (left: Matrix, right: Matrix) {
    var (left, right) = factorsWithOffsets()
    guard let fallback else { return (left, right) }
    for (empty, isRows) in [(emptyRows, true), (emptyColumns, false)] where !empty.isEmpty {
      var own = Matrix(rowCount: isRows ? rowCount : columnCount, columnCount: 1)
      let others = isRows ? fallback.columns : fallback.rows
      let filled = Matrix(
        rowCount: others.count, columnCount: 1, elements: others.map { fallback.mean + $0 })
      for line in empty {
        own[line, 0] = 1
        for k in 0..<left.columnCount {
          if isRows { left[line, k] = 0 } else { right[line, k] = 0 }
        }
      }
      left = .horizontallyStacked([left, isRows ? own : filled])
      right = .horizontallyStacked([right, isRows ? filled : own])
    }
    return (left, right)
  }

  /// Factors whose product is the whole matrix: offsets, where they are used, are two more columns.
  func factorsWithOffsets() -> (left: Matrix, right: Matrix) {
    guard let offsets else { return (rowFactor, columnFactor) }
    let rows = Matrix(
      rowCount: rowCount, columnCount: 1, elements: offsets.rows.map { $0 + offsets.mean })
    let columns = Matrix(rowCount: columnCount, columnCount: 1, elements: offsets.columns)
    return (
      .horizontallyStacked([
        rowFactor, rows, Matrix(rowCount: rowCount, columnCount: 1, repeating: 1),
      ]),
      .horizontallyStacked([
        columnFactor, Matrix(rowCount: columnCount, columnCount: 1, repeating: 1), columns,
      ])
    )
  }
}
