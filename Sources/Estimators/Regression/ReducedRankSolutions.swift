import LinearAlgebra

// X = U S Vᵀ, thin, of rank q. The part of Y that X can explain is U C with C = UᵀY, and with the weighting Γ of the
// outputs the residual splits,
//
//     ‖(Y − XWᵀ) Γ^{1/2}‖² = ‖(Y − UC) Γ^{1/2}‖² + ‖(C − S Vᵀ Wᵀ) Γ^{1/2}‖².
//
// The best matrix of rank k for the second term is C cut to the leading left singular vectors A_k of C Γ^{1/2}, so
//
//     W_kᵀ = V S⁻¹ A_k A_kᵀ C.
//
// Neither Σx nor Γ is inverted: a singular Σx gives the solution of smallest norm.

/// The exact reduced-rank regressions of all ranks, from one decomposition.
struct ReducedRankSolutions {
  /// V S⁻¹ A, inputs × p, and AᵀC, p × outputs: W_k is the product of the first k components, transposed.
  private let inputFactor: Matrix
  private let outputFactor: Matrix
  /// The singular values of the explained part of the weighted targets, descending: d_1 … d_p.
  let explained: [Double]
  /// ‖(Y − UC) Γ^{1/2}‖²: what no rank explains.
  let unexplained: Double
  /// The rank q of the inputs.
  let inputRank: Int

  /// - Parameters:
  ///   - inputs: centred and scaled as wanted.
  ///   - weightingRoot: Γ^{1/2}; nil weighs all outputs alike.
  /// - Complexity: O(*samples* · *inputs*²) for more samples than inputs.
  init(inputs: Matrix, targets: Matrix, weightingRoot: Matrix?) throws(DecompositionError) {
    let svd = try SingularValueDecomposition(of: inputs)
    let q = svd.spectrum.rank(
      tolerance: Double(max(inputs.rowCount, inputs.columnCount)) * .ulpOfOne)
    inputRank = q
    let u = svd.leftVectors.firstColumns(q)
    let c = u.transposedTimes(targets)
    let weighted = weightingRoot.map { c * $0 } ?? c
    let residual = targets - u * c
    let remaining = (weightingRoot.map { residual * $0 } ?? residual).frobeniusNorm
    unexplained = remaining * remaining
    let core = try SingularValueDecomposition(of: weighted)
    explained = core.singularValues
    inputFactor =
      svd.rightVectorsTransposed.firstRows(q)
      .scalingRows(by: svd.singularValues.prefix(q).map { 1 / $0 })
      .transposedTimes(core.leftVectors)
    outputFactor = core.leftVectors.transposedTimes(c)
  }

  /// The largest rank that differs from the ones below.
  var largestRank: Int { explained.count }

  /// W_k, outputs × inputs.
  func coefficients(rank: Int) -> Matrix {
    let k = min(rank, largestRank)
    return outputFactor.firstRows(k).transposedTimes(inputFactor.firstColumns(k).transposed())
  }

  /// ‖(Y − XW_kᵀ) Γ^{1/2}‖².
  func squaredResidual(rank: Int) -> Double {
    unexplained + explained.dropFirst(rank).reduce(0) { $0 + $1 * $1 }
  }

  /// The predictions for centred inputs at every rank from 0, one component after another.
  func forEachRank(of inputs: Matrix, _ body: (_ rank: Int, _ predictions: Matrix) -> Void) {
    let scores = inputs * inputFactor
    var predictions = Matrix(rowCount: inputs.rowCount, columnCount: outputFactor.columnCount)
    body(0, predictions)
    for k in 0..<largestRank {
      let score = scores.submatrix(rows: 0..<scores.rowCount, columns: k..<k + 1)
      let component = outputFactor.submatrix(rows: k..<k + 1, columns: 0..<outputFactor.columnCount)
      predictions.setToProduct(score, component, adding: 1)
      body(k + 1, predictions)
    }
  }

  /// The rank at which another component is no stronger than noise, without a parameter to tune.
  ///
  /// The part of noise of variance s² within the inputs' range, q × n, has a spectral norm of at most
  /// s √λ, √λ = √q + √n + √(2 log 20), with probability 95 %. The rank minimises the noise variance that it implies,
  /// ‖Y − XW_kᵀ‖²/(mn − λk): another component lowers it exactly when d²_{k+1} is above λ times the present one.
  ///
  /// - SeeAlso: [bunea2011], [bingWegkamp2019].
  func rankAboveNoise(sampleCount: Int, outputCount: Int) -> Int {
    let root =
      Double(inputRank).squareRoot() + Double(outputCount).squareRoot() + 5.991.squareRoot()
    let λ = root * root
    let candidates = (0...largestRank).filter { k in
      Double(sampleCount * outputCount) > λ * Double(k)
        && (k == 0 || explained[k - 1] > 1e-12 * explained[0])
    }
    func variance(_ k: Int) -> Double {
      squaredResidual(rank: k) / (Double(sampleCount * outputCount) - λ * Double(k))
    }
    return candidates.min { variance($0) < variance($1) } ?? 0
  }
}
