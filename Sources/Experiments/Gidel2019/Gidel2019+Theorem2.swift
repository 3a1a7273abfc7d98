import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// The limits of a vanishing start, and the transition times.
  struct Theorem2: Experiment {
    let item = Item(
      id: "gidel-theorem-2", paper: .gidel2019,
      title: "Theorem 2 and Corollary 1: the limits of a vanishing start",
      shows: """
        In the time δt a mode of two layers is at zero before 1/σ and at its end after it, with an error \
        that falls exponentially in δ: integrated flows from starts down to e^{−200} show it. The trace norm becomes \
        a step function, and each step comes at the corrected transition time.
        """,
      seconds: 0.8, corrections: ["(31)"],
      snippet: """
        // One mode a tenth before, at and a tenth after its rescaled time 1/σ.
        let (target, curvature) = (0.5, 2.0)
        for delta in [10.0, 30, 100] {
          let mode = BalancedMode(
            depth: 2, target: target, curvature: curvature, initial: .exp(-delta))
          print([0.9, 1, 1.1].map { mode.layerValue(at: delta * $0 / target) })
        }
        """)

    /// The example of the figures; λ is not σ, so that the steps of the trace norm are not of height one.
    var targets: [Double] = [1, 0.4, 0.1]
    var curvatures: [Double] = [0.5, 0.4, 0.2]
    private let deltas: [Double] = [5, 10, 20, 40, 80, 160]
    var tolerance = 1e-10
    /// From whose starts flows are integrated.
    private let integrated: [Double] = [20, 60, 200]

    /// One mode of a flow, when it reached half of its end.
    private struct Transition {
      var target: Double
      var curvature: Double
      var delta: Double
      var measured: Double
      var corrected: Double {
        LearningTimes.leadingOrder(target: target, curvature: curvature, delta: delta)
      }
      var printed: Double { delta * .log(target) / target }
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("targets", .numbers(\.targets, 0.01...10), "σ of the example"),
        Adjustable("curvatures", .numbers(\.curvatures, 0.01...10), "λ of the example"),
        Adjustable("tolerance", .number(\.tolerance, 1e-13...1e-6), "relative, of the flow"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let before = deviations(at: 0.9) { value, _ in value }
      let after = deviations(at: 1.1) { value, end in end - value }
      let followed = try integrated.map(follow)
      let (least, middle, largest) = (followed[0], followed[1], followed[2])
      // m = √(σ/λ) (1 + x)^{−1/2} with x = (σ/λ) e^{2δ(1 − σt)} up to e^{−2δ}.
      let falls = zip(middle.before, largest.before).map {
        .log($0 / $1) / (largest.delta - middle.delta)
      }
      let approaches = zip(least.after, middle.after).map {
        .log($0 / $1) / (middle.delta - least.delta)
      }
      let ratio = zip(targets, curvatures).map { $0 / $1 }.max()!
      // An error of the tolerance at each of some hundred steps; a mode's relative error stays what it was.
      let bound = 1e4 * tolerance
      let transitions = try conditions.repetitions(conditions.isQuick ? 5 : 20) { _, generator in
        try randomTransitions(using: &generator)
      }.flatMap(\.self)
      let flows = try conditions.repetitions(5) { _, generator in
        try distanceOfFlow(using: &generator)
      }
      return Findings(
        summary: [
          Fact(
            "corrected transition time, largest relative error",
            .number(transitions.map { abs($0.corrected / $0.measured - 1) }.max()!)),
          Fact(
            "Equation 31 as printed, median relative error",
            .number(transitions.map { abs($0.printed / $0.measured - 1) }.median)),
        ],
        settings: [
          Fact("example σ", "1, 0.4, 0.1"), Fact("example λ", "0.5, 0.4, 0.2"),
          Fact("δ of the limits", "5, 10, 20, 40, 80, 160"),
          Fact(
            "random problems of 3 modes for the transitions", .number(Double(transitions.count / 3))
          ),
          Fact("δ of the random flows", "8 to 100"),
          Fact("δ of the integrated limits", "20, 60, 200"),
          Fact("relative tolerance of the integrator", .number(tolerance)),
        ],
        claims: [
          Claim(
            "integrated layers at t = 0.9/σ: rate at which they fall from δ = 60 to 200, mode farthest from 0.1",
            source: "Theorem 2: m ≈ e^{δ(σt − 1)}", expected: 0.1, measured: farthest(falls, 0.1),
            // ½ ln(1 + x) of the next order at δ = 60, x = (λ/σ) e^{−12}, over the distance of 140.
            tolerance: (.exp(-12) * 2 + bound) / 140),
          Claim(
            "integrated layers at t = 1.1/σ: rate at which their distance from √(σ/λ) falls from δ = 20 to 60, mode farthest from 0.2",
            source: "Theorem 2: distance ≈ e^{−2δ(σt − 1)}", expected: 0.2,
            measured: farthest(approaches, 0.2),
            // The distance is ½x(1 − ¾x + …), x = (σ/λ) e^{−4} at δ = 20; the integration's share of e^{−12} at 60.
            tolerance: (0.75 * ratio * .exp(-4) + 2 * bound * .exp(12) * tolerance) / 40),
          Claim(
            "integrated layers at t = 1/σ: largest relative distance from √(σ/(λ + σ)), δ = 20, 60, 200",
            source: "Theorem 2", .atMost, expected: bound, measured: followed.map(\.at).max()!),
          Claim(
            "trace norm of integrated layers in the middle of each step, δ = 200: largest distance from Σ σ_i/λ_i",
            // In the middle σ_i t is 1.58 or more, and σ_{i+1} t 0.71 or less: e^{−2·200·0.29}.
            source: "Corollary 1", .atMost, expected: bound, measured: largest.plateau),
          Claim(
            "two integrated layers in random bases: largest distance of the trace norm from the closed form, relative",
            source: "Equation 29", .atMost, expected: 1e4 * tolerance, measured: flows.max()!),
          Claim(
            "time to half of the end, against (δ + ½ ln(σ/λ))/σ: largest relative distance",
            // The exact time is ln(σ/(λw₀) − 1)/(2σ): off by λw₀/(2σ²) < 1e-6. The integrator adds its tolerance,
            // amplified as above; interpolation in the logit is exact.
            source: "Equation 31, corrected", .atMost, expected: 2e-6,
            measured: transitions.map { abs($0.corrected / $0.measured - 1) }.max()!),
          Claim(
            "the same for Equation 31 as printed, the mode that it misses least",
            source: "Equation 31 as printed", .atLeast, expected: 0.1,
            measured: transitions.map { abs($0.printed / $0.measured - 1) }.min()!, refutes: true),
        ],
        notices: [
          Notice(
            .caution,
            """
            Equation 31 is printed as δ ln(σ)/σ. That is zero for σ = 1 and negative below, where all of the \
            paper's own components lie.
            """),
          Notice(
            .information,
            """
            The steps of the trace norm have heights σ_i/λ_i. They are whole numbers, as the paper says, only \
            for an autoencoder, where σ = λ.
            """),
        ],
        sections: [
          Section(
            heading: "One mode, and the trace norm",
            blocks: [.row([modeFigure(), traceFigure()])]),
          Section(
            heading: "How fast the limits are reached",
            blocks: [.figure(rateFigure(before, after))]),
          Section(
            heading: "When a mode is learned", blocks: [.figure(transitionFigure(transitions))]),
        ])
    }

    /// m(δt), the value of each layer.
    private func layer(
      _ target: Double, _ curvature: Double, delta: Double, at time: Double
    ) -> Double {
      BalancedMode(depth: 2, target: target, curvature: curvature, initial: .exp(-delta))
        .layerValue(at: delta * time)
    }

    private func deviations(
      at share: Double, _ measure: (Double, Double) -> Double
    ) -> [[Double]] {
      zip(targets, curvatures).map { target, curvature in
        deltas.map { delta in
          measure(
            layer(target, curvature, delta: delta, at: share / target),
            (target / curvature).squareRoot())
        }
      }
    }

    private func farthest(_ values: [Double], _ from: Double) -> Double {
      values.max { abs($0 - from) < abs($1 - from) }!
    }

    /// What an integrated flow from e^{−δ} showed: the modes' layers before their step, their distances from the ends
    /// after it, how far they are from the limit at it, and how far the trace norm is from its plateaus.
    private struct Followed {
      var delta: Double
      var before: [Double] = []
      var after: [Double] = []
      var at = 0.0
      var plateau = 0.0
    }

    private func follow(_ delta: Double) throws -> Followed {
      let problem = try CommutingProblem(diagonal: targets, curvatures: curvatures)
      let middles = middles
      let asked = targets.flatMap { target in [0.9, 1, 1.1].map { delta * $0 / target } }
      let times = (asked + middles.map { delta * $0 }).sorted()
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.endToEnd])
      ).run(problem.objective, from: try problem.start(delta: delta))
      func values(_ time: Double) -> [Double] {
        problem.modes(of: flow.snapshots[times.firstIndex(of: time)!].endToEnd!)
      }
      var result = Followed(delta: delta)
      for (mode, (target, curvature)) in zip(targets, curvatures).enumerated() {
        let layers = [0.9, 1, 1.1].map { values(delta * $0 / target)[mode].squareRoot() }
        result.before.append(layers[0])
        result.after.append((target / curvature).squareRoot() - layers[2])
        result.at = max(
          result.at, abs(layers[1] / (target / (curvature + target)).squareRoot() - 1))
      }
      for (count, time) in middles.enumerated() {
        let limit = zip(targets, curvatures).prefix(count).map { $0 / $1 }.reduce(0, +)
        result.plateau = max(
          result.plateau, abs(values(delta * time).reduce(0, +) - limit))
      }
      return result
    }

    private func traceNorm(delta: Double, at time: Double) -> Double {
      zip(targets, curvatures).map { target, curvature in
        let value = layer(target, curvature, delta: delta, at: time)
        return value * value
      }.reduce(0, +)
    }

    /// The geometric middle of each step of the trace norm.
    private var middles: [Double] {
      let jumps = targets.map { 1 / $0 }
      let ends = [jumps[0] / 2] + jumps + [jumps.last! * 4]
      return zip(ends, ends.dropFirst()).map { ($0 * $1).squareRoot() }
    }

    /// Integrated layers in random singular bases against the closed form.
    private func distanceOfFlow(using generator: inout SeededGenerator) throws -> Double {
      let delta = 8.0
      let problem = try CommutingProblem(
        targets: targets, curvatures: curvatures, using: &generator)
      let times = (1...80).map { delta * 0.2 * Double($0) }
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 0.01 * tolerance),
        recording: .at(times, of: [.singularValues])
      ).run(problem.objective, from: try problem.start(delta: delta))
      return zip(times, flow.trajectory.snapshots).map { time, snapshot in
        let exact = traceNorm(delta: delta, at: time / delta)
        return abs(snapshot.singularValues!.reduce(0, +) / exact - 1)
      }.max()!
    }

    /// Random modes that are learned in the order of their singular values, so that these tell them apart.
    private func randomTransitions(using generator: inout SeededGenerator) throws -> [Transition] {
      let delta = 8 + 92 * generator.nextUniform()
      return try [0.8, 0.4, 0.2].map { scale in
        let target = scale * (1 + 0.4 * generator.nextUniform())
        let curvature = 0.3 + generator.nextUniform()
        return try transition(target: target, curvature: curvature, delta: delta)
      }
    }

    private func transition(
      target: Double, curvature: Double, delta: Double
    ) throws -> Transition {
      let end = 2.5 * delta / target
      let times = (0...500).map { end * Double($0) / 500 }
      let objective = try RegressionObjective(
        inputCovariance: .diagonal([curvature]), crossCovariance: .diagonal([target]))
      let flow = GradientFlow(
        until: end, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.singularValues])
      ).run(objective, from: .identity(widths: [1, 1, 1], scale: .exp(-delta)))
      return Transition(
        target: target, curvature: curvature, delta: delta,
        measured: LearningTimes.measured(on: flow.trajectory)[0] ?? .nan)
    }

    private func modeFigure() -> Figure {
      let (target, curvature) = (targets[1], curvatures[1])
      let x = (0...400).map { 2 * Double($0) / 400 }
      let shown: [Double] = [2, 5, 20, 100]
      return Figure(
        title: "One mode",
        caption: """
          Value of each layer, relative to its end √(σ/λ), for σ = λ. At t = 1/σ every curve passes \
          near √½ = √(σ/(λ + σ)) of it.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("rescaled time times σ"),
            vertical: Axis("layer value, relative to its end", lower: 0),
            series: shown.enumerated().map { place, delta in
              Series(
                "δ = \(Int(delta))", x: x,
                y: x.map {
                  layer(target, curvature, delta: delta, at: $0 / target)
                    / (target / curvature).squareRoot()
                }, color: .gradient(Double(place) / 3))
            },
            markers: [Marker(.horizontal, at: 0.5.squareRoot(), label: "√½")])))
    }

    private func traceFigure() -> Figure {
      let times = (0...500).map { Double.exp10(-0.5 + 2.3 * Double($0) / 500) }
      let shown: [Double] = [2, 5, 20, 100]
      return Figure(
        title: "Trace norm",
        caption: """
          The sum of three modes against rescaled time. The steps at t = 1/σ_i have heights σ_i/λ_i = 2, \
          1 and ½.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("rescaled time t", .logarithmic),
            vertical: Axis("trace norm of W", lower: 0),
            series: shown.enumerated().map { place, delta in
              Series(
                "δ = \(Int(delta))", x: times, y: times.map { traceNorm(delta: delta, at: $0) },
                color: .gradient(Double(place) / 3))
            },
            markers: targets.enumerated().map {
              Marker(.vertical, at: 1 / $1, label: "1/σ" + ["₁", "₂", "₃"][$0])
            })))
    }

    private func rateFigure(_ before: [[Double]], _ after: [[Double]]) -> Figure {
      Figure(
        title: "Distance from the limit",
        caption: """
          Distance of a layer's value from its limit a tenth before 1/σ (e^{−0.1δ}) and a tenth after \
          (e^{−0.2δ}), for the mode with σ = λ = 0.4.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("δ"), vertical: Axis("distance from the limit", .logarithmic),
            series: [
              Series("before: 0.9/σ", x: deltas, y: before[1], style: .connectedPoints),
              Series(
                "after: 1.1/σ", x: deltas, y: after[1].map { $0 > 0 ? $0 : .nan },
                style: .connectedPoints),
              Series(
                "e^{−0.1δ}", x: deltas, y: deltas.map { .exp(-0.1 * $0) }, style: .dashed,
                color: .muted),
              Series(
                "e^{−0.2δ}", x: deltas, y: deltas.map { .exp(-0.2 * $0) }, style: .dotted,
                color: .muted),
            ])))
    }

    private func transitionFigure(_ transitions: [Transition]) -> Figure {
      let ascending = transitions.sorted { $0.target < $1.target }
      let x = ascending.map(\.target)
      return Figure(
        title: "Transition times",
        caption: """
          Time at which integrated modes reach half of their end, times σ/δ, with δ and λ at random. The \
          corrected time meets them; Equation 31 as printed is zero at σ = 1 and negative below.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("σ"), vertical: Axis("time · σ/δ"),
            series: [
              Series(
                "measured", x: x, y: ascending.map { $0.measured * $0.target / $0.delta },
                style: .points),
              Series(
                "corrected", x: x, y: ascending.map { $0.corrected * $0.target / $0.delta },
                color: .palette(2)),
              Series(
                "Equation 31 as printed", x: x,
                y: ascending.map { $0.printed * $0.target / $0.delta }, style: .dashed,
                color: .palette(1)),
            ])))
    }
  }
}
