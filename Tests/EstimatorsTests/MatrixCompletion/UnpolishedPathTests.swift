import Dynamics
import Estimators
import LinearAlgebra
import LinearNetworks
import Testing

/// The network itself as the answer, trained on all entries.
@Suite struct UnpolishedPathTests {
  /// Few entries: each further layer brings the network itself nearer to the matrix of low rank, as in the tables of Arora
  /// et al. 2019; with the polish all depths end at the matrix.
  @Test func depthShows() throws {
    var sums = [0.0, 0, 0]
    for seed in 0..<3 as Range<UInt64> {
      let problem = completionProblem(30, 30, rank: 2, count: 240, seed: seed)
      for (place, depth) in [1, 2, 3].enumerated() {
        let fit = try MatrixCompleter(depth: depth, seed: seed, polish: .none).fit(problem.entries)
        #expect(fit.outcome == .converged && !fit.isExact && fit.holdoutError == nil)
        // A mean square of 1e-9 of the entries' own.
        let size = problem.entries.values.reduce(0) { $0 + $1 * $1 } / 240
        #expect(fit.trainingError <= (1.001e-9 * size).squareRoot())
        sums[place] += relativeError(fit.completion(), problem.truth) / 3
      }
    }
    // One layer leaves what it does not see at its start, next to zero.
    #expect(sums[0] > 0.5 && sums[1] < sums[0] && sums[2] < 0.3 * sums[1], "\(sums)")
  }

  /// What is trained is the whole table, and every answer is a number.
  @Test func theNetworkMeetsTheEntriesOfAnyTable() throws {
    let problem = completionProblem(20, 12, rank: 2, count: 150, noise: 0.1)
    let scaled = problem.entries.scaled(by: 1e80)
    let fit = try MatrixCompleter(
      depth: 2, width: 5, recordingInterval: 10, polish: .none
    ).fit(scaled)
    #expect(fit.rank <= 5 && fit.path.points.count > 5)
    #expect(fit.completion().elements.allSatisfy { $0.isFinite })
    let again = try MatrixCompleter(
      depth: 2, width: 5, recordingInterval: 10, polish: .none
    ).fit(scaled)
    #expect(again.completion() == fit.completion())
    #expect(throws: MatrixCompleter.Failure.intervalsNeedPolish) {
      try MatrixCompleter(intervalCoverage: 0.9, polish: .none).fit(problem.entries)
    }
    let cancelled = try MatrixCompleter(polish: .none).fit(problem.entries) { $0.fraction < 0.001 }
    #expect(cancelled.outcome.kind == "interrupted")
  }
}
