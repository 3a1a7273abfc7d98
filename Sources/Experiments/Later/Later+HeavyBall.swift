import Dynamics
import LinearAlgebra
import RealModule
import Records

extension Later {
  /// What the flow of momentum conserves.
  struct HeavyBall: Experiment {
    let item = Item(
      id: "later-heavy-ball", paper: .later,
      title: "Heavy ball: what momentum conserves, and what it does not",
      shows: """
        Along U″ + U′/τ = −∂ℓ/∂U, and likewise for V, the antisymmetric part of UᵀU′ + VᵀV′, times e^{t/τ}, is constant. \
        UᵀU − VᵀV, which gradient flow conserves, is not.
        """,
      seconds: 0.2,
      snippet: """
        // Momentum as a flow of (u, v, u′, v′) for the target 1.
        let flow = MatrixFlow(from: Matrix(rows: [[0.5, 0.2, 0, 0]])) { s in
          let r = 1 - s[0, 0] * s[0, 1]
          return Matrix(rows: [[s[0, 2], s[0, 3], r * s[0, 1] - s[0, 2], r * s[0, 0] - s[0, 3]]])
        }
        let end = GradientFlow(until: 20).run(flow).finalNetwork.endToEnd()
        print(end[0, 0] * end[0, 0] - end[0, 1] * end[0, 1], 0.25 - 0.04)
        """,
      citation: """
        Sibylle Marcotte, Rémi Gribonval, Gabriel Peyré. Keep the Momentum: Conservation Laws beyond Euclidean Gradient \
        Flows. ICML 2024. https://arxiv.org/abs/2405.12888
        """)

    var relaxation = 1.7
    private let rows = 3
    private let columns = 4
    private let width = 2
    private let times = (0...50).map { 0.1 * Double($0) }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tau", .number(\.relaxation, 0.2...20), "relaxation time τ")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in try run(using: &generator) }
      return Findings(
        summary: [
          Fact(
            "largest change of the conserved matrix",
            .number(runs.map { $0.conserved.max()! }.max()!)),
          Fact("least change of UᵀU − VᵀV", .number(runs.map { $0.plain.max()! }.min()!)),
        ],
        settings: [
          Fact("problem", "½‖Y − UVᵀ‖², 3 × 4, 2 columns, Gaussian starts and speeds"),
          Fact("τ", .number(relaxation)), Fact("until", "t = 5"),
          Fact("starts", .number(Double(count))), Fact("relative tolerance", 1e-12),
        ],
        claims: [
          // 1e-12 at each of some hundred steps, times e^{5/1.7} = 19.
          Claim(
            "largest change of e^{t/τ}(UᵀU′ + VᵀV′ − transpose), relative to its size at first",
            source: "Marcotte, Gribonval and Peyré", .atMost, expected: 1e-8,
            measured: runs.map { $0.conserved.max()! }.max()!),
          Claim(
            "the same without e^{t/τ}: largest relative change at t = 5, less 1 − e^{−5/τ}",
            source: "it decays like e^{−t/τ}", .atMost, expected: 0,
            measured: runs.map { abs($0.undamped - (1 - .exp(-5 / relaxation))) }.max()!,
            tolerance: 1e-8),
          Claim(
            "least change of UᵀU − VᵀV, relative to ‖U‖² + ‖V‖²",
            source: "conserved by gradient flow only",
            .atLeast, expected: 0.01, measured: runs.map { $0.plain.max()! }.min()!),
        ],
        sections: [Section(heading: "Along one run", blocks: [.figure(figure(runs[0]))])])
    }

    private struct Run {
      var conserved: [Double]
      var plain: [Double]
      /// Relative change of the antisymmetric part itself at the end.
      var undamped: Double
    }

    private func run(using generator: inout SeededGenerator) throws -> Run {
      let (rows, columns, width, τ) = (rows, columns, width, relaxation)
      let target = Matrix.gaussian(rowCount: rows, columnCount: columns, using: &generator)
      // [U; V; U′; V′].
      let start = Matrix.gaussian(
        rowCount: 2 * (rows + columns), columnCount: width, using: &generator)
      let split: @Sendable (Matrix) -> [Matrix] = { state in
        let ends = [0, rows, rows + columns, 2 * rows + columns, 2 * (rows + columns)]
        return zip(ends, ends.dropFirst()).map {
          state.submatrix(rows: $0..<$1, columns: 0..<width)
        }
      }
      let equation = MatrixFlow(from: start) { state in
        let parts = split(state)
        let residual = target - parts[0].timesTransposed(parts[1])
        return .verticallyStacked([
          parts[2], parts[3], residual * parts[1] - parts[2] / τ,
          residual.transposedTimes(parts[0]) - parts[3] / τ,
        ])
      }
      let points = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(times, of: [.endToEnd])
      ).run(equation).snapshots.map { split($0.endToEnd!) }
      let turns = points.map { parts -> Matrix in
        let sum = parts[0].transposedTimes(parts[2]) + parts[1].transposedTimes(parts[3])
        return sum - sum.transposed()
      }
      let balances = points.map {
        $0[0].transposedTimes($0[0]) - $0[1].transposedTimes($0[1])
      }
      let first = turns[0].frobeniusNorm
      return Run(
        conserved: zip(times, turns).map {
          (.exp($0 / τ) * $1 - turns[0]).frobeniusNorm / first
        },
        plain: balances.map {
          ($0 - balances[0]).frobeniusNorm
            / (points[0][0].inner(points[0][0]) + points[0][1].inner(points[0][1]))
        },
        undamped: (turns.last! - turns[0]).frobeniusNorm / first)
    }

    private func figure(_ run: Run) -> Figure {
      Figure(
        title: "What changes and what does not", caption: "Relative changes along one run.",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("relative change", .logarithmic, lower: 1e-17),
            series: [
              Series(
                "e^{t/τ}(UᵀU′ + VᵀV′ − transpose)", x: times,
                y: run.conserved.map { max($0, 1e-17) }),
              Series("UᵀU − VᵀV", x: times, y: run.plain.map { max($0, 1e-17) }),
            ])))
    }
  }
}
