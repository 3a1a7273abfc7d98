import CSparseKernels
import Dynamics
import LinearAlgebra
import RealModule

// The model: b_ij = u_iᵀ v_j + noise of variance s², with independent u_ik ~ N(0, α_k), v_jk ~ N(0, β_k).
// The posterior is approximated by independent Gaussians of the rows of both factors; each round computes
//
//     Σ_i = (diag(1/α) + s⁻² Σ_j (v_j v_jᵀ + Τ_j))⁻¹,   u_i = s⁻² Σ_i Σ_j b_ij v_j        (j over row i's entries)
//
// the same for the columns (v_j, Τ_j), then α, β and s² from their expectations. A component that the data do
// not support gets a prior variance that falls to zero, and is removed: rank, ridge and noise come out of the
// data together. Every round lowers the variational bound's negative.

/// Low-rank factors of noisy known entries, with the ridge of each component, the rank and the noise level
/// estimated from the data, and a variance for every entry of the product.
///
/// - SeeAlso: [limTeh2007], [ilinRaiko2010], [nakajima2013].
struct VariationalFactorization: Equatable, Sendable {
  /// Posterior means, rows × rank and columns × rank.
  private(set) var rowFactor: Matrix
  private(set) var columnFactor: Matrix
  /// Posterior covariances: a rank × rank block for every row and column.
  private(set) var rowCovariances: [Double]
  private(set) var columnCovariances: [Double]
  /// Prior variances α and β.
  private(set) var rowPrior: [Double]
  private(set) var columnPrior: [Double]
  /// The noise variance s², over all entries.
  private(set) var noiseVariance: Double
  /// The noise variance of each column, where they have their own.
  private(set) var columnNoise: [Double]?
  private(set) var rounds = 0

  var rank: Int { rowFactor.columnCount }

  /// Starts from factors near the answer, taken to be exact, and a noise variance.
  init(rowFactor: Matrix, columnFactor: Matrix, noiseVariance: Double) {
    precondition(
      rowFactor.columnCount == columnFactor.columnCount,
      "factors of \(rowFactor.columnCount) and \(columnFactor.columnCount) columns have no product")
    self.rowFactor = rowFactor
    self.columnFactor = columnFactor
    self.noiseVariance = noiseVariance
    let rank = rowFactor.columnCount
    rowCovariances = [Double](repeating: 0, count: rowFactor.rowCount * rank * rank)
    columnCovariances = [Double](repeating: 0, count: columnFactor.rowCount * rank * rank)
    rowPrior = Self.priors(rowFactor, rowCovariances)
    columnPrior = Self.priors(columnFactor, columnCovariances)
  }

