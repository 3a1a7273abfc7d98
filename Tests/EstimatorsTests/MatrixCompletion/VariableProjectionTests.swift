import Dynamics
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@testable import Estimators

@Suite struct VariableProjectionTests {
  private func start(_ truth: Matrix, rank: Int, error: Double, seed: UInt64 = 5) throws -> Matrix {
    var generator = SeededGenerator(seed: seed)
    let right = try SingularValueDecomposition(of: truth).rightVectors.firstColumns(rank)
    return right
      + error * .gaussian(rowCount: right.rowCount, columnCount: rank, using: &generator)
  }

  @Test(arguments: 1...4) func exactDataAreFittedToRounding(_ rank: Int) throws {
    let problem = completionProblem(40, 30, rank: rank, count: 700)
    let fit = try VariableProjection(rank: rank).fit(
      problem.entries, from: start(problem.truth, rank: rank, error: 0.05))
    #expect(fit.outcome == .converged)
    #expect(fit.relativeResidual <= 1e-13)
    expectOrthonormalColumns(fit.columnFactor, ulps: backwardErrorUlps(40, 30))
    #expect(relativeError(fit.rowFactor * fit.columnFactor.transposed(), problem.truth) < 1e-11)
  }

  /// Near the answer of exact data, each iteration squares the error, up to what is left of the damping.
  @Test func convergenceIsQuadratic() throws {
    let problem = completionProblem(40, 30, rank: 3, count: 700)
    let from = try start(problem.truth, rank: 3, error: 0.05)
    let residuals = try (0...7).map { limit in
      try VariableProjection(rank: 3, iterationLimit: limit).fit(problem.entries, from: from)
        .relativeResidual
    }
    #expect(zip(residuals, residuals.dropFirst()).allSatisfy { $0 > $1 || $1 <= 1e-13 })
    let digits = residuals.filter { $0 > 1e-13 }
    // Once the residual is 1e-3, the next but one below 1e-13.
    let near = try #require(digits.firstIndex { $0 < 1e-3 })
    #expect(digits.count - near <= 3, "\(residuals)")
  }

  @Test func conjugateGradientsReachTheSamePoint() throws {
    // 4·400 unknowns are too many for a factorization.
    let problem = completionProblem(420, 400, rank: 4, count: 16_000)
    let fit = try VariableProjection(rank: 4).fit(
      problem.entries, from: start(problem.truth, rank: 4, error: 0.01))
    #expect(fit.outcome == .converged)
    #expect(relativeError(fit.rowFactor * fit.columnFactor.transposed(), problem.truth) < 1e-10)
  }

  @Test func noisyDataStallAtTheLeastSquares() throws {
    let problem = completionProblem(40, 30, rank: 2, count: 700, noise: 0.1)
    let fit = try VariableProjection(rank: 2).fit(
      problem.entries, from: start(problem.truth, rank: 2, error: 0.05))
    #expect(fit.outcome.kind == "stalled")
    // 700 values, 2·(40 + 30 − 2) = 136 numbers fitted: noise 0.1·√(564/700), with values of size one.
    #expect(abs(fit.relativeResidual - 0.1 * (564.0 / 700).squareRoot()) < 0.01)
  }

  @Test func interruptionKeepsTheFit() throws {
    let problem = completionProblem(40, 30, rank: 2, count: 700)
    let fit = try VariableProjection(rank: 2).fit(
      problem.entries, from: start(problem.truth, rank: 2, error: 0.05), isCancelled: { true })
    #expect(fit.outcome == .interrupted(atStep: 0))
    #expect(fit.rowFactor.isFinite)
  }

  @Test func zerosAreFittedAtOnce() throws {
    let fit = try VariableProjection(rank: 1).fit(
      .all(of: .zeros(4, 3)), from: Matrix(rows: [[1], [2], [3]]))
    #expect(fit.outcome == .converged && fit.relativeResidual == 0 && fit.iterations == 0)
  }
}
