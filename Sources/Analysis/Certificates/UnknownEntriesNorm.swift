public import LinearAlgebra
import LinearNetworks
import RealModule

/// What makes the norm of a completion grow: the sign of its determinant against that of the known entries.
protocol DivergingNorm {
  /// The sign of det W for which the norm must grow.
  var divergingSign: Int { get }
  /// The largest singular value of the known entries.
  var size: Double { get }
  /// The smallest possible ‖W‖₂ at a loss; zero where the loss is too large to say.
  func smallestSpectralNorm(atLoss loss: Double, error: Double) -> Double
}

// W = A + Δ with the known entries of A as they are known, its unknown ones those of W, and ‖Δ‖ ≤ r = √(2mℓ(W)).
// If no unknown entry changes the determinant, det A = det C, and for the other sign of det W
// |det C| ≤ |det W − det A| ≤ d ‖Δ‖ max(‖W‖, ‖A‖)^{d−1} ≤ d r (‖W‖ + r)^{d−1}.

/// For the completion of a square matrix with several unknown entries, none of which changes the determinant, the norm must
/// grow as the loss falls if the sign of the determinant is kept and is not the one that the known entries have.
///
///     ‖W‖₂ ≥ (|det C|/(d r))^{1/(d−1)} − r,   r = √(2mℓ(W))
///
/// for the m known entries C with zeros for the others, d × d: a matrix with a block of zeros whose other blocks decide its
/// determinant, such as a triangular one whose upper part is unknown. That the determinant does not change is found at
/// random matrices, up to rounding.
///
/// - SeeAlso: Exercise 4 of [cohenRazin], for one entry; with one unknown entry ``NormDivergence`` says more.
public struct UnknownEntriesNorm: DivergingNorm, Equatable, Sendable {
  /// The known entries, with zeros for the unknown ones.
  public let known: Matrix
  /// The sign of det W for which the norm must grow: the other one than that of det C.
  public let divergingSign: Int
  /// |det C|.
  public let determinant: Double
  let size: Double
  private let entryCount: Double

  /// Nil for entries that are not those of a square matrix of at least two rows with unknown ones, for a singular C, and
  /// where an unknown entry changes the determinant.
  public init?(_ entries: ObservedEntries) throws(DecompositionError) {
    let side = entries.rowCount
    guard side == entries.columnCount, side >= 2, entries.count < side * side else { return nil }
    known = entries.dense(elsewhere: 0)
    let values = try known.singularValues()
    guard values[side - 1] > 1e-12 * values[0] else { return nil }
    let own = try LUDecomposition(of: known).determinant
    var generator = SeededGenerator(seed: 0)
    for _ in 0..<4 {
      let table = entries.dense(elsewhere: .nan)
      let other = Matrix(
        rowCount: side, columnCount: side,
        elements: table.elements.map { $0.isNaN ? values[0] * generator.nextGaussian() : $0 })
      let changed = try LUDecomposition(of: other).determinant
      // Hadamard: rounding of a determinant is one of the product of the rows' norms.
      let rows = (0..<side).reduce(1.0) { product, i in
        product * (0..<side).reduce(0) { $0 + other[i, $1] * other[i, $1] }.squareRoot()
      }
      guard abs(changed - own) <= 64 * Double(side) * .ulpOfOne * rows else { return nil }
    }
    determinant = abs(own)
    divergingSign = own > 0 ? -1 : 1
    size = values[0]
    entryCount = Double(entries.count)
  }

  /// The smallest possible ‖W‖₂ at a loss.
  ///
  /// - Parameters:
  ///   - loss: the loss on the known entries, halved mean of squares as `CompletionObjective` has it.
  ///   - error: how far the known entries may be off in addition, in the Frobenius norm.
  public func smallestSpectralNorm(atLoss loss: Double, error: Double = 0) -> Double {
    let r = (2 * entryCount * max(loss, 0)).squareRoot() + error
    let side = Double(known.rowCount)
    guard r > 0 else { return .infinity }
    return max(0, Double.pow(determinant / (side * r), 1 / (side - 1)) - r)
  }
}
