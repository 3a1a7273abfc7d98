import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks

// A fit of rank r that agrees with every entry to rounding, although the entries outnumber what rank r can
// adapt to, is no accident: each surplus entry had to agree to 13 digits by itself. That is the test for exact
// data. The path of the deep network chooses the components; variable projection finishes.

/// Looks for a matrix of low rank that agrees with all known entries to rounding.
struct ExactRecovery {
  let entries: ObservedEntries
  let pattern: ObservedPattern
  /// Called with a share of the work between 0 and 1; true cancels.
  let isCancelled: (Double) -> Bool

  struct Found {
    var rowFactor: Matrix
    var columnFactor: Matrix
    var relativeResidual: Double
    var iterations: Int
    /// Whether entries in the core of the mask can still move: another fit may be the right one.
    var isFlexible = false
  }

  /// Mean squares of the residuals, relative to the data's, at which the path is examined.
  private static let stages = [1e-2, 1e-3, 1e-4, 1e-6]
  private static let stepLimit = 3000

  /// Follows the path and tries the ranks it suggests.
  ///
  /// - Parameter descent: a path at its start; where it stops afterwards, with what it recorded.
  /// - Returns: nil when the data are not exact, or not determined, or the search was cancelled.
  func search(_ descent: inout PathDescent) throws -> Found? {
    guard MaskCore(of: entries, rank: 1).surplus > 0 else { return nil }
    var iterations = 0
    var stalledAt: [Int: Double] = [:]
    // A fit that leaves entries undetermined may be one of too high a rank: the search goes on for a better.
    var undetermined: Found?
    for (number, stage) in Self.stages.enumerated() {
      let share = Double(number) / Double(Self.stages.count)
      guard
        descent.descend(
          entries, pattern: pattern, untilMeanSquare: stage, stepLimit: Self.stepLimit,
          observe: { _, _, _ in isCancelled(share) ? .cancel : .goOn })
      else { return nil }
      let decomposition = try descent.network.endToEndDecomposition()
      let columnBasis = decomposition.rightVectors
      var repeats = false
      for rank in SpectrumGap.candidates(decomposition.singularValues, limit: 2) {
        guard rank <= columnBasis.columnCount, isDeterminable(rank) else { continue }
        let fit = try polish(columnBasis.firstColumns(rank))
        iterations += fit.iterations
        if isCancelled(share) { return nil }
        if let found = try accepted(fit, iterations: iterations) {
          let lowest = try lowered(found, from: columnBasis)
          if !lowest.isFlexible { return lowest }
          undetermined = undetermined ?? lowest
          continue
        }
        // The same residual from two places on the path is the best that this rank can do.
        if let before = stalledAt[rank], abs(fit.relativeResidual - before) < 0.01 * before {
          repeats = true
        }
        stalledAt[rank] = min(stalledAt[rank] ?? .infinity, fit.relativeResidual)
        if let found = try grow(fit, &iterations) {
          let lowest = try lowered(found, from: columnBasis)
          if !lowest.isFlexible { return lowest }
          undetermined = undetermined ?? lowest
        }
      }
      if repeats { return undetermined }
      if descent.isExhausted { break }
    }
    if let undetermined { return undetermined }
    return try fromVariationalFactors(descent.network, iterations: iterations)
  }

  /// A last attempt from the factors that a noise model prefers: with few entries for each degree of freedom
  /// the path can end in a spurious minimum that averaging over the factors' uncertainty avoids.
  private func fromVariationalFactors(_ network: LinearNetwork, iterations: Int) throws -> Found? {
    let factors = try NoisyFit.factors(of: network)
    let values = factors.singularValues
    guard let largest = values.first, largest > 0, largest.isFinite else { return nil }
    let suggested = SpectrumGap.candidates(values, limit: 2).max() ?? 1
    let count = min(values.prefix { $0 > 1e-2 * largest }.count, 2 * suggested + 2)
    var variational = VariationalFactorization(
      rowFactor: factors.left.firstColumns(count), columnFactor: factors.right.firstColumns(count),
      noiseVariance: 1e-2)
    variational.fit(pattern, entries.values, roundLimit: 60, isCancelled: { isCancelled(0.9) })
    // With noise of a tenth of the data or more there is nothing exact to be found.
    guard variational.rank > 0, variational.noiseVariance < 1e-2, !isCancelled(0.9) else {
      return nil
    }
    return try search(from: variational.columnFactor)
  }

  /// Polishes at the rank of a column factor near the answer, grows from there, and lowers what it finds.
  func search(from columnFactor: Matrix) throws -> Found? {
    let basis = try SingularValueDecomposition(of: columnFactor).leftVectors
    let rank = basis.columnCount
    guard isDeterminable(rank) else { return nil }
    let fit = try polish(basis)
    var iterations = fit.iterations
    if let found = try accepted(fit, iterations: iterations) {
      return try lowered(found, from: basis)
    }
    guard let found = try grow(fit, &iterations) else { return nil }
    return try lowered(found, from: basis)
  }

