import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// A component of a spectral start of two layers, with any imbalance.
  struct Proposition3: Experiment {
    let item = Item(
      id: "tarmoun-proposition-3", paper: .tarmoun2021,
      title: "Proposition 3: a component of two layers with any imbalance",
      shows: """
        The closed form of x = uv beside the integrated flow; the printed constant of it fails, the \
        corrected one holds, and the library's form needs none.
        """,
      seconds: 0.1, corrections: ["(51)"],
      snippet: """
        let mode = TwoLayerMode(target: 1, curvature: 1, first: 1.5, second: 0.02)
        for time in [0.5, 1, 2, 1000] { print(time, mode.endToEnd(at: time)) }
        """)

    private let problems = [
      ScalarFactorization(target: 1, imbalance: 0.5, initial: 0.1),
      ScalarFactorization(target: 2, imbalance: -1, initial: 0.4),
      ScalarFactorization(target: 1, imbalance: 0.5, initial: 3),
      ScalarFactorization(target: 0.5, imbalance: 2, initial: -0.3),
      ScalarFactorization(target: 0.1, imbalance: 4, initial: 0.5),
    ]

    func findings(under conditions: Conditions) throws -> Findings {
      let times = [Double].times(to: 6, count: 120)
      var exact: [[Double]] = []
      var flowed: [[Double]] = []
      for problem in problems {
        exact.append(times.map { problem.mode.endToEnd(at: $0) })
        flowed.append(problem.flow(at: times))
      }
      let indices = problems.indices
      func largest(_ constant: (ScalarFactorization) -> Double) -> [Double] {
        indices.map { i in
          let form = PrintedMode(problem: problems[i], constant: constant(problems[i]))
          return zip(times, exact[i]).map { abs(form.value(at: $0) - $1) / problems[i].target }
            .max()!
        }
      }
      let corrected = largest(PrintedMode.correctedConstant)
      let printed = largest(PrintedMode.printedConstant)
      let imbalances = (0...48).map { Double.exp10(-12 + 0.25 * Double($0)) }
      let small = imbalances.map(errorsAtSmallImbalance)
      let asymptotes = problems.map(asymptote)
      let matrices = try conditions.repetitions(5) { _, generator in
        try distanceOfMatrices(using: &generator)
      }
      return Findings(
        summary: [
          Fact("library form from the flow", .number(distance(exact, flowed))),
          Fact("(15) with the printed constant, off by", .number(printed.max()!), note: "times σ"),
          Fact("(15) with the corrected one", .number(corrected.max()!)),
        ],
        settings: [
          Fact("components (σ, λ₀, x₀)", .text(problems.map(\.name).joined(separator: ", "))),
          Fact("times", "0 to 6"), Fact("flow", "relative tolerance 1e-12"),
          Fact("matrices", "6 × 4, hidden width 5, 5 random sets of singular vectors"),
        ],
        claims: [
          // 1e-12 a step over some hundred steps, errors grow by |σ/x₀| ≤ 10 at most.
          Claim(
            "library form against the integrated flow, relative to σ, all components",
            source: "Proposition 3", .atMost, expected: 1e-9, measured: distance(exact, flowed)),
          Claim(
            "spectral start of matrices: closed form against the flow, worst of 5",
            source: "Proposition 3", .atMost, expected: 1e-8, measured: matrices.max()!),
          // (15) divides numbers of size 1 where λ₀ is.
          Claim(
            "(15) with the corrected constant against the library form, all components",
            source: "Equation 51, corrected", .atMost, expected: 1e-11,
            measured: corrected.max()!),
          Claim(
            "(15) with the printed constant: least of the largest errors, relative to σ",
            source: "Equation 51, printed", .atLeast, expected: 1e-2, measured: printed.min()!,
            refutes: true),
          // The relative error of the asymptote is of the order of the gap, e^{−20}.
          Claim(
            "(16) with |C| over the gap at 20 time constants, the component farthest off",
            source: "Equation 16, corrected", expected: 1,
            measured: asymptotes.map(\.ratio).max { abs($0 - 1) < abs($1 - 1) }!, tolerance: 1e-5),
          Claim(
            "(16) as printed, without the absolute value, for the start above the target",
            source: "Equation 16, printed", .atMost, expected: 0,
            measured: asymptotes[2].signed, refutes: true),
          // √(…) − 4σx₀ − λ₀² is 1e-12 from two numbers of 0.4, known to 5e-17: C has four or five digits.
          Claim(
            "λ₀ = 1e-6: relative distance of the corrected (15) from the library form",
            source: "Appendix D", .atLeast, expected: 1e-8,
            measured: errorsAtSmallImbalance(1e-6)),
        ],
        notices: [
          Notice(
            .caution,
            """
            In (51) the radical covers too much: with the printed constant (15) does not even start at x₀. \
            Corrected, C is negative for x₀ > σ, where (16) needs |C|, and it is 0/0 for balanced layers. \
            The library evaluates the solution without such a constant, for every sign and imbalance.
            """)
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([
                Figure(
                  title: "A component with σ = 1 from x₀ = 0.01, for several imbalances",
                  caption:
                    "Lines: closed form; points: integrated flow. Imbalance shortens the wait and the end.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("time t", upper: 4), vertical: Axis("x = uv"),
                      series: family(times)))),
                Figure(
                  title: "The printed constant",
                  caption: """
                    σ = 1, λ₀ = 0.5, x₀ = 0.1: (15) with both constants. With the printed one it begins elsewhere.
                    """,
                  .lines(
                    LinePlot(
                      horizontal: Axis("time t", upper: 4),
                      vertical: Axis("x", lower: -0.1, upper: 1.1),
                      series: [
                        Series("integrated flow", x: times, y: flowed[0], color: .muted),
                        Series(
                          "(15), C corrected", x: times,
                          y: times.map {
                            PrintedMode(
                              problem: problems[0],
                              constant: PrintedMode.correctedConstant(problems[0])
                            ).value(at: $0)
                          }, style: .dashed),
                        Series(
                          "(15), C printed", x: times,
                          y: times.map {
                            let x = PrintedMode(
                              problem: problems[0],
                              constant: PrintedMode.printedConstant(problems[0])
                            ).value(at: $0)
                            return abs(x) < 3 ? x : .nan
                          }),
                      ]))),
              ]),
              .figure(
                Figure(
                  title: "Small imbalances",
                  caption: """
                    Relative distance of (15) with the corrected constant from the library's form at half of the \
                    target: the constant loses its digits as λ₀ goes to 0.
                    """,
                  .lines(
                    LinePlot(
                      horizontal: Axis("imbalance λ₀", .logarithmic),
                      vertical: Axis("relative distance", .logarithmic, lower: 1e-17),
                      series: [
                        Series(
                          "(15), C corrected", x: imbalances,
                          y: small.map { $0.isFinite ? max($0, 1e-17) : 10 },
                          style: .connectedPoints)
                      ])))),
            ]),
          Section(
            heading: "Component by component",
            blocks: [
              .table(
                Table(
                  title: "Largest errors of (15), relative to σ",
                  columns: [
                    Column("σ"), Column("λ₀"), Column("x₀"), Column("C, corrected"),
                    Column("C, printed"), Column("error, corrected"), Column("error, printed"),
                  ],
                  rows: indices.map { i in
                    let problem = problems[i]
                    return [
                      .number(problem.target), .number(problem.imbalance),
                      .number(problem.initial), .number(PrintedMode.correctedConstant(problem)),
                      .number(PrintedMode.printedConstant(problem)), .number(corrected[i]),
                      .number(printed[i]),
                    ]
                  }))
            ]),
        ])
    }

    private func distance(_ exact: [[Double]], _ flowed: [[Double]]) -> Double {
      zip(problems, zip(exact, flowed)).map { problem, values in
        zip(values.0, values.1).map { abs($0 - $1) / problem.target }.max()!
      }.max()!
    }

    /// The error of (15) where x is half of σ = 1, from x₀ = 0.1; infinite where it is not a number.
    private func errorsAtSmallImbalance(_ imbalance: Double) -> Double {
      let problem = ScalarFactorization(target: 1, imbalance: imbalance, initial: 0.1)
      let time = Double.log(9) / 2
      let form = PrintedMode(
        problem: problem, constant: PrintedMode.correctedConstant(problem))
      let exact = problem.mode.endToEnd(at: time)
      let error = abs(form.value(at: time) - exact) / exact
      return error.isNaN ? .infinity : error
    }

    /// (16) at 20 time constants, with |C| over the gap, and as printed.
    private func asymptote(_ problem: ScalarFactorization) -> (ratio: Double, signed: Double) {
      let rate = Double.hypot(2 * problem.target, problem.imbalance)
      let c = PrintedMode.correctedConstant(problem)
      let right = 2 * c * rate * rate * .exp(-14)
      let gap = abs(problem.mode.endToEnd(at: 14 / rate) - problem.target)
      return (abs(right) / gap, right)
    }

    private func distanceOfMatrices(using generator: inout SeededGenerator) throws -> Double {
      let target = Matrix.random(
        singularValues: [2, 1, 0.4, 0.1], rowCount: 6, columnCount: 4, using: &generator)
      let network = try LinearNetwork.spectral(
        alignedWith: target, scales: [0.01, 0.3, 0.02, 0.5], imbalances: [3, -1, 4, 0],
        hiddenWidths: [5])
      return try Tarmoun2021.distanceOfFlow(of: target, from: network)
    }

    private func family(_ times: [Double]) -> [Series] {
      let imbalances: [Double] = [0, 0.5, 1, 2, 4]
      let sparse = times.enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
      return imbalances.enumerated().flatMap { place, imbalance in
        let problem = ScalarFactorization(target: 1, imbalance: imbalance, initial: 0.01)
        let color = SeriesColor.gradient(Double(place) / 4)
        return [
          Series(
            "λ₀ = \(imbalance.formatted)", x: times,
            y: times.map { problem.mode.endToEnd(at: $0) }, color: color),
          Series(
            "integrated", x: sparse, y: problem.flow(at: sparse), style: .points, color: color),
        ]
      }
    }
  }
}

