import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks

// A fit of rank r that agrees with every entry to rounding, although the entries outnumber what rank r can
// adapt to, is no accident: each surplus entry had to agree to 13 digits by itself. That is the test for exact
// data. The path of the deep network chooses the components; variable projection finishes.
//
// A search that finds nothing is the dearest, so two statements end it. A block without gaps proves a least rank (see
// KnownBlock); where the entries do not determine that rank, or the path cannot hold it, nothing is tried at all. And
// where the path's first stage finds nothing, the factors at falling noise are asked: with as many components as any
// determined rank has, the posterior of exact data follows the noise downwards; a squared error that stays at four
// times the noise is noise of the data themselves, and the search is over, whatever the offsets.

/// Looks for a matrix of low rank that agrees with all known entries to rounding.
struct ExactRecovery {
  let entries: ObservedEntries
  let pattern: ObservedPattern
  /// How far a fit may be from each entry to agree with it to rounding.
  let tolerances: [Double]
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

  /// How a search ended.
  struct Ending {
    var found: Found?
    /// Whether noise was seen that no determined rank explains: a search from elsewhere is in vain too.
    var isNoise = false
  }

  /// Mean squares of the residuals, relative to the data's, at which the path is examined.
  private static let stages = [1e-2, 1e-3, 1e-4, 1e-6]
  private static let stepLimit = 3000

  /// The width that a path has where none is asked for.
  static let widestPath = 32

