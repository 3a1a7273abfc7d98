import LinearAlgebra

// Minimise ½ Σ_Ω (b − L Rᵀ)² + λ/2 (‖L‖² + ‖R‖²), whose least value is that of the nuclear norm's λ‖L Rᵀ‖_*. With the
// known residuals in a sparse S and zeros elsewhere, the filled matrix is S + L Rᵀ, and each side in turn is
//
//     R ← (Sᵀ L + R LᵀL)(LᵀL + λ)⁻¹,   L ← (S R + L RᵀR)(RᵀR + λ)⁻¹.

/// Factors that minimise the squared error and a penalty on the nuclear norm, for one penalty after another.
///
/// - SeeAlso: [hastie2015].
struct SoftImputation {
  private let pattern: ObservedPattern
  private let values: [Double]
  private(set) var rowFactor: Matrix
  private(set) var columnFactor: Matrix
  private var residuals: [Double]

  init(
    _ pattern: ObservedPattern, _ values: [Double], width: Int,
    using generator: inout SeededGenerator
  ) {
    self.pattern = pattern
    self.values = values
    residuals = values
    rowFactor = .gaussian(
      rowCount: pattern.rowCount, columnCount: width, standardDeviation: 1e-3, using: &generator)
    columnFactor = .gaussian(
      rowCount: pattern.columnCount, columnCount: width, standardDeviation: 1e-3, using: &generator)
  }

  /// The same factors before other values, with the same rows and columns.
  init(_ pattern: ObservedPattern, _ values: [Double], from other: SoftImputation) {
    self.pattern = pattern
    self.values = values
    residuals = values
    rowFactor = other.rowFactor
    columnFactor = other.columnFactor
  }

  /// Columns from near zero beside those there are, in which further components can rise.
  mutating func widen(to width: Int, using generator: inout SeededGenerator) {
    let count = width - rowFactor.columnCount
    guard count > 0 else { return }
    rowFactor = .horizontallyStacked([
      rowFactor,
      .gaussian(
        rowCount: pattern.rowCount, columnCount: count, standardDeviation: 1e-3, using: &generator),
    ])
    columnFactor = .horizontallyStacked([
      columnFactor,
      .gaussian(
        rowCount: pattern.columnCount, columnCount: count, standardDeviation: 1e-3,
        using: &generator),
    ])
  }

  /// Whether every column carries a component, so that there may be more than fit in.
  func isFull() throws -> Bool {
    let values = try CompletionModel(rowFactor: rowFactor, columnFactor: columnFactor)
      .singularValues()
    guard values.count >= rowFactor.columnCount, let largest = values.first else { return false }
    return values[rowFactor.columnCount - 1] > 1e-3 * largest
  }

  /// The largest singular value of the known values with zeros elsewhere, from below.
  func largestSingularValue(using generator: inout SeededGenerator) -> Double {
    var right = Matrix.gaussian(rowCount: pattern.columnCount, columnCount: 1, using: &generator)
    var left = Matrix(rowCount: pattern.rowCount, columnCount: 1)
    var norm = 0.0
    for _ in 0..<20 {
      right.scale(by: 1 / max(right.frobeniusNorm, 1e-300))
      pattern.times(values, right, into: &left)
      norm = left.frobeniusNorm
      pattern.transposedTimes(values, left, into: &right)
    }
    return norm
  }

  /// Iterates from where the factors are until the product hardly changes.
  ///
  /// - Complexity: O(|Ω| *width* + (rows + columns) *width*²) a round.
  mutating func solve(
    penalty: Double, tolerance: Double = 1e-4, roundLimit: Int, isCancelled: () -> Bool
  ) throws(DecompositionError) {
    var previous = residuals
    for round in 0..<roundLimit {
      if isCancelled() { return }
      updateResiduals()
      if round > 0 {
        var change = 0.0
        var size = 0.0
        for k in values.indices {
          let step = residuals[k] - previous[k]
          change += step * step
          size += (values[k] - residuals[k]) * (values[k] - residuals[k])
        }
        if change <= tolerance * tolerance * size { return }
      }
      previous = residuals
      let rowGram = rowFactor.transposedTimes(rowFactor)
      var pulled = Matrix(rowCount: pattern.columnCount, columnCount: rowFactor.columnCount)
      pattern.transposedTimes(residuals, rowFactor, into: &pulled)
      columnFactor = try Self.shrunk(pulled + columnFactor * rowGram, rowGram, penalty)
      updateResiduals()
      let columnGram = columnFactor.transposedTimes(columnFactor)
      pulled = Matrix(rowCount: pattern.rowCount, columnCount: rowFactor.columnCount)
      pattern.times(residuals, columnFactor, into: &pulled)
      rowFactor = try Self.shrunk(pulled + rowFactor * columnGram, columnGram, penalty)
    }
    updateResiduals()
  }

  private mutating func updateResiduals() {
    _ = pattern.residuals(
      left: rowFactor, right: columnFactor, values: values, scale: -1, into: &residuals)
  }

  private static func shrunk(
    _ moments: Matrix, _ gram: Matrix, _ penalty: Double
  ) throws(DecompositionError) -> Matrix {
    var system = gram
    for k in 0..<gram.rowCount { system[k, k] += penalty }
    return try CholeskyDecomposition(of: system).solve(moments.transposed()).transposed()
  }
}
