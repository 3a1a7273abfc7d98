public import LinearAlgebra

// W = L Vᵀ with L = W_N ⋯ W_2 (rows × k) and V = W_1ᵀ (columns × k) is never formed: the residual R lives
// at the known entries alone, and
//
//     ∂ℓ/∂W_1ᵀ = Rᵀ L,   ∂ℓ/∂L = R V,   ∂ℓ/∂W_j from ∂ℓ/∂L as in a network of the layers 2 … N.

/// The completion loss of a network of depth ≥ 2 without the dense end-to-end matrix.
///
/// - Complexity: O(|Ω| k + (rows + columns) k²) per value with gradients and O(|Ω| + (rows + columns) k)
///   memory for hidden widths k; no allocation after creation.
public struct SparseCompletionLoss: NetworkLoss {
  /// The known entries.
  public let entries: ObservedEntries
  private let pattern: ObservedPattern
  private var chain: ProductChain
  private var inputFactor: Matrix
  private var inputFactorGradient: Matrix
  private var outputFactorGradient: Matrix
  private var transposedOutputFactorGradient: Matrix
  /// (W_ij − b_ij)/m at each entry.
  private var scaledResiduals: [Double]

  /// - Precondition: at least two layers, from the entries' columns to their rows; at least one entry.
  public init(_ entries: ObservedEntries, pattern: ObservedPattern? = nil, widths: [Int]) {
    precondition(widths.count >= 3, "a network of depth \(widths.count - 1) has no factors")
    precondition(
      widths.first == entries.columnCount && widths.last == entries.rowCount,
      "widths \(widths) do not lead from \(entries.columnCount) columns to \(entries.rowCount) rows"
    )
    precondition(entries.count > 0, "a completion loss needs at least one known entry")
    self.entries = entries
    self.pattern = pattern ?? ObservedPattern(of: entries)
    chain = ProductChain(widths: widths, skippingLayers: 1)
    inputFactor = Matrix(rowCount: entries.columnCount, columnCount: widths[1])
    inputFactorGradient = inputFactor
    outputFactorGradient = Matrix(rowCount: entries.rowCount, columnCount: widths[1])
    transposedOutputFactorGradient = Matrix(rowCount: widths[1], columnCount: entries.rowCount)
    scaledResiduals = [Double](repeating: 0, count: entries.count)
  }

  public mutating func value(at network: LinearNetwork) -> Double {
    chain.multiply(network)
    network.layers[0].transpose(into: &inputFactor)
    let scale = 1 / Double(entries.count)
    let squares = pattern.residuals(
      left: chain.product(of: network), right: inputFactor, values: entries.values, scale: scale,
      into: &scaledResiduals)
    return squares * scale / 2
  }

  public mutating func gradients(at network: LinearNetwork, into gradients: inout [Matrix]) {
    pattern.transposedTimes(
      scaledResiduals, chain.product(of: network), into: &inputFactorGradient)
    inputFactorGradient.transpose(into: &gradients[0])
    pattern.times(scaledResiduals, inputFactor, into: &outputFactorGradient)
    outputFactorGradient.transpose(into: &transposedOutputFactorGradient)
    chain.backpropagate(
      transposedGradient: transposedOutputFactorGradient, through: network, into: &gradients)
  }
}
