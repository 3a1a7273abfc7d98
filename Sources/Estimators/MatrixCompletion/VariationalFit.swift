import LinearAlgebra

// Components that are weak beside the strongest have not risen when the path is left, and offsets that were
// estimated alone are a little wrong. So the variational factors are fitted, the offsets are estimated again
// from what the factors leave, and the leading components of the residual are offered to the factors, which
// keep those that the data support. This goes on until none is kept.

/// Variational factors of noisy entries, grown until the data support no further component, together with
/// row and column offsets where they are wanted.
struct VariationalFit {
  let entries: ObservedEntries
  let pattern: ObservedPattern
  /// The largest number of components; nil for as many as the data support.
  let rankBound: Int?
  let isCancelled: () -> Bool

  private(set) var factors: VariationalFactorization
  private(set) var offsets: AdditiveOffsets?
  private var values: [Double]

  /// Starts from factors and, where they are wanted, offsets.
  init(
    _ entries: ObservedEntries, pattern: ObservedPattern, factors: VariationalFactorization,
    offsets: AdditiveOffsets?, rankBound: Int? = nil, isCancelled: @escaping () -> Bool
  ) {
    self.rankBound = rankBound
    self.entries = entries
    self.pattern = pattern
    self.factors = factors
    self.offsets = offsets
    self.isCancelled = isCancelled
    values = offsets.map { $0.subtracted(from: entries).values } ?? entries.values
  }

  /// Fits, and grows until no component offered is kept.
  ///
  /// - Parameters:
  ///   - first: how many components are offered at first; each time some are kept, twice as many are offered next.
  ///   - tolerance: to which the last fit is finished.
  mutating func run(
    offering first: Int = 2, tolerance: Double = 1e-5, using generator: inout SeededGenerator
  ) {
    settle(tolerance: Self.coarse)
    var offered = first
    while factors.rank < rankLimit, rounds < Self.roundLimit, !isCancelled() {
      let count = min(offered, rankLimit - factors.rank)
      guard let offer = residualComponents(count, using: &generator) else { break }
      let before = self
      factors = factors.grown(by: offer.rows, offer.columns)
      settle(tolerance: Self.coarse)
      // One in a thousand of the noise is the least worth keeping a component for.
      let gain = 1 - factors.noiseVariance / before.factors.noiseVariance
      if factors.rank <= before.factors.rank || gain < 1e-3 {
        let spent = rounds
        self = before
        rounds = spent
        break
      }
      offered *= 2
    }
    settle(tolerance: tolerance)
  }

  /// While components are still being added, the fit need not be finished.
  private static let coarse = 1e-3

  /// The rounds of all fits together.
  private(set) var rounds = 0

  /// Low noise and an ill-conditioned spectrum make the rounds converge slowly: what is left then is better done
  /// by variable projection, which is tried where the noise all but vanishes.
  private static let roundLimit = 600

  /// No more components than the entries of an average line of the longer side could determine.
  private var rankLimit: Int {
    let lines = max(entries.rowCount, entries.columnCount, 1)
    return max(
      1, min(rankBound ?? .max, entries.count / lines, entries.rowCount, entries.columnCount))
  }

  /// Factors and offsets in turn, until the offsets no longer change beside the noise.
  /// The noise gets a variance for each column only then: before, a column whose component is not yet there would
  /// be taken for a noisy one.
  mutating func settle(tolerance: Double = 1e-5) {
    if tolerance < Self.coarse, factors.columnNoise == nil { fitFactors(Self.coarse) }
    fitFactors(tolerance)
    guard offsets != nil else { return }
    for _ in 0..<20 where rounds < Self.roundLimit && !isCancelled() {
      var products = [Double](repeating: 0, count: values.count)
      if factors.rank > 0 {
        pattern.products(left: factors.rowFactor, right: factors.columnFactor, into: &products)
      }
      let rest = zip(entries.values, products).map { $0 - $1 }
      let next = AdditiveOffsets(fitting: rest, pattern: pattern)
      let nextValues = next.subtracted(from: entries).values
      let change = rootMeanSquare(zip(nextValues, values).map { $0 - $1 })
      offsets = next
      values = nextValues
      fitFactors(tolerance)
      if change * change < 10 * tolerance * factors.noiseVariance { return }
    }
  }

  private mutating func fitFactors(_ tolerance: Double) {
    let before = factors.rounds
    factors.fit(
      pattern, values, tolerance: tolerance,
      roundLimit: max(1, min(200, Self.roundLimit - rounds)),
      hasColumnNoise: tolerance < Self.coarse,
      isCancelled: isCancelled)
    rounds += factors.rounds - before
  }

  /// The leading singular triplets of the residual, as factors of half its size each: the residual is known at
  /// a share of the positions, and scaling by one over that share makes it an estimate of the whole.
  private func residualComponents(
    _ count: Int, using generator: inout SeededGenerator
  ) -> (rows: Matrix, columns: Matrix)? {
    var products = [Double](repeating: 0, count: values.count)
    if factors.rank > 0 {
      pattern.products(left: factors.rowFactor, right: factors.columnFactor, into: &products)
    }
    let residuals = zip(values, products).map { $0 - $1 }
    let share = Double(entries.count) / (Double(entries.rowCount) * Double(entries.columnCount))
    // A few directions more than are wanted converge faster, and eight cost hardly more than one.
    let width = min((count + 9) / 8 * 8, entries.rowCount, entries.columnCount)
    var right = Matrix.gaussian(
      rowCount: entries.columnCount, columnCount: width, using: &generator)
    var left = Matrix(rowCount: entries.rowCount, columnCount: width)
    for _ in 0..<5 {
      pattern.times(residuals, right, into: &left)
      guard let rows = try? QRDecomposition(of: left).orthogonalFactor,
        rows.columnCount == width
      else { return nil }
      pattern.transposedTimes(residuals, rows, into: &right)
      left = rows
    }
    guard let small = try? SingularValueDecomposition(of: right),
      small.singularValues.count >= count
    else { return nil }
    // right = P Σ Qᵀ, so R ≈ left rightᵀ = (left Q) Σ Pᵀ.
    let roots = small.singularValues.prefix(count).map { ($0 / share).squareRoot() }
    return (
      (left * small.rightVectors.firstColumns(count)).scalingColumns(by: roots),
      small.leftVectors.firstColumns(count).scalingColumns(by: roots)
    )
  }
}
