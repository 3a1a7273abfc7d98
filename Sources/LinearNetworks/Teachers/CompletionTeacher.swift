public import LinearAlgebra

/// Makes matrix-completion problems with a known answer: a random low-rank matrix, some of its entries, noise.
public struct CompletionTeacher: Equatable, Sendable {
  /// The number of rows.
  public var rowCount: Int
  /// The number of columns.
  public var columnCount: Int
  /// The rank of the truth.
  public var rank: Int
  /// How many entries are shown, without replacement, all positions equally likely.
  public var entryCount: Int
  /// The standard deviation of the Gaussian noise on the shown entries; the truth's entries have mean
  /// square one.
  public var noise: Double

  /// - Precondition: the rank is positive and at most both sizes; no more entries than positions.
  public init(rowCount: Int, columnCount: Int, rank: Int, entryCount: Int, noise: Double = 0) {
    precondition(
      rank > 0 && rank <= min(rowCount, columnCount),
      "a \(rowCount)×\(columnCount) matrix cannot have rank \(rank)")
    precondition(
      entryCount >= 0 && entryCount <= rowCount * columnCount,
      "a \(rowCount)×\(columnCount) matrix does not have \(entryCount) entries")
    precondition(noise >= 0, "noise of standard deviation \(noise) does not exist")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.rank = rank
    self.entryCount = entryCount
    self.noise = noise
  }

  /// A truth and what is shown of it.
  public struct Problem: Equatable, Sendable {
    /// The whole matrix.
    public let truth: Matrix
    /// The known entries.
    public let entries: ObservedEntries
  }

  /// Draws a problem: the product of two Gaussian factors, scaled to Frobenius norm √(rows · columns).
  public func problem(using generator: inout SeededGenerator) -> Problem {
    let left = Matrix.gaussian(rowCount: rowCount, columnCount: rank, using: &generator)
    let right = Matrix.gaussian(rowCount: rank, columnCount: columnCount, using: &generator)
    var truth = left * right
    truth.scale(by: (Double(truth.count)).squareRoot() / truth.frobeniusNorm)
    let positions = generator.sample(entryCount, below: truth.count).sorted()
    let elements = truth.elements
    var values = positions.map { elements[$0] }
    if noise > 0 {
      for k in values.indices { values[k] += noise * generator.nextGaussian() }
    }
    let entries = ObservedEntries(
      rowCount: rowCount, columnCount: columnCount,
      sortedRows: positions.map { Int32($0 / columnCount) },
      columns: positions.map { Int32($0 % columnCount) }, values: values)
    return Problem(truth: truth, entries: entries)
  }
}
