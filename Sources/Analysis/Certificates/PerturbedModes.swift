public import Dynamics
import LinearAlgebra
public import LinearNetworks
import RealModule

// Σx = V (D + B) Vᵀ with V of the joint decomposition. Ẑ = (Ŵ₁, Ŵ₂) is the closed form for D alone, Z the flow for D + B,
// r = ‖Z − Ẑ‖. As Z′ = −∇φ(Z) and Ẑ′ = −∇φ(Ẑ) + F, F = (Ŵ₂ᵀŴ B̃, Ŵ B̃ Ŵ₁ᵀ) with B̃ = VBVᵀ,
//
//     r′ ≤ −λ_min(∇²φ on the way between) r + ‖F‖,
//     ⟨D, ∇²φ D⟩ = ‖dW Σx^{1/2}‖² + 2⟨∇ℓ, D₂D₁⟩ ≥ −‖∇ℓ(W)‖₂ ‖D‖²,
//     ‖∇ℓ(W)‖₂ ≤ ‖∇ℓ(Ŵ)‖₂ + ‖Σx‖₂ ‖W − Ŵ‖₂,   ‖W − Ŵ‖ ≤ r √(‖Ŵ₁‖² + ‖Ŵ₂‖²) + ½ r²,
//
// so that r stays below the solution of r′ = (g + β(s r + ½r²)) r + f with coefficients of the closed form alone.

/// The closed form of two layers for the part of Σx that is diagonal in the modes, and how far the flow for all of Σx can be
/// from it; nothing is read off a run.
///
///     ‖Z(t) − Ẑ(t)‖_F ≤ r(t),   r′ = (‖∇ℓ(Ŵ)‖₂ + ‖Σx‖₂ (s r + ½ r²)) r + ‖F‖_F,   r(0) = 0
///
/// with s² = ‖Ŵ₁‖₂² + ‖Ŵ₂‖₂² and F what B adds to the velocity of the closed form. The bound becomes infinite when B is too
/// large for the time asked. The equation for r is solved on a grid of times by Heun's method.
///
/// - SeeAlso: Theorem 1 of [gidel2019], whose bound by Grönwall's inequality has constants that are not given; this one has
///   none.
public struct PerturbedModes: Sendable {
  /// ‖B‖_F/‖Σx‖_F.
  public let offDiagonalShare: Double
  /// The times asked for.
  public let times: [Double]
  /// The closed form at those times, with layers and end-to-end matrices; losses are those of the whole problem.
  public let trajectory: Trajectory
  /// r at those times; infinite where nothing is known.
  public let layerBounds: [Double]
  /// The bound of ‖W − Ŵ‖_F at those times.
  public let endToEndBounds: [Double]

  /// How many times the bound is computed at, spread evenly up to the last.
  private static let gridSize = 2000

  /// - Parameters:
  ///   - problem: the problem.
  ///   - network: two layers that carry the modes of the problem.
  ///   - times: flow times, ascending.
  ///   - quantities: what is recorded of the closed form beside layers, end-to-end matrices and singular values.
  /// - Throws: `NoExactSolution` where the start is not aligned with the modes; `DecompositionError` for numbers that are not
  ///   finite.
  public init(
    _ problem: QuadraticProblem, from network: LinearNetwork, at times: [Double],
    quantities: Set<Recording.Quantity> = []
  ) throws {
    let x = problem.inputCovariance
    let modes = try ProblemModes(inputCovariance: x, crossCovariance: problem.crossCovariance)
    offDiagonalShare = modes.offDiagonalShare
    self.times = times
    let v = modes.inputVectors
    let rest = (v * modes.offDiagonal).timesTransposed(v).symmetrized()
    let diagonal = QuadraticProblem.regression(
      inputCovariance: (x - rest).symmetrized(), crossCovariance: problem.crossCovariance)
    let end = times.last ?? 0
    let grid = end > 0 ? (0...Self.gridSize).map { end * Double($0) / Double(Self.gridSize) } : []
    let all = Set(grid + times).sorted()
    let solution = try ExactSolutions.solve(
      diagonal, from: .layered(network), at: all,
      quantities: quantities.union([.layers, .endToEnd, .singularValues]))
    let β = try x.symmetricEigenvalues().first ?? 0
    var (r, last): (Double, Coefficients?) = (0, nil)
    var found: [Double: (layers: Double, endToEnd: Double)] = [:]
    let wanted = Set(times)
    var kept: [Snapshot] = []
    for point in solution.trajectory.snapshots {
      let now = try Coefficients(point, problem, rest)
      if let last {
        let step = now.time - last.time
        let first = last.slope(r, β)
        let second = now.slope(r + step * first, β)
        r += 0.5 * step * (first + second)
        if !(r < 1e100) { r = .infinity }
      }
      last = now
      guard wanted.contains(point.time) else { continue }
      found[point.time] = (r, r == 0 ? 0 : now.size * r + 0.5 * r * r)
      var snapshot = point
      if let w = point.endToEnd { snapshot.loss = problem.loss(at: w) }
      kept.append(snapshot)
    }
    layerBounds = times.map { found[$0]?.layers ?? .infinity }
    endToEndBounds = times.map { found[$0]?.endToEnd ?? .infinity }
    trajectory = Trajectory(
      snapshots: kept, outcome: .ended, finalNetwork: solution.trajectory.finalNetwork,
      stepCount: 0)
  }

