import DeepLinear
package import MessagePassing

// Goals: 1. The bits of the answer do not depend on the number of ranks: what is added over ranks is whole numbers.
// 2. A rank's memory is its own entries, the column factors, and one strip of normal equations.  3. What is needed to go
// on is the column factors and the number of the round.

/// Fills in a matrix by alternating least squares, its rows divided among ranks.
///
/// With b ≈ uᵢᵀvⱼ a round solves (Σⱼ vⱼvⱼᵀ + λnᵢ) uᵢ = Σⱼ bᵢⱼvⱼ for every row of its own, then
/// (Σᵢ uᵢuᵢᵀ + λmⱼ) vⱼ = Σᵢ bᵢⱼuᵢ for every column, whose sums go over all ranks, a strip of columns at a time.
///
/// - Complexity: a round costs O(entries · width²) and sends columns · (width² + 3 width)/2 whole numbers.
package struct DividedCompleter {
  /// The width of the factors.
  package var rank: Int
  /// λ: what the squared norms are weighed with for each known entry, as in ALS-WR; 0 for a fit of exact data.
  package var penalty: Double
  /// The largest number of rounds.
  package var roundLimit: Int
  /// The root mean square of the residuals relative to that of the values at which it is done.
  package var tolerance: Double
  package var seed: UInt64
  /// How many threads a rank uses.
  package var threadCount = 1

  package init(rank: Int, penalty: Double, roundLimit: Int, tolerance: Double, seed: UInt64) {
    self.rank = rank
    self.penalty = penalty
    self.roundLimit = roundLimit
    self.tolerance = tolerance
    self.seed = seed
  }

  /// Where a fit stands after a round.
  package struct State: Sendable {
    package var round: Int
    /// Column by column, `rank` numbers each.
    package var columnFactors: [Double]
    /// The root mean square of the residuals.
    package var error: Double
    package var isDone: Bool

    package init(round: Int, columnFactors: [Double], error: Double, isDone: Bool) {
      self.round = round
      self.columnFactors = columnFactors
      self.error = error
      self.isDone = isDone
    }
  }

  /// Columns whose normal equations are summed together.
  private static let stripWidth = 2048

  /// A start: independent numbers, the same on every rank.
  package func start(columnCount: Int) -> State {
    var random = SeededGenerator(seed: seed)
    return State(
      round: 0,
      columnFactors: (0..<columnCount * rank).map { _ in random.nextGaussian() },
      error: .infinity, isDone: false)
  }

  /// Runs from a state to the end.
  ///
  /// - Parameters:
  ///   - blocks: those of this rank.
  ///   - numbers: which of all blocks they are.
  ///   - blockCount: how many there are on all ranks.
  ///   - observe: called after each round with the state; false ends the run.
  package func run(
    _ blocks: [EntryBlock], numbers: [Int], of blockCount: Int, columnCount: Int, from start: State,
    ranks: Ranks, observe: (State) -> Bool
  ) -> (state: State, rowFactors: [[Double]]) {
    var state = start
    let counts = columnCounts(blocks, columnCount, ranks)
    let scale = valueScale(blocks, numbers, blockCount, ranks)
    var factors: [[Double]] = []
    while true {
      let ridge = ridge(inRound: state.round)
      factors = blocks.map { rowFactors(of: $0, state.columnFactors, ridge) }
      if state.isDone || state.round >= roundLimit { return (state, factors) }
      update(&state.columnFactors, blocks, factors, counts, scale.largest, ridge, ranks)
      let squares = zip(blocks, factors).map { squaredResiduals(of: $0, $1, state.columnFactors) }
      let error = (total(squares, numbers, blockCount, ranks) / scale.count).squareRoot()
      state.round += 1
      // At a floor of rounding, or at the least of a penalised fit, nothing more changes.
      let hasSettled =
        penalty > 0 && abs(state.error - error) <= 1e-7 * error
      state.error = error
      state.isDone = error <= tolerance * scale.meanSquare.squareRoot() || hasSettled
      guard observe(state) else { return (state, factors) }
    }
  }

  /// λ, or for exact data a ridge that dies out: it keeps the first rounds from running after few entries.
  private func ridge(inRound round: Int) -> Double {
    if penalty > 0 { return penalty }
    var ridge = 0.03
    for _ in 0..<round { ridge *= 0.5 }
    return ridge < 1e-13 ? 0 : ridge
  }

  // MARK: Rows

  private func rowFactors(of block: EntryBlock, _ columns: [Double], _ ridge: Double) -> [Double] {
    var result = [Double](repeating: 0, count: block.rows.count * rank)
    var equations = NormalEquations(width: rank)
    columns.withUnsafeBufferPointer { columns in
      for place in block.rows.indices {
        equations.clear()
        for e in block.starts[place]..<block.starts[place + 1] {
          equations.add(columns.baseAddress! + Int(block.columns[e]) * rank, block.values[e])
        }
        let count = block.starts[place + 1] - block.starts[place]
        equations.solve(ridge: ridge * Double(count), into: &result, at: place * rank)
      }
    }
    return result
  }

  // MARK: Columns

  private func update(
    _ columns: inout [Double], _ blocks: [EntryBlock], _ rowFactors: [[Double]], _ counts: [Int64],
    _ largestValue: Double, _ ridge: Double, _ ranks: Ranks
  ) {
    let size = rank * (rank + 1) / 2 + rank
    var largest = [
      rowFactors.reduce(0.0) { $1.reduce($0) { max($0, abs($1)) } }
    ]
    ranks.largest(&largest)
    var sums = ExactSum(count: Self.stripWidth * size)
    var equations = NormalEquations(width: rank)
    for first in stride(from: 0, to: counts.count, by: Self.stripWidth) {
      let last = min(first + Self.stripWidth, counts.count)
      sums.clear()
      func units(_ column: Int) -> (matrix: Double, vector: Double) {
        let count = Double(counts[column])
        return (
          ExactSum.unit(bound: count * largest[0] * largest[0]),
          ExactSum.unit(bound: count * largest[0] * largestValue)
        )
      }
      for (block, factors) in zip(blocks, rowFactors) {
        factors.withUnsafeBufferPointer { factors in
          for column in first..<last
          where block.columnStarts[column + 1] > block.columnStarts[column] {
            equations.clear()
            for e in block.columnStarts[column]..<block.columnStarts[column + 1] {
              equations.add(
                factors.baseAddress! + Int(block.columnRows[e]) * rank, block.columnValues[e])
            }
            let units = units(column)
            let place = (column - first) * size
            for k in 0..<size - rank {
              sums.add(equations.matrix[k], at: place + k, unit: units.matrix)
            }
            for k in 0..<rank {
              sums.add(equations.vector[k], at: place + size - rank + k, unit: units.vector)
            }
          }
        }
      }
      sums.gather(ranks)
      for column in first..<last where counts[column] > 0 {
        let units = units(column)
        let place = (column - first) * size
        for k in 0..<size - rank {
          equations.matrix[k] = sums.value(at: place + k, unit: units.matrix)
        }
        for k in 0..<rank {
          equations.vector[k] = sums.value(at: place + size - rank + k, unit: units.vector)
        }
        equations.solve(
          ridge: ridge * Double(counts[column]), into: &columns, at: column * rank)
      }
    }
  }

  // MARK: What all ranks know

  private func columnCounts(
    _ blocks: [EntryBlock], _ columnCount: Int, _ ranks: Ranks
  ) -> [Int64] {
    var counts = [Int64](repeating: 0, count: columnCount)
    for block in blocks {
      for column in 0..<columnCount {
        counts[column] += Int64(block.columnStarts[column + 1] - block.columnStarts[column])
      }
    }
    ranks.sum(&counts)
    return counts
  }

  private func valueScale(
    _ blocks: [EntryBlock], _ numbers: [Int], _ blockCount: Int, _ ranks: Ranks
  ) -> (largest: Double, meanSquare: Double, count: Double) {
    var largest = [blocks.reduce(0.0) { $1.values.reduce($0) { max($0, abs($1)) } }]
    ranks.largest(&largest)
    var count = [Int64(blocks.reduce(0) { $0 + $1.count })]
    ranks.sum(&count)
    let squares = blocks.map { $0.values.reduce(0) { $0 + $1 * $1 } }
    let mean = total(squares, numbers, blockCount, ranks) / Double(count[0])
    return (largest[0], mean, Double(count[0]))
  }

  /// A sum over blocks in their order: each rank sends the bits of its own, and zeros for those of others.
  private func total(
    _ parts: [Double], _ numbers: [Int], _ blockCount: Int, _ ranks: Ranks
  ) -> Double {
    var bits = [Int64](repeating: 0, count: blockCount)
    for (number, part) in zip(numbers, parts) { bits[number] = Int64(bitPattern: part.bitPattern) }
    ranks.sum(&bits)
    return bits.reduce(0) { $0 + Double(bitPattern: UInt64(bitPattern: $1)) }
  }

  private func squaredResiduals(of block: EntryBlock, _ rows: [Double], _ columns: [Double])
    -> Double
  {
    var sum = 0.0
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        for place in block.rows.indices {
          for e in block.starts[place]..<block.starts[place + 1] {
            var product = 0.0
            let column = Int(block.columns[e]) * rank
            for k in 0..<rank { product += rows[place * rank + k] * columns[column + k] }
            sum += (product - block.values[e]) * (product - block.values[e])
          }
        }
      }
    }
    return sum
  }
}
