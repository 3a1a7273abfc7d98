import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import Records

extension CohenRazin {
  /// Gram differences of neighbouring layers: constant under the flow, almost so under descent.
  struct Lemma1: Experiment {
    let item = Item(
      id: "cohen-razin-lemma-1", paper: .cohenRazin,
      title: "Lemma 1 and Proposition 2: what gradient flow conserves",
      shows: """
        The differences of neighbouring layers' Gram matrices stay as they are under gradient flow; \
        under gradient descent they drift in proportion to the step.
        """,
      seconds: 2,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let network = LinearNetwork.gaussian(
          widths: [4, 5, 3], standardDeviation: 0.5, using: &generator)
        let target = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
        let flow = GradientFlow(until: 10).run(FactorizationObjective(target), from: network)
        print(flow.invariantDrift ?? 0)
        """)

    private let depths = [2, 3, 4]
    var tolerance = 1e-12
    var endTime = 4.0
    /// Steps of descent until the same time: η = 4/count.
    private let stepCounts = [2000, 4000, 8000, 16000, 32000]

    private struct Measurement {
      var flow: Double
      var unbalancedness: Double
      var descents: [Double]
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-14...1e-6), "relative, of the flow"),
        Adjustable("end", .number(\.endTime, 1...20), "time of the end"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let counts = conditions.isQuick ? Array(stepCounts.prefix(3)) : stepCounts
      let steps = counts.map { endTime / Double($0) }
      let repetitions = conditions.isQuick ? 5 : 10
      let measured = try conditions.repetitions(repetitions) { _, generator in
        let objective = try CohenRazin.regression(
          outputs: 3, inputs: 4, teacher: [2, 1, 0.5], using: &generator)
        return try depths.map { depth in
          let network = start(depth, using: &generator)
          let flow = flow(objective, network)
          let drift = GramDifferences.drift(along: flow.trajectory).max()!
          let magnitudes = flow.trajectory.snapshots.map { $0.unbalancedness! }
          return Measurement(
            flow: max(drift, flow.invariantDrift ?? 0),
            unbalancedness: magnitudes.map { abs($0 - magnitudes[0]) }.max()! / magnitudes[0],
            descents: try counts.map { count in
              try conditions.report(0)
              return GramDifferences.drift(along: descent(objective, network, count)).max()!
            })
        }
      }
      let all = measured.flatMap { $0 }
      let orders = all.map { CohenRazin.growthOrder(of: $0.descents, in: steps) }
      let worst = orders.max { abs($0 - 1) < abs($1 - 1) }!
      let medians = depths.indices.map { depth in
        counts.indices.map { k in measured.map { $0[depth].descents[k] }.median }
      }
      var generator = conditions.generator(0)
      let shown = try CohenRazin.regression(
        outputs: 3, inputs: 4, teacher: [2, 1, 0.5], using: &generator)
      return Findings(
        summary: [
          Fact("largest drift under the flow", .number(all.map(\.flow).max()!)),
          Fact(
            "order of the drift in the step", .number(orders.median), note: "median"),
        ],
        settings: [
          Fact("widths", "4, 5, …, 5, 3"), Fact("depths", "2, 3, 4"),
          Fact("start", "Gaussian weights of standard deviation 0.5, not balanced"),
          Fact("end time", .number(endTime)),
          Fact("relative tolerance of the flow", .number(tolerance)),
          Fact(
            "steps of descent", .text(counts.map(String.init).joined(separator: ", "))),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          // The local errors of a run of some hundred steps, each at most the tolerance.
          Claim(
            "largest change of a Gram difference under the flow, relative to the layers",
            source: "Lemma 1", .atMost, expected: 1000 * tolerance,
            measured: all.map(\.flow).max()!),
          Claim(
            "largest relative change of the unbalancedness magnitude under the flow",
            source: "Proposition 2", .atMost, expected: 1000 * tolerance,
            measured: all.map(\.unbalancedness).max()!),
          // Each step adds η² times a difference of squares of gradients; T/η steps make O(η), with
          // corrections of relative order η.
          Claim(
            "order of the drift of descent in its step, the one farthest from 1",
            source: "Lemma 1, discretised", expected: 1, measured: worst, tolerance: 0.1),
          Claim(
            "drift of descent at the largest step over that of the flow, the smallest quotient",
            .atLeast, expected: 1e3, measured: all.map { $0.descents[0] / $0.flow }.min()!),
        ],
        sections: [
          Section(
            heading: "Drift",
            blocks: [
              .figure(
                Figure(
                  title: "Drift of descent against its step",
                  caption:
                    "Largest change of a Gram difference until time 4, relative to the layers, median over the problems. A line of slope 1 is a drift of order η.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("step size η", .logarithmic),
                      vertical: Axis("drift of the Gram differences", .logarithmic),
                      series: depths.enumerated().map { place, depth in
                        Series(
                          "\(depth) layers", x: steps, y: medians[place], style: .connectedPoints,
                          color: .palette(place))
                      } + [
                        Series(
                          "slope 1", x: steps,
                          y: steps.map { 2 * medians[0].last! * $0 / steps.last! },
                          style: .dashed, color: .muted)
                      ])))),
              .figure(inTime(shown, counts, using: &generator)),
            ])
        ])
    }

    private func inTime(
      _ objective: RegressionObjective, _ counts: [Int], using generator: inout SeededGenerator
    ) -> Figure {
      let network = start(3, using: &generator)
      let flow = flow(objective, network).trajectory
      var series = counts.enumerated().map { place, count in
        let run = descent(objective, network, count)
        let drift = GramDifferences.drift(along: run)
        return Series(
          "descent, η = \(endTime / Double(count))",
          x: run.times.dropFirst().map { $0 * endTime / Double(count) },
          y: Array(drift.dropFirst()),
          color: .gradient(Double(place) / Double(counts.count)))
      }
      series.append(
        Series(
          "flow", x: Array(flow.times.dropFirst()),
          y: GramDifferences.drift(along: flow).dropFirst().map { max($0, 1e-18) }, style: .dashed,
          color: .palette(3)))
      return Figure(
        title: "Drift in time, three layers",
        caption: "Half the step, half the drift; the flow has only rounding.",
        .lines(
          LinePlot(
            horizontal: Axis("time"),
            vertical: Axis("drift of the Gram differences", .logarithmic), series: series)))
    }

    private func start(_ depth: Int, using generator: inout SeededGenerator) -> LinearNetwork {
      .gaussian(
        widths: [4] + [Int](repeating: 5, count: depth - 1) + [3], standardDeviation: 0.5,
        using: &generator)
    }

    private func flow(_ objective: RegressionObjective, _ network: LinearNetwork) -> FlowResult {
      GradientFlow(
        until: endTime, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(
          .spaced(from: 0, to: endTime, count: 41), of: [.layers, .unbalancedness])
      ).run(objective, from: network)
    }

    private func descent(
      _ objective: RegressionObjective, _ network: LinearNetwork, _ count: Int
    ) -> Trajectory {
      Descent(
        stepSize: endTime / Double(count), stepLimit: count,
        recording: Recording(.every(count / 40), of: [.layers])
      ).run(objective, from: network)
    }
  }
}
