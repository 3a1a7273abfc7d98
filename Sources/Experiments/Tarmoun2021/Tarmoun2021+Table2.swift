import Analysis
import Dynamics
import LinearAlgebra
import RealModule
import Records

extension Tarmoun2021 {
  /// The rate of one component over target and imbalance, and where two layers are faster than one.
  struct Table2: Experiment {
    let item = Item(
      id: "tarmoun-table-2", paper: .tarmoun2021,
      title: "Table 2: where two layers are faster than one",
      shows: """
        The measured rate of a component over its target σ and its imbalance λ₀, beside \
        √(4σ² + λ₀²): two layers are faster outside the ellipse where that is 1.
        """,
      seconds: 0.8,
      snippet: """
        let rates = FactorizationRates(target: 0.1, imbalance: 2)
        print(rates.rate, rates.isAccelerated)
        """)

    /// A cell is measured between these gaps, in units of k = √(σ² + λ₀²/4).
    private let gaps = (upper: 1e-4, lower: 1e-7)

    func findings(under conditions: Conditions) throws -> Findings {
      let side = conditions.isQuick ? 13 : 31
      let step = conditions.isQuick ? (target: 0.1, imbalance: 0.2) : (target: 0.05, imbalance: 0.1)
      var measured: [Double] = []
      var predicted: [Double] = []
      for row in 0..<side {
        try conditions.report(Double(row) / Double(side))
        for column in 0..<side {
          let (target, imbalance) = (step.target * Double(row), step.imbalance * Double(column))
          let rates = FactorizationRates(target: target, imbalance: imbalance)
          predicted.append(rates.rate)
          measured.append(rates.rate > 0 ? rate(target: target, imbalance: imbalance) : .nan)
        }
      }
      let deviations = zip(measured, predicted).map { abs($0 / $1 - 1) }
      // The cells at the boundary itself, where 1 is the rate, cannot be told apart by measurement.
      let decided = zip(measured, predicted).filter { abs($1 - 1) > 1e-3 && !$0.isNaN }
      let wrong = decided.filter { ($0 > 1) != ($1 > 1) }.count
      let regimes = Self.regimes.map { regime in
        (regime, rate(target: regime.target, imbalance: regime.imbalance))
      }
      let bounds = Self.regimes.map { regime in
        excessOverBound(target: regime.target, imbalance: regime.imbalance)
      }
      return Findings(
        summary: [
          Fact("cells", .number(Double(deviations.count { !$0.isNaN }))),
          Fact(
            "largest deviation from √(4σ² + λ₀²)", .number(deviations.filter { !$0.isNaN }.max()!)),
          Fact("faster than one layer", .number(Double(measured.count { $0 > 1 })), note: "cells"),
        ],
        settings: [
          Fact("σ", .text("0 to 1.5 or less in steps of \(step.target)")),
          Fact("λ₀", .text("0 to 3 or less in steps of \(step.imbalance)")),
          Fact("start", "x₀ = σ/2; 0.5 for σ = 0"),
          Fact("rate", "of |σ − x| between 1e-4 k and 1e-7 k, k = √(σ² + λ₀²/4)"),
          Fact("flow", "integrated, relative tolerance 1e-12"),
        ],
        claims: [
          // The momentary rate 2√(x² + λ₀²/4) differs from 2k by less than 2|σ − x|, relatively by 1e-4 at the first
          // gap; the integration adds 1e-12/1e-7 over ln(1e3).
          Claim(
            "largest relative distance of the measured rate from √(4σ² + λ₀²) over all cells",
            source: "Equation 16", .atMost, expected: 1e-4,
            measured: deviations.filter { !$0.isNaN }.max()!, tolerance: 1e-5),
          Claim(
            "cells whose measured rate is on the other side of 1 than √(4σ² + λ₀²)",
            source: "Table 2", expected: 0, measured: Double(wrong)),
          Claim(
            "small σ, balanced: measured rate (not accelerated)", source: "Table 2", .atMost,
            expected: 1, measured: regimes[0].1),
          Claim(
            "the three other regimes: smallest measured rate (accelerated)", source: "Table 2",
            .atLeast, expected: 1, measured: regimes.dropFirst().map(\.1).min()!),
          Claim(
            "|λ₀| > 1: smallest measured rate, σ = 0 included", source: "Section 3", .atLeast,
            expected: 1,
            measured: zip(measured, predicted.indices).filter {
              step.imbalance * Double($1 % side) > 1
            }.map(\.0).min()!),
          // A bound with its constant, at every recorded time; beyond it only the integration's error.
          Claim(
            "largest |σ − x(t)| over C e^{−√(4σ² + λ₀²) t} with the explicit C, all regimes",
            source: "Equation 16", .atMost, expected: 1, measured: bounds.max()!, tolerance: 1e-4),
        ],
        notices: [
          Notice(
            .information,
            """
            The rate is that of the flow in time, near the end. How the time to learn and the steps of descent \
            depend on the imbalance is tarmoun-imbalance.
            """)
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .figure(
                Figure(
                  title: "Measured rate of one component of two layers",
                  caption: """
                    Blue is slower and orange faster than one layer, whose rate is 1; σ grows downwards. The \
                    boundary is the dashed ellipse 4σ² + λ₀² = 1; with neither target nor imbalance nothing decays.
                    """,
                  .heatMap(
                    HeatMap(
                      rowCount: side, columnCount: side, values: measured.map(Double.log2),
                      horizontal: Axis("imbalance λ₀"), vertical: Axis("target σ"),
                      colors: ColorScale(
                        .diverging, title: "log₂ of the rate", lower: -3, upper: 3),
                      rowValues: .init(from: 0, by: step.target),
                      columnValues: .init(from: 0, by: step.imbalance),
                      outline: Self.ellipse)))),
              .figure(
                Figure(
                  title: "The same, less the prediction",
                  caption: """
                    Relative distance of the measured rate from √(4σ² + λ₀²), in units of 1e-6. It comes from the \
                    first gap at which the rate is measured.
                    """,
                  .heatMap(
                    HeatMap(
                      rowCount: side, columnCount: side,
                      values: zip(measured, predicted).map { 1e6 * ($0 / $1 - 1) },
                      horizontal: Axis("imbalance λ₀"), vertical: Axis("target σ"),
                      colors: ColorScale(.diverging, title: "deviation", unit: "1e-6"),
                      rowValues: .init(from: 0, by: step.target),
                      columnValues: .init(from: 0, by: step.imbalance))))),
            ]),
          Section(
            heading: "The table",
            blocks: [
              .table(
                Table(
                  title: "Regimes",
                  caption: "A regime holds where two layers are faster than one, whose rate is 1.",
                  columns: [
                    Column("regime", alignment: .leading), Column("σ"), Column("λ₀"),
                    Column("√(4σ² + λ₀²)"), Column("measured", significantDigits: 6),
                    Column("accelerated, printed", alignment: .leading),
                    Column("accelerated, measured", alignment: .leading),
                  ],
                  rows: regimes.map { regime, rate in
                    [
                      .text(regime.name), .number(regime.target), .number(regime.imbalance),
                      .number(Double.hypot(2 * regime.target, regime.imbalance)), .number(rate),
                      .text(regime.isAccelerated ? "yes" : "no"), .text(rate > 1 ? "yes" : "no"),
                    ]
                  }))
            ]),
        ])
    }

    /// 4σ² + λ₀² = 1.
    private static var ellipse: HeatMap.Outline {
      let angles = (0...60).map { place -> Double in .pi / 2 * Double(place) / 60 }
      return HeatMap.Outline(
        "4σ² + λ₀² = 1", x: angles.map { .sin($0) }, y: angles.map { 0.5 * .cos($0) })
    }

    private struct Regime {
      let name: String
      let target: Double
      let imbalance: Double
      /// As printed.
      let isAccelerated: Bool
    }

    private static let regimes = [
      Regime(name: "small σ, balanced", target: 0.1, imbalance: 0, isAccelerated: false),
      Regime(name: "small σ, imbalanced", target: 0.1, imbalance: 3, isAccelerated: true),
      Regime(
        name: "small σ, imbalanced the other way", target: 0.1, imbalance: -3, isAccelerated: true),
      Regime(name: "large σ, balanced", target: 3, imbalance: 0, isAccelerated: true),
      Regime(name: "large σ, imbalanced", target: 3, imbalance: 3, isAccelerated: true),
    ]

    private func rate(target: Double, imbalance: Double) -> Double {
      let (times, values) = follow(target: target, imbalance: imbalance)
      let k = 0.5 * Double.hypot(2 * target, imbalance)
      return DecayRate.measure(
        times: times, gaps: values.map { abs(target - $0) }, from: gaps.upper * k,
        to: gaps.lower * k)
    }

    private func excessOverBound(target: Double, imbalance: Double) -> Double {
      let (times, values) = follow(target: target, imbalance: imbalance)
      let rates = FactorizationRates(target: target, imbalance: imbalance)
      let k = 0.5 * rates.rate
      return zip(times, values).filter { abs(target - $1) > gaps.lower * k }.map { time, value in
        abs(target - value) / rates.bound(at: time, initial: values[0])
      }.max()!
    }

    private func follow(target: Double, imbalance: Double) -> (times: [Double], values: [Double]) {
      let problem = ScalarFactorization(
        target: target, imbalance: imbalance, initial: target == 0 ? 0.5 : target / 2)
      // Long enough for a gap below 1e-7 k; the rate is not used for anything else.
      let times = [Double].times(to: 22 / Double.hypot(2 * target, imbalance), count: 200)
      return (times, problem.flow(at: times))
    }
  }
}
