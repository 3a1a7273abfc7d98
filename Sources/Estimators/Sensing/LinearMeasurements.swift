public import LinearAlgebra

/// Linear measurements of a matrix, W ↦ (⟨A_1, W⟩, …, ⟨A_m, W⟩), in the form that their matrices have.
public struct LinearMeasurements: Equatable, Sendable {
  /// How the matrices A_i are given.
  public enum Form: Equatable, Sendable {
    /// One matrix per row, its own rows one after the other: m × (rows · columns).
    case dense(Matrix)
    /// A_i = a_i b_iᵀ: the a_i are the rows of the first matrix, m × rows, the b_i of the second, m × columns.
    case rankOne(Matrix, Matrix)
    /// Lists of elements.
    case sparse(SparseElements)
  }

  /// The elements of sparse matrices; those of matrix i stand from `starts[i]` up to `starts[i + 1]`.
  public struct SparseElements: Equatable, Sendable {
    /// Where the elements of each measurement begin, and last where they all end.
    public var starts: [Int]
    /// The row of each element.
    public var rows: [Int]
    /// The column of each element.
    public var columns: [Int]
    /// The coefficient of each element.
    public var coefficients: [Double]

    /// Elements by measurement.
    public init(starts: [Int], rows: [Int], columns: [Int], coefficients: [Double]) {
      self.starts = starts
      self.rows = rows
      self.columns = columns
      self.coefficients = coefficients
    }
  }

  /// Why something does not describe measurements.
  public enum Failure: Error, Equatable, Sendable {
    case noMeasurements
    case elementCount(Int, rowCount: Int, columnCount: Int)
    case differentCounts(left: Int, right: Int)
    case notFinite(measurement: Int)
    case outside(measurement: Int, row: Int, column: Int, rowCount: Int, columnCount: Int)
    case unequalLists
  }

  /// How the measurements are held.
  public let form: Form
  /// The shape of W.
  public let rowCount: Int
  /// The number of columns.
  public let columnCount: Int
  /// The number of measurements m.
  public let count: Int

  /// Measurements by matrices stored whole.
  public init(dense: Matrix, rowCount: Int, columnCount: Int) throws(Failure) {
    guard rowCount > 0, columnCount > 0, dense.rowCount > 0 else { throw .noMeasurements }
    guard dense.columnCount == rowCount * columnCount else {
      throw .elementCount(dense.columnCount, rowCount: rowCount, columnCount: columnCount)
    }
    try Self.requireFinite(dense)
    self.init(.dense(dense), rowCount, columnCount, dense.rowCount)
  }

  /// Measurements a_iᵀ W b_i.
  public init(left: Matrix, right: Matrix) throws(Failure) {
    guard left.rowCount == right.rowCount else {
      throw .differentCounts(left: left.rowCount, right: right.rowCount)
    }
    guard left.count > 0, right.count > 0 else { throw .noMeasurements }
    try Self.requireFinite(left)
    try Self.requireFinite(right)
    self.init(.rankOne(left, right), left.columnCount, right.columnCount, left.rowCount)
  }

  /// Measurements by sums of a few elements each.
  public init(sparse: SparseElements, rowCount: Int, columnCount: Int) throws(Failure) {
    guard sparse.starts.count > 1, rowCount > 0, columnCount > 0 else { throw .noMeasurements }
    let total = sparse.coefficients.count
    guard sparse.rows.count == total, sparse.columns.count == total, sparse.starts[0] == 0,
      sparse.starts.last == total, zip(sparse.starts, sparse.starts.dropFirst()).allSatisfy(<=)
    else { throw .unequalLists }
    for i in 0..<sparse.starts.count - 1 {
      for k in sparse.starts[i]..<sparse.starts[i + 1] {
        let (row, column) = (sparse.rows[k], sparse.columns[k])
        guard row >= 0, row < rowCount, column >= 0, column < columnCount else {
          throw .outside(
            measurement: i, row: row, column: column, rowCount: rowCount, columnCount: columnCount)
        }
        guard sparse.coefficients[k].isFinite else { throw .notFinite(measurement: i) }
      }
    }
    self.init(.sparse(sparse), rowCount, columnCount, sparse.starts.count - 1)
  }

  private init(_ form: Form, _ rowCount: Int, _ columnCount: Int, _ count: Int) {
    self.form = form
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.count = count
  }

  private static func requireFinite(_ matrix: Matrix) throws(Failure) {
    if matrix.isFinite { return }
    let place = matrix.elements.firstIndex { !$0.isFinite } ?? 0
    throw .notFinite(measurement: place / matrix.columnCount)
  }
}

