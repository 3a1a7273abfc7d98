public import Dynamics
public import LinearAlgebra

/// What gradient flow conserves: the differences of neighbouring layers' Gram matrices.
///
///     W_{j+1}ᵀ W_{j+1} − W_j W_jᵀ,   with one learning rate η_j per layer   W_{j+1}ᵀ W_{j+1}/η_{j+1} − W_j W_jᵀ/η_j
///
/// - SeeAlso: Lemma 1 of [cohenRazin]; for unequal rates [kunin2024].
public enum GramDifferences {
  /// The conserved matrices, one for each pair of neighbouring layers.
  ///
  /// - Parameters:
  ///   - layers: W_1, …, W_N.
  ///   - learningRates: one positive number per layer; all 1 when left out.
  public static func of(_ layers: [Matrix], learningRates: [Double]? = nil) -> [Matrix] {
    let rates = learningRates ?? [Double](repeating: 1, count: layers.count)
    precondition(
      rates.count == layers.count && rates.allSatisfy { $0 > 0 },
      "\(layers.count) layers need as many positive learning rates, not \(rates)")
    return (1..<max(layers.count, 1)).map { j in
      let upper: Matrix = layers[j].transposedTimes(layers[j]) / rates[j]
      let lower: Matrix = layers[j - 1].timesTransposed(layers[j - 1]) / rates[j - 1]
      return upper - lower
    }
  }

  /// How far the conserved matrices move along a trajectory that recorded its layers: the largest ‖change‖_F at
  /// each of those points, relative to the largest Gram matrix there. Rounding for an exact flow; O(η) for
  /// descent.
  public static func drift(
    along trajectory: Trajectory, learningRates: [Double]? = nil
  ) -> [Double] {
    let points = trajectory.snapshots.compactMap(\.layers)
    guard let first = points.first else { return [] }
    let start = of(first, learningRates: learningRates)
    return points.map { layers in
      let scale = layers.map { $0.inner($0) }.max() ?? 0
      let change =
        zip(of(layers, learningRates: learningRates), start)
        .map { ($0 - $1).frobeniusNorm }.max() ?? 0
      return change == 0 ? 0 : change / scale
    }
  }
}
