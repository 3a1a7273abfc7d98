import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

/// Rates of convergence at an imbalance λ₀ 1, measured on the closed form at late times.
@Suite struct ImbalancedRatesTests {
  /// 500 problems: every side, width and sign for which there are starts. The next exponential is faster by 22 % at
  /// least, so that it adds about 0.22 e^{−0.22·22} = 0.002 to the slope, times the ratio of their sizes.
  @Test func theRateOfEveryWidthIsThatOfTheClosedForm() throws {
    var generator = SeededGenerator(seed: 61)
    var (slowed, hastened, square, bottleneck) = (0, 0, 0, 0)
    for trial in 0..<500 {
      let (m, n) = (1 + generator.nextIndex(below: 4), 1 + generator.nextIndex(below: 4))
      let rank = min(m, n)
      let magnitude = [0.3, 0.6, 1][trial % 3]
      let imbalance = (trial % 2 == 0 ? -1 : 1) * magnitude
      let room = imbalance < 0 ? n : m
      let width = 1 + generator.nextIndex(below: room)
      // Singular values 0.6, 1.2, 2.4, …: no two exponentials meet.
      let σ = (0..<rank).map { 0.6 * .pow(2, Double(rank - 1 - $0)) }
      let target = Matrix.random(
        singularValues: σ, rowCount: m, columnCount: n, using: &generator)
      // The slowest exponential is missing from one start with a probability of some hundredths of a per cent; from the
      // squares of four starts it is not.
      let rates = ImbalancedRates(
        singularValues: σ, outputs: m, inputs: n, width: width, imbalance: imbalance)
      #expect(rates.hypotheses[0].holds && rates.hypotheses[1].holds == (width >= rank))
      let limit = try FactorizationObjective(target)
        .minimum(over: .layered(narrowestWidth: width))?.endToEnd
      // From e^{−22} to e^{−27}, where rounding is still below a hundredth.
      let times = [22, 27].map { $0 / rates.endToEnd }
      var squares = [0.0, 0.0]
      for _ in 0..<4 {
        let network = try start(m, n, width, imbalance, using: &generator)
        let solution = try ExactSolutions.solve(
          .factorization(target: target), from: .layered(network), at: times)
        #expect(solution.trajectory.snapshots.count == 2)
        for (k, snapshot) in solution.trajectory.snapshots.enumerated() {
          let gap = try #require(snapshot.endToEnd) - (try #require(limit))
          squares[k] += gap.inner(gap)
        }
      }
      let measured = .log(squares[0] / squares[1]) / (2 * (times[1] - times[0]))
      // Further exponentials only add to the slope.
      let quotient = measured / rates.endToEnd
      #expect(
        quotient > 0.99 && quotient < 1.04,
        "\(trial): \(m)×\(n), width \(width), λ₀ = \(imbalance): \(measured) against \(rates.endToEnd)"
      )
      if width < rank {
        bottleneck += 1
      } else if m == n {
        square += 1
      } else if rates.endToEnd < σ[rank - 1] {
        slowed += 1
      } else {
        hastened += 1
      }
    }
    #expect(min(slowed, hastened, square, bottleneck) > 25)
  }

  /// σ = ½, λ₀ = −4, one output, two inputs, one hidden unit: 0.0616, where √(4σ² + λ₀²) = 4.12.
  @Test func imbalanceOnTheLongerSideSlowsLearningDown() {
    let slow = ImbalancedRates(
      singularValues: [0.5], outputs: 1, inputs: 2, width: 1, imbalance: -4)
    expectClose(slow.endToEnd, 4.25.squareRoot() - 2, relative: 1e-14)
    expectClose(slow.endToEnd, 0.0616, relative: 1e-3)
    let other = ImbalancedRates(
      singularValues: [0.5], outputs: 1, inputs: 2, width: 1, imbalance: 4)
    expectClose(other.endToEnd, 4.25.squareRoot() + 2, relative: 1e-14)
    let none = ImbalancedRates(
      singularValues: [0.5], outputs: 1, inputs: 2, width: 1, imbalance: 0)
    #expect(none.endToEnd == 0.5)
  }

  /// λ₀ > 0 needs k ≤ m, λ₀ < 0 needs k ≤ n.
  @Test func statesWhichWidthsHaveSuchStarts() {
    func holds(_ width: Int, _ imbalance: Double) -> Bool {
      ImbalancedRates(
        singularValues: [2, 1], outputs: 2, inputs: 4, width: width, imbalance: imbalance
      ).hypotheses[0].holds
    }
    #expect(holds(2, 1) && !holds(3, 1) && holds(4, -1) && !holds(5, -1) && holds(9, 0))
  }

  /// W₂ᵀW₂ − W₁W₁ᵀ = λ₀ 1: one layer is normal, the other has the square root that is left.
  private func start(
    _ m: Int, _ n: Int, _ width: Int, _ imbalance: Double, using generator: inout SeededGenerator
  ) throws -> LinearNetwork {
    let (small, large) = imbalance < 0 ? (m, n) : (n, m)
    let free = Matrix.gaussian(rowCount: small, columnCount: width, using: &generator)
    let gram = free.transposedTimes(free) + abs(imbalance) * Matrix.identity(width)
    let root = try SymmetricEigendecomposition(of: gram.symmetrized()).map { $0.squareRoot() }
    let bound = Matrix.orthogonal(rowCount: large, columnCount: width, using: &generator) * root
    let (upper, lower) = imbalance < 0 ? (free, bound) : (bound, free)
    return try LinearNetwork(layers: [lower.transposed(), upper])
  }
}