  /// Iterates until the noise variance and the product change by less than the tolerance, relatively.
  ///
  /// - Complexity: O(|Ω| *rank*² + (rows + columns) *rank*³) a round.
  ///
  /// - Parameter hasColumnNoise: whether each column gets a noise variance of its own, drawn towards the others' as
  ///   far as they are alike.
  mutating func fit(
    _ pattern: ObservedPattern, _ values: [Double], tolerance: Double = 1e-5, roundLimit: Int = 500,
    hasColumnNoise: Bool = false, isCancelled: () -> Bool = { false }
  ) {
    let (rowLines, columnLines) = lines(pattern)
    let columnOrderValues = pattern.columnOrdered(values)
    let meanSquare = values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))
    let floor = max(meanSquare * 1e-24, .leastNormalMagnitude)
    noiseVariance = max(noiseVariance, floor)
    if !hasColumnNoise { columnNoise = nil }
    let counts = (0..<pattern.columnCount).map {
      Double(pattern.columnStarts[$0 + 1] - pattern.columnStarts[$0])
    }
    var pool: VariancePool?
    defer { if rank > 0 { balance() } }
    for round in 0..<roundLimit {
      if rank == 0 || isCancelled() { return }
      rounds += 1
      let previousNoise = noiseVariance
      let previousPriors = zip(rowPrior, columnPrior).map { ($0 * $1).squareRoot() }
      updateRows(pattern, values, rowLines)
      let errors = Self.update(
        &columnFactor, &columnCovariances, prior: columnPrior, from: rowFactor, rowCovariances,
        lines: columnLines, values: columnOrderValues,
        noises: columnNoise ?? [Double](repeating: noiseVariance, count: counts.count))
      let squaredError = errors.reduce(0, +)
      if hasColumnNoise {
        // How alike the columns are changes slowly.
        if round % Self.poolInterval == 0 { pool = VariancePool(sums: errors, counts: counts) }
        columnNoise = pool.map { pool in
          errors.indices.map { max(pool.variance(sum: errors[$0], count: counts[$0]), floor) }
        }
      }
      rowPrior = Self.priors(rowFactor, rowCovariances)
      columnPrior = Self.priors(columnFactor, columnCovariances)
      noiseVariance = max(squaredError / Double(values.count), floor)
      let strongest = zip(rowPrior, columnPrior).map { ($0 * $1).squareRoot() }.max() ?? 0
      let change =
        zip(previousPriors, zip(rowPrior, columnPrior)).map {
          abs($0 - ($1.0 * $1.1).squareRoot())
        }.max() ?? 0
      let removed = removeUnsupported(entryCount: values.count)
      if !removed, abs(noiseVariance - previousNoise) <= tolerance * noiseVariance,
        change <= 10 * tolerance * strongest
      {
        return
      }
    }
  }

  /// Rounds in which the noise variance falls by a factor each, from one to a floor, while the prior variances stay
  /// what they are.
  ///
  /// At high noise the posterior is wide and has one maximum; as the noise falls it follows what the data say first.
  /// Nothing is pruned on the way: a component that is not needed ends at zero by itself.
  ///
  /// - Parameter values: of mean square about one.
  /// - Returns: false when the expected squared error stays behind the noise, which in data of low rank it
  ///   never does, or when cancelled.
  /// - Complexity: as for a round of ``fit(_:_:tolerance:roundLimit:isCancelled:)``.
  mutating func anneal(
    _ pattern: ObservedPattern, _ values: [Double], to floor: Double, by factor: Double,
    isCancelled: () -> Bool
  ) -> Bool {
    let (rowLines, columnLines) = lines(pattern)
    let columnOrderValues = pattern.columnOrdered(values)
    noiseVariance = 1
    while noiseVariance > floor {
      if isCancelled() { return false }
      rounds += 1
      _ = Self.update(
        &rowFactor, &rowCovariances, prior: rowPrior, from: columnFactor, columnCovariances,
        lines: rowLines, values: values,
        noises: [Double](repeating: noiseVariance, count: rowFactor.rowCount))
      let squaredError = Self.update(
        &columnFactor, &columnCovariances, prior: columnPrior, from: rowFactor, rowCovariances,
        lines: columnLines, values: columnOrderValues,
        noises: [Double](repeating: noiseVariance, count: columnFactor.rowCount)
      ).reduce(0, +)
      if squaredError > 4 * noiseVariance * Double(values.count), noiseVariance < 0.1 {
        return false
      }
      noiseVariance *= factor
    }
    return true
  }

  /// The factors of a table with other lines on one side: the other side, the noise and the priors stay, and each line's
  /// posterior follows from its entries. Columns that are new have the noise of all.
  ///
  /// - Complexity: O(|Ω| *rank*² + *lines* · *rank*³).
  func extended(
    to pattern: ObservedPattern, _ values: [Double], rows: Bool
  ) -> VariationalFactorization {
    guard rank > 0 else {
      return VariationalFactorization(
        rowFactor: Matrix(rowCount: pattern.rowCount, columnCount: 0),
        columnFactor: Matrix(rowCount: pattern.columnCount, columnCount: 0),
        noiseVariance: noiseVariance)
    }
    var result = self
    let (rowLines, columnLines) = lines(pattern)
    if rows {
      result.rowFactor = Matrix(rowCount: pattern.rowCount, columnCount: rank)
      result.rowCovariances = [Double](repeating: 0, count: pattern.rowCount * rank * rank)
      result.updateRows(pattern, values, rowLines)
    } else {
      result.columnNoise = nil
      result.columnFactor = Matrix(rowCount: pattern.columnCount, columnCount: rank)
      result.columnCovariances = [Double](repeating: 0, count: pattern.columnCount * rank * rank)
      _ = Self.update(
        &result.columnFactor, &result.columnCovariances, prior: columnPrior, from: rowFactor,
        rowCovariances, lines: columnLines, values: pattern.columnOrdered(values),
        noises: [Double](repeating: noiseVariance, count: pattern.columnCount))
    }
    return result
  }

  private static let poolInterval = 10

  /// Columns with their own noise count by its inverse: so do their factor rows, covariances and entries.
  private mutating func updateRows(_ pattern: ObservedPattern, _ values: [Double], _ lines: Lines) {
    guard let columnNoise else {
      _ = Self.update(
        &rowFactor, &rowCovariances, prior: rowPrior, from: columnFactor, columnCovariances,
        lines: lines, values: values,
        noises: [Double](repeating: noiseVariance, count: rowFactor.rowCount))
      return
    }
    let roots = columnNoise.map { 1 / $0.squareRoot() }
    var weighted = values
    for k in weighted.indices { weighted[k] *= roots[Int(pattern.columns[k])] }
    var covariances = columnCovariances
    let size = rank * rank
    for column in columnNoise.indices {
      for k in column * size..<(column + 1) * size { covariances[k] /= columnNoise[column] }
    }
    _ = Self.update(
      &rowFactor, &rowCovariances, prior: rowPrior, from: columnFactor.scalingRows(by: roots),
      covariances, lines: lines, values: weighted,
      noises: [Double](repeating: 1, count: rowFactor.rowCount))
  }

  /// The same with further components, which the next ``fit(_:_:tolerance:roundLimit:isCancelled:)`` keeps or
  /// removes.
  func grown(by rows: Matrix, _ columns: Matrix) -> VariationalFactorization {
    VariationalFactorization(
      rowFactor: .horizontallyStacked([rowFactor, rows]),
      columnFactor: .horizontallyStacked([columnFactor, columns]), noiseVariance: noiseVariance)
  }

  /// Sizes of a component's two sides are not determined by the data, and drift apart over many rounds; equal prior
  /// variances keep both in range.
  private mutating func balance() {
    let factors = zip(rowPrior, columnPrior).map { row, column in
      let ratio = (column / row).squareRoot().squareRoot()
      return ratio > 0 && ratio.isFinite ? ratio : 1
    }
    let rank = rank
    rowFactor = rowFactor.scalingColumns(by: factors)
    columnFactor = columnFactor.scalingColumns(by: factors.map { 1 / $0 })
    for k in 0..<rank {
      rowPrior[k] *= factors[k] * factors[k]
      columnPrior[k] /= factors[k] * factors[k]
    }
    func rescale(_ blocks: inout [Double], _ factors: [Double]) {
      for start in stride(from: 0, to: blocks.count, by: rank * rank) {
        for a in 0..<rank {
          for b in 0..<rank { blocks[start + a * rank + b] *= factors[a] * factors[b] }
        }
      }
    }
    rescale(&rowCovariances, factors)
    rescale(&columnCovariances, factors.map { 1 / $0 })
  }

  /// Removes the components whose size ‖u_k‖‖v_k‖ is far below what noise alone would show. Returns whether
  /// there were any.
  private mutating func removeUnsupported(entryCount: Int) -> Bool {
    // The spectral norm of pure noise at a share p of the positions, scaled by 1/p, is about s (√rows +
    // √columns)/√p; posterior means of a component that is dying fall below it without bound.
    let rows = Double(rowFactor.rowCount)
    let columns = Double(columnFactor.rowCount)
    let share = Double(entryCount) / (rows * columns)
    let noiseNorm =
      (noiseVariance / share).squareRoot() * (rows.squareRoot() + columns.squareRoot())
    let kept = (0..<rank).filter { k in
      columnNorm(rowFactor, k) * columnNorm(columnFactor, k) > 0.05 * noiseNorm
    }
    guard kept.count < rank else { return false }
    let old = rank
    rowFactor = rowFactor.selecting(columns: kept)
    columnFactor = columnFactor.selecting(columns: kept)
    rowCovariances = Self.selecting(kept, ofBlocks: rowCovariances, size: old)
    columnCovariances = Self.selecting(kept, ofBlocks: columnCovariances, size: old)
    rowPrior = kept.map { rowPrior[$0] }
    columnPrior = kept.map { columnPrior[$0] }
    return true
  }

  private func columnNorm(_ matrix: Matrix, _ column: Int) -> Double {
    var sum = 0.0
    for row in 0..<matrix.rowCount { sum += matrix[row, column] * matrix[row, column] }
    return sum.squareRoot()
  }

  private static func selecting(_ kept: [Int], ofBlocks blocks: [Double], size: Int) -> [Double] {
    guard !kept.isEmpty else { return [] }
    var result: [Double] = []
    result.reserveCapacity(blocks.count / (size * size) * kept.count * kept.count)
    for start in stride(from: 0, to: blocks.count, by: size * size) {
      for a in kept { for b in kept { result.append(blocks[start + a * size + b]) } }
    }
    return result
  }

  private static func priors(_ factor: Matrix, _ covariances: [Double]) -> [Double] {
    let rank = factor.columnCount
    var sums = [Double](repeating: 0, count: rank)
    factor.withUnsafeElements { f in
      for row in 0..<factor.rowCount {
        for k in 0..<rank {
          sums[k] +=
            f[row * rank + k] * f[row * rank + k]
            + covariances[(row * rank + k) * rank + k]
        }
      }
    }
    // A prior variance of zero would divide by zero in the next round.
    return sums.map { max($0 / Double(max(factor.rowCount, 1)), 1e-300) }
  }

  /// From this many entries a row on average, covariances are summed by their mean.
  private static let meanCovarianceCount = 64

  /// Updates one side from the other; returns the expected squared errors over the entries of each line after the
  /// update.
  private static func update(
    _ factor: inout Matrix, _ covariances: inout [Double], prior: [Double], from other: Matrix,
    _ otherCovariances: [Double], lines: Lines, values: [Double], noises: [Double]
  ) -> [Double] {
    var errors = [Double](repeating: 0, count: factor.rowCount)
    let rank = prior.count
    let size = rank * rank
    // With many entries in each row, the sum of their columns' covariances is their number times the mean: the
    // covariances are small beside the factors' squares there, and differ little from each other.
    let usesMean = values.count > Self.meanCovarianceCount * factor.rowCount
    let mean = usesMean || lines.missing != nil ? meanBlock(otherCovariances, size: size) : []
    let total = lines.missing == nil ? [] : other.transposedTimes(other).elements
    let otherCount = Double(other.rowCount)
    let totalBlock = lines.missing == nil ? [] : mean.map { $0 * otherCount }
    let missingStarts = lines.missing?.starts ?? []
    let missing = lines.missing?.places ?? []
    let hasMissing = lines.missing != nil
    let padded = widened(other)
    padded.withUnsafeElements { other in
      factor.withUnsafeMutableElements { means in
        otherCovariances.withUnsafeBufferPointer { otherCovariances in
          covariances.withUnsafeMutableBufferPointer { covariances in
            values.withUnsafeBufferPointer { values in
              lines.starts.withUnsafeBufferPointer { starts in
                mean.withUnsafeBufferPointer { mean in
                  errors.withUnsafeMutableBufferPointer { errors in
                    noises.withUnsafeBufferPointer { noises in
                      missingStarts.withUnsafeBufferPointer { missingStarts in
                        missing.withUnsafeBufferPointer { missing in
                          lines.blocks.forEach(threadCount: lines.threadCount) { _, rows in
                            withUnsafeTemporaryAllocation(
                              of: Double.self, capacity: posterior_scratch_size(rank)
                            ) { scratch in
                              _ = sparse_posterior_rows(
                                rows.count, starts.baseAddress! + rows.lowerBound, lines.others,
                                values.baseAddress,
                                hasMissing ? missingStarts.baseAddress! + rows.lowerBound : nil,
                                hasMissing ? missing.baseAddress : nil, total, totalBlock,
                                other.baseAddress,
                                usesMean ? nil : otherCovariances.baseAddress,
                                usesMean ? mean.baseAddress : nil, rank,
                                noises.baseAddress! + rows.lowerBound, prior,
                                means.baseAddress! + rows.lowerBound * rank,
                                covariances.baseAddress! + rows.lowerBound * size,
                                errors.baseAddress! + rows.lowerBound, scratch.baseAddress)
                            }
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return errors
  }

  /// The same factor with columns of zeros up to a multiple of eight, which the kernel reads in whole registers.
  private static func widened(_ factor: Matrix) -> Matrix {
    let missing = (8 - factor.columnCount % 8) % 8
    guard missing > 0 else { return factor }
    return .horizontallyStacked([
      factor, Matrix(rowCount: factor.rowCount, columnCount: missing),
    ])
  }

  /// The rows of one side, with the places of their entries on the other.
  private struct Lines {
    var starts: [Int]
    var others: [Int32]
    var missing: MissingPlaces?
    var blocks: RowBlocks
    var threadCount: Int
  }

  private func lines(_ pattern: ObservedPattern) -> (rows: Lines, columns: Lines) {
    (
      Lines(
        starts: pattern.rowStarts, others: pattern.columns,
        missing: MissingPlaces(
          starts: pattern.rowStarts, others: pattern.columns, otherCount: pattern.columnCount),
        blocks: pattern.rowBlocks, threadCount: pattern.threadCount),
      Lines(
        starts: pattern.columnStarts, others: pattern.columnOrderRows,
        missing: MissingPlaces(
          starts: pattern.columnStarts, others: pattern.columnOrderRows,
          otherCount: pattern.rowCount), blocks: pattern.columnBlocks,
        threadCount: pattern.threadCount)
    )
  }

  private static func meanBlock(_ blocks: [Double], size: Int) -> [Double] {
    var mean = [Double](repeating: 0, count: size)
    blocks.withUnsafeBufferPointer { blocks in
      mean.withUnsafeMutableBufferPointer { mean in
        for start in stride(from: 0, to: blocks.count, by: size) {
          for k in 0..<size { mean[k] += blocks[start + k] }
        }
        let share = Double(size) / Double(max(blocks.count, 1))
        for k in 0..<size { mean[k] *= share }
      }
    }
    return mean
  }

  /// The variance of a new observation at a position: noise and the uncertainty of both factors.
  func variance(row: Int, column: Int) -> Double {
    let rank = rank
    let size = rank * rank
    var sum = columnNoise?[column] ?? noiseVariance
    rowFactor.withUnsafeElements { u in
      columnFactor.withUnsafeElements { v in
        for a in 0..<rank {
          for b in 0..<rank {
            let left = rowCovariances[row * size + a * rank + b]
            let right = columnCovariances[column * size + a * rank + b]
            sum +=
              u[row * rank + a] * right * u[row * rank + b]
              + v[column * rank + a] * left * v[column * rank + b] + left * right
          }
        }
      }
    }
    return sum
  }
}