  /// The same data may be fitted exactly by a lower rank when the rank found leaves entries undetermined:
  /// then its spare component only follows them. Starts are the path's own components and those found.
  private func lowered(_ found: Found, from columnBasis: Matrix) throws -> Found {
    var current = found
    while true {
      let rank = current.columnFactor.columnCount
      let mask = MaskReport(
        of: entries, rank: rank, fit: (left: current.rowFactor, right: current.columnFactor))
      current.isFlexible = !mask.isCoreRigid
      if mask.undeterminedEntryCount == 0 { return current }
      var lower: Found?
      for start in [columnBasis, current.columnFactor]
      where rank > 1 && start.columnCount >= rank - 1 {
        let fit = try polish(start.firstColumns(rank - 1))
        lower = try accepted(fit, iterations: current.iterations + fit.iterations)
        if lower != nil { break }
      }
      guard let lower else { return current }
      current = lower
    }
  }

  /// Adds the leading component of the residual as long as each one takes a fifth of what is left, beyond what
  /// it would take from pure noise (the residual of noise falls as the root of the surplus of entries): weak
  /// components rise late on the path, and a rank below the truth's has them in its residual.
  private func grow(_ start: VariableProjection.Fit, _ iterations: inout Int) throws -> Found? {
    var current = start
    while true {
      let rank = current.columnFactor.columnCount + 1
      let surplus = MaskCore(of: entries, rank: rank).surplus
      guard isDeterminable(rank), !isCancelled(0.5) else { return nil }
      let before = MaskCore(of: entries, rank: rank - 1).surplus
      let noiseFall = (Double(surplus) / Double(max(before, 1))).squareRoot()
      let direction = leadingResidualDirection(current)
      let next = try polish(.horizontallyStacked([current.columnFactor, direction]))
      iterations += next.iterations
      if let found = try accepted(next, iterations: iterations) { return found }
      guard next.relativeResidual < 0.8 * noiseFall * current.relativeResidual else { return nil }
      current = next
    }
  }

  /// Whether the entries outnumber what the rank can adapt to by a twentieth: with fewer, no method is known to
  /// find the answer, and agreement proves little.
  private func isDeterminable(_ rank: Int) -> Bool {
    rank <= min(entries.rowCount, entries.columnCount)
      && 20 * MaskCore(of: entries, rank: rank).surplus > entries.count
  }

  private func polish(_ columnFactor: Matrix) throws -> VariableProjection.Fit {
    try VariableProjection(rank: columnFactor.columnCount).fit(
      entries, from: columnFactor, isCancelled: { isCancelled(0.5) })
  }

  /// The fit as a result when it is exact. Components that carry nothing are dropped.
  private func accepted(_ fit: VariableProjection.Fit, iterations: Int) throws -> Found? {
    guard fit.relativeResidual <= Self.exactness else { return nil }
    // V is orthonormal: the singular values of the product are those of the row factor.
    let decomposition = try SingularValueDecomposition(of: fit.rowFactor)
    let values = decomposition.singularValues
    let rank = values.prefix { $0 > 1e-9 * (values.first ?? 0) }.count
    let rotation = decomposition.rightVectors.firstColumns(rank)
    return Found(
      rowFactor: fit.rowFactor * rotation, columnFactor: fit.columnFactor * rotation,
      relativeResidual: fit.relativeResidual, iterations: iterations)
  }

  /// ‖e‖/‖b‖ of a fit that counts as exact: rounding of the data and of the fit, with room for ill-conditioned
  /// rows.
  private static let exactness = 1e-11

  /// The leading right singular vector of the sparse matrix of residuals, by power iteration from the row of
  /// largest residuals.
  private func leadingResidualDirection(_ fit: VariableProjection.Fit) -> Matrix {
    var products = [Double](repeating: 0, count: entries.count)
    pattern.products(left: fit.rowFactor, right: fit.columnFactor, into: &products)
    let residuals = zip(entries.values, products).map { $0 - $1 }
    var left = Matrix(rowCount: entries.rowCount, columnCount: 1, repeating: 0)
    for k in residuals.indices { left[Int(entries.rows[k]), 0] += residuals[k] * residuals[k] }
    var right = Matrix(rowCount: entries.columnCount, columnCount: 1)
    for _ in 0..<30 {
      pattern.transposedTimes(residuals, left, into: &right)
      let norm = right.frobeniusNorm
      guard norm > 0 else { break }
      right.scale(by: 1 / norm)
      pattern.times(residuals, right, into: &left)
    }
    return right
  }
}
