import LinearAlgebra
import LinearNetworks

/// A Gaussian matrix to be factorised and two Gaussian layers, as in Section 5 of the paper: U is the second layer,
/// Vᵀ the first.
struct GaussianStart {
  /// Y, m × n.
  let target: Matrix
  let network: LinearNetwork

  init(
    rows: Int, columns: Int, width: Int, standardDeviation: Double,
    using generator: inout SeededGenerator
  ) {
    target = .gaussian(rowCount: rows, columnCount: columns, using: &generator)
    network = .gaussian(
      widths: [columns, width, rows], standardDeviation: standardDeviation, using: &generator)
  }

  /// R₀ = [U; V], with m + n rows.
  var stacked: Matrix { .verticallyStacked([network.layers[1], network.layers[0].transposed()]) }

  /// ‖Y − X‖_F/‖Y‖_F.
  func error(of endToEnd: Matrix) -> Double {
    (target - endToEnd).frobeniusNorm / target.frobeniusNorm
  }
}