/// (15), letter by letter, with a constant (51).
private struct PrintedMode {
  let problem: ScalarFactorization
  let constant: Double

  func value(at time: Double) -> Double {
    let (σ, λ, c) = (problem.target, problem.imbalance, constant)
    // Divided by the larger exponential above and below, so that it does not overflow.
    let e = Double.exp(-time * .hypot(2 * σ, λ))
    return (σ - 2 * c * λ * λ * e - 4 * σ * λ * λ * c * c * e * e)
      / (1 + 8 * σ * c * e - 4 * λ * λ * c * c * e * e)
  }

  static func correctedConstant(_ problem: ScalarFactorization) -> Double {
    let (σ, λ, x) = (problem.target, problem.imbalance, problem.initial)
    let root = ((4 * σ * σ + λ * λ) * (4 * x * x + λ * λ)).squareRoot()
    return (root - 4 * σ * x - λ * λ) / (4 * λ * λ * (σ - x))
  }

  /// A negative number under the printed root, which some starts give, is taken as zero.
  static func printedConstant(_ problem: ScalarFactorization) -> Double {
    let (σ, λ, x) = (problem.target, problem.imbalance, problem.initial)
    let product = (4 * σ * σ + λ * λ) * (4 * x * x + λ * λ)
    return max(product - 4 * σ * x - λ * λ, 0).squareRoot() / (4 * λ * λ * (σ - x))
  }
}

extension ScalarFactorization {
  fileprivate var name: String {
    "(\(target.formatted), \(imbalance.formatted), \(initial.formatted))"
  }
}
