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
      return Findings(
        summary: [
          Fact(
            "closed form from the flow", .number((square + wide + negative).map(\.distance).max()!)),
          Fact("rate of UVᵀ, not square", .number(wide.map(\.endToEnd.slow.value).median)),
          Fact(
            "rate of RRᵀ, not square", .number(wide.map(\.stacked.slow.value).median),
            note: "λ₀ = 0.8"),
        ],
        settings: [
          Fact("Y", "3 × 3 and 3 × 5, singular values 1.2, 0.8, 0.5, random singular vectors"),
          Fact("λ₀", "0.8 and −0.8"),
          Fact("start", "normal, 7 or more columns, standard deviation 0.5"),
          Fact("starts for each", .number(Double(count))),
          Fact(
            "rates",
            "from the integrated penalised flow, between times 14 and 20; 10 and 16 for the square Y; of the part of the distance that is slowest by the theorem, in Y's singular vectors"
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
          rateClaim(
            "square Y: rate of RRᵀ, of all starts the one farthest from it; √(4σ_min² + λ₀²)",
            source: "Proposition 5", predictedSquare.stacked, square.map(\.stacked.slow)),
          rateClaim(
            "not square: rate of RRᵀ, of all starts the one farthest from it; |λ₀|",
            source: "Proposition 5", predicted.stacked, wide.map(\.stacked.slow)),
          rateClaim(
            "not square: rate of UVᵀ, of all starts the one farthest from it; |λ₀|/2 + √(σ_min² + λ₀²/4)",
            source: "Proposition 5, completed", predicted.endToEnd, wide.map(\.endToEnd.slow)),
          rateClaim(
            "not square, λ₀ = −0.8: rate of RRᵀ, of all starts the one farthest from it; |λ₀|, printed is λ₀",
            source: "Proposition 5, corrected", predicted.stacked, negative.map(\.stacked.slow),
            refutes: true),
          leastQuotient([
            (predictedSquare.stacked, square.map(\.stacked.whole)),
            (predicted.stacked, wide.map(\.stacked.whole)),
            (predicted.endToEnd, wide.map(\.endToEnd.whole)),
            (predicted.stacked, negative.map(\.stacked.whole)),
          ]),
          Claim(
            "plain flow, every side, width and sign: largest share of its allowance by which a rate differs from the predicted one",
            source: "Proposition 5, completed", .atMost, expected: 1,
            measured: plain.map { abs($0.measured.value - $0.predicted) / $0.measured.allowance }
              .max()!),
          Claim(
            "3 × 5, 3 columns: rate at λ₀ = −4 over the rate of balanced layers",
            source: "Proposition 5, completed",
            expected: (.hypot(smallest, 2) - 2) / smallest,
            measured: plain[3].measured.value / plain[0].measured.value,
            tolerance: (.hypot(smallest, 2) - 2) / smallest
              * [plain[0], plain[3]].reduce(0) { $0 + $1.measured.allowance / $1.predicted }),
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
                      .number(runs.map(\.stacked.slow.value).median), .number(predicted.endToEnd),
                      .number(runs.map(\.endToEnd.slow.value).median),
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
                    Column("UVᵀ, predicted"), Column("UVᵀ, measured"), Column("may differ by"),
                  ],
                  rows: zip(plainCases, plain).map { start, rates in
                    [
                      .text("3 × \(start.columns)"), .number(Double(start.width)),
                      .number(start.imbalance), .number(rates.predicted),
                      .number(rates.measured.value),
                      .number(rates.measured.allowance),
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

    /// The rate of UVᵀ from a random start with this imbalance, by the closed form, between e^{−14} and e^{−20}.
    private func plainRun(
      _ start: PlainCase, using generator: inout SeededGenerator
    ) throws -> (predicted: Double, measured: Rate) {
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
      let rates = ImbalancedRates(
        singularValues: targets, outputs: rows, inputs: columns, width: width,
        imbalance: imbalance)
      let solution = try ImbalancedFactorization(
        target: target, imbalance: imbalance, stacked: .verticallyStacked([u, v]))
      let limit = try FactorizationObjective(target)
        .minimum(over: .layered(narrowestWidth: width))!.endToEnd
      let directions = try SlowDirections(of: target, width: width)
      func product(_ exponent: Double) throws -> Matrix {
        let r = try solution.stacked(at: exponent / rates.endToEnd)
        return r.timesTransposed(r)
      }
      // Which of equal directions are kept depends on the start: the limit is that of the closed form.
      let end = try product(36)
      let (first, last) = (try product(14), try product(20))
      func slow(_ product: Matrix) -> Double {
        directions.endToEnd(
          product.submatrix(rows: 0..<rows, columns: rows..<rows + columns) - limit)
      }
      let measured = Rate(
        slow(first), slow(last), span: 6 / rates.endToEnd,
        stackedGap: (first - end).frobeniusNorm, stackedRate: rates.stacked,
        rate: rates.endToEnd, floor: 1e-13 * end.frobeniusNorm)
      return (rates.endToEnd, measured)
    }

    /// The rate of a part of all starts that is farthest from the prediction, in shares of its allowance.
    private func rateClaim(
      _ statement: String, source: String, _ predicted: Double, _ rates: [Rate],
      refutes: Bool = false
    ) -> Claim {
      let worst = rates.max {
        abs($0.value - predicted) / $0.allowance < abs($1.value - predicted) / $1.allowance
      }!
      return Claim(
        statement, source: source, expected: predicted, measured: worst.value,
        tolerance: worst.allowance, refutes: refutes)
    }

    /// No term is slower than the slowest: the whole distance falls at least as fast.
    private func leastQuotient(_ groups: [(predicted: Double, rates: [Rate])]) -> Claim {
      let quotients = groups.flatMap { predicted, rates in
        rates.map { (value: $0.value / predicted, allowance: $0.allowance / predicted) }
      }
      let worst = quotients.min { $0.value + $0.allowance < $1.value + $1.allowance }!
      return Claim(
        "whole distances of RRᵀ and UVᵀ: least quotient of a measured rate and the predicted one, all starts",
        source: "Proposition 5, completed", .atLeast, expected: 1, measured: worst.value,
        tolerance: worst.allowance)
    }

    private struct Run {
      let times = [Double].times(to: 28, count: 140)
      let stackedGaps: [Double]
      let endToEndGaps: [Double]
      let distance: Double
      let stacked: (slow: Rate, whole: Rate)
      let endToEnd: (slow: Rate, whole: Rate)

      init(
        targets: [Double], columns: Int, imbalance: Double, using generator: inout SeededGenerator
      ) throws {
        let rows = targets.count
        let target = Matrix.random(
          singularValues: targets, rowCount: rows, columnCount: columns, using: &generator)
        let network = LinearNetwork.gaussian(
          widths: [columns, rows + columns + 1, rows], standardDeviation: 0.5, using: &generator)
        let start = Matrix.verticallyStacked([network.layers[1], network.layers[0].transposed()])
        let solution = try ImbalancedFactorization(
          target: target, imbalance: imbalance, stacked: start)
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
        // Late enough for the linear terms alone, early enough to be far above the integration's errors.
        let (first, last) = columns == rows ? (50, 80) : (70, 100)
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
        let rates = ImbalancedRates.penalized(
          smallestSingularValue: targets.last!, isSquare: rows == columns, imbalance: imbalance)
        let directions = try SlowDirections(of: target, width: rows + columns)
        let late = flow.snapshots.suffix(2).map { snapshot -> (stacked: Matrix, endToEnd: Matrix) in
          let layers = snapshot.layers!
          let r = Matrix.verticallyStacked([layers[1], layers[0].transposed()])
          return (r.timesTransposed(r) - limit, layers[1] * layers[0] - target)
        }
        func rate(_ gap: ((stacked: Matrix, endToEnd: Matrix)) -> Double, _ predicted: Double)
          -> Rate
        {
          Rate(
            gap(late[0]), gap(late[1]), span: span, stackedGap: late[0].stacked.frobeniusNorm,
            stackedRate: rates.stacked, rate: predicted, floor: 1e-12 * limit.frobeniusNorm)
        }
        self.stacked = (
          rate({ directions.stacked($0.stacked) }, rates.stacked),
          rate({ $0.stacked.frobeniusNorm }, rates.stacked)
        )
        self.endToEnd = (
          rate({ directions.endToEnd($0.endToEnd) }, rates.endToEnd),
          rate({ $0.endToEnd.frobeniusNorm }, rates.endToEnd)
        )
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
