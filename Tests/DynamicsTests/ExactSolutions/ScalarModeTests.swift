import Dynamics
import LinearAlgebra
import RealModule
import Testing
import _TestSupport

/// Scalar modes against tight integration on random problems, and at sizes where naive formulas overflow.
@Suite struct ScalarModeTests {
  /// The integrator is asked for 1e-14 of the larger value; over these times errors grow by less than 10³.
  static let tolerance = 1e-11

  @Test(arguments: 2...9)
  func balancedModesFollowTheirEquation(depth: Int) {
    var generator = SeededGenerator(seed: UInt64(depth))
    for trial in 0..<25 {
      let σ = trial % 5 == 0 ? 0 : 3 * generator.nextUniform() - 1.2
      let λ = trial % 4 == 0 ? 0 : 2 * generator.nextUniform()
      let u0 = 0.05 + 1.5 * generator.nextUniform()
      let mode = BalancedMode(depth: depth, target: σ, curvature: λ, initial: u0)
      let end = (mode.blowUpTime.map { min(0.9 * $0, 2) } ?? 2) * generator.nextUniform()
      let limit = depth == 2 && λ == 0 ? min(end, 1) : end
      let expected = ExtrapolationIntegrator.solve(from: [u0], until: limit) { _, y in
        [.pow(y[0], depth - 1) * (σ - λ * .pow(y[0], depth))]
      }
      expectClose(mode.layerValue(at: limit), expected[0], relative: Self.tolerance)
    }
  }

  @Test func twoLayerModesFollowTheirEquation() {
    var generator = SeededGenerator(seed: 11)
    for trial in 0..<300 {
      let σ = trial % 7 == 0 ? 0 : 3 * generator.nextGaussian()
      let λ = trial % 6 == 0 ? 0 : 2 * generator.nextUniform()
      let u0 = trial % 11 == 0 ? 0 : generator.nextGaussian()
      let v0 = trial % 13 == 0 ? u0 : generator.nextGaussian()
      let end = 1.5 * generator.nextUniform()
      let expected = ExtrapolationIntegrator.solve(from: [u0, v0], until: end) { _, y in
        let r = σ - λ * y[0] * y[1]
        return [r * y[1], r * y[0]]
      }
      let (u, v) = TwoLayerMode(target: σ, curvature: λ, first: u0, second: v0).layerValues(
        at: end)
      expectClose([u, v], expected, relative: 1e-10)
    }
  }

