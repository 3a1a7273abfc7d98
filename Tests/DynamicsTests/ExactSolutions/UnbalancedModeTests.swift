import Dynamics
import LinearAlgebra
import RealModule
import Testing
import _TestSupport

/// Modes of unequal layers against integration, the closed form of two layers, and their own invariants.
@Suite struct UnbalancedModeTests {
  @Test func modesOfAnyDepthFollowGradientFlow() {
    var generator = SeededGenerator(seed: 51)
    for trial in 0..<500 {
      let depth = 3 + trial % 4
      var values = (0..<depth).map { _ in 2 * generator.nextUniform() - 1 }
      if trial % 3 == 0 { values[generator.nextIndex(below: depth)] = 0 }
      if trial % 5 == 0 { values[1] = -values[0] }
      let σ = trial % 7 == 0 ? 0 : 4 * generator.nextUniform() - 2
      let λ = trial % 11 == 0 ? 0 : 0.2 + 2 * generator.nextUniform()
      let mode = UnbalancedMode(target: σ, curvature: λ, values: values)
      let time = min(3 * generator.nextUniform(), 0.5 * (mode.blowUpTime ?? .infinity))
      let expected = ExtrapolationIntegrator.solve(from: values, until: time, tolerance: 1e-14) {
        _, a in
        let gap = σ - λ * a.reduce(1, *)
        return a.indices.map { j in
          gap * a.indices.reduce(1) { $1 == j ? $0 : $0 * a[$1] }
        }
      }
      let found = mode.layerValues(at: time)
      // The error of the integration, relative to the largest value.
      #expect(relativeError(found, expected) <= 1e-11, "\(trial): \(found) against \(expected)")
    }
  }

  /// Two layers have a closed form without integrals: any sizes, also far apart.
  @Test func agreesWithTheClosedFormOfTwoLayers() {
    var generator = SeededGenerator(seed: 52)
    for _ in 0..<500 {
      let u = (generator.nextUniform() - 0.5) * .exp(-20 * generator.nextUniform())
      let v = (generator.nextUniform() - 0.5) * .exp(-20 * generator.nextUniform())
      let σ = (generator.nextUniform() - 0.5) * .exp(3 * generator.nextUniform())
      let λ = generator.nextUniform()
      let time = 30 * generator.nextUniform()
      let expected = TwoLayerMode(target: σ, curvature: λ, first: u, second: v)
        .layerValues(at: time)
      let found = UnbalancedMode(target: σ, curvature: λ, values: [u, v]).layerValues(at: time)
      // A time off by rounding moves u by |σ|t times that.
      let allowed = 1e-13 * (1 + abs(σ) * time)
      #expect(
        relativeError(found, [expected.first, expected.second]) <= allowed,
        "\(found) against \(expected)")
    }
  }

  /// Equal magnitudes are the balanced mode, and nearly equal ones are near it.
  @Test func tendsToTheBalancedMode() {
    for depth in 3...6 {
      for size in [1e-3, 0.1, 2.0] {
        let balanced = BalancedMode(depth: depth, target: 1.2, curvature: 0.8, initial: size)
        let half = balanced.time(toReach: 0.5) ?? 1
        for time in [0.3 * half, half, 1.5 * half] {
          let value = balanced.layerValue(at: time)
          for imbalance in [0, 1e-9] {
            var values = [Double](repeating: size, count: depth)
            values[0] *= 1 + imbalance
            let mode = UnbalancedMode(target: 1.2, curvature: 0.8, values: values)
            // A change of u₀ by a share ε moves the rise by up to N ε t, and u′/u is at most 2σ.
            let change = imbalance == 0 ? 1e-14 : imbalance
            expectClose(
              mode.layerValues(at: time).last ?? 0, value,
              relative: 2 * 1.2 * Double(depth) * change * (1 + time))
          }
        }
      }
    }
  }

  /// The end: σ/λ for the product, differences of squares as at the start, from starts of any sign.
  @Test func reachesItsLimitAndKeepsItsInvariants() {
    var generator = SeededGenerator(seed: 53)
    for trial in 0..<200 {
      let depth = 3 + trial % 3
      let values = (0..<depth).map { _ in 2 * generator.nextUniform() - 1 }
      let (σ, λ) = (2 * generator.nextUniform() - 1, 0.1 + generator.nextUniform())
      let end = UnbalancedMode(target: σ, curvature: λ, values: values).layerValues(at: 1e6)
      let slowest = values.map { $0 * $0 }.sorted()[1]
      // The rate is the square of the product of all layers but the smallest, at least.
      guard slowest > 1e-2 else { continue }
      expectClose(end.reduce(1, *), σ / λ, relative: 1e-13)
      for j in 1..<depth {
        let before = values[j] * values[j] - values[0] * values[0]
        let after = end[j] * end[j] - end[0] * end[0]
        #expect(abs(before - after) <= 1e-14 * (1 + end[0] * end[0] + end[j] * end[j]))
      }
    }
  }

  /// λ = 0: 1/√(u² + c)-like poles. For N = 3 and c = (0, c): t = artanh(…)-like; the last moments are watched.
  @Test func endsInFiniteTimeWithoutCurvature() throws {
    // u′ = σ u √(u² + c) from u₀: t∞ = arsinh(√c/u₀)/(σ√c).
    for (u, c, σ) in [(0.3, 0.5, 1.0), (0.01, 2, 0.7), (2, 1e-6, 3)] {
      let mode = UnbalancedMode(
        target: σ, curvature: 0, values: [u, -u, -(u * u + c).squareRoot()])
      let end = Double.asinh(c.squareRoot() / u) / (σ * c.squareRoot())
      expectClose(try #require(mode.blowUpTime), end, relative: 1e-12)
      let near = mode.layerValues(at: end * (1 - 1e-6))[0]
      // u = √c / sinh(σ√c (t∞ − t))
      expectClose(near, c.squareRoot() / .sinh(σ * c.squareRoot() * end * 1e-6), relative: 1e-8)
      #expect(mode.layerValues(at: 1.01 * end)[0] == .infinity)
    }
  }

  /// Values down to the smallest numbers: nothing overflows, and the time of the rise is that of the layers above.
  @Test(arguments: [1e-10, 1e-100, 1e-300]) func risesFromVanishingValues(size: Double) {
    // Two layers of size 1 and one that is tiny: u′ ≈ σ at first, however small u is.
    let mode = UnbalancedMode(target: 1, curvature: 1, values: [size, 1, -1])
    expectClose(mode.layerValues(at: 1e-3)[0], -1e-3, relative: 1e-2)
    expectClose(mode.layerValues(at: 100).reduce(1, *), 1, relative: 1e-14)
    // All tiny: nothing moves in any time that matters.
    let still = UnbalancedMode(target: 1, curvature: 1, values: [size, 2 * size, 3 * size])
    #expect(still.layerValues(at: 1e-3 / size) != [.nan])
    expectClose(still.layerValues(at: 1e-3 / size)[0], size, relative: 1e-2)
  }
}
