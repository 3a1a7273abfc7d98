import Dynamics
import LinearAlgebra
import RealModule
import Records

extension Tarmoun2021 {
  /// Formulas of Appendices A and C that are printed wrong, beside the right ones.
  struct AppendixFormulas: Experiment {
    let item = Item(
      id: "tarmoun-appendix-formulas", paper: .tarmoun2021,
      title: "Appendices A and C: the linear system behind the Riccati equation",
      shows: """
        (27) and (40) should solve a linear system; as printed they do not, because matrices or signs are \
        exchanged, while the quotient (41) is right.
        """,
      seconds: 0.1, corrections: ["(27)", "(40)"],
      snippet: """
        // (29): the linear system, and X = X₂ X₁⁻¹.
        let y = Matrix.diagonal([1.2, -0.7])
        let system = Matrix.verticallyStacked([
          .horizontallyStacked([-2 * y, 4 * .identity(2)]),
          .horizontallyStacked([.zeros(2, 2), 2 * y]),
        ])
        let start = Matrix.verticallyStacked([.identity(2), 0.1 * .identity(2)])
        let pair = try (0.8 * system).exponential() * start
        let first = pair.submatrix(rows: 0..<2, columns: 0..<2)
        let second = pair.submatrix(rows: 2..<4, columns: 0..<2)
        print(try second * LUDecomposition(of: first).inverse())
        """)

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let runs = try conditions.repetitions(count) { _, generator in try Run(using: &generator) }
      func worst(_ errors: (Run) -> [Double]) -> Double { runs.flatMap(errors).max()! }
      // The least over the problems of the largest over the times.
      func mildest(_ errors: (Run) -> [Double]) -> Double { runs.map { errors($0).max()! }.min()! }
      return Findings(
        summary: [
          Fact("(27) as printed, median error", .number(runs.map { $0.printed27.last! }.median)),
          Fact("(40) as printed, median error", .number(runs.map { $0.printed40.last! }.median)),
          Fact("both, corrected", .number(max(worst(\.corrected27), worst(\.corrected40)))),
        ],
        settings: [
          Fact("(27)", "3 × 3, A normal, R and P̄ random symmetric, Q such that P̄ solves (26)"),
          Fact("(40)", "Y with eigenvalues 1.2, 0.4, −0.7, U₀ normal"),
          Fact("times", "0.05 to 1"), Fact("problems", .number(Double(count))),
          Fact("truth", "exponential of the matrix of (24)"),
        ],
        claims: [
          // Rounding times the size of the exponentials, up to e^{5}, relative to [X₁; X₂].
          Claim(
            "(27) corrected against the exponential of (24), relatively, worst problem and time",
            source: "Equation 27, corrected", .atMost, expected: 1e-11,
            measured: worst(\.corrected27)),
          Claim(
            "(27) printed: largest relative error over the times, mildest problem",
            source: "Equation 27, printed", .atLeast, expected: 1e-2,
            measured: mildest(\.printed27), refutes: true),
          Claim(
            "(40) corrected against the exponential of (29), relatively, worst problem and time",
            source: "Equation 40, corrected", .atMost, expected: 1e-11,
            measured: worst(\.corrected40)),
          Claim(
            "(40) printed: largest relative error over the times, mildest problem",
            source: "Equation 40, printed", .atLeast, expected: 1e-2,
            measured: mildest(\.printed40), refutes: true),
          Claim(
            "(31) against the exponential of (29), relatively", source: "Equation 31", .atMost,
            expected: 1e-11, measured: worst(\.equation31)),
          // One more inverse, of a matrix with condition below e^{2·2·1.9} ≈ 2e3 times that of the start.
          Claim(
            "X₂X₁⁻¹ against the closed form of the flow, relatively", source: "Equation 25",
            .atMost, expected: 1e-10, measured: worst(\.quotient)),
        ],
        notices: [
          Notice(
            .caution,
            """
            (27) exchanges Ã and Â: right is X₁ = e^{−tÂ} + ∫ e^{−(t−s)Â} R e^{sÃ} ds (P₀ − P̄) and \
            X₂ = P̄X₁ + e^{tÃ}(P₀ − P̄). It does no harm where the paper uses it, as there Ã = Â. (40) has the signs of \
            both outer exponents exchanged; (41), which follows from the right ones, is printed right.
            """)
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([
                figure("(27)", runs, printed: \.printed27, corrected: \.corrected27),
                figure("(40)", runs, printed: \.printed40, corrected: \.corrected40),
              ])
            ])
        ])
    }

    private static let times = (1...20).map { 0.05 * Double($0) }

    private struct Run {
      let printed27: [Double]
      let corrected27: [Double]
      let printed40: [Double]
      let corrected40: [Double]
      let equation31: [Double]
      let quotient: [Double]

      init(using generator: inout SeededGenerator) throws {
        let general = GeneralSystem(using: &generator)
        let errors27 = try times.map { try general.errors(at: $0) }
        printed27 = errors27.map(\.printed)
        corrected27 = errors27.map(\.corrected)

        let y = Matrix.randomSymmetric(eigenvalues: [1.2, 0.4, -0.7], using: &generator)
        let factor = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
        let x0 = factor.timesTransposed(factor)
        let forms = try PrintedForms(target: y, start: x0)
        let riccati = try SymmetricRiccati(target: y, factor: factor)
        let system = Matrix.verticallyStacked([
          .horizontallyStacked([-2 * y, 4 * .identity(3)]),
          .horizontallyStacked([.zeros(3, 3), 2 * y]),
        ])
        let errors = try times.map { time in
          let truth = try (time * system).exponential() * .verticallyStacked([.identity(3), x0])
          func error(_ pair: (Matrix, Matrix)) -> Double {
            (Matrix.verticallyStacked([pair.0, pair.1]) - truth).frobeniusNorm
              / truth.frobeniusNorm
          }
          let first = truth.submatrix(rows: 0..<3, columns: 0..<3)
          let second = truth.submatrix(rows: 3..<6, columns: 0..<3)
          let x = try riccati.endToEnd(at: time)
          let quotient = try second * LUDecomposition(of: first).inverse()
          let decay = forms.eigen.map { .exp(-2 * time * $0) }
          let growth = forms.eigen.map { .exp(2 * time * $0) }
          return (
            printed: error(forms.equation40(at: time, sign: -1)),
            corrected: error(forms.equation40(at: time, sign: 1)),
            equation31: error((decay + decay * forms.weight(at: time) * x0, growth * x0)),
            quotient: (quotient - x).frobeniusNorm / x.frobeniusNorm
          )
        }
        printed40 = errors.map(\.printed)
        corrected40 = errors.map(\.corrected)
        equation31 = errors.map(\.equation31)
        quotient = errors.map(\.quotient)
      }
    }

    private func figure(
      _ name: String, _ runs: [Run], printed: (Run) -> [Double], corrected: (Run) -> [Double]
    ) -> Figure {
      func series(_ title: String, _ errors: (Run) -> [Double]) -> Series {
        let columns = Self.times.indices.map { place in
          runs.map { max(errors($0)[place], 1e-17) }
        }
        return Series(
          title, x: Self.times, y: columns.map(\.median),
          band: Band(
            "\(title), range", lower: columns.map { $0.min()! }, upper: columns.map { $0.max()! }))
      }
      return Figure(
        title: "\(name) against the truth",
        caption: "Relative error of [X₁; X₂], median and range over the problems.",
        .lines(
          LinePlot(
            horizontal: Axis("time t"),
            vertical: Axis("relative error", .logarithmic, lower: 1e-17, upper: 1e3),
            series: [series("printed", printed), series("corrected", corrected)])))
    }
  }
}

