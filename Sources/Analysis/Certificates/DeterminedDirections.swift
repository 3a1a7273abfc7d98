import Dynamics
import LinearAlgebra
import LinearNetworks

// Measurements ⟨A_i, W⟩ say nothing of the matrices N with ⟨A_i, N⟩ = 0 for all i. They determine Wq for every q with
// Nq = 0 for all of these, and pᵀW for every p with pᵀN = 0. Let Q be an orthonormal basis of the first. A matrix with at
// least as many inputs as outputs has σ_min(W) ≥ σ_min(WQ), and with ℓ(W) ≤ ℓ₀, ‖∇ℓ‖² ≥ 2α(ℓ − ℓ*),
//
//     ‖(W − W*)Q‖_F ≤ √(2(ℓ₀ − ℓ*)/α),   so that   σ_min(W) ≥ σ_min(W*Q) − √(2(ℓ₀ − ℓ*)/α).
//
// For a mask, Q is of the columns that are observed completely. No more can be had from it: any other column has an
// element that nothing binds, and is made orthogonal to any vector u without zeros at no loss, so that the smallest
// singular values of the matrices of least loss come as near to that of the complete columns as one likes.

/// What a loss of linear measurements that do not determine the matrix is strictly convex along.
///
/// Measured is the restricted strong convexity α, the smallest positive curvature, with ‖∇ℓ‖² ≥ 2α(ℓ − ℓ*): 1/m for m
/// observed entries.
struct DeterminedDirections {
  /// α.
  let curvature: Double
  /// Orthonormal directions of the shorter side's partner: of the inputs, d₀ × q, where there are no more outputs than
  /// inputs, otherwise of the outputs, d_N × p. Nothing else bounds a singular value from below.
  let basis: Matrix
  /// How many of these a margin needs: the smaller side.
  let needed: Int
  private let isWide: Bool

  /// The directions of an objective of observed entries or of measurements; nil for others.
  ///
  /// - Complexity: a full singular value decomposition of the measurements, and one of the matrices they do not see.
  init?(_ objective: any Objective) throws(DecompositionError) {
    let (rows, columns) = (objective.outputCount, objective.inputCount)
    let isWide = rows <= columns
    let needed = min(rows, columns)
    (self.isWide, self.needed) = (isWide, needed)
    let side = max(rows, columns)
    if let completion = objective as? CompletionObjective {
      curvature = 1 / Double(completion.entries.count)
      var counts = [Int](repeating: 0, count: side)
      for place in isWide ? completion.entries.columns : completion.entries.rows {
        counts[Int(place)] += 1
      }
      let complete = counts.indices.filter { counts[$0] == needed }
      var basis = Matrix(rowCount: side, columnCount: complete.count)
      for (k, place) in complete.enumerated() { basis[place, k] = 1 }
      self.basis = basis
    } else if let sensing = objective as? SensingObjective {
      let a = sensing.measurements
      let decomposition = try SingularValueDecomposition(of: a, vectors: .full)
      let rank = decomposition.spectrum.rank(
        tolerance: Double(max(a.rowCount, a.columnCount)) * .ulpOfOne)
      guard rank > 0 else { return nil }
      let least = decomposition.singularValues[rank - 1]
      curvature = least * least / Double(a.rowCount)
      // The matrices that no measurement sees, stacked so that their common kernel is on the right.
      let unseen = (rank..<a.columnCount).map { k in
        let matrix = Matrix(
          rowCount: rows, columnCount: columns,
          elements: Array(decomposition.rightVectorsTransposed.row(k)))
        return isWide ? matrix : matrix.transposed()
      }
      guard !unseen.isEmpty else {
        basis = .identity(side)
        return
      }
      let stacked = try SingularValueDecomposition(
        of: .verticallyStacked(unseen), vectors: unseen.count * needed >= side ? .thin : .full)
      let seen = stacked.singularValues.prefix { $0 > 1e-10 * stacked.singularValues[0] }.count
      basis = stacked.rightVectors.submatrix(rows: 0..<side, columns: seen..<side)
    } else {
      return nil
    }
  }

  /// Whether a margin can be had.
  var hypothesis: Hypothesis {
    Hypothesis(
      "\(isWide ? "inputs" : "outputs") along which the data determine W (\(needed) are needed)",
      measured: Double(basis.columnCount), moreThan: Double(needed) - 0.5)
  }

  /// The lower bound for matrices of no more loss than `excess` above the least, near a minimiser.
  func margin(excess: Double, optimum: Matrix) throws(DecompositionError) -> Double {
    guard basis.columnCount >= needed else { return -.infinity }
    let seen = isWide ? optimum * basis : basis.transposedTimes(optimum)
    return (try seen.singularValues().last ?? 0)
      - (2 * max(0, excess) / curvature).squareRoot()
  }
}
