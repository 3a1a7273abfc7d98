import LinearAlgebra

// W = L Rᵀ of rank r moves to first order by δL Vᵀ + U δRᵀ, with U and V orthonormal bases of its column and row
// spaces: r(rows + columns − r) directions. Those that change no ⟨A_i, W⟩ are in the kernel of the matrix with rows
// (A_i V, A_iᵀ U), but for the r² in which the product does not move.

/// Whether measurements determine a matrix of its rank near itself.
public struct MeasurementDetermination: Equatable, Sendable {
  /// The numbers that a matrix of the rank found has to choose, r(rows + columns − r).
  public var freedom: Int
  /// How many directions it can move in without changing a measurement; nil when that was not examined.
  public var freeDirectionCount: Int?
  /// How many elements of the matrix such motions change.
  public var undeterminedEntryCount: Int
  /// Whether measurements held out are predicted no better than by half of their size: at no rank that the
  /// measurements could determine there is an answer.
  public var isUnpredictive = false

  /// Whether nothing contradicts that the measurements determine the answer.
  public var isDetermined: Bool { (freeDirectionCount ?? 0) == 0 && !isUnpredictive }

  /// Larger systems are not examined.
  private static let elementLimit = 8_000_000

  /// - Parameters:
  ///   - measurements: of comparable sizes.
  ///   - left: an orthonormal basis of the matrix's columns.
  ///   - right: of its rows.
  init(_ measurements: LinearMeasurements, left: Matrix, right: Matrix) {
    let (rows, columns, rank) = (left.rowCount, right.rowCount, left.columnCount)
    freedom = rank * (rows + columns - rank)
    undeterminedEntryCount = 0
    let unknowns = rank * (rows + columns)
    guard measurements.count * unknowns <= Self.elementLimit, unknowns <= 1500 else { return }
    guard rank > 0 else {
      freeDirectionCount = 0
      return
    }
    let derivative = Matrix.horizontallyStacked([
      measurements.derivative(right: right), measurements.transposed().derivative(right: left),
    ])
    guard let eigen = try? SymmetricEigendecomposition(of: derivative.transposedTimes(derivative))
    else { return }
    let greatest = eigen.eigenvalues.reduce(0) { max($0, abs($1)) }
    let free = eigen.eigenvalues.indices.filter { eigen.eigenvalues[$0] <= 1e-13 * greatest }
    freeDirectionCount = max(0, free.count - rank * rank)
    guard freeDirectionCount != 0 else { return }
    var motion = Matrix(rowCount: rows, columnCount: columns)
    for index in free {
      let direction = eigen.eigenvectors.column(index)
      let δl = Matrix(
        rowCount: rows, columnCount: rank, elements: Array(direction[..<(rows * rank)]))
      let δr = Matrix(
        rowCount: columns, columnCount: rank, elements: Array(direction[(rows * rank)...]))
      let δw = δl.timesTransposed(right) + left.timesTransposed(δr)
      motion += δw.hadamard(δw)
    }
    undeterminedEntryCount = motion.elements.count { $0 > 1e-10 }
  }
}
