import DeepLinear

// A new row u is the ridge fit of its entries to the column factors V_K: with noise of standard deviation s its entry j,
// noise included, has the variance s² (1 + v_jᵀ (V_KᵀV_K + R)⁻¹ v_j), R the ridges. s is the error on entries held out
// when the model was fitted, and the interval that of a normal error. Where columns have noise n_j of their own, each
// entry and each v_j is divided by n_j, and s by their root mean square: entry j has the deviation s n_j in place of s.

/// Half-widths of prediction intervals for rows filled from a saved fit.
struct PredictionWidths {
  private let model: CompletionModel
  private let isExact: Bool
  private let noise: Double
  private let quantile: Double
  /// The noise of each column in units of its root mean square; ones where it is the same in all.
  private let columnSizes: [Double]

  /// - Returns: nil if the model does not say how large its error is.
  init?(_ model: CompletionModel, _ columns: ModelColumns, coverage: Double) {
    guard let error = columns.heldOutError else { return nil }
    self.model = model
    isExact = columns.isExact ?? false
    let own = model.columnNoise ?? [Double](repeating: 1, count: model.columnCount)
    let size = (own.reduce(0) { $0 + $1 * $1 } / Double(max(own.count, 1))).squareRoot()
    columnSizes = own.map { $0 / size }
    noise = error
    quantile = StandardNormal.quantile((1 + coverage) / 2)
  }

  /// For each row and column of a model; infinite where exact data leave a row free.
  func halfWidths(of entries: ObservedEntries, determined: [Int]) throws -> Matrix {
    var result = Matrix(rowCount: entries.rowCount, columnCount: model.columnCount)
    let rank = model.rank
    let extra =
      model.offsets == nil || model.offsetRidge >= CompletionModel.noRowOffsets ? 0 : 1
    let sizes =
      model.columnNoise ?? [Double](repeating: 1, count: model.columnCount)
    var factor = Matrix(rowCount: model.columnCount, columnCount: rank + extra)
    for j in 0..<model.columnCount {
      for k in 0..<rank { factor[j, k] = model.columnFactor[j, k] / sizes[j] }
      if extra == 1 { factor[j, rank] = 1 / sizes[j] }
    }
    let ridges = model.ridge + (extra == 1 ? [model.offsetRidge] : [])
    for row in 0..<entries.rowCount {
      if isExact {
        let isFree = determined[row] < rank
        for j in 0..<model.columnCount { result[row, j] = isFree ? .infinity : 0 }
        continue
      }
      let range = entries.rowStarts[row]..<entries.rowStarts[row + 1]
      var gram = Matrix(rowCount: rank + extra, columnCount: rank + extra)
      for (k, ridge) in ridges.enumerated() { gram[k, k] = ridge }
      for entry in range {
        let column = Int(entries.columns[entry])
        for a in 0..<rank + extra {
          for b in 0..<rank + extra { gram[a, b] += factor[column, a] * factor[column, b] }
        }
      }
      var solved = Matrix(rowCount: rank + extra, columnCount: model.columnCount)
      if rank + extra > 0 {
        solved = try LeastSquares(of: gram, right: factor.transposed()).solution
      }
      for j in 0..<model.columnCount {
        var spread = 0.0
        for k in 0..<rank + extra { spread += factor[j, k] * solved[k, j] }
        result[row, j] = quantile * noise * columnSizes[j] * (1 + max(spread, 0)).squareRoot()
      }
    }
    return result
  }
}
