public import Dynamics
import LinearAlgebra
public import LinearNetworks
import RealModule

// Between two recorded points a and b, Δ apart, the path is at most (Δ (φ_a − φ_b))^{1/2} long, because
// (∫‖∇φ‖)² ≤ Δ ∫‖∇φ‖². On the ball of that radius about either end the curvature of φ is at most some β, so that
// g = ‖∇φ‖² obeys |g′| = 2 |∇φᵀ ∇²φ ∇φ| ≤ 2βg. That encloses g between its recorded ends, and with it the integral.

/// How fast the loss must fall: what was recorded against the integral of the rate.
///
///     φ(a) − φ(b) = ∫ ‖∇φ‖² dt,
///     ∫ max(g_a e^{−2βs}, g_b e^{−2β(Δ−s)}) ds ≤ φ(a) − φ(b) ≤ ∫ min(g_a e^{2βs}, g_b e^{2β(Δ−s)}) ds
///
/// with g = ‖∇φ‖² at the recorded layers and β a bound on the curvature of φ along the path (`CurvatureBound`): the
/// error of the quadrature is in the bounds. No balance is needed. Where layers are balanced they are found from the
/// end-to-end matrix, and then
///
///     −dφ/dt = ⟨∇ℓ, P(W)[∇ℓ]⟩ ≥ λ_min(P(W)) ‖∇ℓ(W)‖²
///
/// with λ_min(P(W)) = N σ_min^{2−2/N} for square W and σ_min^{2−2/N} otherwise, σ_min less its rounding.
///
/// - SeeAlso: the proof of Theorem 2 of [cohenRazin].
public enum LossRate {
  static let claim = "loss rate"
  static let source = "dφ/dt = −‖∇φ‖², and the proof of Theorem 2 of Cohen and Razin, lecture notes"
  private static let fall = "fall of the loss since the point before"
  private static let pointwise = "rate at which the loss falls"

  /// The certificate at the points of a flow that recorded its layers or, with balanced layers, its end-to-end
  /// matrices.
  public static func certificate(
    along trajectory: Trajectory, for problem: QuadraticProblem, from network: LinearNetwork,
    accuracy: Double = 1e-9
  ) throws -> Certificate {
    var recorded = trajectory
    if case .regression(_, _, let constant) = problem {
      for k in recorded.snapshots.indices { recorded.snapshots[k].loss -= constant }
    }
    return try certificate(
      for: CertifiedRun(
        objective: try problem.objective(), from: .layered(network), moving: .flow,
        accuracy: accuracy, recorded: recorded))
  }

  /// The certificate of a run, for any smooth loss.
  public static func certificate(for run: CertifiedRun) throws -> Certificate {
    func excluded(_ words: String) -> Certificate {
      Certificate(claim: claim, source: source, excluded: words)
    }
    let start: [Matrix]
    let isSymmetric: Bool
    switch (run.start, run.motion) {
    case (.symmetric(let factor), .flow):
      (start, isSymmetric) = ([factor], true)
    default:
      switch try run.flowingLayers() {
      case .met(let layers): (start, isSymmetric) = (layers.layers, false)
      case .lacking(let words): return excluded(words)
      }
    }
    guard run.objective.smoothness != nil else {
      return excluded("needs a smooth loss, and the gradient of this one is not Lipschitz")
    }
    func weights(_ point: Snapshot) throws -> [Matrix]? {
      isSymmetric ? point.layers.map { [$0[0]] } : try run.layers(at: point)
    }
    let first = Snapshot(time: 0, loss: run.objective.value(at: run.startEndToEnd))
    var bounds: [Certificate.Bound] = []
    var last = try Point(first, start, run, isSymmetric)
    bounds += try pointwiseBounds(
      start, at: first, run, isSymmetric, measured: run.trajectory != nil)
    for snapshot in run.snapshots where snapshot.time > 0 {
      let layers = try weights(snapshot)
      let point = try Point(snapshot, layers, run, isSymmetric)
      bounds += fallBounds(last, point, run)
      if let layers { bounds += try pointwiseBounds(layers, at: snapshot, run, isSymmetric) }
      last = point
    }
    return Certificate(claim: claim, source: source, hypotheses: [], bounds: bounds)
  }

  /// A recorded point, with the curvature around it where its layers are known.
  private struct Point {
    let time: Double
    let loss: Double
    let curvature: CurvatureBound?
    /// What the terms of the loss are rounded to.
    let rounding: Double

