import Dynamics
import Estimators
import LinearAlgebra
import Testing

@Suite struct TensorCompleterTests {
  struct Problem {
    var truth: [Double]
    var entries: ObservedTensor
  }

  /// A sum of products of Gaussian vectors, some entries of it, and noise relative to its root mean square.
  static func problem(
    _ shape: [Int], rank: Int, count: Int, noise: Double = 0, seed: UInt64
  ) throws -> Problem {
    var generator = SeededGenerator(seed: seed)
    let factors = shape.map { Matrix.gaussian(rowCount: $0, columnCount: rank, using: &generator) }
    let total = shape.reduce(1, *)
    func position(_ place: Int) -> [Int] {
      var rest = place
      var result = shape
      for n in shape.indices.reversed() {
        result[n] = rest % shape[n]
        rest /= shape[n]
      }
      return result
    }
    let truth = (0..<total).map { place in
      let position = position(place)
      return (0..<rank).reduce(0) { sum, r in
        sum + shape.indices.reduce(1) { $0 * factors[$1][position[$1], r] }
      }
    }
    let size = (truth.reduce(0) { $0 + $1 * $1 } / Double(total)).squareRoot()
    let places = generator.sample(count, below: total)
    return Problem(
      truth: truth,
      entries: try ObservedTensor(
        shape: shape, indices: places.flatMap(position),
        values: places.map { truth[$0] + noise * size * generator.nextGaussian() }))
  }

  static func relativeError(_ actual: [Double], _ expected: [Double]) -> Double {
    let error = zip(actual, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (error / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  @Test(arguments: [UInt64(1), 2])
  func recoversCanonicalTensor(seed: UInt64) throws {
    let problem = try Self.problem([12, 10, 11], rank: 2, count: 330, seed: seed)
    let fit = try TensorCompleter().fit(problem.entries)
    #expect(fit.isExact && fit.ranks == [2] && fit.outcome == .converged)
    #expect(Self.relativeError(fit.completion(), problem.truth) <= 1e-9)
    #expect(fit.value(at: [3, 4, 5]) == fit.completion()[(3 * 10 + 4) * 11 + 5])
  }

  /// With few entries, components may cancel at all of them; a fit that has such is exact and wrong.
  @Test func anExactFitThatTheEntriesDoNotPinDownIsNotTaken() throws {
    var generator = SeededGenerator(seed: 4)
    let factors = (0..<3).map { _ in
      Matrix.orthogonal(rowCount: 12, columnCount: 2, using: &generator)
    }
    func position(_ place: Int) -> [Int] { [place / 144, place / 12 % 12, place % 12] }
    let truth = (0..<1728).map { place in
      let position = position(place)
      return [2.0, 1].enumerated().reduce(0) { sum, weight in
        sum + (0..<3).reduce(weight.1) { $0 * factors[$1][position[$1], weight.0] }
      }
    }
    let places = generator.sample(250, below: 1728)
    let entries = try ObservedTensor(
      shape: [12, 12, 12], indices: places.flatMap(position), values: places.map { truth[$0] })
    let fit = try TensorCompleter(seed: 4).fit(entries)
    #expect(fit.isExact && fit.ranks == [2])
    #expect(Self.relativeError(fit.completion(), truth) <= 1e-9)
  }

  @Test func recoversHierarchicalTensor() throws {
    let problem = try Self.problem([6, 6, 6, 6], rank: 2, count: 500, seed: 3)
    let fit = try TensorCompleter(structure: .hierarchical).fit(problem.entries)
    #expect(fit.isExact && fit.ranks == [2, 2, 2])
    #expect(Self.relativeError(fit.completion(), problem.truth) <= 1e-9)
  }

  /// From near zero few components rise: the third stays a hundred times smaller than the second.
  @Test func lowRankEmerges() throws {
    let problem = try Self.problem([12, 10, 11], rank: 2, count: 330, seed: 1)
    let fit = try TensorCompleter(componentCount: 10, initialScale: 1e-7).fit(problem.entries)
    let sizes = try #require(fit.path.last?.componentSizes.first)
    #expect(sizes.count == 10)
    #expect(sizes[2] < 1e-2 * sizes[1])
  }

  @Test func noiseIsFittedAtTheRightRank() throws {
    let problem = try Self.problem([12, 10, 11], rank: 2, count: 500, noise: 0.1, seed: 4)
    let fit = try TensorCompleter().fit(problem.entries)
    #expect(!fit.isExact && fit.ranks == [2])
    // 62 degrees of freedom in 500 entries leave √(62/500) of the noise.
    #expect(
      Self.relativeError(fit.completion(), problem.truth) <= 2 * 0.1 * (62.0 / 500).squareRoot())
    #expect(try #require(fit.holdoutError) > 0)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let entries = try ObservedTensor(
      shape: [2, 2, 2], indices: [0, 0, 0, 1, 1, 1], values: [1, 2])
    #expect(throws: TensorCompleter.Failure.orderNotFour(3)) {
      try TensorCompleter(structure: .hierarchical).fit(entries)
    }
    #expect(throws: TensorCompleter.Failure.componentCountNotPositive(0)) {
      try TensorCompleter(componentCount: 0).fit(entries)
    }
    #expect(throws: ObservedTensor.Failure.duplicate(first: 0, second: 1)) {
      _ = try ObservedTensor(shape: [2, 2], indices: [0, 1, 0, 1], values: [1, 2])
    }
    #expect(throws: ObservedTensor.Failure.outside(entry: 0, position: [0, 2], shape: [2, 2])) {
      _ = try ObservedTensor(shape: [2, 2], indices: [0, 2], values: [1])
    }
    #expect(throws: ObservedTensor.Failure.notFinite(entry: 0, value: .infinity)) {
      _ = try ObservedTensor(shape: [2, 2], indices: [0, 1], values: [.infinity])
    }
  }
}
