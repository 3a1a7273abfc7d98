public import Dynamics
public import LinearAlgebra

/// The sign of det W, which balanced layers under gradient flow never change (two layers or more).
///
/// - SeeAlso: Lemma 2 of [cohenRazin].
public enum DeterminantSign {
  /// −1, 0 or 1; zero also when the matrix is singular within rounding.
  ///
  /// - Precondition: the matrix is square.
  public static func of(_ matrix: Matrix) throws(DecompositionError) -> Int {
    let (sign, logMagnitude) = try LUDecomposition(of: matrix).signAndLogDeterminant
    return logMagnitude == -.infinity || sign == 0 ? 0 : (sign < 0 ? -1 : 1)
  }

  /// The signs at the recorded end-to-end matrices.
  public static func along(_ trajectory: Trajectory) throws(DecompositionError) -> [Int] {
    var signs: [Int] = []
    for point in trajectory.snapshots {
      if let w = point.endToEnd { signs.append(try of(w)) }
    }
    return signs
  }
}
