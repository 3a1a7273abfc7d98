import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// The flow without a penalty against the flow whose imbalance is drawn to λ₀ 1, with the best λ₀.
  struct Figure2: Experiment {
    let item = Item(
      id: "tarmoun-figure-2", paper: .tarmoun2021,
      title: "Figure 2: a multiple of the identity for the imbalance",
      shows: """
        From the same Gaussian start, how closely the solvable flow with Λ = λ₀ 1 can follow the one \
        without a penalty when λ₀ is chosen best.
        """,
      seconds: 4,
      snippet: """
        // The end-to-end matrix of the regularised flow, in closed form.
        var generator = SeededGenerator(seed: 0)
        let target = Matrix.gaussian(rowCount: 5, columnCount: 10, using: &generator)
        let stacked = Matrix.gaussian(rowCount: 15, columnCount: 50, using: &generator)
        let flow = try ImbalancedFactorization(target: target, imbalance: 115, stacked: stacked)
        let layers = try flow.layers(at: 0.05)
        print((target - layers.upper * layers.lower).frobeniusNorm)
        """)

    private let widths = [50, 100, 200]

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 10
      let intervals = conditions.isQuick ? 24 : 80
      var runs: [[Run]] = []
      for (place, width) in widths.enumerated() {
        let share = Double(place) / 3.5
        runs.append(
          try conditions.repetitions(count, from: share, to: share + 1 / 3.5) { _, generator in
            let start = GaussianStart(
              rows: 5, columns: 10, width: width, standardDeviation: 1, using: &generator)
            return try Run(start, intervals: intervals)
          })
      }
      let agreement = try conditions.repetitions(5, from: 3 / 3.5) { _, generator in
        let width = conditions.isQuick ? 30 : 100
        let start = GaussianStart(
          rows: 5, columns: 10, width: width, standardDeviation: 1, using: &generator)
        return try distanceFromClosedForm(start, imbalance: 2.3 * Double(width))
      }
      let predicted = Self.wideLimit()
      let all = Array(runs.joined())
      let widest = runs.last!
      return Findings(
        summary: [
          Fact("best |λ₀|/k, median", .number(all.map(\.relativeImbalance).median)),
          Fact(
            "largest distance, median", .number(all.map(\.largestDistance).median),
            note: "in units of ‖Y − X(0)‖"),
          Fact(
            "the same with λ₀ = 0", .number(all.map(\.largestDistanceWithoutImbalance).median)),
        ],
        settings: [
          Fact("Y", "5 × 10, standard normal"), Fact("widths k", "50, 100, 200"),
          Fact("start", "standard normal"), Fact("starts for each", .number(Double(count))),
          Fact("times", "evenly to 8/k"),
          Fact(
            "best λ₀", "least mean square of ‖X_I − X‖ over the times, both signs, golden section"),
          Fact("relative tolerance of the flow", 1e-10),
        ],
        claims: [
          // Nearly indistinguishable in a figure whose height is ‖Y − X(0)‖: a tenth of it.
          Claim(
            "best λ₀: largest ‖X_I − X‖ over all times, in units of ‖Y − X(0)‖, worst of all starts",
            source: "Figure 2: nearly indistinguishable", .atMost, expected: 0.1,
            measured: all.map(\.largestDistance).max()!),
          Claim(
            "how many times closer than with λ₀ = 0 (mean square), median of all starts",
            source: "Figure 2", .atLeast, expected: 2,
            measured: all.map { $0.distanceWithoutImbalance / $0.distance }.median),
          // R₀R₀ᵀ = k (1 + Δ) with ‖Δ‖ of the order √((m + n)/k), which is neglected in the wide limit.
          Claim(
            "best |λ₀|/k at k = 200, median, against the limit of infinite width",
            source: "derived here", expected: predicted,
            measured: widest.map(\.relativeImbalance).median,
            tolerance: predicted * (15.0 / 200).squareRoot()),
          // Both share the tolerance 1e-10 of the integration, times the growth of a rounding error, below 100.
          Claim(
            "closed form against the integrated flow (19) with Λ = λ₀ 1, relatively, worst of 5 starts",
            source: "Proposition 5", .atMost, expected: 1e-8, measured: agreement.max()!),
          // With λ₀ the last gap closes at |λ₀|/2 + √(σ² + λ₀²/4) ≥ |λ₀| > 2k; without the penalty the slowest mode
          // has σ_min(U)² + σ_min(V)² ≈ (√k − √m)² + (√k − √n)² < 2k.
          Claim(
            "rate of the last gap with the best λ₀ over that without a penalty, median",
            source: "derived here", .atLeast, expected: 1,
            measured: all.map(\.tailRatio).median),
        ],
        notices: [
          Notice(
            .caution,
            """
            Close is meant on the scale of the start, which is about as many times larger than Y as the figures \
            show. The ends differ: with Λ = λ₀ 1 the gap closes at the rate \
            |λ₀|/2 + √(σ² + λ₀²/4), about twice the rate without the penalty, so on a logarithmic scale the two \
            part.
            """),
          Notice(
            .information,
            """
            A single λ₀ does well because a wide Gaussian start is nearly R₀R₀ᵀ = k 1 whatever the draw: the best \
            λ₀ is a property of the width, not of Q₀. In the limit of infinite width it is \
            ±\(predicted.formatted) k, and both signs do equally well.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose: "The first of the random starts for each width.",
            blocks: [
              .row(zip(widths, runs).map { errorFigure($0, $1[0]) }),
              .row(zip(widths, runs).map { valueFigure($0, $1[0]) }),
            ]),
          Section(
            heading: "Where they part",
            blocks: [
              .row([tailFigure(runs[1][0]), searchFigure(runs[1][0], predicted)])
            ]),
        ])
    }

    /// One start: both flows at the same times.
    private struct Run {
      let width: Int
      let times: [Double]
      let plain: [Matrix]
      let penalised: [Matrix]
      let target: Matrix
      let startGap: Double
      /// The best λ₀.
      let imbalance: Double
      /// Root of the mean square of ‖X_I − X‖, relative to ‖Y − X(0)‖.
      let distance: Double
      let distanceWithoutImbalance: Double
      let largestDistanceWithoutImbalance: Double
      /// λ₀ and the distance, for the figure.
      let search: [(imbalance: Double, distance: Double)]

      var relativeImbalance: Double { abs(imbalance) / Double(width) }
      var largestDistance: Double { Self.largest(penalised, plain) / startGap }

      init(_ start: GaussianStart, intervals: Int) throws {
        let k = Double(start.network.widths[1])
        let times = [Double].times(to: 8 / k, count: intervals)
        let plain = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-10),
          recording: .at(times, of: [.endToEnd])
        ).run(FactorizationObjective(start.target), from: start.network)
          .trajectory.snapshots.map { $0.endToEnd! }
        let startGap = (start.target - plain[0]).frobeniusNorm
        func distance(_ imbalance: Double) throws -> Double {
          let others = try Self.solution(start, imbalance, times)
          let sum = zip(others, plain).map { ($0 - $1).frobeniusNorm }.reduce(0) { $0 + $1 * $1 }
          return (sum / Double(times.count)).squareRoot() / startGap
        }
        let candidates = try [-1.0, 1].map { sign in
          try GoldenSection.minimum(in: 0.5 * k...5 * k, tolerance: 0.01 * k) {
            try distance(sign * $0)
          }
        }
        let side = candidates[0].value < candidates[1].value ? 0 : 1
        imbalance = (side == 0 ? -1 : 1) * candidates[side].place
        self.distance = candidates[side].value
        search = try stride(from: -5.0, through: 5, by: intervals > 50 ? 0.25 : 0.5).map {
          ($0 * k, try distance($0 * k))
        }
        penalised = try Self.solution(start, imbalance, times)
        let unpenalised = try Self.solution(start, 0, times)
        distanceWithoutImbalance = try distance(0)
        largestDistanceWithoutImbalance = Self.largest(unpenalised, plain) / startGap
        width = start.network.widths[1]
        self.times = times
        self.plain = plain
        self.startGap = startGap
        target = start.target
      }

      func errors(_ matrices: [Matrix]) -> [Double] {
        let norm = target.frobeniusNorm
        return matrices.map { (target - $0).frobeniusNorm / norm }
      }

      /// How many times as fast the last gap closes with the penalty, between 1e-3 and 1e-6 of its start.
      var tailRatio: Double {
        let rates = [penalised, plain].map { matrices in
          let gaps = errors(matrices)
          return DecayRate.measure(
            times: times, gaps: gaps, from: 1e-2 * gaps[0], to: 1e-6 * gaps[0])
        }
        return rates[0] / rates[1]
      }

      private static func solution(
        _ start: GaussianStart, _ imbalance: Double, _ times: [Double]
      ) throws -> [Matrix] {
        let flow = try ImbalancedFactorization(
          target: start.target, imbalance: imbalance, stacked: start.stacked)
        return try times.map { time in
          if time == 0 { return start.network.endToEnd() }
          let layers = try flow.layers(at: time)
          return layers.upper * layers.lower
        }
      }

      private static func largest(_ first: [Matrix], _ second: [Matrix]) -> Double {
        zip(first, second).map { ($0 - $1).frobeniusNorm }.max()!
      }
    }

    // R₀R₀ᵀ = k 1 and Y negligible beside k: without a penalty the gap closes as e^{−2kt}; with it the diagonal blocks
    // follow u′ = ±λ₀u − u² and the gap falls by e^{−∫(u + v)} = λ²/((λ + k(e^{λt} − 1))(λ + k(1 − e^{−λt}))).

    /// The best |λ₀|/k of infinitely wide Gaussian starts, in the mean square to time 8/k.
    private static func wideLimit() -> Double {
      let times = [Double].times(to: 8, count: 800)
      return GoldenSection.minimum(in: 0.5...5, tolerance: 1e-5) { c in
        times.reduce(0) { sum, s in
          let penalised =
            c * c / ((c + .expMinusOne(c * s)) * (c - .expMinusOne(-c * s)))
          let difference = penalised - .exp(-2 * s)
          return sum + difference * difference
        }
      }.place
    }

    /// Largest relative distance of the closed form from the integrated equations (19).
    private func distanceFromClosedForm(_ start: GaussianStart, imbalance: Double) throws -> Double
    {
      let width = start.network.widths[1]
      let times = [Double].times(to: 4 / Double(width), count: 8)
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at(times, of: [.endToEnd])
      ).run(
        RegularizedFlow(
          FactorizationObjective(start.target), imbalance: imbalance * .identity(width),
          from: start.network))
      let exact = try ImbalancedFactorization(
        target: start.target, imbalance: imbalance, stacked: start.stacked)
      return try zip(times, flow.trajectory.snapshots).map { time, snapshot in
        let layers = try exact.layers(at: time)
        return (snapshot.endToEnd! - layers.upper * layers.lower).frobeniusNorm
          / start.target.frobeniusNorm
      }.max()!
    }

    private func errorFigure(_ width: Int, _ run: Run) -> Figure {
      Figure(
        title: "Error, k = \(width)",
        caption:
          "Reconstruction error without a penalty, and with Λ = λ₀ 1, λ₀ = \(run.imbalance.formatted).",
        .lines(
          LinePlot(
            horizontal: Axis("time t", upper: 4 / Double(run.width)),
            vertical: Axis("‖Y − X‖ / ‖Y‖", lower: 0),
            series: errorSeries(run))))
    }

    private func errorSeries(_ run: Run) -> [Series] {
      [
        Series("Λ = λ₀ 1", x: run.times, y: run.errors(run.penalised), color: .muted),
        Series(
          "no penalty", x: run.times, y: run.errors(run.plain), style: .dashed, color: .palette(1)),
      ]
    }

    private func valueFigure(_ width: Int, _ run: Run) -> Figure {
      let penalised = run.penalised.map { (try? $0.singularValues()) ?? [] }
      let plain = run.plain.map { (try? $0.singularValues()) ?? [] }
      let places = [0, 4]
      return Figure(
        title: "Singular values, k = \(width)",
        caption: "The first and the last singular value; dashed without the penalty.",
        .lines(
          LinePlot(
            horizontal: Axis("time t", upper: 4 / Double(run.width)),
            vertical: Axis("singular value of X", lower: 0),
            series: places.flatMap { i in
              [
                Series(
                  "value \(i + 1), Λ = λ₀ 1", x: run.times, y: penalised.map { $0[i] },
                  color: .palette(i / 4)),
                Series(
                  "value \(i + 1), no penalty", x: run.times, y: plain.map { $0[i] },
                  style: .dashed, color: .palette(i / 4)),
              ]
            })))
    }

    private func tailFigure(_ run: Run) -> Figure {
      Figure(
        title: "The same errors, k = \(run.width), on a logarithmic scale",
        caption: "With Λ = λ₀ 1 the end comes about twice as fast.",
        .lines(
          LinePlot(
            horizontal: Axis("time t"), vertical: Axis("‖Y − X‖ / ‖Y‖", .logarithmic, lower: 1e-6),
            series: errorSeries(run))))
    }

    private func searchFigure(_ run: Run, _ predicted: Double) -> Figure {
      let k = Double(run.width)
      return Figure(
        title: "The search for λ₀, k = \(run.width)",
        caption:
          "Root mean square of ‖X_I − X‖ over the times for every λ₀; lines: the limit of infinite width.",
        .lines(
          LinePlot(
            horizontal: Axis("λ₀ / k"),
            vertical: Axis("distance / ‖Y − X(0)‖", lower: 0),
            series: [
              Series(
                "distance", x: run.search.map { $0.imbalance / k }, y: run.search.map(\.distance))
            ],
            markers: [
              Marker(.vertical, at: -predicted, label: "wide"),
              Marker(.vertical, at: predicted, label: "wide"),
            ])))
    }
  }
}