  @Test func infinitelyDeepModesFollowTheirEquation() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<50 {
      let (σ, λ) = (0.2 + 2 * generator.nextUniform(), 0.2 + 2 * generator.nextUniform())
      let w0 = σ / λ * (0.02 + 0.9 * generator.nextUniform())
      let end = 10 * generator.nextUniform()
      let expected = ExtrapolationIntegrator.solve(from: [w0], until: end) { _, y in
        [y[0] * y[0] * (σ - λ * y[0])]
      }
      let mode = InfinitelyDeepMode(target: σ, curvature: λ, initial: w0)
      expectClose(mode.endToEnd(at: end), expected[0], relative: Self.tolerance)
    }
  }

  /// At depth N the time scale of the limit is τ = N t, and the difference falls like 1/N.
  @Test func theLimitOfInfiniteDepthIsApproached() {
    let limit = InfinitelyDeepMode(target: 1.5, curvature: 0.8, initial: 0.2).endToEnd(at: 2)
    let errors = [100, 200, 400].map { depth in
      let mode = BalancedMode(
        depth: depth, target: 1.5, curvature: 0.8, initial: .root(0.2, depth))
      return abs(mode.endToEnd(at: 2 / Double(depth)) - limit)
    }
    #expect(errors[0] < 0.1)
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(abs(coarse / fine - 2) < 0.1)
    }
  }

  /// From a tiny start, w obeys w = e^{2σt} w₀/(1 + …): with ln w₀ + 2σt given, the share of the target reached
  /// is logistic.
  @Test(arguments: [1e-10, 1e-80, 1e-150, 1e-300])
  func tinyStartsRiseWhenTheLogisticCurveSays(size: Double) {
    let (σ, λ) = (2.0, 0.5)
    for offset in [-30.0, -5, 0, 3, 20] {
      let time = (offset - 2 * .log(size) + .log(σ / λ)) / (2 * σ)
      let expected = σ / λ / (1 + .exp(-offset))
      let balanced = BalancedMode(depth: 2, target: σ, curvature: λ, initial: size)
      // Rounding of σt, up to 10³, is magnified to 10³ ε.
      expectClose(balanced.endToEnd(at: time), expected, relative: 3e-12)
      let pair = TwoLayerMode(target: σ, curvature: λ, first: size, second: size)
      expectClose(pair.endToEnd(at: time), expected, relative: 3e-12)
      // With u ≠ v both tiny, u + v grows alone: the mean takes the place of the common value.
      let uneven = TwoLayerMode(target: σ, curvature: λ, first: 1.5 * size, second: 0.5 * size)
      expectClose(uneven.endToEnd(at: time), expected, relative: 3e-12)
    }
  }

  @Test func everythingStaysFiniteOverEightDecadesAndSigns() {
    for depth in 2...6 {
      for σ in [-2.0, -1e-3, 0, 1e-3, 2] {
        for u0 in [1e-300, 1e-100, 1e-9, 0.3, 1, 5, 1e20, 1e100] {
          var last = u0
          for time in [0, 1e-12, 1e-3, 1, 10, 500, 1e3] {
            let mode = BalancedMode(depth: depth, target: σ, curvature: 0.7, initial: u0)
            let u = mode.layerValue(at: time)
            #expect(u.isFinite && u >= 0, "\(depth) \(σ) \(u0) \(time): \(u)")
            // Towards the fixed point (or zero), never past it.
            let rest = σ > 0 ? Double.root(σ / 0.7, depth) : 0
            #expect(
              u0 <= rest
                ? u >= last * (1 - 1e-13) && u <= rest * (1 + 1e-13)
                : u <= last * (1 + 1e-13) && u >= rest * (1 - 1e-13),
              "\(depth) \(σ) \(u0) \(time): \(u) after \(last), rest \(rest)")
            last = u
          }
        }
      }
    }
  }

  @Test func unbalancedPairsStayFiniteAndConserveTheirImbalance() {
    for σ in [-2.0, 0, 1e-3, 2] {
      for (u0, v0) in [
        (1e-300, 0.0), (1e-300, 2e-300), (1e-200, -1e-160), (1e-3, 1), (5, -1e-9), (0, 1),
      ] {
        for time in [0, 1e-6, 1, 20, 200, 500] {
          let (u, v) = TwoLayerMode(target: σ, curvature: 0.7, first: u0, second: v0)
            .layerValues(at: time)
          #expect(u.isFinite && v.isFinite, "\(σ) \(u0) \(v0) \(time): \(u) \(v)")
          let (before, after) = ((u0 - v0) * (u0 + v0), (u - v) * (u + v))
          #expect(abs(after - before) <= 1e-13 * max(u * u + v * v, u0 * u0 + v0 * v0))
        }
      }
    }
  }

  @Test func aModeWithoutCurvatureEndsInFiniteTime() throws {
    let mode = BalancedMode(depth: 3, target: 2, curvature: 0, initial: 0.5)
    // u₀^{2−N}/((N−2)σ) = 1
    expectClose(try #require(mode.blowUpTime), 1, relative: 1e-15)
    expectClose(mode.layerValue(at: 0.75), 2, relative: 1e-14)
    #expect(mode.layerValue(at: 1) == .infinity)
  }

  /// Zero is half-stable for a balanced start of the wrong sign: w → 0 like −w₀-ish e^{−2σt}, not to σ/λ.
  @Test func aBalancedStartOfTheWrongSignTendsToZero() {
    let mode = TwoLayerMode(target: 1, curvature: 1, first: 0.5, second: -0.5)
    // h = 0, x₀ < 0: x = −s a E/(s + a e)
    let E = Double.exp(-20)
    expectClose(mode.endToEnd(at: 10), -0.25 * E / (1 + 0.25 * (1 - E)), relative: 1e-14)
    // The slightest imbalance escapes.
    let escaping = TwoLayerMode(target: 1, curvature: 1, first: 0.5, second: -0.5 - 1e-9)
    expectClose(escaping.endToEnd(at: 60), 1, relative: 1e-12)
  }
}
