import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@testable import Estimators

@Suite struct AdditiveOffsetsTests {
  private func table(noise: Double, share: Double) -> (
    truth: AdditiveOffsets, entries: ObservedEntries
  ) {
    var generator = SeededGenerator(seed: 1)
    let truth = AdditiveOffsets(
      mean: 4, rows: (0..<30).map { _ in generator.nextGaussian() },
      columns: (0..<40).map { _ in 2 * generator.nextGaussian() })
    var values = Matrix(rowCount: 30, columnCount: 40)
    for i in 0..<30 {
      for j in 0..<40 {
        values[i, j] = truth.value(row: i, column: j) + noise * generator.nextGaussian()
      }
    }
    return (truth, .all(of: values) { _, _ in generator.nextUniform() >= share })
  }

  @Test func exactOffsetsAreFound() {
    let (_, entries) = table(noise: 0, share: 0.5)
    let fit = AdditiveOffsets(fitting: entries)
    // The sweeps converge linearly; twenty leave far less than any noise.
    #expect(fit.subtracted(from: entries).values.allSatisfy { abs($0) < 1e-3 })
  }

  @Test func noisyOffsetsAreFoundToTheirStandardError() {
    let (truth, entries) = table(noise: 1, share: 0.6)
    let fit = AdditiveOffsets(fitting: entries)
    var squared = 0.0
    for i in 0..<30 {
      for j in 0..<40 {
        let error = fit.value(row: i, column: j) - truth.value(row: i, column: j)
        squared += error * error
      }
    }
    // 69 free numbers from 720 values with noise one: mean square 69/720 on average, less by shrinking.
    #expect(squared / 1200 < 1.5 * 69 / 720)
  }

  @Test func rowsAndColumnsWithoutEntriesGetZero() throws {
    let entries = try ObservedEntries(
      rowCount: 3, columnCount: 3, rows: [0, 0, 2], columns: [0, 1, 1], values: [1, 2, 3])
    let fit = AdditiveOffsets(fitting: entries)
    #expect(fit.mean == 2)
    #expect(fit.rows[1] == 0 && fit.columns[2] == 0)
  }

  @Test func pureNoiseIsShrunkAway() {
    var generator = SeededGenerator(seed: 2)
    let entries = ObservedEntries.all(
      of: .gaussian(rowCount: 40, columnCount: 40, using: &generator))
    let fit = AdditiveOffsets(fitting: entries)
    // Unshrunk means of 40 values scatter by 1/√40 = 0.16.
    #expect(rootMeanSquare(fit.rows) < 0.1)
    #expect(rootMeanSquare(fit.columns) < 0.1)
  }

  @Test(arguments: [1e-300, 1e-160, 1e160, 1e300]) func unitDoesNotMatter(_ unit: Double) {
    let (_, entries) = table(noise: 1, share: 0.5)
    let plain = AdditiveOffsets(fitting: entries)
    let scaled = AdditiveOffsets(fitting: entries.scaled(by: unit))
    expectClose(scaled.rows, plain.rows.map { $0 * unit }, ulps: 1000)
    expectClose(scaled.columns, plain.columns.map { $0 * unit }, ulps: 1000)
    expectClose(scaled.mean, plain.mean * unit, ulps: 100)
  }

  @Test func nothingAndZerosGiveZeros() throws {
    let none = try ObservedEntries(rowCount: 2, columnCount: 2, rows: [], columns: [], values: [])
    let zero = AdditiveOffsets(mean: 0, rows: [0, 0], columns: [0, 0])
    #expect(AdditiveOffsets(fitting: none) == zero)
    #expect(AdditiveOffsets(fitting: .all(of: .zeros(2, 2))) == zero)
  }
}
