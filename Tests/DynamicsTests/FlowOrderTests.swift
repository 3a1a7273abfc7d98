import LinearAlgebra
import LinearNetworks
import RealModule
import Testing
import _TestSupport

@testable import Dynamics

@Suite("Every flow method") struct FlowOrderTests {
  /// Two balanced layers on a diagonal target: w(t) = σ w₀ / (w₀ (1 − e^{−2σt}) + σ e^{−2σt}) for every mode.
  static let target = [2.0, 1.2, 0.5]
  static let initial = [0.5, 0.45, 0.3]

  static func exact(at time: Double) -> [Double] {
    zip(target, initial).map { σ, w in
      σ * w / (w * (1 - .exp(-2 * σ * time)) + σ * .exp(-2 * σ * time))
    }
  }

  static func start() throws -> LinearNetwork {
    // Rotated, so that nothing is diagonal.
    var random = SeededGenerator(seed: 30)
    let q = Matrix.orthogonal(rowCount: 3, columnCount: 3, using: &random)
    let root = Matrix.diagonal(initial.map { $0.squareRoot() })
    return try LinearNetwork(layers: [q.transposedTimes(root), root * q])
  }

  static func error(_ method: FlowMethod, step: Double, at times: [Double]) throws -> [Double] {
    let run = GradientFlow(
      until: times.max() ?? 0, method: method, steps: .fixed(step),
      recording: .at(times, of: [.endToEnd])
    ).run(FactorizationObjective(.diagonal(target)), from: try start())
    return zip(times, run.trajectory.snapshots).map { time, snapshot in
      (snapshot.endToEnd! - .diagonal(exact(at: time))).frobeniusNorm
    }
  }

  static let steps: [FlowMethod: [Double]] = [
    .dormandPrince: [0.25, 0.2, 0.125, 0.1],
    .chebyshev: [0.02, 0.01, 0.005, 0.0025],
    .exponential: [0.1, 0.05, 0.04, 0.025],
    .radau: [0.25, 0.2, 0.125, 0.1],
  ]

  /// The slope of log error over log step, by least squares.
  static func slope(_ steps: [Double], _ errors: [Double]) -> Double {
    let (x, y) = (steps.map { Double.log($0) }, errors.map { Double.log($0) })
    let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
    return covariance / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
  }

  @Test("has its claimed order", arguments: FlowMethod.all) func order(_ method: FlowMethod) throws
  {
    let steps = try #require(Self.steps[method])
    let errors = try steps.map { try Self.error(method, step: $0, at: [1])[0] }
    let order = Self.slope(steps, errors)
    #expect(abs(order - Double(try #require(method.order))) <= 0.2, "\(order) from \(errors)")
  }

  @Test("interpolates to its order, at times between its steps", arguments: FlowMethod.all)
  func denseOutput(_ method: FlowMethod) throws {
    let times = [0.111, 0.222, 0.333, 0.555, 0.777, 0.999]
    let steps = try #require(Self.steps[method])
    for step in steps {
      let errors = try Self.error(method, step: step, at: times)
      let atSteps = try Self.error(
        method, step: step, at: (1...Int(2 / step)).map { Double($0) * step }
      )
      .max()!
      // Between steps no more than a few times the largest error at steps.
      #expect(errors.max()! <= 20 * atSteps, "\(errors) against \(atSteps)")
    }
  }

  @Test("keeps its tolerance, adaptive", arguments: FlowMethod.allCases, [1e-5, 1e-8])
  func adaptive(_ method: FlowMethod, tolerance: Double) throws {
    let times = [0.3, 1, 2.5, 7]
    let run = GradientFlow(
      until: 7, method: method, steps: .adaptive(relativeTolerance: tolerance),
      recording: .at(times, of: [.endToEnd])
    ).run(FactorizationObjective(.diagonal(Self.target)), from: try Self.start())
    #expect(run.trajectory.outcome == .ended)
    for (time, snapshot) in zip(times, run.trajectory.snapshots) {
      let exact = Matrix.diagonal(Self.exact(at: time))
      let error = (snapshot.endToEnd! - exact).frobeniusNorm / exact.frobeniusNorm
      // Errors per step add up over some dozens to thousands of steps while the flow amplifies them by e^{2σt}.
      #expect(error <= 300 * tolerance, "\(error) at \(time)")
    }
  }

  @Test("integrates a start of 1e-12 as faithfully as one of 1", arguments: [1e-12, 1e-6, 1])
  func smallStart(size: Double) throws {
    // One mode of depth 2: w₀ = size², half of σ at t = log(σ/w₀ − 1)/(2σ).
    let network = try LinearNetwork(layers: [
      Matrix(rows: [[size / 4]]), Matrix(rows: [[size / 4]]),
    ])
    let w0 = size * size / 16
    let half = Double.log(1 / w0 - 1) / 2
    let run = GradientFlow(
      until: half, steps: .adaptive(relativeTolerance: 1e-11),
      recording: .at([half / 3, half], of: [.endToEnd])
    ).run(FactorizationObjective(Matrix(rows: [[1]])), from: network)
    for snapshot in run.trajectory.snapshots {
      let e = Double.exp(-2 * snapshot.time)
      let exact = w0 / (w0 * (1 - e) + e)
      #expect(abs(snapshot.endToEnd![0, 0] / exact - 1) < 3e-9)
    }
  }

  @Test("recording changes nothing that is computed") func recordingIsPassive() throws {
    let flow = FactorizationObjective(.diagonal(Self.target))
    let a = GradientFlow(until: 5).run(flow, from: try Self.start())
    let b = GradientFlow(until: 5, recording: .at((0...50).map { Double($0) / 10 }, of: [.layers]))
      .run(flow, from: try Self.start())
    #expect(a.trajectory.finalNetwork == b.trajectory.finalNetwork)
    #expect(b.trajectory.times == (0...50).map { Double($0) / 10 })
  }
}
