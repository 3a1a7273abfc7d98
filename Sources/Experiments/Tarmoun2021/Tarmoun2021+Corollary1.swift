import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// A spectral start of the symmetric factorization: one logistic curve for each eigenvalue.
  struct Corollary1: Experiment {
    let item = Item(
      id: "tarmoun-corollary-1", paper: .tarmoun2021,
      title: "Corollary 1: a start that shares the eigenvectors of Y",
      shows: """
        Each eigenvalue follows its own logistic curve at the rate 4|σᵢ|: faster than one layer where \
        4|σᵢ| > 1, slower elsewhere.
        """,
      seconds: 0.2,
      snippet: """
        // U′ = 2 (σ − U²) U is a balanced mode with twice the target and twice the curvature.
        let mode = BalancedMode(depth: 2, target: 2 * 1.5, curvature: 2, initial: 0.1)
        print(mode.endToEnd(at: 0.5), mode.time(toReach: 0.5) ?? 0)
        """)

    var eigenvalues: [Double] = [1.5, 0.6, 0.1, -0.15, -0.8]
    var initial: [Double] = [0.02, 0.02, 0.3, 0.5, 0.5]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("eigenvalues", .numbers(\.eigenvalues, -5...5), "of Y"),
        Adjustable("starts", .numbers(\.initial, 1e-4...2), "of the components"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let runs = try conditions.repetitions(5) { _, generator in
        try Run(eigenvalues: eigenvalues, initial: initial, using: &generator)
      }
      let run = runs[0]
      let faster = eigenvalues.map { 4 * abs($0) > 1 }
      let rates = eigenvalues.indices.map { rate($0) }
      let slow = rates[eigenvalues.firstIndex(of: 0.1)!]
      return Findings(
        summary: [
          Fact("components", .number(Double(eigenvalues.count))),
          Fact("faster than one layer", .number(Double(rates.count { $0 > 1 }))),
          Fact("rate of the slowest", .number(rates.min()!)),
        ],
        settings: [
          Fact("eigenvalues of Y", "1.5, 0.6, 0.1, −0.15, −0.8"),
          Fact("eigenvalues of X₀", "0.02, 0.02, 0.3, 0.5, 0.5"), Fact("random eigenvectors", 5),
          Fact("flow", "relative tolerance 1e-12"),
          Fact("rate", "between gaps of 1e-3 and 1e-6 of |σᵢ|"),
        ],
        claims: [
          // Rounding of a 5 × 5 solution of norm about 2.
          Claim(
            "(7) against the closed form of Proposition 1, all eigenvectors and times",
            source: "Corollary 1", .atMost, expected: 1e-12,
            measured: runs.map(\.distanceFromRiccati).max()!),
          Claim(
            "(7) against the integrated flow of U", source: "Corollary 1", .atMost, expected: 1e-9,
            measured: runs.map(\.distanceFromFlow).max()!),
          // 1e-12 of the integration, not amplified: off-diagonal elements decay or saturate with their modes.
          Claim(
            "largest element of ΦᵀXΦ off the diagonal, integrated", source: "Corollary 1",
            .atMost, expected: 1e-9, measured: runs.map(\.offDiagonal).max()!),
          // (7) is σ + (x₀ − σ)σ e^{−4σt}/(x₀ + …): relatively 1e-3 off at the first gap, over ln(1e3).
          Claim(
            "largest relative distance of a component's rate from 4|σᵢ|", source: "Corollary 1",
            .atMost, expected: 1e-3,
            measured: zip(rates, eigenvalues).map { abs($0 / (4 * abs($1)) - 1) }.max()!),
          Claim(
            "components on the other side of rate 1 than 4|σᵢ| > 1 says", source: "Section 2",
            expected: 0, measured: Double(zip(rates, faster).count { ($0 > 1) != $1 })),
          // Everything but the slowest component has decayed long before.
          Claim(
            "rate of ‖X − Ỹ‖ at the end over 4 σ_min", source: "Corollary 1", expected: 1,
            measured: run.endRate / slow, tolerance: 1e-3),
        ],
        notices: [
          Notice(
            .caution,
            """
            The acceleration concerns the end. Before it a component must leave its start, and the time for that, \
            ln(σ/x₀ − 1)/(4σ) to half of σ, grows without bound as the start shrinks, while one layer needs \
            ln 2 at most: the two first components here are faster in the end and still later at half height.
            """)
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([
                Figure(
                  title: "Eigenvalues of X",
                  caption: """
                    Lines: (7); points: the integrated flow of U. Negative targets cannot be reached and end \
                    at 0.
                    """,
                  .lines(
                    LinePlot(
                      horizontal: Axis("time t"), vertical: Axis("eigenvalue of X"),
                      series: eigenvalues.indices.flatMap { i in
                        [
                          Series(
                            "σ = \(eigenvalues[i].formatted)", x: run.times,
                            y: run.times.map { value(i, at: $0) }, color: .palette(i)),
                          Series(
                            "integrated", x: run.sparse.map { run.times[$0] },
                            y: run.sparse.map { run.diagonals[$0][i] }, style: .points,
                            color: .palette(i)),
                        ]
                      }))),
                Figure(
                  title: "Distance from the limit",
                  caption: """
                    |x − max(σᵢ, 0)|, and e^{−t} as one layer has it: steeper lines are accelerated.
                    """,
                  .lines(
                    LinePlot(
                      horizontal: Axis("time t", upper: 16),
                      vertical: Axis("distance from the limit", .logarithmic, lower: 1e-6),
                      series: eigenvalues.indices.map { i in
                        Series(
                          "σ = \(eigenvalues[i].formatted)", x: Self.longTimes,
                          y: Self.longTimes.map { gap(i, at: $0) }, color: .palette(i))
                      } + [
                        Series(
                          "one layer", x: Self.longTimes, y: Self.longTimes.map { .exp(-$0) },
                          style: .dashed, color: .muted)
                      ]))),
              ]),
              .table(
                Table(
                  title: "Rates",
                  columns: [
                    Column("σ"), Column("4|σ|"), Column("measured", significantDigits: 6),
                    Column("accelerated", alignment: .leading),
                  ],
                  rows: eigenvalues.indices.map { i in
                    [
                      .number(eigenvalues[i]), .number(4 * abs(eigenvalues[i])),
                      .number(rates[i]), .text(rates[i] > 1 ? "yes" : "no"),
                    ]
                  })),
            ])
        ])
    }

    private static let longTimes = [Double].times(to: 16, count: 320)

    private func mode(_ i: Int) -> BalancedMode {
      BalancedMode(
        depth: 2, target: 2 * eigenvalues[i], curvature: 2, initial: initial[i].squareRoot())
    }

    /// (7), by the library.
    private func value(_ i: Int, at time: Double) -> Double { mode(i).endToEnd(at: time) }

    private func gap(_ i: Int, at time: Double) -> Double {
      abs(value(i, at: time) - max(eigenvalues[i], 0))
    }

    /// The rate of a component of the integrated scalar flow.
    private func rate(_ i: Int) -> Double {
      let σ = eigenvalues[i]
      let times = [Double].times(to: (14 + .log(1 / initial[i])) / (4 * abs(σ)), count: 400)
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(times, of: [.endToEnd])
      ).run(
        SymmetricFlow(
          FactorizationObjective(.diagonal([σ])),
          from: SymmetricNetwork(factor: .diagonal([initial[i].squareRoot()]))))
      let gaps = flow.trajectory.snapshots.map { abs($0.endToEnd![0, 0] - max(σ, 0)) }
      return DecayRate.measure(times: times, gaps: gaps, from: 1e-3 * abs(σ), to: 1e-6 * abs(σ))
    }

    private struct Run {
      let times = [Double].times(to: 8, count: 160)
      var sparse: [Int] { Array(stride(from: 0, to: times.count, by: 10)) }
      let diagonals: [[Double]]
      let offDiagonal: Double
      let distanceFromFlow: Double
      let distanceFromRiccati: Double
      /// The rate of ‖X − Ỹ‖ between 1e-3 and 1e-6.
      let endRate: Double

      init(eigenvalues: [Double], initial: [Double], using generator: inout SeededGenerator) throws
      {
        let n = eigenvalues.count
        let vectors = Matrix.orthogonal(rowCount: n, columnCount: n, using: &generator)
        func matrix(_ values: [Double]) -> Matrix {
          vectors.scalingColumns(by: values).timesTransposed(vectors).symmetrized()
        }
        let y = matrix(eigenvalues)
        let factor = vectors.scalingColumns(by: initial.map { $0.squareRoot() })
        let exact = times.map { time in
          matrix(
            zip(eigenvalues, initial).map { σ, x in
              BalancedMode(depth: 2, target: 2 * σ, curvature: 2, initial: x.squareRoot())
                .endToEnd(at: time)
            })
        }
        let flow = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
          recording: .at(times, of: [.endToEnd])
        ).run(SymmetricFlow(FactorizationObjective(y), from: SymmetricNetwork(factor: factor)))
        let flowed = flow.trajectory.snapshots.map { $0.endToEnd! }
        let rotated = flowed.map { vectors.transposedTimes($0 * vectors) }
        diagonals = rotated.map { x in (0..<n).map { x[$0, $0] } }
        offDiagonal = rotated.map { x in (x - .diagonal((0..<n).map { x[$0, $0] })).maxAbsolute }
          .max()!
        distanceFromFlow = zip(exact, flowed).map { ($0 - $1).frobeniusNorm }.max()!
        let riccati = try SymmetricRiccati(target: y, factor: factor)
        distanceFromRiccati = try zip(times, exact).map {
          (try riccati.endToEnd(at: $0) - $1).frobeniusNorm
        }.max()!
        let limit = matrix(eigenvalues.map { max($0, 0) })
        let late = [Double].times(to: 60, count: 300)
        let gaps = try late.map { (try riccati.endToEnd(at: $0) - limit).frobeniusNorm }
        endRate = DecayRate.measure(times: late, gaps: gaps, from: 1e-4, to: 1e-7)
      }
    }
  }
}
