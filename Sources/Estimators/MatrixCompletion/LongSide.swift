import LinearAlgebra

// What many lines teach about the few on the other side is known from some of them. A coordinate of a short line that has
// m entries among the lines drawn has a posterior variance of s²/(m ⟨u²⟩), so that with r components the prediction of an
// entry errs by r s²/m more than if the short side were known: r/m of the noise variance, r/(2m) of its deviation. With
// m ≥ 5,000 that is a thousandth for ten components, which is a tenth of what a tenth of the entries held out could tell.
// Noise and prior variances are known to √(2/m) and better. The lines that were not drawn then need their own
// coordinates alone, and have them from one pass over their entries.

/// Lines drawn at random from the side of a table that is very much longer than the other.
struct LongSide {
  /// Whether the lines are rows.
  let isRows: Bool
  /// The table of the lines drawn.
  let table: OccupiedTable
  let entries: ObservedEntries

  static let leastLineCount = 20_000
  /// As many lines for each on the short side.
  private static let leastQuotient = 50
  /// Every line of the short side has at least so many entries among those drawn.
  static let leastEntryCount = 5_000
  /// Drawing is worth it where it leaves out three quarters of the lines.
  private static let leastGain = 4

  /// Nil where no side is so long, or a line of the short side has too few entries.
  ///
  /// - Parameters:
  ///   - entries: an entry at least in every row and column.
  ///   - lineCount: how many lines are drawn at least.
  ///   - entryCount: how many entries among them a line of the short side has at least.
  /// - Complexity: O(*entries* + *rows* + *columns*).
  init?(
    of entries: ObservedEntries, lineCount: Int = leastLineCount,
    entryCount: Int = leastEntryCount, using generator: inout SeededGenerator
  ) {
    isRows = entries.rowCount >= entries.columnCount
    let (long, short) = (
      max(entries.rowCount, entries.columnCount), min(entries.rowCount, entries.columnCount)
    )
    let count = max(lineCount, Self.leastQuotient * short)
    guard long >= Self.leastGain * count else { return nil }
    var isTaken = [Bool](repeating: false, count: long)
    for line in generator.permutation(long).prefix(count) { isTaken[line] = true }
    let lines = isRows ? entries.rows : entries.columns
    let others = isRows ? entries.columns : entries.rows
    let places = lines.indices.filter { isTaken[Int(lines[$0])] }
    var counts = [Int](repeating: 0, count: short)
    for place in places { counts[Int(others[place])] += 1 }
    guard counts.allSatisfy({ $0 >= entryCount }) else { return nil }
    let some = entries.selecting(places)
    table = OccupiedTable(of: some)
    self.entries = table.compacted(some)
  }

  /// The place in the whole table of one of the columns drawn from.
  func column(_ own: Int) -> Int { table.columns[own] }
}

extension NoisyFit {
  /// The fit of a table with very many lines on one side, from some of them.
  ///
  /// - Complexity: that of the fit of the lines drawn, and O(|Ω| *rank*² + *lines* · *rank*³) for all.
  func fitLong(
    _ side: LongSide, _ entries: ObservedEntries, using generator: inout SeededGenerator
  ) throws -> Result {
    let trial = try trial(side.entries, using: &generator)
    // A path ends in a network, which has no prior for lines that it has not seen.
    let chosen = choose(trial.single.filter { !$0.isPath })
    var result = try refit(
      chosen, side.entries, validation: trial.validation.entries, iterations: trial.iterations,
      using: &generator)
    let pattern = ObservedPattern(of: entries, threadCount: threadCount)
    result.pattern = pattern
    for index in result.calibration.indices {
      result.calibration[index].column = side.column(result.calibration[index].column)
    }
    let scale = chosen.scale
    guard let factors = result.variational, factors.rank > 0 else {
      result.variational = nil
      result.calibrated = nil
      result.model = Self.empty(
        entries,
        chosen.offsets.map { _ in AdditiveOffsets(fitting: entries.values, pattern: pattern) })
      return result
    }
    let (whole, offsets) = extended(
      factors, hasOffsets: chosen.offsets != nil, to: entries, pattern, scale: scale, side)
    result.variational = whole
    result.model = Self.model(of: whole, offsets: offsets, scale: scale)
    result.calibrated =
      isCalibrated
      ? chosen.variational.map {
        extended(
          $0, hasOffsets: chosen.offsets != nil, to: entries, pattern, scale: scale, side
        ).factors
      } : nil
    return result
  }

  /// Factors and offsets of all lines from those of the lines drawn: coordinates and offsets of the long side in turn.
  private func extended(
    _ factors: VariationalFactorization, hasOffsets: Bool, to entries: ObservedEntries,
    _ pattern: ObservedPattern, scale: Double, _ side: LongSide
  ) -> (factors: VariationalFactorization, offsets: AdditiveOffsets?) {
    let values = entries.values.map { $0 / scale }
    guard hasOffsets else {
      return (factors.extended(to: pattern, values, rows: side.isRows), nil)
    }
    var offsets = AdditiveOffsets(fitting: values, pattern: pattern)
    var result = factors
    let unit = entries.replacingValues(values)
    for turn in 0..<Self.turnCount {
      result = factors.extended(
        to: pattern, offsets.subtracted(from: unit).values, rows: side.isRows)
      guard turn < Self.turnCount - 1, factors.rank > 0 else { break }
      var products = [Double](repeating: 0, count: values.count)
      pattern.products(left: result.rowFactor, right: result.columnFactor, into: &products)
      offsets = AdditiveOffsets(fitting: zip(values, products).map { $0 - $1 }, pattern: pattern)
    }
    return (result, offsets.rescaled(by: scale))
  }

  /// The first turn leaves of an offset what the factors took for theirs, the next a share of that share.
  private static let turnCount = 3
}
