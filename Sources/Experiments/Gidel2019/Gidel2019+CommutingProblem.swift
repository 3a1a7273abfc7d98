import LinearAlgebra
import LinearNetworks
import RealModule

extension Gidel2019 {
  /// A regression whose covariances share singular vectors, as the paper's Assumption 1 wants it.
  ///
  ///     Σx = U diag(λ) Uᵀ,   Σyx = V diag(σ) Uᵀ
  struct CommutingProblem {
    /// σ, descending.
    let targets: [Double]
    /// λ, one for each σ.
    let curvatures: [Double]
    /// U.
    let inputVectors: Matrix
    /// V.
    let outputVectors: Matrix
    let objective: RegressionObjective

    /// A problem with random singular vectors.
    init(targets: [Double], curvatures: [Double], using generator: inout SeededGenerator) throws {
      let count = targets.count
      try self.init(
        targets: targets, curvatures: curvatures,
        inputVectors: .orthogonal(rowCount: count, columnCount: count, using: &generator),
        outputVectors: .orthogonal(rowCount: count, columnCount: count, using: &generator))
    }

    /// A problem in its own coordinates: diagonal covariances, in which rounding mixes no modes.
    init(diagonal targets: [Double], curvatures: [Double]) throws {
      try self.init(
        targets: targets, curvatures: curvatures, inputVectors: .identity(targets.count),
        outputVectors: .identity(targets.count))
    }

    private init(
      targets: [Double], curvatures: [Double], inputVectors: Matrix, outputVectors: Matrix
    ) throws {
      self.targets = targets
      self.curvatures = curvatures
      self.inputVectors = inputVectors
      self.outputVectors = outputVectors
      objective = try RegressionObjective(
        inputCovariance: inputVectors.scalingColumns(by: curvatures).timesTransposed(inputVectors)
          .symmetrized(),
        crossCovariance: outputVectors.scalingColumns(by: targets).timesTransposed(inputVectors))
    }

    /// Two layers with every mode at e^{−δ}, and a factor between them: diag(e^{−δ}) from both sides of Q.
    func start(delta: Double, between factor: Matrix? = nil) throws -> LinearNetwork {
      let size = Double.exp(-delta)
      guard let factor else {
        return try LinearNetwork(layers: [
          size * inputVectors.transposed(), size * outputVectors,
        ])
      }
      // In the paper's orientation W₁ = U diag(e^{−δ}) Q and W₂ = Q⁻¹ diag(e^{−δ}) Vᵀ; ours are the transposes.
      let inverse = try LUDecomposition(of: factor).inverse()
      return try LinearNetwork(layers: [
        size * factor.transposedTimes(inputVectors.transposed()),
        size * outputVectors.timesTransposed(inverse),
      ])
    }

    /// The value of each mode, v_iᵀ W u_i.
    func modes(of endToEnd: Matrix) -> [Double] {
      outputVectors.transposedTimes(endToEnd * inputVectors).diagonal
    }
  }
}