  /// What the equation for r has at a time.
  private struct Coefficients {
    let time: Double
    /// g.
    let gradient: Double
    /// s.
    let size: Double
    /// f.
    let force: Double

    init(_ point: Snapshot, _ problem: QuadraticProblem, _ rest: Matrix) throws {
      let layers = point.layers ?? []
      let (lower, upper) = (layers[0], layers[1])
      let w = point.endToEnd ?? upper * lower
      time = point.time
      gradient = try problem.gradient(at: w).singularValues().first ?? 0
      size = Double.hypot(
        try lower.singularValues().first ?? 0, try upper.singularValues().first ?? 0)
      let pushed = w * rest
      force = Double.hypot(
        upper.transposedTimes(pushed).frobeniusNorm, pushed.timesTransposed(lower).frobeniusNorm)
    }

    func slope(_ r: Double, _ β: Double) -> Double {
      (gradient + β * (size * r + 0.5 * r * r)) * r + force
    }
  }
}

/// The certificate of ``PerturbedModes``: the flow stays as near to the closed form of the modes as the bound says.
public enum PerturbedModesBound {
  static let claim = "modes that mix a little"
  static let source = "Theorem 1 of Gidel et al. 2019, with a bound that has no free constants"

  /// The certificate of a run: a flow of two layers that carry the modes.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    let network: LinearNetwork
    switch try run.flowingLayers(atLeast: 2) {
    case .met(let layers): network = layers
    case .lacking(let words): return excluded(words)
    }
    guard network.depth == 2 else {
      return excluded("needs 2 layers, and there are \(network.depth)")
    }
    let problem: QuadraticProblem
    switch run.quadratic {
    case .met(let found): problem = found
    case .lacking(let words): return excluded(words)
    }
    let times = run.snapshots.map(\.time)
    guard zip(times, times.dropFirst()).allSatisfy(<) else {
      return excluded("needs times in ascending order")
    }
    let perturbed: PerturbedModes
    do {
      perturbed = try PerturbedModes(problem, from: network, at: times.isEmpty ? [0] : times)
    } catch is NoExactSolution {
      return excluded(
        "needs a start that carries the modes of the data, and this one is not aligned")
    }
    let quantity = "distance of W from the closed form of the modes"
    let mixing = Hypothesis(
      "share of Σx off the diagonal of the modes", measured: perturbed.offDiagonalShare, allowed: 1)
    var bounds: [Certificate.Bound] = []
    for (k, point) in run.snapshots.enumerated() {
      guard let w = try point.endToEnd ?? run.layers(at: point).map(run.endToEnd),
        let exact = perturbed.trajectory.snapshots[k].endToEnd
      else { continue }
      let limit = perturbed.endToEndBounds[k]
      let size = max(w.frobeniusNorm, exact.frobeniusNorm)
      bounds.append(
        .init(
          quantity, .upper, limit, time: point.time, measured: (w - exact).frobeniusNorm,
          // Heun's error is of second order in 2,000 steps.
          rounding: run.accuracy * size + 1e-3 * (limit.isFinite ? limit : 0),
          isInformative: point.time > 0 && limit < size))
    }
    if bounds.isEmpty { bounds = [.init(quantity, .upper, .nan)] }
    return Certificate(claim: claim, source: source, hypotheses: [mixing], bounds: bounds)
  }
}