extension LinearMeasurements {
  /// ⟨A_i, L Rᵀ⟩ for all i.
  ///
  /// - Complexity: with k columns O(m (rows + columns) k) for rank-one measurements, O(k) for each sparse element, and
  ///   O(m · rows · columns) for dense ones.
  public func values(left: Matrix, right: Matrix) -> [Double] {
    switch form {
    case .dense(let matrices):
      return matrices * left.timesTransposed(right).elements
    case .rankOne(let a, let b):
      return rowProducts(a * left, b * right)
    case .sparse(let elements):
      return left.withUnsafeElements { l in
        right.withUnsafeElements { r in
          let k = left.columnCount
          return (0..<count).map { i in
            var sum = 0.0
            for n in elements.starts[i]..<elements.starts[i + 1] {
              let (row, column) = (elements.rows[n] * k, elements.columns[n] * k)
              var product = 0.0
              for c in 0..<k { product += l[row + c] * r[column + c] }
              sum += elements.coefficients[n] * product
            }
            return sum
          }
        }
      }
    }
  }

  /// ⟨A_i, W⟩ for all i.
  public func values(of matrix: Matrix) -> [Double] {
    precondition(
      matrix.rowCount == rowCount && matrix.columnCount == columnCount,
      "the measurements are of \(rowCount)×\(columnCount) matrices, not \(matrix.shape)")
    switch form {
    case .dense(let matrices): return matrices * matrix.elements
    case .rankOne(let a, let b): return rowProducts(a * matrix, b)
    case .sparse(let elements):
      return matrix.withUnsafeElements { w in
        (0..<count).map { i in
          var sum = 0.0
          for n in elements.starts[i]..<elements.starts[i + 1] {
            sum +=
              elements.coefficients[n] * w[elements.rows[n] * columnCount + elements.columns[n]]
          }
          return sum
        }
      }
    }
  }

  /// The inner products of the rows of two matrices.
  private func rowProducts(_ left: Matrix, _ right: Matrix) -> [Double] {
    let k = left.columnCount
    return left.withUnsafeElements { p in
      right.withUnsafeElements { q in
        (0..<left.rowCount).map { i in
          var sum = 0.0
          for n in i * k..<(i + 1) * k { sum += p[n] * q[n] }
          return sum
        }
      }
    }
  }

  /// Σ_i r_i A_i.
  public func combination(_ weights: [Double]) -> Matrix {
    switch form {
    case .dense(let matrices):
      return Matrix(
        rowCount: rowCount, columnCount: columnCount, elements: matrices.transposedTimes(weights))
    case .rankOne(let a, let b):
      return a.scalingRows(by: weights).transposedTimes(b)
    case .sparse(let elements):
      var result = Matrix(rowCount: rowCount, columnCount: columnCount)
      result.withUnsafeMutableElements { w in
        for i in 0..<count {
          for n in elements.starts[i]..<elements.starts[i + 1] {
            w[elements.rows[n] * columnCount + elements.columns[n]] +=
              weights[i] * elements.coefficients[n]
          }
        }
      }
      return result
    }
  }

  /// The derivative of the measurements of L Rᵀ with respect to L: row i is A_i R, row after row.
  func derivative(right: Matrix) -> Matrix {
    let k = right.columnCount
    switch form {
    case .dense(let matrices):
      return (matrices.reshaped(count * rowCount, columnCount) * right).reshaped(
        count, rowCount * k)
    case .rankOne(let a, let b):
      let br = b * right
      var result = Matrix(rowCount: count, columnCount: rowCount * k)
      result.withUnsafeMutableElements { target in
        a.withUnsafeElements { a in
          br.withUnsafeElements { br in
            for i in 0..<count {
              for row in 0..<rowCount {
                let place = (i * rowCount + row) * k
                for c in 0..<k { target[place + c] = a[i * rowCount + row] * br[i * k + c] }
              }
            }
          }
        }
      }
      return result
    case .sparse(let elements):
      var result = Matrix(rowCount: count, columnCount: rowCount * k)
      result.withUnsafeMutableElements { target in
        right.withUnsafeElements { r in
          for i in 0..<count {
            for n in elements.starts[i]..<elements.starts[i + 1] {
              let place = (i * rowCount + elements.rows[n]) * k
              for c in 0..<k {
                target[place + c] += elements.coefficients[n] * r[elements.columns[n] * k + c]
              }
            }
          }
        }
      }
      return result
    }
  }

