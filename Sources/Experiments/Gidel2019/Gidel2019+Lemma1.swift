import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// One singular mode of a balanced network of any depth: Equation 60 solved.
  struct Lemma1: Experiment {
    let item = Item(
      id: "gidel-lemma-1", paper: .gidel2019,
      title: "Lemma 1 and Equation 60: one singular mode at any depth",
      shows: """
        A mode of L balanced layers rises monotonically to σ/λ and never beyond. The paper solves the \
        equation for two layers; closed forms for all depths, and the limit of infinite depth, agree \
        with integrated networks, also where several modes rise in any bases. Deeper networks wait longer and rise \
        more steeply.
        """,
      seconds: 2, corrections: ["(58)"],
      snippet: """
        // The time at which modes of equal start reach half of their end, by depth.
        for depth in [2, 3, 4, 5] {
          let mode = BalancedMode(
            depth: depth, target: 1, curvature: 1, initial: .root(1e-3, depth))
          print(depth, mode.time(toReach: 0.5)!, mode.endToEnd(at: 10))
        }
        """)

    private let depths = [2, 3, 4, 5]
    var tolerance = 1e-11
    /// Depths at which the limit is approached.
    private let deep = [50, 100, 200, 400, 800]

    /// What one random mode showed.
    private struct Outcome {
      /// For each depth, the largest relative distance of the closed form from the integrated network.
      var distances: [Double] = []
      /// The largest fall from one time to the next, and the largest excess over σ/λ, relatively.
      var fall = 0.0
      var excess = 0.0
      /// For three layers: the relative distance of the time to a half from that of the integrated network.
      var timeError = 0.0
      /// Relative distance of Lt at half of the end from its limit for infinite depth, for each of the deep ones.
      var limitDistances: [Double] = []
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-13...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let outcomes = try conditions.repetitions(conditions.isQuick ? 5 : 30) { _, generator in
        try outcome(using: &generator)
      }
      let orders = outcomes.map { outcome in
        -Double.log(outcome.limitDistances[4] / outcome.limitDistances[3]) / .log(2)
      }
      let generic = try conditions.repetitions(5) { _, generator in
        try distancesOfGenericStarts(using: &generator)
      }
      var claims = depths.enumerated().map { place, depth in
        Claim(
          "L = \(depth): largest relative distance of the closed form from integrated layers, worst mode",
          // Local errors at the tolerance; a relative error of the start grows by w(t)/w(0) ≤ 1e3 at most.
          source: depth == 2 ? "Equation 62" : "Equation 60, solved", .atMost,
          expected: 1e4 * tolerance, measured: outcomes.map { $0.distances[place] }.max()!)
      }
      claims += [
        Claim(
          "integrated layers: largest relative fall of any mode from one time to the next, all depths",
          source: "Lemma 1", .atMost, expected: 0, measured: outcomes.map(\.fall).max()!,
          // At rest a thousand steps, each off by its tolerance.
          tolerance: 1e3 * tolerance),
        Claim(
          "integrated layers: largest relative excess over σ/λ, all depths", source: "Lemma 1",
          .atMost,
          expected: 0, measured: outcomes.map(\.excess).max()!, tolerance: 1e3 * tolerance),
        worst(
          "three modes in random bases of every layer, L = 2, 3, 4: largest distance of v_iᵀW u_i from its closed form, relative to the largest end, beside what the integration's tolerance leaves",
          source: "Equations 59 and 60", generic.joined().map { ($0.modes, $0.allowance) }),
        worst(
          "the same: largest element of W between different modes, relative to the largest end",
          source: "Equation 59: modes do not mix",
          generic.joined().map { ($0.between, $0.allowance) }),
        Claim(
          "order in 1/L of the time to a half, against its limit for infinite depth: the mode farthest from 1",
          // w^{2−2/L} = w² e^{x}, x = (2/L) ln(1/w) ≤ 0.035 at L = 400: the slope misses 1 by about x/4 + x/8.
          source: "Equation 60 for L → ∞", expected: 1,
          measured: orders.max { abs($0 - 1) < abs($1 - 1) }!, tolerance: 0.05),
        Claim(
          "L = 3: relative error of the predicted time to half of the end, worst mode",
          // Linear interpolation of the logit between times a thousandth of the run apart.
          source: "Equation 60, solved", .atMost, expected: 1e-4,
          measured: outcomes.map(\.timeError).max()!),
      ]
      return Findings(
        summary: [
          Fact(
            "largest relative error of the closed forms",
            .number(outcomes.flatMap(\.distances).max()!)),
          Fact("order of the approach to L = ∞", .number(orders.median)),
        ],
        settings: [
          Fact("depths", "2, 3, 4, 5; 50 to 800 for the limit"),
          Fact("random modes", .number(Double(outcomes.count))), Fact("σ", "0.5 to 2"),
          Fact("λ", "0.5 to 2"), Fact("w(0)λ/σ", "10^u, u uniform in [−3, −1]"),
          Fact("relative tolerance of the integrator", .number(tolerance)),
        ], claims: claims,
        notices: [
          Notice(
            .information,
            """
            The number of modes is the least of all widths, inputs and outputs included; printed Equation 58 leaves \
            out the outputs. Lemma 1 speaks of all real times; for one layer it fails backwards in time, where w \
            becomes negative.
            """)
        ],
        sections: [
          Section(
            heading: "The same start at every depth",
            blocks: [.row([riseFigure(start: 1e-2), riseFigure(start: 1e-4)])]),
          Section(heading: "Infinite depth", blocks: [.figure(limitFigure(outcomes))]),
        ])
    }

    /// The distance that is the largest share of its allowance.
    private func worst(
      _ statement: String, source: String, _ errors: [(distance: Double, allowance: Double)]
    ) -> Claim {
      let worst = errors.max { $0.distance / $0.allowance < $1.distance / $1.allowance }!
      return Claim(
        statement, source: source, .atMost, expected: worst.allowance, measured: worst.distance)
    }

    private func outcome(using generator: inout SeededGenerator) throws -> Outcome {
      let target = 0.5 + 1.5 * generator.nextUniform()
      let curvature = 0.5 + 1.5 * generator.nextUniform()
      let end = target / curvature
      let start = end * .exp10(-3 + 2 * generator.nextUniform())
      var result = Outcome()
      let objective = try RegressionObjective(
        inputCovariance: .diagonal([curvature]), crossCovariance: .diagonal([target]))
      for depth in depths {
        let mode = BalancedMode(
          depth: depth, target: target, curvature: curvature, initial: .root(start, depth))
        let last = 2 * mode.time(toReach: 0.99)!
        let times = (1...1000).map { last * Double($0) / 1000 }
        let flow = GradientFlow(
          until: last, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at(times, of: [.singularValues])
        ).run(
          objective,
          from: .identity(
            widths: [Int](repeating: 1, count: depth + 1), scale: mode.initial))
        let values = flow.snapshots.map { $0.singularValues![0] }
        result.distances.append(
          zip(times, values).map { abs(mode.endToEnd(at: $0) / $1 - 1) }.max()!)
        result.fall = max(
          result.fall, zip(values, values.dropFirst()).map { ($0 - $1) / end }.max()!)
        result.excess = max(result.excess, values.max()! / end - 1)
        if depth == 3 {
          // The last value is at σ/λ up to rounding only for long runs; a half of it is what is measured.
          let share = 0.5 * flow.trajectory.snapshots.last!.singularValues![0] / end
          let measured = LearningTimes.measured(on: flow.trajectory)[0]!
          result.timeError = abs(mode.time(toReach: share)! / measured - 1)
        }
      }
      let infinite = InfinitelyDeepMode(target: target, curvature: curvature, initial: start)
      let limit = riseTime(of: infinite)
      result.limitDistances = deep.map { depth in
        let mode = BalancedMode(
          depth: depth, target: target, curvature: curvature, initial: .root(start, depth))
        return abs(Double(depth) * mode.time(toReach: 0.5)! / limit - 1)
      }
      return result
    }

    /// τ at which an infinitely deep mode is at half of its end, by bisection.
    private func riseTime(of mode: InfinitelyDeepMode) -> Double {
      let half = 0.5 * mode.target / mode.curvature
      var (low, high) = (0.0, 1.0)
      while mode.endToEnd(at: high) < half { high *= 2 }
      for _ in 0..<60 {
        let middle = (low + high) / 2
        if mode.endToEnd(at: middle) < half { low = middle } else { high = middle }
      }
      return (low + high) / 2
    }

    /// Layers W_j = R_j diag(w₀^{1/L}) R_{j−1}ᵀ with random orthonormal R_j between the vectors of the data: how far
    /// integrated ones are from the closed forms of their modes.
    private func distancesOfGenericStarts(
      using generator: inout SeededGenerator
    ) throws -> [(modes: Double, between: Double, allowance: Double)] {
      let targets = [2, 1.2, 0.7].map { $0 * (0.9 + 0.2 * generator.nextUniform()) }
      let curvatures = targets.map { _ in 0.5 + 1.5 * generator.nextUniform() }
      let starts = targets.map { _ in Double.exp10(-3 + 2 * generator.nextUniform()) }
      let problem = try CommutingProblem(
        targets: targets, curvatures: curvatures, using: &generator)
      let largest = zip(targets, curvatures).map { $0 / $1 }.max()!
      return try [2, 3, 4].map { depth in
        var result = (modes: 0.0, between: 0.0, allowance: 0.0)
        let bases =
          [problem.inputVectors]
          + (1..<depth).map { _ in
            Matrix.orthogonal(rowCount: 4, columnCount: 3, using: &generator)
          } + [problem.outputVectors]
        let sizes = starts.map { Double.root($0, depth) }
        let layers = zip(bases, bases.dropFirst()).map { below, above in
          above.scalingColumns(by: sizes).timesTransposed(below)
        }
        let modes = zip(zip(targets, curvatures), sizes).map {
          BalancedMode(depth: depth, target: $0.0, curvature: $0.1, initial: $1)
        }
        let last = 1.5 * modes.map { $0.time(toReach: 0.99)! }.max()!
        let times = (1...60).map { last * Double($0) / 60 }
        let flow = GradientFlow(
          until: last, steps: .adaptive(relativeTolerance: tolerance),
          recording: .at(times, of: [.endToEnd])
        ).run(problem.objective, from: try LinearNetwork(layers: layers))
        for (time, point) in zip(times, flow.snapshots) {
          let inside = problem.outputVectors.transposedTimes(
            point.endToEnd! * problem.inputVectors)
          let exact = Matrix.diagonal(modes.map { $0.endToEnd(at: time) })
          let errors = inside - exact
          result.modes = max(result.modes, errors.diagonal.map { abs($0) }.max()! / largest)
          result.between = max(
            result.between, (errors - .diagonal(errors.diagonal)).maxAbsolute / largest)
        }
        // In each layer a step is off by the tolerance times its Frobenius norm. On the plateau that moves a mode by
        // L w^{1−1/L} times as much, and w′ = L w^{2−2/L}(σ − λw) carries it on as a shift in time: at the rise it has grown
        // by w′/w′(0), w′ ≤ Lσ(σ/λ)^{2−2/L}/4 as x^{2−2/L}(1 − x) ≤ 1/4. All steps together, at worst of one sign:
        let n = Double(depth)
        let growth = zip(zip(targets, curvatures), starts).map { mode, start in
          n * .pow(mode.0 / mode.1, 2 - 2 / n)
            / (4 * .pow(start, 1 - 1 / n) * (1 - mode.1 * start / mode.0))
        }.max()!
        let size = zip(targets, curvatures).reduce(0) { $0 + .pow($1.0 / $1.1, 2 / n) }.squareRoot()
        result.allowance =
          tolerance * Double(flow.trajectory.stepCount) * size * max(growth, 1) / largest
        return result
      }
    }

    private func riseFigure(start: Double) -> Figure {
      let infinite = InfinitelyDeepMode(target: 1, curvature: 1, initial: start)
      let curves = depths.map { depth in
        let mode = BalancedMode(
          depth: depth, target: 1, curvature: 1, initial: .root(start, depth))
        let half = mode.time(toReach: 0.5)!
        let shares = (0...300).map { 2 * Double($0) / 300 }
        return (depth, shares, shares.map { mode.endToEnd(at: $0 * half) })
      }
      let half = riseTime(of: infinite)
      let shares = (0...300).map { 2 * Double($0) / 300 }
      return Figure(
        title: "From w(0) = \(start)",
        caption: """
          σ = λ = 1. Time is measured in that to half of the end; the deeper the network, the longer the plateau \
          and the steeper the rise.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("time over that to a half"), vertical: Axis("value w", lower: 0),
            series: curves.enumerated().map { place, curve in
              Series(
                "L = \(curve.0)", x: curve.1, y: curve.2, color: .gradient(Double(place) / 4))
            } + [
              Series(
                "L = ∞", x: shares, y: shares.map { infinite.endToEnd(at: $0 * half) },
                color: .gradient(1))
            ])))
    }

    private func limitFigure(_ outcomes: [Outcome]) -> Figure {
      let x = deep.map(Double.init)
      let values = deep.indices.map { k in outcomes.map { $0.limitDistances[k] } }
      let middle = values.map(\.median)
      return Figure(
        title: "Approach to infinite depth",
        caption: """
          Relative distance of the time Lt to half of the end from its limit for L → ∞: median of the modes, \
          and the range of them all. It falls like 1/L.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("depth L", .logarithmic),
            vertical: Axis("distance from the limit", .logarithmic),
            series: [
              Series(
                "measured", x: x, y: middle,
                band: Band(
                  "all modes", lower: values.map { $0.min()! }, upper: values.map { $0.max()! }),
                style: .connectedPoints),
              Series(
                "1/L", x: x, y: x.map { middle.last! * x.last! / $0 }, style: .dashed,
                color: .muted),
            ])))
    }
  }
}
