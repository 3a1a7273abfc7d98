import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// The trace norm of the end-to-end matrix in closed form, for one and for two layers.
  struct Figure1: Experiment {
    let item = Item(
      id: "gidel-figure-1", paper: .gidel2019,
      title: "Figure 1: trace norm against rescaled time",
      shows: """
        Two layers started near zero learn one component after another, and the trace norm becomes \
        a step function as the start vanishes; one layer learns all of them at once.
        """,
      seconds: 0.1, corrections: ["(30), (68)", "(31)"],
      snippet: """
        // The strongest of the three components, at half its rescaled time and after it.
        let delta = 20.0
        let mode = BalancedMode(depth: 2, target: 0.1, curvature: 0.1, initial: 1 / 485_165_195.4)
        print(mode.endToEnd(at: delta * 5), mode.endToEnd(at: delta * 11))
        """)

    /// The components of an autoencoder: λ_i = σ_i, so that each adds one to the trace norm.
    var strengths: [Double] = [1e-1, 1e-2, 1e-3]
    /// A start of W(0) = e^{−2δ}: e^{−δ} in each of two layers.
    var deltas: [Double] = [2, 5, 20, 100]
    /// Rescaled time t, for the flow time δt.
    private let times = (0...400).map { Double.exp10(-0.5 + 5 * Double($0) / 400) }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("deltas", .numbers(\.deltas, 1...300), "δ of the starts"),
        Adjustable("strengths", .numbers(\.strengths, 1e-4...1), "σ = λ of the components"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let sharpest = deltas.last!
      let steps = deltas.map { delta in times.map { twoLayers(delta, at: delta * $0) } }
      let smooth = deltas.map { delta in times.map { oneLayer(delta, at: delta * $0) } }

      // Away from the jumps, by a tenth of their time, a component misses 0 or 1 by e^{−δ/5} at most.
      let settled = zip(times, steps.last!).filter { time, _ in
        strengths.allSatisfy { abs(time * $0 - 1) >= 0.1 }
      }
      let deviation = settled.map { time, value in
        abs(value - Double(strengths.count { time * $0 > 1 }))
      }.max()!
      // Between the first and the second jump two layers have one component; one layer has begun with all.
      let between = 1 / (strengths[0] * strengths[1]).squareRoot()
      return Findings(
        settings: [
          Fact("strengths σ = λ", "0.1, 0.01, 0.001"), Fact("δ", "2, 5, 20, 100"),
          Fact("W(0)", "e^{−2δ} times the identity for both: e^{−δ} in each of two layers"),
        ],
        claims: [
          Claim(
            "two layers, δ = 100: distance from the step function, a tenth away from its jumps",
            source: "Corollary 1", .atMost, expected: 3 * .exp(-sharpest / 5), measured: deviation),
          Claim(
            "two layers, δ = 100: trace norm between the first and the second jump",
            source: "Corollary 1", expected: 1,
            measured: twoLayers(sharpest, at: sharpest * between),
            tolerance: 1e-6),
          Claim(
            "one layer, δ = 100: trace norm at the same time",
            source: "Proposition 1", .atLeast, expected: 2,
            measured: oneLayer(sharpest, at: sharpest * between)),
          // Relative errors of the start last until the rise: 1e-12 at each of some hundred steps.
          Claim(
            "two layers: largest relative distance of the closed form from the integrated flow, δ = 5",
            source: "Equations 18 and 30, corrected", .atMost, expected: 1e-9,
            measured: try distanceFromFlow(delta: 5, layers: 2)),
          Claim(
            "one layer from the same W(0): the same", source: "Equation 17", .atMost,
            expected: 1e-9,
            measured: try distanceFromFlow(delta: 5, layers: 1)),
        ],
        notices: [
          Notice(
            .information,
            """
            In the paper's figure one layer begins at e^{−δ} and the product of two at e^{−2δ}. Here both begin at the \
            same W(0).
            """)
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([
                figure("Two layers", steps), figure("One layer", smooth),
              ])
            ])
        ])
    }

    private func twoLayers(_ delta: Double, at time: Double) -> Double {
      strengths.map {
        BalancedMode(depth: 2, target: $0, curvature: $0, initial: .exp(-delta)).endToEnd(at: time)
      }.reduce(0, +)
    }

    private func oneLayer(_ delta: Double, at time: Double) -> Double {
      let start = Double.exp(-2 * delta)
      return strengths.map { start * .exp(-$0 * time) - .expMinusOne(-$0 * time) }.reduce(0, +)
    }

    private func distanceFromFlow(delta: Double, layers: Int) throws -> Double {
      let sigma = Matrix.diagonal(strengths)
      let objective = try RegressionObjective(inputCovariance: sigma, crossCovariance: sigma)
      let times = times.filter { $0 < 2000 }.map { delta * $0 }
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(times, of: [.singularValues])
      ).run(
        objective,
        from: .identity(
          widths: [Int](repeating: 3, count: layers + 1),
          scale: .exp(-2 * delta / Double(layers))))
      return zip(times, flow.trajectory.snapshots).map { time, snapshot in
        let exact = layers == 2 ? twoLayers(delta, at: time) : oneLayer(delta, at: time)
        return abs(snapshot.singularValues!.reduce(0, +) - exact) / exact
      }.max()!
    }

    private func figure(_ title: String, _ curves: [[Double]]) -> Figure {
      Figure(
        title: title,
        caption: "Trace norm at flow time δt for several starts; the dashed lines are at t = 1/σ.",
        .lines(
          LinePlot(
            horizontal: Axis("rescaled time t", .logarithmic),
            vertical: Axis("trace norm of W", lower: 0, upper: 3.1),
            series: zip(deltas, curves).enumerated().map { place, curve in
              Series(
                "δ = \(Int(curve.0))", x: times, y: curve.1,
                color: .gradient(Double(place) / Double(deltas.count - 1)))
            },
            markers: strengths.enumerated().map {
              Marker(.vertical, at: 1 / $1, label: ["1/σ₁", "1/σ₂", "1/σ₃"][$0])
            })))
    }
  }
}