  /// ‖A_i‖ of every measurement; for sparse ones as if no element were listed twice.
  func norms() -> [Double] {
    func rowNorms(_ matrix: Matrix) -> [Double] {
      (0..<matrix.rowCount).map {
        Matrix(rowCount: 1, columnCount: matrix.columnCount, elements: matrix.row($0)).frobeniusNorm
      }
    }
    switch form {
    case .dense(let matrices): return rowNorms(matrices)
    case .rankOne(let a, let b): return zip(rowNorms(a), rowNorms(b)).map(*)
    case .sparse(let elements):
      return (0..<count).map { i in
        let own = Array(elements.coefficients[elements.starts[i]..<elements.starts[i + 1]])
        return Matrix(rowCount: 1, columnCount: own.count, elements: own).frobeniusNorm
      }
    }
  }

  /// Every A_i times a number of its own.
  func scaled(by factors: [Double]) -> LinearMeasurements {
    let scaled: Form
    switch form {
    case .dense(let matrices): scaled = .dense(matrices.scalingRows(by: factors))
    case .rankOne(let a, let b): scaled = .rankOne(a.scalingRows(by: factors), b)
    case .sparse(var elements):
      for i in 0..<count {
        for n in elements.starts[i]..<elements.starts[i + 1] {
          elements.coefficients[n] *= factors[i]
        }
      }
      scaled = .sparse(elements)
    }
    return LinearMeasurements(scaled, rowCount, columnCount, count)
  }

  /// ⟨A_i, A_j⟩ for all i and j.
  ///
  /// - Complexity: O(m² · rows · columns), O(m² (rows + columns)) for rank-one measurements.
  func gram() -> Matrix {
    switch form {
    case .dense(let matrices): return matrices.timesTransposed(matrices)
    case .rankOne(let a, let b): return a.timesTransposed(a).hadamard(b.timesTransposed(b))
    case .sparse:
      var result = Matrix(rowCount: count, columnCount: count)
      for i in 0..<count {
        var one = [Double](repeating: 0, count: count)
        one[i] = 1
        for (j, value) in values(of: combination(one)).enumerated() { result[i, j] = value }
      }
      return result
    }
  }

  /// The same measurements of the transpose of W.
  func transposed() -> LinearMeasurements {
    let flipped: Form
    switch form {
    case .dense(let matrices):
      var result = matrices
      let (rowCount, columnCount) = (rowCount, columnCount)
      result.withUnsafeMutableElements { target in
        matrices.withUnsafeElements { source in
          for start in stride(from: 0, to: source.count, by: rowCount * columnCount) {
            for row in 0..<rowCount {
              for column in 0..<columnCount {
                target[start + column * rowCount + row] = source[start + row * columnCount + column]
              }
            }
          }
        }
      }
      flipped = .dense(result)
    case .rankOne(let a, let b): flipped = .rankOne(b, a)
    case .sparse(var elements):
      swap(&elements.rows, &elements.columns)
      flipped = .sparse(elements)
    }
    return LinearMeasurements(flipped, columnCount, rowCount, count)
  }

  /// Some of the measurements, in the order given.
  public func selecting(_ indices: [Int]) -> LinearMeasurements {
    let selected: Form
    switch form {
    case .dense(let matrices): selected = .dense(matrices.selecting(rows: indices))
    case .rankOne(let a, let b):
      selected = .rankOne(a.selecting(rows: indices), b.selecting(rows: indices))
    case .sparse(let elements):
      var result = SparseElements(starts: [0], rows: [], columns: [], coefficients: [])
      for i in indices {
        let range = elements.starts[i]..<elements.starts[i + 1]
        result.rows += elements.rows[range]
        result.columns += elements.columns[range]
        result.coefficients += elements.coefficients[range]
        result.starts.append(result.rows.count)
      }
      selected = .sparse(result)
    }
    return LinearMeasurements(selected, rowCount, columnCount, indices.count)
  }
}

extension LinearMeasurements.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noMeasurements: "there are no measurements"
    case .elementCount(let count, let rowCount, let columnCount):
      "measurements of \(count) elements each do not fit a \(rowCount)×\(columnCount) matrix"
    case .differentCounts(let left, let right):
      "there are \(left) left vectors but \(right) right ones: each measurement needs both"
    case .notFinite(let measurement):
      "measurement \(measurement) (counted from 0) has an element that is not finite"
    case .outside(let measurement, let row, let column, let rowCount, let columnCount):
      "measurement \(measurement) (counted from 0) names element (\(row), \(column)) of a \(rowCount)×\(columnCount) matrix"
    case .unequalLists: "the lists of a sparse measurement differ in length"
    }
  }
}
