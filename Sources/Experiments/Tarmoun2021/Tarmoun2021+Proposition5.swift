import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// The solvable case, imbalance λ₀ 1: closed form and rates.
  struct Proposition5: Experiment {
    let item = Item(
      id: "tarmoun-proposition-5", paper: .tarmoun2021,
      title: "Proposition 5: an imbalance of λ₀ times the identity",
      shows: """
        RRᵀ in closed form, and its rates: √(4σ_min² + λ₀²) for square Y, |λ₀| otherwise, while the \
        end-to-end matrix UVᵀ is faster than that. With fewer columns imbalance on the longer side slows \
        learning down.
        """,
      seconds: 0.2, corrections: ["Proposition 5", "Proposition 5, number of columns", "(55)"],
      snippet: """
        let target = Matrix.diagonal([1.2, 0.5], rowCount: 2, columnCount: 3)
        var generator = SeededGenerator(seed: 0)
        let flow = try ImbalancedFactorization(
          target: target, imbalance: -0.8,
          stacked: .gaussian(rowCount: 5, columnCount: 6, using: &generator))
        let layers = try flow.layers(at: 10)
        print((target - layers.upper * layers.lower).frobeniusNorm)
        print(
          ImbalancedRates.penalized(smallestSingularValue: 0.5, isSquare: false, imbalance: -0.8))
        print(
          ImbalancedRates(
            singularValues: [1.2, 0.5], outputs: 2, inputs: 3, width: 2, imbalance: -0.8))
        """)

    var targets: [Double] = [1.2, 0.8, 0.5]
    private var smallest: Double { targets.last! }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("singular-values", .numbers(\.targets, 0.1...5), "of Y")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let imbalance = 0.8
      func runs(_ columns: Int, _ imbalance: Double, _ part: Int) throws -> [Run] {
        try conditions.repetitions(
          count, from: Double(part) / 5, to: Double(part + 1) / 5
        ) { _, generator in
          try Run(targets: targets, columns: columns, imbalance: imbalance, using: &generator)
        }
      }
      let square = try runs(3, imbalance, 0)
      let wide = try runs(5, imbalance, 1)
      let negative = try runs(5, -imbalance, 2)
      let exact = try conditions.repetitions(5, from: 0.6, to: 0.9) { _, generator in
        try distanceOfRealizedImbalance(using: &generator)
      }
      let predictedSquare = ImbalancedRates.penalized(
        smallestSingularValue: smallest, isSquare: true, imbalance: imbalance)
      let predicted = ImbalancedRates.penalized(
        smallestSingularValue: smallest, isSquare: false, imbalance: imbalance)
      let plain = try conditions.repetitions(
        plainCases.count, from: 0.92, to: 1
      ) { place, generator in
        try plainRun(plainCases[place], using: &generator)
      }
      let determinants = try determinantSigns()
      // The next term of each decays faster by 0.24 at least: in the square of the norm it has the share
      // e^{−2·0.24·18} ≈ 2e-4 beside the last (1e-3 for the square Y at time 14), times the square of the ratio of
      // their elements, whose median is of order 1, and moves the rate by that share of 0.24.
      let tolerance = 0.005
      return Findings(
        summary: [
          Fact(
            "closed form from the flow", .number((square + wide + negative).map(\.distance).max()!)),
          Fact("rate of UVᵀ, not square", .number(wide.map(\.endToEndRate).median)),
          Fact(
            "rate of RRᵀ, not square", .number(wide.map(\.stackedRate).median), note: "λ₀ = 0.8"),
        ],
        settings: [
          Fact("Y", "3 × 3 and 3 × 5, singular values 1.2, 0.8, 0.5, random singular vectors"),
          Fact("λ₀", "0.8 and −0.8"),
          Fact("start", "normal, 7 or more columns, standard deviation 0.5"),
          Fact("starts for each", .number(Double(count))),
          Fact(
            "rates",
            "from the integrated penalised flow, between times 18 and 26; 14 and 20 for the square Y"
          ),
          Fact("flow", "relative tolerance 1e-12"),
        ],
        claims: [
          Claim(
            "RRᵀ in closed form against the integrated flow (19), relatively, all starts",
            source: "Equation 21", .atMost, expected: 1e-8,
            measured: (square + wide + negative).map(\.distance).max()!),
          Claim(
            "start with UᵀU − VᵀV = λ₀ 1: plain flow against the closed form, worst of 5",
            source: "Proposition 5", .atMost, expected: 1e-8, measured: exact.max()!),
          Claim(
            "square Y: rate of RRᵀ, median start; √(4σ_min² + λ₀²)",
            source: "Proposition 5", expected: predictedSquare.stacked,
            measured: square.map(\.stackedRate).median,
            tolerance: tolerance),
          Claim(
            "not square: rate of RRᵀ, median start; |λ₀|",
            source: "Proposition 5", expected: predicted.stacked,
            measured: wide.map(\.stackedRate).median,
            tolerance: tolerance),
          Claim(
            "not square: rate of UVᵀ, median start; |λ₀|/2 + √(σ_min² + λ₀²/4)",
            source: "Proposition 5, completed", expected: predicted.endToEnd,
            measured: wide.map(\.endToEndRate).median,
            tolerance: tolerance),
          Claim(
            "not square, λ₀ = −0.8: rate of RRᵀ, median start; |λ₀|, printed is λ₀",
            source: "Proposition 5, corrected", expected: predicted.stacked,
            measured: negative.map(\.stackedRate).median,
            tolerance: tolerance, refutes: true),
          // No term is slower than the last.
          Claim(
            "least quotient of a measured rate and the predicted one, all starts and blocks",
            source: "Proposition 5, completed", .atLeast, expected: 1,
            measured: [
              square.map { $0.stackedRate / predictedSquare.stacked },
              wide.map { $0.stackedRate / predicted.stacked },
              wide.map { $0.endToEndRate / predicted.endToEnd },
              negative.map { $0.stackedRate / predicted.stacked },
            ].joined().min()!, tolerance: tolerance),
          Claim(
            "plain flow, every side, width and sign: largest share by which a rate differs from the predicted one",
            source: "Proposition 5, completed", .atMost, expected: 0.02,
            measured: plain.map { abs($0.measured / $0.predicted - 1) }.max()!),
          Claim(
            "3 × 5, 3 columns: rate at λ₀ = −4 over the rate of balanced layers",
            source: "Proposition 5, completed",
            expected: (.hypot(smallest, 2) - 2) / smallest,
            measured: plain[3].measured / plain[0].measured, tolerance: 0.002),
          // Relative to the determinant; rounding of an LU decomposition of order 4 to 7.
          Claim(
            "(55) with (−1)^n against det(S̃ − λ1), m = 1, 2, 3, relatively",
            source: "Equation 55, corrected", .atMost, expected: 1e-12,
            measured: determinants.map(\.corrected).max()!),
          Claim(
            "(55) with (−1)^{m+n} for odd m, relatively (the sign is wrong: 2)",
            source: "Equation 55, printed", expected: 2,
            measured: determinants.filter(\.isOdd).map(\.printed).min()!, tolerance: 1e-12,
            refutes: true),
        ],
        notices: [
          Notice(
            .caution,
            """
            Proposition 5 gives the rate λ₀ for matrices that are not square. For λ₀ < 0 that would be growth: it is \
            |λ₀|. And it is the rate of the block VVᵀ (or UUᵀ), in directions that Y does not have; what one trains \
            for, UVᵀ, converges at |λ₀|/2 + √(σ_min² + λ₀²/4), which is larger.
            """),
          Notice(
            .caution,
            """
            These are rates of the penalised flow with k ≥ m + n columns. Plain gradient flow cannot have such an \
            imbalance with more than m or n columns, and its rate depends on their number: for Y with more columns \
            than rows, λ₀ < 0 and m ≤ k < n it is √(σ_min² + λ₀²/4) − |λ₀|/2, and imbalance slows learning down.
            """),
          Notice(
            .information,
            """
            UᵀU − VᵀV = λ₀ 1 can only be had with k ≤ m columns (λ₀ > 0) or k ≤ n (λ₀ < 0), as the paper says after \
            (22); with more the penalised flow approaches what it can.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose: "The first of the starts; dotted lines have the predicted slopes.",
            blocks: [
              .row([
                figure("Square, 3 × 3", square[0], predictedSquare),
                figure("Not square, 3 × 5", wide[0], predicted),
              ])
            ]),
          Section(
            heading: "Over all starts",
            blocks: [
              .table(
                Table(
                  title: "Rates",
                  columns: [
                    Column("Y", alignment: .leading), Column("λ₀"), Column("RRᵀ, predicted"),
                    Column("RRᵀ, median"), Column("UVᵀ, predicted"), Column("UVᵀ, median"),
                  ],
                  rows: [
                    ("3 × 3", imbalance, predictedSquare, square),
                    ("3 × 5", imbalance, predicted, wide),
                    ("3 × 5", -imbalance, predicted, negative),
                  ].map { name, imbalance, predicted, runs in
                    [
                      .text(name), .number(imbalance), .number(predicted.stacked),
                      .number(runs.map(\.stackedRate).median), .number(predicted.endToEnd),
                      .number(runs.map(\.endToEndRate).median),
                    ]
                  }))
            ]),
          Section(
            heading: "Plain flow: where imbalance slows learning down",
            prose: """
              Starts with UᵀU − VᵀV = λ₀ 1 and k columns, Y as above; σ_min = 0.5. Negative λ₀ means that the layer \
              on the side of the five columns is the larger one.
              """,
            blocks: [
              .table(
                Table(
                  title: "Rates of UVᵀ",
                  columns: [
                    Column("Y", alignment: .leading), Column("k"), Column("λ₀"),
                    Column("UVᵀ, predicted"), Column("UVᵀ, measured"),
                  ],
                  rows: zip(plainCases, plain).map { start, rates in
                    [
                      .text("3 × \(start.columns)"), .number(Double(start.width)),
                      .number(start.imbalance), .number(rates.predicted), .number(rates.measured),
                    ]
                  }))
            ]),
        ])
    }

    private typealias PlainCase = (columns: Int, width: Int, imbalance: Double)

    private let plainCases: [PlainCase] = [
      (5, 3, 0), (5, 3, -0.5), (5, 3, -1), (5, 3, -4), (5, 4, -1), (5, 5, -1), (5, 3, 1),
      (5, 3, 0.5), (5, 2, -1), (3, 3, 1),
    ]

    /// The rate of UVᵀ from a random start with this imbalance, by the closed form, between e^{−18} and e^{−24}.
    private func plainRun(
      _ start: PlainCase, using generator: inout SeededGenerator
    ) throws -> (predicted: Double, measured: Double) {
      let (rows, columns, width, imbalance) = (
        targets.count, start.columns, start.width, start.imbalance
      )
      let target = Matrix.random(
        singularValues: targets, rowCount: rows, columnCount: columns, using: &generator)
      let (small, large) = imbalance < 0 ? (rows, columns) : (columns, rows)
      let free = Matrix.gaussian(
        rowCount: small, columnCount: width, standardDeviation: 0.5, using: &generator)
      let gram = free.transposedTimes(free) + abs(imbalance) * Matrix.identity(width)
      let root = try SymmetricEigendecomposition(of: gram.symmetrized()).map {
        max($0, 0).squareRoot()
      }
      let bound = Matrix.orthogonal(rowCount: large, columnCount: width, using: &generator) * root
      let (u, v) = imbalance < 0 ? (free, bound) : (bound, free)
      let predicted = ImbalancedRates(
        singularValues: targets, outputs: rows, inputs: columns, width: width,
        imbalance: imbalance
      ).endToEnd
      let solution = try ImbalancedFactorization(
        target: target, imbalance: imbalance, stacked: .verticallyStacked([u, v]))
      let limit = try FactorizationObjective(target)
        .minimum(over: .layered(narrowestWidth: width))!.endToEnd
      let gaps = try [18, 24].map { exponent in
        let layers = try solution.layers(at: exponent / predicted)
        return (layers.upper * layers.lower - limit).frobeniusNorm
      }
      return (predicted, .log(gaps[0] / gaps[1]) * predicted / 6)
    }

    private struct Run {
      let times = [Double].times(to: 28, count: 140)
      let stackedGaps: [Double]
      let endToEndGaps: [Double]
      let distance: Double
      let stackedRate: Double
      let endToEndRate: Double

      init(
        targets: [Double], columns: Int, imbalance: Double, using generator: inout SeededGenerator
      ) throws {
        let rows = targets.count
        let target = Matrix.random(
          singularValues: targets, rowCount: rows, columnCount: columns, using: &generator)
        let network = LinearNetwork.gaussian(
          widths: [columns, rows + columns + 1, rows], standardDeviation: 0.5, using: &generator)
        let stacked = Matrix.verticallyStacked([network.layers[1], network.layers[0].transposed()])
        let solution = try ImbalancedFactorization(
          target: target, imbalance: imbalance, stacked: stacked)
        let s = ImbalancedFactorization.symmetricTarget(target, imbalance: imbalance)
        let limit = try SymmetricEigendecomposition(of: s).map { 2 * max($0, 0) }
        let states = try times.map { try solution.stacked(at: $0) }
        stackedGaps = states.map { ($0.timesTransposed($0) - limit).frobeniusNorm }
        endToEndGaps = states.map { state in
          let p = state.timesTransposed(state)
          return
            (target
            - p.submatrix(rows: 0..<rows, columns: rows..<rows + columns)).frobeniusNorm
        }
        // Late enough for one term alone, early enough to be far above rounding.
        let (first, last) = columns == rows ? (70, 100) : (90, 130)
        let span = times[last] - times[first]
        let early = [Double].times(to: 6, count: 12)
        let flow = GradientFlow(
          until: times[last], steps: .adaptive(relativeTolerance: 1e-12),
          recording: .at(early + [times[first], times[last]], of: [.layers])
        ).run(
          RegularizedFlow(
            FactorizationObjective(target), imbalance: imbalance * .identity(network.widths[1]),
            from: network))
        distance = try zip(early, flow.trajectory.snapshots).map { time, snapshot in
          let layers = snapshot.layers!
          let integrated = Matrix.verticallyStacked([layers[1], layers[0].transposed()])
          let exact = try solution.stacked(at: time)
          let p = exact.timesTransposed(exact)
          return (p - integrated.timesTransposed(integrated)).frobeniusNorm / p.frobeniusNorm
        }.max()!
        let late = flow.snapshots.suffix(2).map { $0.layers! }
        let lateGaps = late.map { layers -> (stacked: Double, endToEnd: Double) in
          let r = Matrix.verticallyStacked([layers[1], layers[0].transposed()])
          return (
            (r.timesTransposed(r) - limit).frobeniusNorm,
            (target - layers[1] * layers[0]).frobeniusNorm
          )
        }
        stackedRate = .log(lateGaps[0].stacked / lateGaps[1].stacked) / span
        endToEndRate = .log(lateGaps[0].endToEnd / lateGaps[1].endToEnd) / span
      }
    }

    /// A start whose imbalance is λ₀ 1 exactly, k ≤ m: the plain flow against the closed form that the library finds.
    private func distanceOfRealizedImbalance(using generator: inout SeededGenerator) throws
      -> Double
    {
      let (rows, columns, width, imbalance) = (4, 5, 3, 0.8)
      let target = Matrix.gaussian(rowCount: rows, columnCount: columns, using: &generator)
      let v = Matrix.gaussian(
        rowCount: columns, columnCount: width, standardDeviation: 0.5, using: &generator)
      let basis = Matrix.orthogonal(rowCount: rows, columnCount: width, using: &generator)
      let gram = v.transposedTimes(v) + imbalance * Matrix.identity(width)
      let u = basis * (try SymmetricEigendecomposition(of: gram).map { $0.squareRoot() })
      let network = try LinearNetwork(layers: [v.transposed(), u])
      return try Tarmoun2021.distanceOfFlow(
        of: target, from: network, by: .imbalancedFactorization)
    }

    /// (55) with both prefactors against the determinant, for m = 1, 2, 3 and n = 3, 4.
    private func determinantSigns() throws -> [(isOdd: Bool, corrected: Double, printed: Double)] {
      let (imbalance, λ) = (0.6, 0.25)
      return try [(1, 3), (2, 3), (3, 4)].map { m, n in
        let values = Array([1.1, 0.7, 0.4].prefix(m))
        let target = Matrix.diagonal(values, rowCount: m, columnCount: n)
        let s = ImbalancedFactorization.symmetricTarget(target, imbalance: imbalance)
        let determinant = try LUDecomposition(of: s - λ * Matrix.identity(m + n)).determinant
        let rest =
          Double.pow(imbalance / 2 + λ, n - m)
          * values.map { $0 * $0 + imbalance * imbalance / 4 - λ * λ }.reduce(1, *)
        func error(_ exponent: Int) -> Double {
          let value = exponent.isMultiple(of: 2) ? rest : -rest
          return abs(value / determinant - 1)
        }
        return (!m.isMultiple(of: 2), error(n), error(m + n))
      }
    }

    private func figure(
      _ title: String, _ run: Run, _ rates: ImbalancedRates
    ) -> Figure {
      func slope(_ gaps: [Double], _ rate: Double) -> [Double] {
        run.times.map { gaps[70] * .exp(-rate * ($0 - run.times[70])) }
      }
      var series = [
        Series("RRᵀ", x: run.times, y: run.stackedGaps),
        Series("UVᵀ", x: run.times, y: run.endToEndGaps),
        Series(
          "rate \(rates.stacked.formatted)", x: run.times, y: slope(run.stackedGaps, rates.stacked),
          style: .dotted, color: .muted),
      ]
      if rates.endToEnd != rates.stacked {
        series.append(
          Series(
            "rate \(rates.endToEnd.formatted)", x: run.times,
            y: slope(run.endToEndGaps, rates.endToEnd), style: .dotted, color: .palette(1)))
      }
      return Figure(
        title: title, caption: "Distance from the limit, λ₀ = 0.8.",
        .lines(
          LinePlot(
            horizontal: Axis("time t"),
            vertical: Axis("distance", .logarithmic, lower: 1e-13, upper: 30),
            series: series)))
    }
  }
}
