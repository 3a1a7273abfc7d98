import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// The closed form beside the flow: where it is exact, and how it fails as the assumption does.
  struct Theorem1: Experiment {
    let item = Item(
      id: "gidel-theorem-1", paper: .gidel2019,
      title: "Theorem 1: the closed form, and what becomes of it when covariances do not commute",
      shows: """
        Two layers in the singular vectors of the data follow independent scalar equations. An \
        off-diagonal part B of the input covariance moves them by an amount proportional to B, far \
        below what Grönwall's inequality allows.
        """,
      seconds: 5,
      corrections: ["(24), (28), (55)–(57), Theorem 1", "(30), (68)", "(57)"],
      snippet: """
        // Two modes that share singular vectors with the inputs; then inputs that do not commute.
        let cross = Matrix.diagonal([2, 1])
        let start = LinearNetwork.identity(widths: [2, 2, 2], scale: 0.1)
        for coupling in [0, 0.1] {
          let inputs = Matrix(rows: [[1, coupling], [coupling, 1.5]])
          let objective = try RegressionObjective(inputCovariance: inputs, crossCovariance: cross)
          let flow = GradientFlow(until: 5).run(objective, from: start)
          print(flow.trajectory.finalNetwork.endToEnd())
        }
        """)

    var delta = 2.0
    var endTime = 30.0
    var tolerance = 1e-11
    private let sizes = [1e-4, 2e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3]
    private let conditionNumbers = [1, 1.1, 1.25, 1.5, 2, 3, 5, 10]

    /// What one problem showed.
    private struct Outcome {
      /// With B = 0: the largest distance of layers from the closed form, relative to the largest layer.
      var exactDistance = 0.0
      /// Of the mode with σ = 0, relatively: Equation 30 corrected, and as printed.
      var zeroMode = (corrected: 0.0, printed: 0.0)
      /// For each size of B, the distance of the layers at each time, and Grönwall's bound.
      var distances: [[Double]] = []
      var bounds: [[Double]] = []
      /// |‖W(end) − W⁰(end)‖/‖Σyx(Σx⁻¹ − D⁻¹)‖ − 1| in the moving modes at the smallest B.
      var limitError = 0.0
      /// For each condition number of Q, how far W comes from the closed form.
      var distancesByFactor: [Double] = []
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("delta", .number(\.delta, 0.5...10), "δ of the start e^{−δ}"),
        Adjustable("end", .number(\.endTime, 5...100), "time of the end"),
        Adjustable("tolerance", .number(\.tolerance, 1e-13...1e-6), "relative, of the flow"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let times = (0...(conditions.isQuick ? 150 : 600)).map {
        endTime * Double($0) / (conditions.isQuick ? 150 : 600)
      }
      let outcomes = try conditions.repetitions(conditions.isQuick ? 5 : 20) { _, generator in
        try outcome(at: times, using: &generator)
      }
      let largest = outcomes.map { $0.distances.map { $0.max()! } }
      // Distances are aε + bε²; from 1e-4 to 2e-4 the slope misses 1 by (b/a) 1e-4 log₂ e, b/a in the tens.
      let orders = largest.map { Double.log($0[1] / $0[0]) / .log(2) }
      let ratios = outcomes.flatMap { outcome in
        zip(outcome.distances, outcome.bounds).flatMap { pair in
          zip(pair.0, pair.1).dropFirst().map { $0 / $1 }
        }
      }
      let invertible = conditionNumbers.firstIndex(of: 3)!
      return Findings(
        summary: [
          Fact("distance per ‖B‖, median", .number(largest.map { $0[0] / sizes[0] }.median)),
          Fact("order in ‖B‖", .number(orders.median)),
        ],
        settings: [
          Fact("problems", .number(Double(outcomes.count))),
          Fact("modes", "4 with σ between 0.3 and 1, one with σ = 0"),
          Fact("λ", "between 0.5 and 1.5"), Fact("start of each layer", "e^{−2}"),
          Fact("flow time", "30"), Fact("relative tolerance of the integrator", .number(tolerance)),
        ],
        claims: [
          Claim(
            "B = 0: largest distance of a layer from the closed form, relative to the largest layer, worst problem",
            // Local errors at the tolerance, amplified by a growth of e^{σδ/σ} = 1/start at most.
            source: "Theorem 1", .atMost, expected: 1e3 * tolerance,
            measured: outcomes.map(\.exactDistance).max()!),
          Claim(
            "the mode with σ = 0: largest relative distance of corrected Equation 30 from the flow, worst problem",
            source: "Equation 30, corrected", .atMost, expected: 1e3 * tolerance,
            measured: outcomes.map(\.zeroMode.corrected).max()!),
          Claim(
            "the same for Equation 30 as printed, best problem", source: "Equation 30 as printed",
            .atLeast, expected: 0.1, measured: outcomes.map(\.zeroMode.printed).min()!,
            refutes: true),
          Claim(
            "distance of the layers over Grönwall's bound, largest of all times, sizes of B and problems",
            source: "Theorem 1 of the published version", .atMost, expected: 1,
            measured: ratios.max()!),
          Claim(
            "order of the distance in ‖B‖, the problem farthest from 1",
            source: "Theorem 1 of the published version", expected: 1,
            measured: orders.max { abs($0 - 1) < abs($1 - 1) }!, tolerance: 0.02),
          Claim(
            "‖B‖ = 1e-4: distance of W at the end, relative difference from that of the two minimisers, worst problem",
            // What has not settled by then: e^{−2σt} of a mode and its square root of the layers' coupling.
            source: "both flows reach their minimiser", .atMost, expected: 0.01,
            measured: outcomes.map(\.limitError).max()!),
          Claim(
            "Q orthogonal: largest relative distance of W from the closed form, worst problem",
            source: "Theorem 1, corrected", .atMost, expected: 1e3 * tolerance,
            measured: outcomes.map { $0.distancesByFactor[0] }.max()!),
          Claim(
            "Q with condition number 3: the same distance, best problem",
            source: "Theorem 1 as printed", .atLeast, expected: 0.01,
            measured: outcomes.map { $0.distancesByFactor[invertible] }.min()!, refutes: true),
        ],
        notices: [
          Notice(
            .caution,
            """
            The paper allows any invertible Q between the layers. Only an orthogonal one gives the closed \
            form: the layers of another are not balanced, and the product takes another path.
            """),
          Notice(
            .information,
            """
            Grönwall's bound grows exponentially with time and soon says nothing. The distance itself \
            stays bounded: it ends at that of the minimisers, which is proportional to B as well.
            """),
        ],
        sections: [
          Section(
            heading: "An input covariance that is not diagonal in the singular vectors",
            prose: """
              In the singular vectors of Σxy the input covariance is D + B, with D diagonal. The closed \
              form uses D alone. B is random and symmetric, without diagonal.
              """,
            blocks: [
              .row([
                orderFigure(largest), timeFigure(times, outcomes[0]),
              ])
            ]),
          Section(
            heading: "The matrix between the layers",
            prose: """
              W₁ = U diag(e^{−δ}) Q and W₂ = Q⁻¹ diag(e^{−δ}) Vᵀ have the same product for every Q.
              """,
            blocks: [.figure(factorFigure(outcomes))]),
        ])
    }

    private func outcome(at times: [Double], using generator: inout SeededGenerator) throws
      -> Outcome
    {
      // σ apart by 0.1 at least, so that no two modes are nearly degenerate.
      let targets = (0..<4).map { 0.9 - 0.2 * Double($0) + 0.1 * generator.nextUniform() } + [0]
      let curvatures = targets.map { _ in 0.5 + generator.nextUniform() }
      let problem = try CommutingProblem(
        targets: targets, curvatures: curvatures, using: &generator)
      let start = try problem.start(delta: delta)
      let exact = try ExactSolutions.solve(
        objective: problem.objective, from: .layered(start), at: times,
        quantities: [.layers, .endToEnd])!.trajectory.snapshots
      let scale = exact.flatMap { $0.layers!.map(\.frobeniusNorm) }.max()!

      var result = Outcome()
      let flow = follow(problem.objective, from: start, at: times)
      result.exactDistance = zip(flow, exact).map { distance($0, $1) / scale }.max()!
      for (time, snapshot) in zip(times, flow) {
        let value = problem.modes(of: snapshot.endToEnd!)[4]
        let start = Double.exp(-2 * delta)
        let corrected = BalancedMode(
          depth: 2, target: 0, curvature: curvatures[4], initial: .exp(-delta)
        ).endToEnd(at: time)
        let printed = start / (1 + 2 * .exp(-delta) * curvatures[4] * time)
        result.zeroMode.corrected = max(result.zeroMode.corrected, abs(corrected / value - 1))
        result.zeroMode.printed = max(result.zeroMode.printed, abs(printed / value - 1))
      }

      var coupling = Matrix.gaussian(rowCount: 5, columnCount: 5, using: &generator).symmetrized()
      coupling -= .diagonal(coupling.diagonal)
      coupling /= coupling.frobeniusNorm
      let rotated =
        (problem.inputVectors * coupling).timesTransposed(problem.inputVectors).symmetrized()
      for size in sizes {
        let objective = try RegressionObjective(
          inputCovariance: problem.objective.inputCovariance + size * rotated,
          crossCovariance: problem.objective.crossCovariance)
        let perturbed = follow(objective, from: start, at: times)
        result.distances.append(zip(perturbed, exact).map { distance($0, $1) })
        result.bounds.append(
          try bound(
            perturbed, exact, problem: problem.objective, perturbation: size * rotated,
            at: times))
        if size == sizes[0] {
          // The mode with σ = 0 has not decayed; the others are at their ends.
          let moving = problem.outputVectors.firstColumns(4)
          let actual = moving.transposedTimes(
            perturbed.last!.endToEnd! - exact.last!.endToEnd!)
          let minimisers = moving.transposedTimes(
            objective.minimum!.endToEnd - problem.objective.minimum!.endToEnd)
          result.limitError = abs(actual.frobeniusNorm / minimisers.frobeniusNorm - 1)
        }
      }

      let left = Matrix.orthogonal(rowCount: 5, columnCount: 5, using: &generator)
      let right = Matrix.orthogonal(rowCount: 5, columnCount: 5, using: &generator)
      let size = exact.last!.endToEnd!.frobeniusNorm
      for condition in conditionNumbers {
        let values = (0..<5).map { Double.pow(condition, Double($0) / 4 - 0.5) }
        let factor = left.scalingColumns(by: values) * right
        let path = follow(
          problem.objective, from: try problem.start(delta: delta, between: factor), at: times)
        result.distancesByFactor.append(
          zip(path, exact).map { ($0.endToEnd! - $1.endToEnd!).frobeniusNorm / size }.max()!)
      }
      return result
    }

    private func follow(
      _ objective: RegressionObjective, from start: LinearNetwork, at times: [Double]
    ) -> [Snapshot] {
      GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.layers, .endToEnd])
      ).run(objective, from: start).trajectory.snapshots
    }

    /// ‖W₁ − W₁⁰‖_F + ‖W₂ − W₂⁰‖_F.
    private func distance(_ a: Snapshot, _ b: Snapshot) -> Double {
      zip(a.layers!, b.layers!).map { ($0 - $1).frobeniusNorm }.reduce(0, +)
    }

    // With Σ = D + B, E⁰ = Σxy − DW⁰ and f = ‖W₁ − W₁⁰‖ + ‖W₂ − W₂⁰‖, the difference of the two equations gives
    // f′ ≤ a f + b,  b = (‖W₁‖ + ‖W₂‖) ‖BW⁰‖_F,  a = ‖E⁰‖ + (‖W₁‖ + ‖W₂‖) ‖Σ‖ max(‖W₂‖, ‖W₁⁰‖),
    // in spectral norms where not said otherwise, hence f(t) ≤ ∫ b(s) exp(∫ₛᵗ a) ds. In each interval the larger
    // of both ends stands for a and b.
    private func bound(
      _ perturbed: [Snapshot], _ exact: [Snapshot], problem: RegressionObjective,
      perturbation: Matrix, at times: [Double]
    ) throws -> [Double] {
      let size = try (problem.inputCovariance + perturbation).spectralNorm()
      let rates = try zip(perturbed, exact).map { now, ideal in
        let layers = try now.layers!.map { try $0.spectralNorm() }
        let lowest = try ideal.layers![0].spectralNorm()
        let w = ideal.endToEnd!
        let residual = try (problem.crossCovariance - w * problem.inputCovariance).spectralNorm()
        let sum = layers[0] + layers[1]
        return (
          growth: residual + sum * size * max(layers[1], lowest),
          source: sum * (w * perturbation).frobeniusNorm
        )
      }
      var result = [0.0]
      for k in times.indices.dropFirst() {
        let step = times[k] - times[k - 1]
        let a = max(rates[k - 1].growth, rates[k].growth)
        let b = max(rates[k - 1].source, rates[k].source)
        result.append(result[k - 1] * .exp(a * step) + b * .expMinusOne(a * step) / a)
      }
      return result
    }

    private func orderFigure(_ largest: [[Double]]) -> Figure {
      let middle = sizes.indices.map { k in largest.map { $0[k] }.median }
      return Figure(
        title: "Distance against the size of B",
        caption: """
          Largest distance of the layers from the closed form over the run: median of the problems, and \
          the range of them all. It is of first order in B.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("‖B‖", .logarithmic),
            vertical: Axis("distance of the layers", .logarithmic),
            series: [
              Series(
                "measured", x: sizes, y: middle,
                band: Band(
                  "all problems",
                  lower: sizes.indices.map { k in largest.map { $0[k] }.min()! },
                  upper: sizes.indices.map { k in largest.map { $0[k] }.max()! }),
                style: .connectedPoints),
              Series(
                "first order", x: sizes, y: sizes.map { middle[0] * $0 / sizes[0] },
                style: .dashed, color: .muted),
            ])))
    }

    private func timeFigure(_ times: [Double], _ outcome: Outcome) -> Figure {
      let places = [2, 4, 6]
      return Figure(
        title: "Distance against time",
        caption: """
          Distance of the layers for three sizes of B (solid), and Grönwall's bound for the same \
          (dotted), in one problem.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("flow time t"),
            vertical: Axis("distance of the layers", .logarithmic, lower: 1e-6, upper: 1e3),
            series: places.enumerated().flatMap { place, k in
              [
                Series(
                  "‖B‖ = \(sizes[k])", x: times, y: outcome.distances[k], color: .palette(place)),
                Series(
                  "bound, ‖B‖ = \(sizes[k])", x: times,
                  y: outcome.bounds[k].map { $0 > 1e4 ? .nan : $0 }, style: .dotted,
                  color: .palette(place)),
              ]
            })))
    }

    private func factorFigure(_ outcomes: [Outcome]) -> Figure {
      let values = conditionNumbers.indices.map { k in outcomes.map { $0.distancesByFactor[k] } }
      return Figure(
        title: "Distance against the condition of Q",
        caption: """
          Largest distance of W from the closed form, relative to its end: median of the problems, and \
          the range of them all. At condition 1, Q is orthogonal and the distance is that of rounding.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("condition number of Q", .logarithmic),
            vertical: Axis("distance of W, relative", .logarithmic),
            series: [
              Series(
                "measured", x: conditionNumbers, y: values.map(\.median),
                band: Band(
                  "all problems", lower: values.map { $0.min()! }, upper: values.map { $0.max()! }),
                style: .connectedPoints)
            ])))
    }
  }
}
