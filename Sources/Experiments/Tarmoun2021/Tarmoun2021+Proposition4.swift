import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// The equation of R is the flow of a problem with a penalty on the imbalance.
  struct Proposition4: Experiment {
    let item = Item(
      id: "tarmoun-proposition-4", paper: .tarmoun2021,
      title: "Proposition 4: from imbalance to a penalty",
      shows: """
        The flow of ½‖Y − UVᵀ‖² + ⅛‖UᵀU − VᵀV − Λ‖² is the equation of R; it keeps the imbalance Λ \
        where it starts with it, and approaches it from elsewhere.
        """,
      seconds: 0.2, corrections: ["after (57)"],
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let objective = FactorizationObjective(
          .gaussian(rowCount: 3, columnCount: 4, using: &generator))
        let network = LinearNetwork.gaussian(
          widths: [4, 6, 3], standardDeviation: 0.5, using: &generator)
        let equation = RegularizedFlow(objective, imbalance: 2 * .identity(6), from: network)
        let flow = GradientFlow(until: 5).run(equation)
        print(flow.trajectory.finalNetwork.balanceInvariants()[0])
        """)

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let narrow = try conditions.repetitions(count, to: 0.4) { _, generator in
        try Run(width: 3, using: &generator)
      }
      let wide = try conditions.repetitions(count, from: 0.4) { _, generator in
        try Run(width: 8, using: &generator)
      }
      let runs = narrow + wide
      return Findings(
        summary: [
          Fact("penalised from plain flow, Λ = Q₀", .number(runs.map(\.distance).max()!)),
          Fact("flow from −∇ of (20)", .number(runs.map(\.velocityDistance).max()!)),
          Fact(
            "the same with ¼ for ⅛", .number(runs.map(\.otherWeightDistance).min()!)),
        ],
        settings: [
          Fact("Y", "3 × 4, standard normal"), Fact("hidden widths k", "3 and 8"),
          Fact("start", "normal, standard deviation 0.6"),
          Fact("Λ elsewhere", "0.8 1"), Fact("starts for each width", .number(Double(count))),
          Fact("flow", "relative tolerance 1e-11"),
        ],
        claims: [
          // A central difference over ±h, h = 1e-5, of a polynomial of degree four; rounding of losses of order 10 over h.
          Claim(
            "velocity of the library's flow against minus differences of (20) with weight ⅛, relatively, worst start",
            source: "Proposition 4", .atMost, expected: 1e-7,
            measured: runs.map(\.velocityDistance).max()!),
          Claim(
            "(18) against minus the gradient with weight ¼ for ⅛, best start",
            source: "Remark on the weight", .atLeast,
            expected: 1e-2, measured: runs.map(\.otherWeightDistance).min()!, refutes: true),
          // Both integrated at 1e-11 a step.
          Claim(
            "Λ = Q₀: end-to-end matrix with the penalty against the plain flow, relatively",
            source: "Proposition 4", .atMost, expected: 1e-8,
            measured: runs.map(\.distance).max()!),
          Claim(
            "Λ = Q₀: largest ‖Q − Λ‖ with the penalty, relative to ‖Q₀‖",
            source: "Proposition 4", .atMost, expected: 1e-8,
            measured: runs.map(\.keptImbalance).max()!),
          // d‖Q − Λ‖²/dt = −2 tr((Q − Λ)² P) ≤ 0 with P = UᵀU + VᵀV; up to the integration.
          Claim(
            "Λ ≠ Q₀: largest quotient of ‖Q − Λ‖ at neighbouring times (it never grows)",
            source: "Equation 57", .atMost, expected: 1, measured: runs.map(\.largestGrowth).max()!,
            tolerance: 1e-9),
          // A central difference with step 1e-4: truncation 1e-8 times a fourth derivative.
          Claim(
            "second derivative of Q, corrected, against differences, relatively, worst start",
            source: "display after (57), corrected", .atMost, expected: 1e-5,
            measured: runs.map(\.secondDerivativeError).max()!),
          Claim(
            "second derivative of Q, printed, against differences, relatively, median start",
            source: "display after (57), printed", .atLeast, expected: 1e-1,
            measured: runs.map(\.printedSecondDerivativeError).median, refutes: true),
        ],
        notices: [
          Notice(
            .caution,
            """
            The second derivative after (57) is printed with wrong signs and a wrong last term. The conclusion \
            stands: every derivative has the factor Q − Λ and vanishes where Q = Λ.
            """),
          Notice(
            .information,
            """
            From elsewhere Q approaches Λ only as far as it can. UᵀU − VᵀV = λ₀ 1 with λ₀ > 0 is possible in at most m \
            directions (22); in the others both layers vanish and the distance λ₀ stays.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose: "The first of the starts.",
            blocks: [.row([imbalanceFigure(narrow[0], wide[0]), errorFigure(wide[0])])])
        ])
    }

    private struct Run {
      let times = [Double].times(to: 6, count: 120)
      let velocityDistance: Double
      let otherWeightDistance: Double
      let distance: Double
      let keptImbalance: Double
      let largestGrowth: Double
      let secondDerivativeError: Double
      let printedSecondDerivativeError: Double
      /// ‖Q − Λ‖ relative to its start from elsewhere, and to ‖Q₀‖ where it starts at Λ.
      let excess: [Double]
      let kept: [Double]
      let plainErrors: [Double]
      let keptErrors: [Double]
      let movedErrors: [Double]

      init(width: Int, using generator: inout SeededGenerator) throws {
        let start = GaussianStart(
          rows: 3, columns: 4, width: width, standardDeviation: 0.6, using: &generator)
        let objective = FactorizationObjective(start.target)
        let conserved = start.network.balanceInvariants()[0]
        let elsewhere = 0.8 * Matrix.identity(width)
        let flow = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-11),
          recording: .at(times, of: [.endToEnd, .layers]))
        let plain = flow.run(objective, from: start.network).trajectory.snapshots
        let same = flow.run(
          RegularizedFlow(objective, imbalance: conserved, from: start.network)
        ).trajectory.snapshots
        let other = flow.run(
          RegularizedFlow(objective, imbalance: elsewhere, from: start.network)
        ).trajectory.snapshots

        func imbalance(_ snapshot: Snapshot) -> Matrix {
          let layers = snapshot.layers!
          return layers[1].transposedTimes(layers[1]) - layers[0].timesTransposed(layers[0])
        }
        let size = conserved.frobeniusNorm
        kept = same.map { (imbalance($0) - conserved).frobeniusNorm / size }
        keptImbalance = kept.max()!
        let excess = other.map { (imbalance($0) - elsewhere).frobeniusNorm }
        self.excess = excess.map { $0 / excess[0] }
        largestGrowth = zip(excess, excess.dropFirst()).map { $1 / $0 }.max()!
        distance = zip(plain, same).map {
          ($0.endToEnd! - $1.endToEnd!).frobeniusNorm / start.target.frobeniusNorm
        }.max()!
        plainErrors = plain.map { start.error(of: $0.endToEnd!) }
        keptErrors = same.map { start.error(of: $0.endToEnd!) }
        movedErrors = other.map { start.error(of: $0.endToEnd!) }

        let equation = StackedEquation(target: start.target, imbalance: elsewhere)
        let r = start.stacked
        let written = equation.velocity(at: r)
        func gap(weight: Double) -> Double {
          let gradient = equation.negativeGradient(at: r, weight: weight)
          return (written - gradient).frobeniusNorm / written.frobeniusNorm
        }
        velocityDistance = Self.distanceFromDifferences(
          objective, imbalance: elsewhere, at: start.network)
        otherWeightDistance = gap(weight: 1.0 / 4)
        let errors = equation.secondDerivativeErrors(at: r)
        secondDerivativeError = errors.corrected
        printedSecondDerivativeError = errors.printed
      }

      /// How far the velocity of ``RegularizedFlow`` is from minus the differences of ½‖Y − UVᵀ‖² + ⅛‖UᵀU − VᵀV − Λ‖².
      private static func distanceFromDifferences(
        _ objective: FactorizationObjective, imbalance: Matrix, at network: LinearNetwork
      ) -> Double {
        func loss(_ layers: [Matrix]) -> Double {
          let excess =
            layers[1].transposedTimes(layers[1]) - layers[0].timesTransposed(layers[0]) - imbalance
          return objective.value(at: layers[1] * layers[0]) + excess.inner(excess) / 8
        }
        var equation = RegularizedFlow(objective, imbalance: imbalance, from: network)
        let state = equation.start
        var velocity = [Double](repeating: 0, count: state.count)
        _ = state.withUnsafeBufferPointer { state in
          velocity.withUnsafeMutableBufferPointer { equation.setVelocity(at: state, into: $0) }
        }
        let h = 1e-5
        var place = 0
        var (difference, size) = (0.0, 0.0)
        for j in network.layers.indices {
          for row in 0..<network.layers[j].rowCount {
            for column in 0..<network.layers[j].columnCount {
              var (above, below) = (network.layers, network.layers)
              above[j][row, column] += h
              below[j][row, column] -= h
              let slope = (loss(above) - loss(below)) / (2 * h)
              difference += (velocity[place] + slope) * (velocity[place] + slope)
              size += slope * slope
              place += 1
            }
          }
        }
        return (difference / size).squareRoot()
      }
    }

    private func imbalanceFigure(_ run: Run, _ wide: Run) -> Figure {
      Figure(
        title: "Distance of the imbalance from Λ",
        caption: """
          From a start with Q₀ = Λ it stays at rounding. From another it never grows, and vanishes where Λ can be \
          reached: k ≤ m.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("time t"),
            vertical: Axis("‖Q − Λ‖, relative", .logarithmic, lower: 1e-16, upper: 2),
            series: [
              Series("Λ = 0.8 1, k = 3", x: run.times, y: run.excess),
              Series("Λ = 0.8 1, k = 8", x: run.times, y: wide.excess),
              Series(
                "Λ = Q₀, k = 3", x: run.times, y: run.kept.map { max($0, 1e-16) }, style: .dashed),
            ])))
    }

    private func errorFigure(_ run: Run) -> Figure {
      let sparse = stride(from: 0, to: run.times.count, by: 6)
      return Figure(
        title: "Reconstruction error",
        caption: "k = 8. With Λ = Q₀ the penalised flow is the plain one.",
        .lines(
          LinePlot(
            horizontal: Axis("time t"), vertical: Axis("‖Y − X‖ / ‖Y‖", .logarithmic, lower: 1e-6),
            series: [
              Series("no penalty", x: run.times, y: run.plainErrors),
              Series(
                "Λ = Q₀", x: sparse.map { run.times[$0] }, y: sparse.map { run.keptErrors[$0] },
                style: .points),
              Series("Λ = 0.8 1", x: run.times, y: run.movedErrors, style: .dashed),
            ])))
    }
  }
}
