import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

/// The least loss of a network's own class against minimisation over its factors.
@Suite struct ClassMinimumTests {
  /// Alternating least squares over W = AB from several starts: nothing below the formula, and the formula reached.
  @Test func limitedRankIsTheBestThatFactorsFind() throws {
    var generator = SeededGenerator(seed: 31)
    for trial in 0..<500 {
      let (m, n) = (2 + generator.nextIndex(below: 3), 2 + generator.nextIndex(below: 3))
      let rank = 1 + generator.nextIndex(below: min(m, n) - 1)
      let samples = Matrix.gaussian(rowCount: 3 * n, columnCount: n, using: &generator)
      let targets = Matrix.gaussian(rowCount: 3 * n, columnCount: m, using: &generator)
      let objective = try RegressionObjective(inputs: samples, targets: targets)
      let found = try #require(
        try objective.minimum(over: .layered(widths: [n, rank, n + 2, m])))
      expectClose(objective.value(at: found.endToEnd), found.value, relative: 1e-11)
      #expect(try found.endToEnd.singularValues()[rank] <= 1e-13 * found.endToEnd.frobeniusNorm)
      guard trial % 10 == 0 else { continue }
      var best = Double.infinity
      for _ in 0..<3 {
        var left = Matrix.gaussian(rowCount: m, columnCount: rank, using: &generator)
        var right = Matrix.zeros(rank, n)
        for _ in 0..<300 {
          right =
            try left.transposedTimes(left).pseudoinverse()
            * left.transposedTimes(objective.crossCovariance)
            * objective.inputCovariance.pseudoinverse()
          let middle = right * objective.inputCovariance.timesTransposed(right)
          left = try objective.crossCovariance.timesTransposed(right) * middle.pseudoinverse()
        }
        best = min(best, objective.value(at: left * right))
      }
      #expect(best >= found.value * (1 - 1e-12))
      #expect(best <= found.value * (1 + 1e-3))
    }
  }

  /// ½ s² of the values left out for a factorization, and the parts of a symmetric network: no small change of U
  /// lowers the loss, and the gradient at the minimum is zero.
  @Test func symmetricNetworksReachThePositivePart() throws {
    var generator = SeededGenerator(seed: 32)
    for trial in 0..<500 {
      let n = 2 + trial % 4
      let width = 1 + generator.nextIndex(below: n + 1)
      let target = Matrix.gaussian(rowCount: n, columnCount: n, using: &generator)
      let objective = FactorizationObjective(target)
      let found = try #require(try objective.minimum(over: .symmetric(width: width)))
      expectClose(objective.value(at: found.endToEnd), found.value, relative: 1e-12)
      let root = try SymmetricEigendecomposition(of: found.endToEnd.symmetrized())
      let factor = root.eigenvectors.firstColumns(min(width, n))
        .scalingColumns(by: root.eigenvalues.prefix(width).map { max($0, 0).squareRoot() })
      // Other U of this width, near and far.
      for size in [1e-3, 0.1, 1] {
        for _ in 0..<5 {
          let other =
            factor + size
            * Matrix.gaussian(rowCount: n, columnCount: factor.columnCount, using: &generator)
          #expect(
            objective.value(at: other.timesTransposed(other)) >= found.value * (1 - 1e-12))
        }
      }
    }
  }

  @Test func regressionOnWhiteInputsIsAScaledFactorization() throws {
    var generator = SeededGenerator(seed: 33)
    let target = Matrix.gaussian(rowCount: 4, columnCount: 4, using: &generator)
    let regression = try RegressionObjective(
      inputCovariance: 2 * .identity(4), crossCovariance: 2 * target)
    let factorization = FactorizationObjective(target)
    let constant = target.inner(target)
    for width in 1...4 {
      for network in [EndToEndClass.layered(narrowestWidth: width), .symmetric(width: width)] {
        let (a, b) = (
          try #require(try regression.minimum(over: network)),
          try #require(try factorization.minimum(over: network))
        )
        expectClose(a.value + constant, 2 * b.value, relative: 1e-10)
        expectClose(a.endToEnd, b.endToEnd, relative: 1e-10)
      }
    }
  }

  /// Where no formula is known the answer is none, unless the minimum over all matrices is in the class.
  @Test func isUnknownWhereNothingIsKnown() throws {
    let entries = try ObservedEntries(
      rowCount: 2, columnCount: 2, rows: [0, 1], columns: [0, 1], values: [1, 1])
    let completion = CompletionObjective(entries)
    // The least-norm minimiser is the identity.
    #expect(try completion.minimum(over: .layered(widths: [2, 1, 2])) == nil)
    #expect(try completion.minimum(over: .layered(widths: [2, 3, 2]))?.value == 0)
    #expect(try completion.minimum(over: .symmetric(width: 2))?.value == 0)
    let correlated = try RegressionObjective(
      inputCovariance: Matrix(rows: [[2, 1], [1, 2]]), crossCovariance: .diagonal([1, -1]))
    #expect(try correlated.minimum(over: .symmetric(width: 2)) == nil)
  }
}
