import LinearAlgebra
import LinearNetworks

/// Models of what was fitted, in the unit of the data.
extension NoisyFit {
  static func empty(_ entries: ObservedEntries, _ offsets: AdditiveOffsets?)
    -> CompletionModel
  {
    CompletionModel(
      rowFactor: Matrix(rowCount: entries.rowCount, columnCount: 0),
      columnFactor: Matrix(rowCount: entries.columnCount, columnCount: 0), offsets: offsets)
  }

  static func model(
    of variational: VariationalFactorization, offsets: AdditiveOffsets?, scale: Double
  ) -> CompletionModel {
    // In the unit of the data: noise s²·scale² over a prior variance of α·scale².
    let within = variational.noiseVariance * scale * scale
    let between = offsets.map { rootMeanSquare($0.rows) } ?? 0
    return CompletionModel(
      rowFactor: scale * variational.rowFactor, columnFactor: variational.columnFactor,
      offsets: offsets, ridge: variational.rowPrior.map { variational.noiseVariance / $0 },
      offsetRidge: between > 0 ? within / (between * between) : 0)
  }

  static func model(of network: LinearNetwork, scale: Double) throws -> CompletionModel {
    let factors = try factors(of: network)
    let values = factors.singularValues
    let rank = values.prefix { $0 > 1e-6 * (values.first ?? 0) }.count
    return CompletionModel(
      rowFactor: scale * factors.left.firstColumns(rank),
      columnFactor: factors.right.firstColumns(rank))
  }

  /// U√Σ, V√Σ and Σ of the end-to-end matrix.
  static func factors(
    of network: LinearNetwork
  ) throws -> (left: Matrix, right: Matrix, singularValues: [Double]) {
    let decomposition = try network.endToEndDecomposition()
    let roots = decomposition.singularValues.map { $0.squareRoot() }
    return (
      decomposition.leftVectors.scalingColumns(by: roots),
      decomposition.rightVectors.scalingColumns(by: roots), decomposition.singularValues
    )
  }
}