/// A random system (24) with a known solution P̄ of its algebraic equation (26).
private struct GeneralSystem {
  let a: Matrix
  let r: Matrix
  let q: Matrix
  /// P̄.
  let rest: Matrix
  let start: Matrix

  init(using generator: inout SeededGenerator) {
    a = .gaussian(rowCount: 3, columnCount: 3, using: &generator)
    r = .randomSymmetric(eigenvalues: [1, 0.5, 0.2], using: &generator)
    rest = .randomSymmetric(eigenvalues: [0.7, 0.2, -0.3], using: &generator)
    start = .randomSymmetric(eigenvalues: [1, 0.4, 0.1], using: &generator)
    q = rest * r * rest - a * rest - rest.timesTransposed(a)
  }

  /// Relative errors of [X₁; X₂] by (27), as printed and corrected.
  func errors(at time: Double) throws -> (printed: Double, corrected: Double) {
    let system = Matrix.verticallyStacked([
      .horizontallyStacked([-a.transposed(), r]), .horizontallyStacked([q, a]),
    ])
    let truth = try (time * system).exponential() * .verticallyStacked([.identity(3), start])
    let tilde = a - rest * r
    let hat = a.transposed() - r * rest
    let difference = start - rest
    func error(_ first: Matrix, _ second: Matrix) -> Double {
      (Matrix.verticallyStacked([first, second]) - truth).frobeniusNorm / truth.frobeniusNorm
    }
    let decay = try (-time * hat).exponential()
    let first = try decay + integral(hat, tilde, time) * difference
    let second = try rest * first + (time * tilde).exponential() * difference
    let printedFirst =
      try (-time * tilde).exponential() + integral(tilde, tilde, time) * difference
    let printedSecond = try rest * first + (time * hat).exponential() * difference
    return (error(printedFirst, printedSecond), error(first, second))
  }

  /// ∫₀ᵗ e^{−(t−s)L} R e^{sM} ds, the upper right block of exp(t [[−L, R], [0, M]]).
  private func integral(_ left: Matrix, _ right: Matrix, _ time: Double) throws -> Matrix {
    let block = Matrix.verticallyStacked([
      .horizontallyStacked([-left, r]), .horizontallyStacked([.zeros(3, 3), right]),
    ])
    return try (time * block).exponential().submatrix(rows: 0..<3, columns: 3..<6)
  }
}
