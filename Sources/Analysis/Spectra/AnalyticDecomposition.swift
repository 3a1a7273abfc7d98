public import Dynamics
public import LinearAlgebra

// Along an analytic curve of matrices there is a singular value decomposition whose values and vectors are
// analytic; its values may change sign and cross. Between two points of the curve the ordinary decomposition of
// the second is permuted, signed and, inside clusters of equal values, rotated to continue the first: the
// vectors decide, not the order of the values.

/// A singular value decomposition that continues along a curve of matrices: signed values, in the order of the
/// start.
///
/// The decomposition is unique up to common signs of u_r and v_r as long as values meet only at isolated times;
/// the points must be close enough for the vectors to turn by less than 45° in between.
///
/// - SeeAlso: Section 4.2 of [cohenRazin].
public struct AnalyticDecomposition: Equatable, Sendable {
  /// The left singular vectors u_r, one column for each value.
  public let leftVectors: Matrix
  /// Signed, in the order in which the curve began.
  public let values: [Double]
  /// The right singular vectors v_r, one column for each value.
  public let rightVectors: Matrix

  /// The decomposition at the beginning of a curve: the ordinary one.
  public init(of matrix: Matrix) throws(DecompositionError) {
    let decomposition = try SingularValueDecomposition(of: matrix)
    leftVectors = decomposition.leftVectors
    values = decomposition.singularValues
    rightVectors = decomposition.rightVectors
  }

  private init(leftVectors: Matrix, values: [Double], rightVectors: Matrix) {
    self.leftVectors = leftVectors
    self.values = values
    self.rightVectors = rightVectors
  }

  /// The decomposition of a matrix a little further along the curve.
  public func continued(to matrix: Matrix) throws(DecompositionError) -> AnalyticDecomposition {
    let next = try SingularValueDecomposition(of: matrix)
    let count = values.count
    var left = next.leftVectors
    var right = next.rightVectors
    let partner = partners(left, right)
    // Values equal up to rounding: only the space they span is determined, and it is rotated onto the old
    // vectors.
    var start = 0
    while start < count {
      var end = start + 1
      let rounding = 1e-11 * (next.singularValues.first ?? 0)
      while end < count, next.singularValues[end - 1] - next.singularValues[end] <= rounding {
        end += 1
      }
      if end - start > 1 {
        let cluster = Array(start..<end)
        let old = cluster.map { partner[$0] }
        let overlap =
          left.selecting(columns: cluster).transposedTimes(leftVectors.selecting(columns: old))
          + right.selecting(columns: cluster).transposedTimes(rightVectors.selecting(columns: old))
        let polar = try SingularValueDecomposition(of: overlap)
        let rotation = polar.leftVectors * polar.rightVectorsTransposed
        left.replaceColumns(cluster, by: left.selecting(columns: cluster) * rotation)
        right.replaceColumns(cluster, by: right.selecting(columns: cluster) * rotation)
      }
      start = end
    }
    var newLeft = leftVectors
    var newRight = rightVectors
    var newValues = values
    for s in 0..<count {
      let r = partner[s]
      let (u, v) = (left.column(s), right.column(s))
      let leftSign: Double = dot(u, leftVectors.column(r)) < 0 ? -1 : 1
      let rightSign: Double = dot(v, rightVectors.column(r)) < 0 ? -1 : 1
      newValues[r] = leftSign * rightSign * next.singularValues[s]
      newLeft.replaceColumns([r], by: leftSign * left.selecting(columns: [s]))
      newRight.replaceColumns([r], by: rightSign * right.selecting(columns: [s]))
    }
    return AnalyticDecomposition(
      leftVectors: newLeft, values: newValues, rightVectors: newRight)
  }

  /// For each new component the old one it continues: pairs are taken by overlap, the largest first.
  private func partners(_ left: Matrix, _ right: Matrix) -> [Int] {
    let u = left.transposedTimes(leftVectors)
    let v = right.transposedTimes(rightVectors)
    let count = values.count
    var pairs: [(overlap: Double, new: Int, old: Int)] = []
    for s in 0..<count {
      for r in 0..<count { pairs.append((abs(u[s, r]) + abs(v[s, r]), s, r)) }
    }
    pairs.sort { $0.overlap > $1.overlap }
    var result = [Int](repeating: -1, count: count)
    var taken = [Bool](repeating: false, count: count)
    for pair in pairs where result[pair.new] < 0 && !taken[pair.old] {
      result[pair.new] = pair.old
      taken[pair.old] = true
    }
    return result
  }

  /// The decompositions along a curve.
  public static func along(_ curve: [Matrix]) throws(DecompositionError) -> [AnalyticDecomposition]
  {
    var result: [AnalyticDecomposition] = []
    for matrix in curve {
      if let last = result.last {
        result.append(try last.continued(to: matrix))
      } else {
        result.append(try AnalyticDecomposition(of: matrix))
      }
    }
    return result
  }

  /// The decompositions along a trajectory that recorded its end-to-end matrices; points without one are left
  /// out.
  public static func along(
    _ trajectory: Trajectory
  ) throws(DecompositionError) -> [AnalyticDecomposition] {
    try along(trajectory.snapshots.compactMap(\.endToEnd))
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

extension Matrix {
  fileprivate mutating func replaceColumns(_ columns: [Int], by block: Matrix) {
    for (k, column) in columns.enumerated() {
      for row in 0..<rowCount { self[row, column] = block[row, k] }
    }
  }
}
