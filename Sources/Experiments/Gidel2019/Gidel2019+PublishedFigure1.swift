import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// The published version's figure: squared norms for white inputs.
  struct PublishedFigure1: Experiment {
    let item = Item(
      id: "gidel-figure-1-published", paper: .gidel2019,
      title: "Figure 1 of the published version: squared norms for white inputs",
      shows: """
        For Σx = 1 the squared norm of the product of two layers becomes a step function with steps of height σ_i² at \
        t = 1/σ_i as the start vanishes; that of one layer rises smoothly and at one time for all components.
        """,
      seconds: 0.3, corrections: ["(31)"],
      snippet: """
        // ‖W‖² of two layers from exp(−20) at rescaled times before and after 1/σ = 1 and 2.
        for time in [0.5, 1.5, 2.5] {
          let values = [1.0, 0.5].map {
            BalancedMode(depth: 2, target: $0, curvature: 1, initial: 2.061e-9).endToEnd(at: 20 * time)
          }
          print(time, values.reduce(0) { $0 + $1 * $1 })
        }
        """)

    private let targets = [1, 0.5, 0.2]
    var deltas: [Double] = [2, 5, 20, 60]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("deltas", .numbers(\.deltas, 1...300), "δ of the starts")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let flows = try conditions.repetitions(5) { _, generator in
        try deltas.map { try run($0, using: &generator) }
      }
      let sharpest = flows.map { $0.last! }
      let heights = sharpest[0].plateaus.map { value -> String in
        "\((1e4 * value).rounded() / 1e4)"
      }
      let between = flows.flatMap(\.self).map(\.oneLayerSpread)
      return Findings(
        summary: [
          Fact("heights of the steps, δ = 60", .text(heights.joined(separator: ", "))),
          Fact("σ₁², σ₁² + σ₂², σ₁² + σ₂² + σ₃²", "1, 1.25, 1.29"),
        ],
        settings: [
          Fact("Σx", "1"), Fact("σ", "1, 0.5, 0.2, in random singular bases"),
          Fact("W(0)", "e^{−2δ} in the bases of Σxy, for one and for two layers"),
          Fact("δ", "2, 5, 20, 60"), Fact("bases", 5),
          Fact("relative tolerance of the flow", 1e-11),
        ],
        claims: [
          Claim(
            "integrated two layers, δ = 60: largest distance of ‖W‖² from Σσ_i² in the middle of each step",
            // In the middle σ_i t is √2 or more and σ_{i+1} t at most 0.71: e^{−120·0.29}, and the integration.
            source: "Figure 1 of the published version", .atMost, expected: 1e-8,
            measured: sharpest.map(\.plateauError).max()!),
          Claim(
            "the same at t = 1/σ_i: largest distance of mode i from σ_i/(1 + σ_i)",
            source: "Theorem 2 with λ = 1", .atMost, expected: 1e-8,
            measured: sharpest.map(\.transitionError).max()!),
          Claim(
            "integrated layers against the closed forms, ‖W‖² of one and two layers: largest distance, relatively, all δ",
            source: "Equations 17 and 29", .atMost, expected: 1e-7,
            measured: flows.joined().map(\.distance).max()!),
          Claim(
            "one layer: shares σ_i⁻¹W_i of all components at one time, largest difference",
            source: "white inputs: one rate for all", .atMost, expected: 1e-8,
            measured: between.max()!),
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([figure("Two layers", isDeep: true), figure("One layer", isDeep: false)])
            ])
        ])
    }

    private struct Run {
      var plateaus: [Double] = []
      var plateauError = 0.0
      var transitionError = 0.0
      var distance = 0.0
      var oneLayerSpread = 0.0
    }

    private func mode(_ target: Double, _ delta: Double, at time: Double) -> Double {
      BalancedMode(depth: 2, target: target, curvature: 1, initial: .exp(-delta))
        .endToEnd(at: time)
    }

    private func linear(_ target: Double, _ delta: Double, at time: Double) -> Double {
      .exp(-2 * delta - time) - target * .expMinusOne(-time)
    }

    private func run(_ delta: Double, using generator: inout SeededGenerator) throws -> Run {
      let problem = try CommutingProblem(
        targets: targets, curvatures: targets.map { _ in 1 }, using: &generator)
      let middles = [1.4142, 3.1623, 10].map { delta * $0 }
      let transitions = targets.map { delta / $0 }
      let spread = (1...12).map { delta * 0.5 * Double($0) }
      let times = Array(Set(middles + transitions + spread)).sorted()
      func follow(_ network: LinearNetwork) -> FlowResult {
        GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-11),
          recording: .at(times, of: [.endToEnd])
        ).run(problem.objective, from: network)
      }
      let two = follow(try problem.start(delta: delta))
      let one = follow(
        try LinearNetwork(layers: [
          .exp(-2 * delta) * problem.outputVectors.timesTransposed(problem.inputVectors)
        ]))
      func square(_ w: Matrix) -> Double { w.inner(w) }
      var result = Run()
      for (place, time) in times.enumerated() {
        let deep = two.snapshots[place].endToEnd!
        let exact = targets.map { mode($0, delta, at: time) }.reduce(0) { $0 + $1 * $1 }
        result.distance = max(result.distance, abs(square(deep) / exact - 1))
        let shallow = one.snapshots[place].endToEnd!
        let line = targets.map { linear($0, delta, at: time) }.reduce(0) { $0 + $1 * $1 }
        result.distance = max(result.distance, abs(square(shallow) / line - 1))
        let shares = zip(problem.modes(of: shallow), targets).map {
          ($0 - .exp(-2 * delta - time)) / $1
        }
        result.oneLayerSpread = max(result.oneLayerSpread, shares.max()! - shares.min()!)
        if let step = middles.firstIndex(of: time) {
          let limit = targets.prefix(step + 1).reduce(0) { $0 + $1 * $1 }
          result.plateaus.append(square(deep))
          result.plateauError = max(result.plateauError, abs(square(deep) - limit))
        }
        if let step = transitions.firstIndex(of: time) {
          let limit = 1 / (1 + targets[step])
          // w = σ/(λ + σ) at t = δ/σ, λ = 1, up to e^{−2δ}.
          result.transitionError = max(
            result.transitionError, abs(problem.modes(of: deep)[step] - limit * targets[step]))
        }
      }
      return result
    }

    private func figure(_ title: String, isDeep: Bool) -> Figure {
      let times = (0...400).map { Double.exp10(-1 + 2.2 * Double($0) / 400) }
      return Figure(
        title: title,
        caption: isDeep
          ? "Squared norm of W at flow time δt. The steps at t = 1/σ_i, the dashed lines, have heights 1, 0.25 and 0.04."
          : "The same for one layer: all components rise together, at t of the order 1/δ.",
        .lines(
          LinePlot(
            horizontal: Axis("rescaled time t", .logarithmic),
            vertical: Axis("‖W‖²", lower: 0, upper: 1.4),
            series: deltas.enumerated().map { place, delta in
              Series(
                "δ = \(Int(delta))", x: times,
                y: times.map { time in
                  targets.map {
                    isDeep
                      ? mode($0, delta, at: delta * time) : linear($0, delta, at: delta * time)
                  }.reduce(0) { $0 + $1 * $1 }
                }, color: .gradient(Double(place) / 3))
            },
            markers: targets.enumerated().map {
              Marker(.vertical, at: 1 / $1, label: ["1/σ₁", "1/σ₂", "1/σ₃"][$0])
            })))
    }
  }
}
