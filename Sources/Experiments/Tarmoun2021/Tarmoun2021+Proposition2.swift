import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// The rate of the symmetric factorization from any start.
  struct Proposition2: Experiment {
    let item = Item(
      id: "tarmoun-proposition-2", paper: .tarmoun2021,
      title: "Proposition 2: the rate from any start",
      shows: """
        ‖X − Ỹ‖ falls like e^{−4 σ_min t} from general starts, with a constant that can be computed; \
        from starts of too low a rank it does not fall to zero.
        """,
      seconds: 0.2, corrections: ["(44)"],
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let target = Matrix.randomSymmetric(eigenvalues: [2, 0.5, -1], using: &generator)
        let factor = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
        let solution = try SymmetricRiccati(target: target, factor: factor)
        let limit = try FactorizationObjective(target).symmetricMinimum().endToEnd
        for time in [2.0, 4, 6] {
          let distance = (try solution.endToEnd(at: time) - limit).frobeniusNorm
          print(time, distance / Double.exp(-4 * 0.5 * time))
        }
        """)

    var eigenvalues: [Double] = [2.0, 1.2, 0.5, -0.7, -1.1]
    private var smallest: Double { eigenvalues.map { abs($0) }.min()! }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("eigenvalues", .numbers(\.eigenvalues, -5...5), "of Y")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in
        try Run(eigenvalues: eigenvalues, using: &generator)
      }
      return Findings(
        summary: [
          Fact("4 σ_min", .number(4 * smallest)),
          Fact("measured rate, median", .number(runs.map(\.rate).median)),
          Fact(
            "limit of H, (44) as printed, off by", .number(runs.map(\.printedLimitError).median)),
        ],
        settings: [
          Fact("Y", "5 × 5, eigenvalues 2, 1.2, 0.5, −0.7, −1.1, random eigenvectors"),
          Fact("U₀", "5 × 6, normal, standard deviation 0.5; 5 × 2 for the low rank"),
          Fact("starts", .number(Double(count))),
          Fact("rate", "between times 7 and 9, where the distance is about 1e-6 to 1e-8"),
          Fact("flow", "relative tolerance 1e-12"),
        ],
        claims: [
          // The next term of X − Ỹ decays faster by e^{−2(0.7 − 0.5)t}: in the norm it has a share of e^{−0.8t} < 0.004
          // beside the last, times the squared ratio of their elements in H̃, of which the median is of order 1, and it
          // adds that share of 0.4 to the rate.
          Claim(
            "rate of ‖X − Ỹ‖ of the integrated flow over 4 σ_min, median start",
            source: "Proposition 2", expected: 1,
            measured: runs.map { $0.rate / (4 * smallest) }.median, tolerance: 0.02),
          // No term is slower; H is within e^{−4·0.5·7} of its limit, times a factor of order 10.
          Claim(
            "the same, slowest start", source: "Proposition 2", .atLeast, expected: 1,
            measured: runs.map { $0.rate / (4 * smallest) }.min()!, tolerance: 1e-3),
          // H̃ ⪯ H(t) ⪯ H(0), so ‖H(t)‖_F ≤ √m max(‖H(0)‖₂, ‖H̃‖₂).
          Claim(
            "largest ‖X − Ỹ‖ over √m max(‖H(0)‖₂, ‖H̃‖₂) e^{−4 σ_min t}",
            source: "Equations 42 and 45", .atMost, expected: 1,
            measured: runs.map(\.worstShareOfBound).max()!, tolerance: 1e-9),
          Claim(
            "largest eigenvalue of a difference H(t₂) − H(t₁), t₂ > t₁ (H decreases)",
            source: "Equation 43", .atMost, expected: 0,
            measured: runs.map(\.largestIncrease).max()!,
            tolerance: 1e-10),
          // H at time 8 lacks e^{−4·0.5·8} ≈ 1e-7 of its limit, times ‖H‖²/σ_min.
          Claim(
            "limit of H with Ŷ⁻¹: relative distance from H(8), worst start",
            source: "Equation 44, corrected", .atMost, expected: 1e-5,
            measured: runs.map(\.limitError).max()!),
          Claim(
            "limit of H with Ŷ, as printed: relative distance from H(8), best start",
            source: "Equation 44, printed", .atLeast, expected: 1e-2,
            measured: runs.map(\.printedLimitError).min()!, refutes: true),
          // The third component is missing: what else is left at t = 30 is e^{−4(1.2 − 0.5)·30}.
          Claim(
            "start of rank 2, integrated: ‖X − Ỹ‖ at time 30, the start farthest from the third eigenvalue",
            source: "Proposition 2: nonsingular", expected: 0.5,
            measured: runs.map(\.lowRankDistance).max { abs($0 - 0.5) < abs($1 - 0.5) }!,
            tolerance: 1e-9),
        ],
        notices: [
          Notice(
            .caution,
            """
            (44) is printed with Ŷ where Ŷ⁻¹ belongs, and the sentence before it too. The rate is not affected, the \
            constant is.
            """),
          Notice(
            .information,
            """
            The hypothesis that 1 + Ŷ⁻¹(X₀ − Ỹ) is nonsingular excludes starts of lower rank than Ỹ: \
            they converge too, but to another matrix.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose: "All starts; the first rank-deficient one is dashed.",
            blocks: [
              .figure(
                Figure(
                  title: "Distance from the positive part of Y",
                  caption:
                    "General starts end parallel to e^{−4 σ_min t}; rank 2 stays away from a limit of rank 3.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("time t"),
                      vertical: Axis("‖X − Ỹ‖", .logarithmic, lower: 1e-8),
                      series: runs.prefix(5).enumerated().map { place, run in
                        Series("start \(place + 1)", x: run.times, y: run.distances)
                      } + [
                        Series(
                          "rank 2", x: runs[0].times, y: runs[0].lowRankDistances, style: .dashed),
                        Series(
                          "e^{−4 σ_min t}", x: runs[0].times,
                          y: runs[0].times.map { .exp(-4 * smallest * $0) }, style: .dotted,
                          color: .muted),
                      ]))))
            ])
        ])
    }

    private struct Run {
      let times = [Double].times(to: 9, count: 180)
      let distances: [Double]
      let lowRankDistances: [Double]
      let rate: Double
      let worstShareOfBound: Double
      let largestIncrease: Double
      let limitError: Double
      let printedLimitError: Double
      let lowRankDistance: Double

      init(eigenvalues: [Double], using generator: inout SeededGenerator) throws {
        let n = eigenvalues.count
        let y = Matrix.randomSymmetric(eigenvalues: eigenvalues, using: &generator)
        let factor = Matrix.gaussian(
          rowCount: n, columnCount: n + 1, standardDeviation: 0.5, using: &generator)
        let thin = Matrix.gaussian(
          rowCount: n, columnCount: 2, standardDeviation: 0.5, using: &generator)
        let objective = FactorizationObjective(y)
        let limit = try objective.symmetricMinimum().endToEnd
        let flow = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
          recording: .at(times, of: [.endToEnd])
        ).run(SymmetricFlow(objective, from: SymmetricNetwork(factor: factor)))
        let distances = flow.trajectory.snapshots.map { ($0.endToEnd! - limit).frobeniusNorm }
        self.distances = distances
        rate = .log(distances[140] / distances[180]) / (times[180] - times[140])

        let forms = try PrintedForms(target: y, start: factor.timesTransposed(factor))
        let cores = try times.map { try forms.core(at: $0) }
        let end = try forms.core(at: .infinity)
        let size = max(try cores[0].spectralNorm(), try end.spectralNorm())
        let constant = Double(n).squareRoot() * size
        let slowest = 4 * eigenvalues.map { abs($0) }.min()!
        worstShareOfBound = zip(times, distances).map { time, distance in
          distance / (constant * .exp(-slowest * time))
        }.max()!
        largestIncrease = try zip(cores, cores.dropFirst()).map { before, after in
          try (after - before).symmetrized().symmetricEigenvalues()[0] / size
        }.max()!
        let late = try forms.core(at: 8)
        limitError = (end - late).frobeniusNorm / late.frobeniusNorm
        printedLimitError = (try forms.printedLimit() - late).frobeniusNorm / late.frobeniusNorm

        let low = try SymmetricRiccati(target: y, factor: thin)
        lowRankDistances = try times.map { (try low.endToEnd(at: $0) - limit).frobeniusNorm }
        let thinFlow = GradientFlow(
          until: 30, steps: .adaptive(relativeTolerance: 1e-12),
          recording: FlowRecording(times: [], of: [.endToEnd])
        ).run(SymmetricFlow(objective, from: SymmetricNetwork(factor: thin)))
        lowRankDistance = (thinFlow.snapshots.last!.endToEnd! - limit).frobeniusNorm
      }
    }
  }
}
