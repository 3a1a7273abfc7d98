import Estimators
import LinearAlgebra
import Testing
import _TestSupport

@Suite struct LayerDecompositionTests {
  static func gaussian(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return .gaussian(rowCount: rows, columnCount: columns, using: &generator)
  }

  /// Inputs whose directions differ much in size.
  static func inputs(_ count: Int, _ width: Int, seed: UInt64) -> Matrix {
    let mixing = gaussian(width, width, seed: seed + 1)
      .scalingRows(by: (0..<width).map { 1 / Double(1 + $0 * $0) })
    return gaussian(count, width, seed: seed) * mixing
  }

  /// The error of the outputs is what the decomposition says, and below that of plain truncation and of other
  /// factors of the same rank.
  @Test(arguments: 1...4)
  func weighingByTheInputsLosesLeastOfTheOutputs(rank: Int) throws {
    let (w, x) = (Self.gaussian(7, 6, seed: 1), Self.inputs(200, 6, seed: 2))
    let weighed = try LayerDecomposition(of: [w], moments: [InputMoments(of: x).second])
    let plain = try LayerDecomposition(of: [w])
    func loss(_ factors: [Matrix]) -> Double {
      let difference = x.timesTransposed(factors[1] * factors[0] - w)
      return difference.inner(difference) / x.timesTransposed(w).inner(x.timesTransposed(w))
    }
    let best = try weighed.factors(rank: rank, depth: 2, width: rank)[0]
    let truncated = try plain.factors(rank: rank, depth: 2, width: rank)[0]
    // A millionth of the variance is added in every direction.
    #expect(abs(loss(best) - weighed.squaredErrors[rank]) <= 1e-5)
    #expect(loss(best) < loss(truncated))
    for seed in 10..<20 as Range<UInt64> {
      var other = best
      other[0] += 0.01 * Self.gaussian(rank, 6, seed: seed)
      other[1] += 0.01 * Self.gaussian(7, rank, seed: seed + 50)
      #expect(loss(other) > loss(best))
    }
    // Balanced.
    expectClose(
      best[1].transposedTimes(best[1]), best[0].timesTransposed(best[0]), ulps: 512)
  }

  /// Fewer inputs than directions: what they see is kept, and at full rank everything.
  @Test func fewInputsLeaveNothingSingular() throws {
    let (w, x) = (Self.gaussian(6, 8, seed: 3), Self.inputs(3, 8, seed: 4))
    let decomposition = try LayerDecomposition(of: [w], moments: [InputMoments(of: x).second])
    let three = try decomposition.factors(rank: 3, depth: 2, width: 3)[0]
    let loss = x.timesTransposed(three[1] * three[0] - w).frobeniusNorm
    #expect(loss <= 1e-2 * x.timesTransposed(w).frobeniusNorm)
    let all = try decomposition.factors(rank: 6, depth: 2, width: 6)[0]
    expectClose(all[1] * all[0], w, ulps: 256)
  }

  @Test func groupsShareARankAndTheirErrorsAdd() throws {
    let blocks = [Self.gaussian(4, 5, seed: 5), 3 * Self.gaussian(4, 5, seed: 6)]
    let decomposition = try LayerDecomposition(of: blocks)
    let total = blocks.reduce(0) { $0 + $1.inner($1) }
    for rank in 0...4 {
      let factors = try decomposition.factors(rank: rank, depth: 2, width: max(rank, 1))
      let lost = zip(factors, blocks).reduce(0.0) {
        let difference = $1.0[1] * $1.0[0] - $1.1
        return $0 + difference.inner(difference)
      }
      #expect(abs(lost / total - decomposition.squaredErrors[rank]) <= 1e-14)
    }
  }

  /// Scales at which squares are no numbers change nothing.
  @Test(arguments: [1e-200, 1, 1e200])
  func ranksDoNotDependOnTheScale(scale: Double) throws {
    var generator = SeededGenerator(seed: 7)
    let w = Matrix.random(
      singularValues: [4, 2, 1, 0.5], rowCount: 6, columnCount: 5, using: &generator)
    let fit = try LayerFactorizer(rank: .energy(0.98)).fit(scale * w)
    #expect(fit.rank == 3)
    #expect(abs(fit.keptEnergy - 21 / 21.25) <= 1e-13)
    #expect(try LayerFactorizer(rank: .energy(1)).fit(scale * w).rank >= 4)
  }

