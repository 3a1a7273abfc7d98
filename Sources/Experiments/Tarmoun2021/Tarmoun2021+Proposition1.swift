import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// The solution of the Riccati equation of a symmetric factorization.
  struct Proposition1: Experiment {
    let item = Item(
      id: "tarmoun-proposition-1", paper: .tarmoun2021,
      title: "Proposition 1: the symmetric factorization in closed form",
      shows: """
        The closed form of X′ = 2YX + 2XY − 4X² beside the integrated flow of U, for indefinite Y and \
        any start, and how far the printed form can be evaluated.
        """,
      seconds: 0.5,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let target = Matrix.randomSymmetric(eigenvalues: [2, 0.5, -1], using: &generator)
        let factor = Matrix.gaussian(rowCount: 3, columnCount: 4, using: &generator)
        let solution = try SymmetricRiccati(target: target, factor: factor)
        print(try solution.endToEnd(at: 1), try solution.endToEnd(at: 1e6))
        """)

    var eigenvalues: [Double] = [2.4, 1.1, 0.45, -0.3, -0.85, -1.6]

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
      let run = runs[0]
      return Findings(
        summary: [
          Fact("closed form from the flow", .number(runs.map(\.distanceFromFlow).max()!)),
          Fact(
            "last time at which (6) as printed has 8 digits",
            .number(runs.map(\.lastGoodTime).median)),
        ],
        settings: [
          Fact("Y", "6 × 6, eigenvalues 2.4, 1.1, 0.45, −0.3, −0.85, −1.6, random eigenvectors"),
          Fact("U₀", "6 × 8, normal, standard deviation 0.3; 6 × 2 for the rank"),
          Fact("starts", .number(Double(count))), Fact("flow", "relative tolerance 1e-12"),
        ],
        claims: [
          // 1e-12 a step, a few hundred steps, and errors grow at most by ‖Y‖/‖X₀‖ before they shrink.
          Claim(
            "closed form against the integrated flow of U, relatively, all times and starts",
            source: "Proposition 1", .atMost, expected: 1e-8,
            measured: runs.map(\.distanceFromFlow).max()!),
          // Condition numbers up to e^{4·0.5·2.4} ≈ 120 times rounding.
          Claim(
            "(6) as printed against the same, at times to 0.5",
            source: "Equation 6", .atMost, expected: 1e-11,
            measured: runs.map(\.printedDistanceEarly).max()!),
          Claim(
            "(41), whose exponents all decay, against the same at all times",
            source: "Equation 41", .atMost, expected: 1e-10,
            measured: runs.map(\.decayingDistance).max()!),
          Claim(
            "U₀ of rank 2: closed form against the integrated flow, relatively, all times and starts",
            source: "Proposition 1 for singular X₀", .atMost, expected: 1e-8,
            measured: runs.map(\.lowRankFromFlow).max()!),
          // The third value of X is what rounding made of it; the flow keeps it zero.
          Claim(
            "the same, integrated: largest third eigenvalue over the first at t = 3",
            source: "Section 2: rank-preserving", .atMost, expected: 1e-12,
            measured: runs.map(\.thirdValue).max()!),
          // What is not settled at t = 30 is e^{−4(1.1 − 0.45)·30}.
          Claim(
            "the same: largest distance of X(30) from the two largest components of Y",
            source: "Section 2: rank-preserving", .atMost, expected: 1e-9,
            measured: runs.map(\.distanceOfLowRank).max()!),
          // x′ = 4x − 4x² from −0.1 is infinite where e^{4t} = 11; integration ends where no step changes the time.
          Claim(
            "start X₀ = −0.1 (one component, σ = 1): time at which the integrated equation becomes infinite; by (6) ln(11)/4",
            source: "Proposition 1: \u{201C}provided that … invertible\u{201D}",
            expected: .log(11) / 4,
            measured: Self.escapeTime(), tolerance: 1e-6),
        ],
        notices: [
          Notice(
            .information,
            """
            (6) holds for every X₀, but a start that is not positive semidefinite may become infinite in finite \
            time; it cannot come from a factor U. In floating point the printed form loses its digits as \
            e^{4tσ} grows and overflows at 4tσ = 709. The library applies the same formula over short \
            times, to the factor.
            """)
        ],
        sections: [
          Section(
            heading: "The figure",
            prose: "The first of the starts.",
            blocks: [.row([valueFigure(run), errorFigure(run)])])
        ])
    }

    private struct Run {
      let times: [Double]
      let exact: [Matrix]
      let flowed: [Matrix]
      let printedErrors: [Double]
      let decayingErrors: [Double]
      let longTimes: [Double]
      let distanceFromFlow: Double
      let printedDistanceEarly: Double
      let decayingDistance: Double
      let lastGoodTime: Double
      let lowRankFromFlow: Double
      let thirdValue: Double
      let distanceOfLowRank: Double

      init(eigenvalues: [Double], using generator: inout SeededGenerator) throws {
        let y = Matrix.randomSymmetric(eigenvalues: eigenvalues, using: &generator)
        let n = eigenvalues.count
        let factor = Matrix.gaussian(
          rowCount: n, columnCount: 8, standardDeviation: 0.3, using: &generator)
        let thin = Matrix.gaussian(
          rowCount: n, columnCount: 2, standardDeviation: 0.3, using: &generator)
        let solution = try SymmetricRiccati(target: y, factor: factor)
        let times = [Double].times(to: 3, count: 60)
        let flow = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
          recording: .at(times, of: [.endToEnd])
        ).run(SymmetricFlow(FactorizationObjective(y), from: SymmetricNetwork(factor: factor)))
        self.times = times
        exact = try times.map { try solution.endToEnd(at: $0) }
        flowed = flow.trajectory.snapshots.map { $0.endToEnd! }
        distanceFromFlow = zip(exact, flowed).map { ($0 - $1).frobeniusNorm / $0.frobeniusNorm }
          .max()!

        let forms = try PrintedForms(target: y, start: factor.timesTransposed(factor))
        let longTimes = (0...80).map { 0.05 * Double.exp(Double($0) / 80 * .log(4000)) }
        self.longTimes = longTimes
        let reference = try longTimes.map { try solution.endToEnd(at: $0) }
        func errors(_ form: (Double) throws -> Matrix) -> [Double] {
          zip(longTimes, reference).map { time, x in
            guard let value = try? form(time) else { return .infinity }
            let error = (value - x).frobeniusNorm / x.frobeniusNorm
            return error.isFinite ? max(error, 1e-17) : .infinity
          }
        }
        let printedErrors = errors { try forms.equation6(at: $0) }
        self.printedErrors = printedErrors
        decayingErrors = errors { try forms.equation41(at: $0) }
        printedDistanceEarly = zip(longTimes, printedErrors).filter { $0.0 <= 0.5 }.map(\.1).max()!
        decayingDistance = decayingErrors.max()!
        let bad = printedErrors.firstIndex { $0 > 1e-8 } ?? printedErrors.count
        lastGoodTime = bad == 0 ? 0 : longTimes[bad - 1]
        let low = try SymmetricRiccati(target: y, factor: thin)
        let lowFlow = GradientFlow(
          until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
          recording: .at(times, of: [.endToEnd])
        ).run(SymmetricFlow(FactorizationObjective(y), from: SymmetricNetwork(factor: thin)))
        let lowMatrices = lowFlow.snapshots.map { $0.endToEnd! }
        lowRankFromFlow = try zip(times, lowMatrices).map {
          let exact = try low.endToEnd(at: $0)
          return (exact - $1).frobeniusNorm / exact.frobeniusNorm
        }.max()!
        let values = try lowMatrices.last!.symmetricEigenvalues()
        thirdValue = abs(values[2]) / values[0]
        let two = eigenvalues.sorted(by: >)[1]
        let best = try SymmetricEigendecomposition(of: y).map { $0 >= two * 0.999 ? $0 : 0 }
        distanceOfLowRank = (try low.endToEnd(at: 30) - best).frobeniusNorm
      }
    }

    /// x′ = 4σx − 4x² from x₀ = −0.1, σ = 1: the time at which the integrated equation becomes infinite.
    private static func escapeTime() -> Double {
      let equation = MatrixFlow(from: Matrix(rows: [[-0.1]])) { x in
        Matrix(rows: [[4 * x[0, 0] - 4 * x[0, 0] * x[0, 0]]])
      }
      return GradientFlow(
        until: 5, method: .dormandPrince, steps: .adaptive(relativeTolerance: 1e-12),
        stepLimit: 100_000
      ).run(equation).times.last!
    }

    private func valueFigure(_ run: Run) -> Figure {
      let exact = run.exact.map { (try? $0.symmetricEigenvalues()) ?? [] }
      let flowed = run.flowed.map { (try? $0.symmetricEigenvalues()) ?? [] }
      let sparse = stride(from: 0, to: run.times.count, by: 4)
      return Figure(
        title: "The largest eigenvalues of X",
        caption: """
          Lines: the closed form; points: the integrated flow. They tend to the positive eigenvalues of Y, and the \
          others vanish.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("time t"), vertical: Axis("eigenvalue of X", lower: 0),
            series: (0..<4).flatMap { i in
              [
                Series(
                  "eigenvalue \(i + 1)", x: run.times, y: exact.map { $0[i] }, color: .palette(i)),
                Series(
                  "the same, integrated", x: sparse.map { run.times[$0] },
                  y: sparse.map { flowed[$0][i] }, style: .points, color: .palette(i)),
              ]
            },
            markers: eigenvalues.filter { $0 > 0 }.map { Marker(.horizontal, at: $0, label: "") })))
    }

    private func errorFigure(_ run: Run) -> Figure {
      let end = (run.printedErrors.firstIndex { $0 > 1 } ?? run.printedErrors.count - 1) + 1
      return Figure(
        title: "The printed forms in floating point",
        caption:
          "Relative distance from the library's solution; (6) is shown until no digit is left.",
        .lines(
          LinePlot(
            horizontal: Axis("time t", .logarithmic),
            vertical: Axis("relative distance", .logarithmic, lower: 1e-17),
            series: [
              Series(
                "(6)", x: Array(run.longTimes.prefix(end)),
                y: Array(run.printedErrors.prefix(end))),
              Series("(41)", x: run.longTimes, y: run.decayingErrors),
            ])))
    }
  }
}
