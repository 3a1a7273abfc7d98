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

  /// Two to four layers on one mode and smaller ones beside it, whose rises lie within a few long steps.
  @Test("records between long steps as exactly as where it ends") func recordedAsExactly() throws {
    var random = SeededGenerator(seed: 33)
    for depth in 2...4 {
      let objective = FactorizationObjective(
        Matrix.random(singularValues: [1.7, 0.6, 0.2], rowCount: 4, columnCount: 3, using: &random))
      let start = LinearNetwork.balanced(
        widths: [3] + [Int](repeating: 4, count: depth), scale: 0.02, using: &random)
      let tolerance = 1e-10
      let steps = StepControl.adaptive(relativeTolerance: tolerance)
      let last = 40.0
      let times = (1...80).map { last * Double($0) / 80 - 0.013 }
      let between = GradientFlow(
        until: last, method: .dormandPrince, steps: steps, recording: .at(times, of: [.endToEnd])
      ).run(objective, from: start)
      let truth = GradientFlow(
        until: last, method: .dormandPrince, steps: .adaptive(relativeTolerance: 1e-14),
        recording: .at(times, of: [.endToEnd])
      ).run(objective, from: start)
      // Every other one, each as the end of a run of its own.
      let alone = stride(from: 0, to: times.count, by: 2).map { place in
        (
          place,
          GradientFlow(until: times[place], method: .dormandPrince, steps: steps)
            .run(objective, from: start).finalNetwork.endToEnd()
        )
      }
      func error(_ matrix: Matrix, _ place: Int) -> Double {
        (matrix - truth.trajectory.snapshots[place].endToEnd!).maxAbsolute
      }
      let atEnds = alone.map { error($0.1, $0.0) }.max()!
      let inBetween = times.indices.map {
        error(between.trajectory.snapshots[$0].endToEnd!, $0)
      }.max()!
      #expect(
        inBetween <= 3 * atEnds + 10 * tolerance, "depth \(depth): \(inBetween), \(atEnds)")
    }
  }

  @Test("what is recorded in the step that passes a target loss lies on the flow")
  func recordedBeforeTheTarget() throws {
    let objective = FactorizationObjective(.diagonal(Self.target))
    // The loss at t = 1.3, which lies within a step.
    let exact = { (time: Double) in
      zip(Self.target, Self.exact(at: time)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / 2 }
    }
    let times = (1...130).map { Double($0) / 100 }
    let run = GradientFlow(
      until: 9, method: .dormandPrince, steps: .adaptive(relativeTolerance: 1e-10),
      targetLoss: exact(1.3), recording: .at(times.dropLast(), of: [.endToEnd])
    ).run(objective, from: try Self.start())
    #expect(abs(run.trajectory.snapshots.last!.time - 1.3) < 1e-8)
    #expect(run.trajectory.snapshots.count == times.count)
    for (time, snapshot) in zip(times, run.trajectory.snapshots.dropLast()) {
      #expect((snapshot.endToEnd! - .diagonal(Self.exact(at: time))).maxAbsolute < 1e-8)
    }
  }
}
