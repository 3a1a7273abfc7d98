import Dynamics
import Foundation
import LinearAlgebra
import LinearNetworks
import RealModule
import Testing

@Suite("A followed flow") struct FlowRunTests {
  /// Regression whose covariances span six powers of ten: stiff from early on.
  static func stiffProblem() throws -> (RegressionObjective, LinearNetwork) {
    var random = SeededGenerator(seed: 80)
    let q = Matrix.orthogonal(rowCount: 6, columnCount: 6, using: &random)
    let spectrum = Matrix.diagonal((0..<6).map { Double.exp10(-Double($0)) })
    let objective = try RegressionObjective(
      inputCovariance: (q * spectrum).timesTransposed(q).symmetrized(),
      crossCovariance: Matrix.gaussian(rowCount: 3, columnCount: 6, using: &random) * q * spectrum
        * q.transposed())
    return (
      objective, .gaussian(widths: [6, 5, 3], standardDeviation: 0.3, using: &random)
    )
  }

  @Test("changes its method when it becomes stiff, and agrees with the explicit one")
  func automatic() throws {
    let (objective, network) = try Self.stiffProblem()
    let times = [1.0, 30, 1000, 20_000]
    func run(_ method: FlowMethod) -> FlowResult {
      GradientFlow(
        until: 20_000, method: method, steps: .adaptive(relativeTolerance: 1e-7),
        recording: .at(times, of: [.endToEnd])
      ).run(objective, from: network)
    }
    let (automatic, explicit) = (run(.automatic), run(.dormandPrince))
    #expect(automatic.cost.stepsByMethod["chebyshev", default: 0] > 0)
    #expect(automatic.cost.evaluations < explicit.cost.evaluations / 2)
    for (a, b) in zip(automatic.trajectory.snapshots, explicit.trajectory.snapshots) {
      #expect((a.endToEnd! - b.endToEnd!).frobeniusNorm <= 1e-5 * b.endToEnd!.frobeniusNorm)
    }
  }

  @Test(
    "is deterministic, and continues from a checkpoint to the same bits",
    arguments: FlowMethod.allCases)
  func checkpoint(_ method: FlowMethod) throws {
    let (objective, network) = try Self.stiffProblem()
    let settings = GradientFlow(
      until: method == .automatic ? 3000 : 40, method: method,
      steps: .adaptive(relativeTolerance: 1e-6),
      recording: .at([1, 10, 20, 40], of: [.layers, .singularValues]))
    let equation = NetworkFlow(
      EndToEndLoss(objective, widths: network.widths), from: network)
    let whole = settings.run(equation)
    var interrupted = FlowRun(settings, equation)
    let stop = whole.cost.steps / 2
    let half = interrupted.advance { $0.step == stop ? .interrupt : .goOn }
    #expect(half.trajectory.outcome == .interrupted(atStep: stop))
    // Through bytes, as a file would.
    let data = try PropertyListEncoder().encode(interrupted.checkpoint)
    let checkpoint = try PropertyListDecoder().decode(FlowCheckpoint.self, from: data)
    var resumed = FlowRun(settings, equation, from: checkpoint)
    #expect(resumed.advance() == whole)
    #expect(interrupted.advance() == whole)
  }

  @Test("stops where the loss passes a target") func target() throws {
    // w(t) as in the order tests; loss ½ (σ − w)².
    let network = try LinearNetwork(layers: [Matrix(rows: [[0.1]]), Matrix(rows: [[0.1]])])
    let run = GradientFlow(
      until: .infinity, steps: .adaptive(relativeTolerance: 1e-10), targetLoss: 0.5 * 0.01 * 0.01
    ).run(FactorizationObjective(Matrix(rows: [[1]])), from: network)
    // w = 0.99 at t = ½ log((0.99/0.01) (0.99/0.01)).
    #expect(run.trajectory.outcome == .converged)
    #expect(abs(run.trajectory.times.last! - Double.log(99)) < 1e-7)
  }

  @Test("finds when singular values pass half of their final value") func halfRises() throws {
    let target = [2.0, 1, 0.5]
    let w0 = 1e-4
    let network = try LinearNetwork(
      layers: [w0.squareRoot() * .identity(3), w0.squareRoot() * .identity(3)])
    let run = GradientFlow(
      until: 80, steps: .adaptive(relativeTolerance: 1e-9),
      recording: FlowRecording(times: [], locatingHalfRises: true)
    ).run(FactorizationObjective(.diagonal(target)), from: network)
    let times = try #require(run.halfRiseTimes)
    for (σ, time) in zip(target, times) {
      // w(t) = σ/2 at t = log(σ/w₀ − 1)/(2σ).
      let exact = Double.log(σ / w0 - 1) / (2 * σ)
      #expect(
        abs(try #require(time) - exact) < 1e-4 * exact, "\(String(describing: time)) \(exact)")
    }
  }

  @Test("ends at rest when asked to") func rest() throws {
    let network = try LinearNetwork(layers: [Matrix(rows: [[0.1]]), Matrix(rows: [[0.1]])])
    let run = GradientFlow(until: 1e6, restSpeed: 1e-9)
      .run(FactorizationObjective(Matrix(rows: [[1]])), from: network)
    #expect(run.trajectory.outcome == .converged)
    #expect(run.trajectory.times.last! < 40)
  }

  @Test("reports a solution that becomes infinite") func blowUp() throws {
    // u′ = u² for three layers on a linear loss: infinite at t = 1/u₀.
    let objective = try RegressionObjective(
      inputCovariance: .zeros(1, 1), crossCovariance: Matrix(rows: [[1]]))
    let network = try LinearNetwork(layers: [Matrix](repeating: Matrix(rows: [[0.5]]), count: 3))
    let run = GradientFlow(until: 10).run(objective, from: network)
    #expect(run.trajectory.outcome.kind == "diverged")
    #expect(abs(run.trajectory.times.last! - 2) < 1e-6)
  }

  @Test("leaves a start at rest where it is", arguments: FlowMethod.allCases) func zero(
    _ method: FlowMethod
  ) throws {
    let network = LinearNetwork(zerosOfWidths: [2, 3, 2])
    let run = GradientFlow(until: 5, method: method, recording: .at([0, 5], of: [.endToEnd]))
      .run(FactorizationObjective(.identity(2)), from: network)
    #expect(run.trajectory.outcome == .ended)
    #expect(run.trajectory.finalNetwork == network)
    #expect(run.trajectory.times == [0, 5])
  }
}
