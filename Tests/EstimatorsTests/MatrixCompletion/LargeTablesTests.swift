import Dynamics
import LinearAlgebra
import LinearNetworks
import Testing
import _TestSupport

@testable import Estimators

/// The way of large tables, on tables small enough for the other way too.
@Suite struct LargeTablesTests {
  private func large(
    rank: Int? = nil, holdoutFraction: Double = 0.1, threadCount: Int? = nil,
    effort: CompletionEffort = .normal
  ) -> MatrixCompleter {
    var completer = MatrixCompleter(
      rank: rank, holdoutFraction: holdoutFraction, threadCount: threadCount, effort: effort)
    completer.largeCount = 0
    return completer
  }

  /// Exact data have one answer; both ways give it, to the accuracy both promise.
  @Test func bothWaysCompleteExactData() throws {
    let problem = completionProblem(80, 60, rank: 2, count: 2000)
    let small = try MatrixCompleter().fit(problem.entries)
    let other = try large().fit(problem.entries)
    #expect(small.isExact && other.isExact)
    #expect(relativeError(other.completion(), small.completion()) < 1e-9)
  }

  /// With noise both ways stop within a tolerance of the same stationary point of the variational bound, from
  /// different starts: the path of the network, and the leading components of the entries. Run to the end they
  /// agree.
  @Test func bothWaysMinimiseTheSame() throws {
    // One component three times the other: nearly equal ones turn into each other for thousands of rounds.
    var generator = SeededGenerator(seed: 3)
    let left = Matrix.gaussian(rowCount: 80, columnCount: 2, using: &generator)
    let right = Matrix.gaussian(rowCount: 60, columnCount: 2, using: &generator)
    let truth = left.scalingColumns(by: [0.9, 0.3]) * right.transposed()
    let noise = Matrix.gaussian(
      rowCount: 80, columnCount: 60, standardDeviation: 0.1, using: &generator)
    let entries = ObservedEntries.all(of: truth + noise) { _, _ in generator.nextUniform() < 0.5 }
    let pattern = ObservedPattern(of: entries)
    var descent = PathDescent(
      rowCount: 80, columnCount: 60, depth: 3, width: 8, initialScale: 1e-5,
      recordingInterval: nil, using: &generator)
    _ = descent.descend(
      entries, pattern: pattern, untilMeanSquare: 0.015, stepLimit: 600,
      observe: { _, _, _ in .goOn }
    )
    let followed = try NoisyFit.factors(of: descent.network)
    let starts = [
      VariationalFactorization(
        rowFactor: followed.left.firstColumns(1), columnFactor: followed.right.firstColumns(1),
        noiseVariance: 0.1),
      VariationalFactorization(
        rowFactor: Matrix(rowCount: 80, columnCount: 0),
        columnFactor: Matrix(rowCount: 60, columnCount: 0), noiseVariance: 1),
    ]
    let ends = starts.map { start in
      var fit = VariationalFit(
        entries, pattern: pattern, factors: start, offsets: nil, isCancelled: { false })
      fit.run(using: &generator)
      let stopped = fit.factors
      var settled = stopped
      settled.fit(pattern, entries.values, tolerance: 1e-13, roundLimit: 5000)
      // Where the fit stops by itself it is far nearer to the end than to the truth.
      let left = relativeError(stopped.product, settled.product)
      #expect(left < 0.02 * relativeError(settled.product, truth))
      return settled
    }
    let (fromPath, fromEntries) = (ends[0], ends[1])
    #expect(fromPath.rank == 2 && fromEntries.rank == 2)
    #expect(relativeError(fromEntries.product, fromPath.product) < 1e-6)
    #expect(abs(fromEntries.noiseVariance / fromPath.noiseVariance - 1) < 1e-6)
  }

  @Test func answersDoNotDependOnThreads() throws {
    // Two blocks of rows at least.
    let problem = completionProblem(200, 160, rank: 2, count: 20_000, noise: 0.5)
    #expect(ObservedPattern(of: problem.entries).rowBlocks.count > 1)
    let fits = try [1, 3].map { try large(threadCount: $0).fit(problem.entries) }
    for fit in fits.dropFirst() {
      #expect(fit.model == fits[0].model)
      #expect(fit.holdoutError == fits[0].holdoutError)
      #expect(fit.iterations == fits[0].iterations)
    }
  }

  @Test func rankIsABound() throws {
    let problem = completionProblem(120, 100, rank: 3, count: 6000, noise: 0.2)
    for (bound, expected) in [(1, 1), (3, 3), (9, 3)] {
      for completer in [MatrixCompleter(rank: bound), large(rank: bound, holdoutFraction: 0)] {
        let fit = try completer.fit(problem.entries)
        #expect(fit.rank == expected)
        // The degrees of freedom of three components over the entries: 3·220/6000 of the noise's square.
        if expected == 3 {
          #expect(relativeError(fit.completion(), problem.truth) < 1.3 * 0.2 * 0.11.squareRoot())
        }
      }
    }
    // An exact answer of higher rank is no answer.
    let exact = completionProblem(60, 50, rank: 3, count: 1500)
    let fit = try MatrixCompleter(rank: 2).fit(exact.entries)
    #expect(!fit.isExact && fit.rank <= 2)
    #expect(try MatrixCompleter(rank: 4).fit(exact.entries).isExact)
  }

  /// Ratings from 1 to 5: a mean, users and items that differ, two tastes, noise, and whole numbers.
  @Test func ratingsWithOffsets() throws {
    var generator = SeededGenerator(seed: 8)
    let (users, items, noise) = (300, 200, 0.5)
    let userOffsets = (0..<users).map { _ in 0.5 * generator.nextGaussian() }
    let itemOffsets = (0..<items).map { _ in 0.7 * generator.nextGaussian() }
    let left = Matrix.gaussian(
      rowCount: users, columnCount: 2, standardDeviation: 0.6, using: &generator)
    let right = Matrix.gaussian(
      rowCount: items, columnCount: 2, standardDeviation: 0.6, using: &generator)
    var truth = left * right.transposed()
    for i in 0..<users {
      for j in 0..<items { truth[i, j] += 3.2 + userOffsets[i] + itemOffsets[j] }
    }
    var noisy = truth
    for i in 0..<users {
      for j in 0..<items {
        noisy[i, j] = min(max((truth[i, j] + noise * generator.nextGaussian()).rounded(), 1), 5)
      }
    }
    let entries = ObservedEntries.all(of: noisy) { _, _ in generator.nextUniform() < 0.7 }
    let fit = try large(effort: .quick).fit(entries)
    // Compared with the ratings the truth would give without noise or rounding, where they are inside the scale.
    let completion = fit.completion()
    var (squares, count) = (0.0, 0.0)
    for i in 0..<users {
      for j in 0..<items where truth[i, j] > 2 && truth[i, j] < 4 {
        squares += (completion[i, j] - truth[i, j]) * (completion[i, j] - truth[i, j])
        count += 1
      }
    }
    // Noise and rounding to whole numbers have variance ¼ + 1/12; about 4·500 numbers are found from 18,000.
    let expected = ((0.25 + 1.0 / 12) * 2000 / 18_000).squareRoot()
    #expect((squares / count).squareRoot() < 1.5 * expected)
    let held = try #require(fit.holdoutError)
    #expect(held < 1.15 * (0.25 + 1.0 / 12 + expected * expected).squareRoot())
  }
}

extension VariationalFactorization {
  fileprivate var product: Matrix { rowFactor * columnFactor.transposed() }
}
