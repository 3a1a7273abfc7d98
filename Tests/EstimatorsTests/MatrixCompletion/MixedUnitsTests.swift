import LinearAlgebra
import LinearNetworks
import Testing

@testable import Estimators

/// Columns of different units, and what no candidate may be worse than.
@Suite struct MixedUnitsTests {
  private struct Table {
    var truth: Matrix
    var observed: ObservedEntries
    var isKnown: [Bool]
  }

  private func table(seed: UInt64, units: [Double]) -> Table {
    var generator = SeededGenerator(seed: seed)
    let count = units.count
    let left = Matrix.gaussian(rowCount: 150, columnCount: 3, using: &generator)
    let right = Matrix.gaussian(rowCount: count, columnCount: 3, using: &generator)
    var noisy = left * right.transposed()
    for i in 0..<150 {
      for j in 0..<count {
        noisy[i, j] = units[j] * (noisy[i, j] + 0.5 * generator.nextGaussian() + 4 * Double(j % 3))
      }
    }
    var isKnown: [Bool] = []
    let observed = ObservedEntries.all(of: noisy) { _, _ in
      isKnown.append(generator.nextUniform() < 0.85)
      return !(isKnown.last ?? false)
    }
    return Table(truth: noisy, observed: observed, isKnown: isKnown)
  }

  /// The root mean square over the unknown cells, each column in its own unit.
  private func error(_ filled: Matrix, _ table: Table, _ units: [Double]) -> Double {
    var sum = 0.0
    var count = 0.0
    for i in 0..<150 {
      for j in units.indices where !table.isKnown[i * units.count + j] {
        let difference = (filled[i, j] - table.truth[i, j]) / units[j]
        sum += difference * difference
        count += 1
      }
    }
    return (sum / count).squareRoot()
  }

  @Test func unitsDoNotChangeTheAnswer() throws {
    let units = (0..<14).map { [1.0, 1e3, 1e-4, 30, 0.01][$0 % 5] }
    let raw = table(seed: 2, units: units)
    let plain = table(seed: 2, units: units.map { _ in 1 })
    let rawFit = try MatrixCompleter(effort: .quick).fit(raw.observed)
    let plainFit = try MatrixCompleter(scaling: .columns, effort: .quick).fit(plain.observed)
    #expect(rawFit.hasScaledColumns)
    let rawError = error(rawFit.completion(), raw, units)
    let plainError = error(plainFit.completion(), plain, units.map { _ in 1 })
    #expect(abs(rawError / plainError - 1) < 0.01)
    // The noise is ½; what it costs to find three components from 1,800 entries comes on top.
    #expect(rawError < 0.75)
  }

  @Test func oneUnitIsLeftAlone() throws {
    let problem = completionProblem(120, 60, rank: 3, count: 2400, noise: 0.1)
    #expect(try !MatrixCompleter(effort: .quick).fit(problem.entries).hasScaledColumns)
  }

  /// New rows of a scaled table are predicted in the units of the columns.
  @Test func newRowsHaveTheUnits() throws {
    let units = (0..<14).map { [1.0, 1e3, 1e-4, 30, 0.01][$0 % 5] }
    let raw = table(seed: 3, units: units)
    let fit = try MatrixCompleter().fit(raw.observed)
    // The same rows as if they were new: their answers are those of the fit, to a part of the noise.
    let filled = try fit.model.fillingNewRows(raw.observed).completion
    let again = error(filled, raw, units)
    #expect(again < 1.1 * error(fit.completion(), raw, units))
  }

  /// Sparse ratings with offsets: never worse than the offsets alone.
  @Test func sparseRatingsAreNoWorseThanOffsets() throws {
    var generator = SeededGenerator(seed: 8)
    let rows = (0..<600).map { _ in 0.5 * generator.nextGaussian() }
    let columns = (0..<500).map { _ in 0.5 * generator.nextGaussian() }
    var taken = Set<Int>()
    var held: [(Int, Int, Double)] = []
    var (i, j, values): ([Int32], [Int32], [Double]) = ([], [], [])
    while values.count < 4000 {
      // Squares of uniform numbers: most entries lie in few rows and columns.
      let row = Int(600 * generator.nextUniform() * generator.nextUniform())
      let column = Int(500 * generator.nextUniform() * generator.nextUniform())
      guard taken.insert(row * 500 + column).inserted else { continue }
      let value = 3.5 + rows[row] + columns[column] + generator.nextGaussian()
      if generator.nextUniform() < 0.1 {
        held.append((row, column, value))
      } else {
        i.append(Int32(row))
        j.append(Int32(column))
        values.append(value)
      }
    }
    let entries = try ObservedEntries(
      rowCount: 600, columnCount: 500, rows: i, columns: j, values: values)
    let fit = try MatrixCompleter().fit(entries)
    let completed = fit.completion()
    let offsets = AdditiveOffsets(fitting: entries)
    let gains = held.map { row, column, value in
      let own = completed[row, column] - value
      let plain = offsets.value(row: row, column: column) - value
      return plain * plain - own * own
    }
    let mean = gains.reduce(0, +) / Double(gains.count)
    let spread = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    #expect(mean > -2 * spread.squareRoot() / Double(gains.count))
    // Shrunk by the data's own variances: the offsets do not vanish where rows have few entries.
    #expect(rootMeanSquare(offsets.columns) > 0.2)
  }
}
