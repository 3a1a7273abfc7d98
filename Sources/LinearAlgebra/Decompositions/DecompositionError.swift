/// Why a matrix could not be decomposed.
public enum DecompositionError: Error, Equatable, Sendable {
  /// An element is infinite or not a number.
  case notFinite(row: Int, column: Int, value: Double)

  /// An iteration of LAPACK did not converge; `code` is what the routine returned.
  case notConverged(routine: String, code: Int)

  /// A pivot of a Cholesky factorization, counted from zero, is not positive.
  case notPositiveDefinite(pivot: Int)

  /// An eigenvalue is negative beyond rounding where none may be.
  case notPositiveSemidefinite(eigenvalue: Double)

  /// A pivot of an LU factorization, counted from zero, is zero.
  case singular(pivot: Int)
}

extension DecompositionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite(let row, let column, let value):
      "element (\(row), \(column)) of the matrix is \(value)"
    case .notConverged(let routine, let code):
      "LAPACK's \(routine) did not converge (code \(code))"
    case .notPositiveDefinite(let pivot):
      "the matrix is not positive definite: pivot \(pivot) is not positive"
    case .notPositiveSemidefinite(let eigenvalue):
      "the matrix is not positive semidefinite: it has the eigenvalue \(eigenvalue)"
    case .singular(let pivot): "the matrix is singular: pivot \(pivot) is zero"
    }
  }
}

extension Matrix {
  /// Whether no element is infinite or not a number.
  public var isFinite: Bool {
    // x − x is zero for finite numbers and NaN for all others, and adding those up needs no branch.
    storage.withUnsafeBufferPointer { elements in
      var sum = 0.0
      for k in elements.indices { sum += elements[k] - elements[k] }
      return sum == 0
    }
  }

  func requireFinite() throws(DecompositionError) {
    if isFinite { return }
    for (k, value) in storage.enumerated() where !value.isFinite {
      throw .notFinite(row: k / columnCount, column: k % columnCount, value: value)
    }
  }
}

/// Shared by the files that call LAPACK.
enum LAPACK {
  /// A letter that selects what a routine does.
  static func letter(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }
}