    init(
      _ snapshot: Snapshot, _ weights: [Matrix]?, _ run: CertifiedRun, _ isSymmetric: Bool
    ) throws {
      time = snapshot.time
      loss = snapshot.loss
      curvature = try weights.flatMap {
        try CurvatureBound(run.objective, at: $0, isSymmetric: isSymmetric)
      }
      let w =
        weights.map {
          isSymmetric ? $0[0].timesTransposed($0[0]) : $0.dropFirst().reduce($0[0]) { $1 * $0 }
        }
        ?? snapshot.endToEnd
      rounding = 1e-13 * (abs(snapshot.loss) + run.lossScale(at: w ?? run.startEndToEnd))
    }
  }

  private static func fallBounds(
    _ a: Point, _ b: Point, _ run: CertifiedRun
  ) -> [Certificate.Bound] {
    let duration = b.time - a.time
    let ends = [a.curvature, b.curvature].compactMap(\.self)
    guard let β0 = ends.first, duration > 0 else { return [] }
    // Recorded layers may be off by this.
    let error = run.accuracy * ends.map(\.size).reduce(β0.size, max)
    let drop = a.loss - b.loss
    let radius = (duration * max(0, drop + a.rounding + b.rounding)).squareRoot() + error
    let β = ends.map { $0.curvature(within: radius) }.reduce(.infinity, min)
    guard β.isFinite else { return [] }
    func steepest(_ end: CurvatureBound) -> Double {
      let g = end.squaredGradient.squareRoot() + β * error
      return g * g
    }
    func flattest(_ end: CurvatureBound) -> Double {
      let g = max(0, end.squaredGradient.squareRoot() - β * error)
      return g * g
    }
    let most = integral(
      a.curvature.map(steepest), b.curvature.map(steepest), duration, rate: 2 * β)
    let least = integral(
      a.curvature.map(flattest), b.curvature.map(flattest), duration, rate: -2 * β)
    let slope = ends.map { $0.squaredGradient.squareRoot() }.reduce(0, +)
    let rounding = a.rounding + b.rounding + slope * error + β * error * error
    return [
      .init(fall, .lower, least, time: b.time, measured: drop, rounding: rounding),
      .init(fall, .upper, most, time: b.time, measured: drop, rounding: rounding),
    ]
  }

  /// ∫ of the smaller of g_a e^{rs} and g_b e^{r(Δ−s)} over s from 0 to Δ; for negative r of the larger.
  private static func integral(
    _ atStart: Double?, _ atEnd: Double?, _ duration: Double, rate r: Double
  ) -> Double {
    func grown(_ g: Double, _ time: Double) -> Double {
      r == 0 ? g * time : g * Double.expMinusOne(r * time) / r
    }
    guard let a = atStart else { return grown(atEnd ?? 0, duration) }
    guard let b = atEnd else { return grown(a, duration) }
    // They cross where a e^{rs} = b e^{r(Δ−s)}.
    guard a > 0, b > 0, r != 0 else {
      let all = [grown(a, duration), grown(b, duration)]
      return r >= 0 ? all.min()! : all.max()!
    }
    let crossing = min(max(0.5 * (duration + (Double.log(b) - Double.log(a)) / r), 0), duration)
    return grown(a, crossing) + grown(b, duration - crossing)
  }

  /// The rate of balanced layers at one point.
  private static func pointwiseBounds(
    _ layers: [Matrix], at point: Snapshot, _ run: CertifiedRun, _ isSymmetric: Bool,
    measured isMeasured: Bool = true
  ) throws -> [Certificate.Bound] {
    let largest = layers.map { $0.inner($0) }.max() ?? 0
    let difference = GramDifferences.of(layers).map(\.frobeniusNorm).max() ?? 0
    guard !isSymmetric, difference <= 1e-8 * largest else { return [] }
    let w = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
    let gradient = run.objective.gradient(at: w)
    let values = try w.singularValues()
    let rounding = 1e-15 * Double(max(w.rowCount, w.columnCount) * layers.count)
    let smallest = max(0, (values.last ?? 0) - rounding * (values.first ?? 0))
    let n = Double(layers.count)
    let factor = (w.rowCount == w.columnCount ? n : 1) * (n == 1 ? 1 : .pow(smallest, 2 - 2 / n))
    let rate = LossLandscape(run.objective).gradients(at: layers).reduce(0) { $0 + $1.inner($1) }
    let limit = factor * gradient.inner(gradient)
    return [
      .init(
        pointwise, .lower, limit, time: point.time, measured: isMeasured ? rate : nil,
        rounding: run.accuracy * rate, isInformative: false)
    ]
  }
}

extension QuadraticProblem {
  /// The objective with this loss, without the constant.
  func objective() throws -> any Objective {
    switch self {
    case .factorization(let target): FactorizationObjective(target)
    case .regression(let x, let yx, _):
      try RegressionObjective(inputCovariance: x, crossCovariance: yx)
    }
  }
}