  /// Follows the path and tries the ranks it suggests.
  ///
  /// - Parameters:
  ///   - descent: a path at its start; where it stops afterwards, with what it recorded.
  ///   - anneals: whether the attempt for few entries is made where the path's first stage leads to nothing.
  /// - Returns: nothing found when the data are not exact, or not determined, or the search was cancelled.
  func search(
    _ descent: inout PathDescent, anneals: Bool, using generator: inout SeededGenerator
  ) throws -> Ending {
    guard MaskCore(of: entries, rank: 1).surplus > 0 else { return Ending() }
    let leastRank = KnownBlock(of: entries).leastRank(entries, tolerances: tolerances)
    // An exact table of a rank beyond the path's width shows in the noisy fit, as one of hardly any noise.
    guard leastRank <= max(descent.width, Self.widestPath), isDeterminable(leastRank) else {
      return Ending()
    }
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
      else { return Ending() }
      let decomposition = try descent.network.endToEndDecomposition()
      let columnBasis = decomposition.rightVectors
      var repeats = false
      for rank in SpectrumGap.candidates(decomposition.singularValues, limit: 2) {
        guard rank <= columnBasis.columnCount, isDeterminable(rank) else { continue }
        let fit = try polish(columnBasis.firstColumns(rank))
        iterations += fit.iterations
        if isCancelled(share) { return Ending() }
        if let found = try accepted(fit, iterations: iterations) {
          let lowest = try lowered(found, from: columnBasis)
          if !lowest.isFlexible { return Ending(found: lowest) }
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
          if !lowest.isFlexible { return Ending(found: lowest) }
          undetermined = undetermined ?? lowest
        }
      }
      if number == 0, anneals {
        let ending = try annealed(using: &generator)
        if ending.isNoise, undetermined == nil { return ending }
        if let found = ending.found {
          if !found.isFlexible { return ending }
          undetermined = undetermined ?? found
        }
      }
      if repeats { return Ending(found: undetermined) }
      if descent.isExhausted { break }
    }
    return Ending(found: undetermined)
  }

  /// The attempt for few entries, where the path ends in a spurious minimum: variational factors at a noise that
  /// falls slowly, from a random start. Averaging over the factors' uncertainty smooths spurious minima away.
  ///
  /// On random instances of rank 5 in 100×100, all that is determined comes out down to 1.13 entries for each degree
  /// of freedom.
  private func annealed(using generator: inout SeededGenerator) throws -> Ending {
    let largest = largestDeterminableRank
    guard largest > 0, entries.count <= Self.annealingLimit else { return Ending() }
    let count = min(
      Self.annealedComponents, largest + 2, min(entries.rowCount, entries.columnCount))
    // With many entries for each degree of freedom the path does not fail.
    let freedom = count * (entries.rowCount + entries.columnCount - count)
    guard entries.count <= 3 * freedom else { return Ending() }
    // So that the product of the priors has variance one.
    let deviation = 1 / Double(count).squareRoot().squareRoot()
    var factors = VariationalFactorization(
      rowFactor: .gaussian(
        rowCount: entries.rowCount, columnCount: count, standardDeviation: deviation,
        using: &generator),
      columnFactor: .gaussian(
        rowCount: entries.columnCount, columnCount: count, standardDeviation: deviation,
        using: &generator), noiseVariance: 1)
    guard
      factors.anneal(
        pattern, entries.values, to: 1e-3, by: 0.97, isCancelled: { isCancelled(0.9) })
    else {
      // Only where no determined rank has more components is an error that stays the data's own.
      return Ending(isNoise: largest < Self.annealedComponents && !isCancelled(0.9))
    }
    let right = try QRDecomposition(of: factors.columnFactor)
    let left = try QRDecomposition(of: factors.rowFactor)
    let core = try SingularValueDecomposition(
      of: left.triangularFactor.timesTransposed(right.triangularFactor))
    let basis = right.orthogonalFactor * core.rightVectors
    var iterations = factors.rounds
    for rank in SpectrumGap.candidates(core.singularValues, limit: 2)
    where isDeterminable(rank) && !isCancelled(0.9) {
      let fit = try polish(basis.firstColumns(rank))
      iterations += fit.iterations
      if let found = try accepted(fit, iterations: iterations) {
        return Ending(found: try lowered(found, from: basis))
      }
    }
    return Ending()
  }

  /// More components than this are left to the path.
  private static let annealedComponents = 16
  /// More entries than this are left to the path.
  private static let annealingLimit = 50_000

  private var largestDeterminableRank: Int {
    var rank = 0
    while rank < Self.annealedComponents, isDeterminable(rank + 1) { rank += 1 }
    return rank
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
        of: entries, rank: rank, fit: (left: current.rowFactor, right: current.columnFactor),
        noise: current.relativeResidual)
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
    guard let fit = try exact(fit) else { return nil }
    // V is orthonormal: the singular values of the product are those of the row factor.
    let decomposition = try SingularValueDecomposition(of: fit.rowFactor)
    let values = decomposition.singularValues
    // A component beside a large offset may be small and no rounding: what is dropped must not be missed.
    for share in [1e-9, 1e-12, 0] {
      let rank = values.prefix { $0 > share * (values.first ?? 0) }.count
      let rotation = decomposition.rightVectors.firstColumns(rank)
      let (left, right) = (fit.rowFactor * rotation, fit.columnFactor * rotation)
      if share == 0 || rank == values.count || agrees(left, right) {
        return Found(
          rowFactor: left, columnFactor: right, relativeResidual: fit.relativeResidual,
          iterations: iterations)
      }
    }
    return nil
  }

  /// The fit when it agrees with every entry to rounding, polished once more where that is not seen yet.
  private func exact(_ fit: VariableProjection.Fit) throws -> VariableProjection.Fit? {
    guard fit.relativeResidual <= Self.promising else { return nil }
    if agrees(fit.rowFactor, fit.columnFactor) { return fit }
    let last = VariableProjection(
      rank: fit.columnFactor.columnCount, iterationLimit: 10, exactness: 0)
    let closer = try last.fit(
      entries, from: fit.columnFactor, isCancelled: { isCancelled(0.5) })
    return agrees(closer.rowFactor, closer.columnFactor) ? closer : nil
  }

  /// ‖e‖/‖b‖ from which rounding may be near: residuals of entries much smaller than others, or much smaller than
  /// their offsets, are not seen in it.
  private static let promising = 1e-7

  private func agrees(_ left: Matrix, _ right: Matrix) -> Bool {
    var products = [Double](repeating: 0, count: entries.count)
    pattern.products(left: left, right: right, into: &products)
    return products.indices.allSatisfy {
      abs(products[$0] - entries.values[$0]) <= tolerances[$0]
    }
  }

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