  @Test func zerosHaveFactors() throws {
    let fit = try LayerFactorizer(rank: .energy(0.9)).fit(.zeros(3, 4))
    #expect(fit.factors == [.zeros(1, 4), .zeros(3, 1)] && fit.relativeError == 0)
    #expect(fit.keptEnergy == 1)
  }
}

@Suite struct RankSharingTests {
  static func layer(_ values: [Double], rows: Int, columns: Int) -> RankSharing.Layer {
    let total = values.reduce(0) { $0 + $1 * $1 }
    return RankSharing.Layer(
      squaredErrors: (1...values.count).map { k in
        values[k...].reduce(0) { $0 + $1 * $1 } / total
      },
      parameterCounts: (1...values.count).map { $0 * (rows + columns) },
      wholeCount: rows * columns)
  }

  static func problem(seed: UInt64) -> [RankSharing.Layer] {
    var generator = SeededGenerator(seed: seed)
    return [(8, 6), (12, 9), (5, 20)].map { rows, columns in
      let decay = Double.random(in: 0.3...1, using: &generator)
      var value = 1.0
      let values = (0..<min(rows, columns)).map { _ in
        value *= decay * Double.random(in: 0.5...1, using: &generator)
        return value
      }
      return layer(values, rows: rows, columns: columns)
    }
  }

  static func parameters(_ layers: [RankSharing.Layer], _ ranks: [Int?]) -> Int {
    zip(layers, ranks).map { layer, rank in
      rank.map { layer.parameterCounts[$0 - 1] } ?? layer.wholeCount
    }.reduce(0, +)
  }

  static func error(_ layers: [RankSharing.Layer], _ ranks: [Int?]) -> Double {
    zip(layers, ranks).map { layer, rank in
      rank.map { layer.squaredErrors[$0 - 1] } ?? 0
    }.reduce(0, +)
  }

  /// Every choice of ranks, by trying all.
  static func all(_ layers: [RankSharing.Layer]) -> [[Int?]] {
    layers.reduce([[]]) { choices, layer in
      choices.flatMap { choice in
        ([nil] + (1...layer.squaredErrors.count).map { $0 }).map { choice + [$0] }
      }
    }
  }

  /// Within the budget, and no further from the best of all choices than the worth of one step, which is what a
  /// relaxation of whole ranks can miss.
  @Test(arguments: 0..<6 as Range<UInt64>, [0.45, 0.6, 0.8])
  func budgetsAreSpentWell(seed: UInt64, share: Double) throws {
    let layers = Self.problem(seed: seed)
    let whole = layers.reduce(0) { $0 + $1.wholeCount }
    let budget = Int(share * Double(whole))
    let ranks = try RankSharing(layers).ranks(within: budget)
    #expect(Self.parameters(layers, ranks) <= budget)
    let best =
      Self.all(layers).filter { Self.parameters(layers, $0) <= budget }
      .map { Self.error(layers, $0) }.min() ?? 0
    var step = 0.0
    for layer in layers {
      for (before, after) in zip(layer.squaredErrors, layer.squaredErrors.dropFirst() + [0]) {
        step = max(step, before - after)
      }
    }
    #expect(Self.error(layers, ranks) <= best + step)
  }

  @Test(arguments: 0..<6 as Range<UInt64>, [0.02, 0.1, 0.3])
  func errorsAreKept(seed: UInt64, bound: Double) {
    let layers = Self.problem(seed: seed)
    let ranks = RankSharing(layers).ranks(error: bound)
    let allowed = bound * bound * 3
    #expect(Self.error(layers, ranks) <= allowed)
    let fewest =
      Self.all(layers).filter { Self.error(layers, $0) <= allowed }
      .map { Self.parameters(layers, $0) }.min() ?? 0
    // One rank of the largest layer, at most.
    #expect(Self.parameters(layers, ranks) <= fewest + 25)
  }

  @Test func aBudgetBelowRankOneIsRefused() {
    let layers = Self.problem(seed: 1)
    #expect(throws: RankSharing.Failure.budgetTooSmall(parameters: 50, smallest: 14 + 21 + 25)) {
      try RankSharing(layers).ranks(within: 50)
    }
  }
}
