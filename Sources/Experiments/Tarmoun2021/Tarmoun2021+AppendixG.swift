import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// The rate of descent of a symmetric factorization of a number, beside that of its flow.
  struct AppendixG: Experiment {
    let item = Item(
      id: "tarmoun-appendix-g", paper: .tarmoun2021,
      title: "Appendix G: the rate of descent beside that of the flow",
      shows: """
        Near the target the gap of descent is multiplied by exactly 1 − 4ησ at each step; the printed \
        inequality does not show it from below, two-sided bounds do.
        """,
      seconds: 0.1, corrections: ["Appendix G", "(63)"],
      snippet: """
        // U ← U + 2η (σ − U²) U with σ = 1, η = 0.02, from U² = 0.04.
        let objective = FactorizationObjective(.diagonal([1]))
        let start = SymmetricNetwork(factor: .diagonal([0.2]))
        let descent = Descent(
          stepSize: 0.02, stepLimit: 200, recording: Recording(.every(20), of: [.endToEnd])
        ).run(SymmetricFlow(objective, from: start))
        for point in descent.snapshots { print(point.time, point.endToEnd![0, 0]) }
        """)

    var target = 1.5
    var stepSize = 0.02

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("target", .number(\.target, 0.5...3), "σ"),
        Adjustable("step-size", .number(\.stepSize, 0.001...0.05), "η"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let below = descend(from: 0.01, stepSize: stepSize, steps: 300)
      let above = descend(from: 4, stepSize: stepSize, steps: 300)
      let multiplier = 1 - 4 * stepSize * target
      let recursion = zip(below, below.dropFirst()).map { x, next in
        let gap = target - x
        let printed = x + 4 * stepSize * gap * x + 4 * stepSize * stepSize * gap * gap * x
        return abs(next - printed) / next
      }.max()!
      let fromBelow = multipliers(below)
      let fromAbove = multipliers(above)
      let last = (below: fromBelow.last!, above: fromAbove.last!)
      let early = fromBelow.filter { $0.gap > 1e-5 }
      let bounds = TwoLayerDescentBounds(
        target: 2 * target, curvature: 2, initial: below[0], stepSize: stepSize)
      let excess = below.enumerated().map { step, x in
        max(x / bounds.upper(after: step), bounds.lower(after: step) / x)
      }.max()!
      let approximations = gapsOfApproximations()
      try conditions.report(0.3)
      let sizes = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002].map { ($0, rate(stepSize: $0)) }
      return Findings(
        summary: [
          Fact("multiplier near the target", .number(last.below.ratio)),
          Fact("1 − 4ησ", .number(multiplier)),
          Fact("multiplier at the start, from below", .number(fromBelow[0].ratio)),
        ],
        settings: [
          Fact("σ", .number(target)), Fact("η", .number(stepSize)),
          Fact("starts x₀", "0.01 and 4"), Fact("gaps", "down to 1e-8"),
        ],
        claims: [
          Claim(
            "(64) against descent of U, relatively, all steps", source: "Equation 64", .atMost,
            expected: 1e-14, measured: recursion),
          // x̃ ↦ x̃ (1 − 4ηx + 4η²x̃x): off by 4η times the gap, and by rounding of x over the gap.
          Claim(
            "multiplier of the gap at the last step above 1e-8, from below",
            source: "Appendix G, corrected", expected: multiplier, measured: last.below.ratio,
            tolerance: 4 * stepSize * last.below.gap + 1e-15 / last.below.gap),
          Claim(
            "the same from above", source: "Appendix G, corrected", expected: multiplier,
            measured: last.above.ratio,
            tolerance: 4 * stepSize * last.above.gap + 1e-15 / last.above.gap),
          Claim(
            "share of the steps from below at which the gap shrinks by less than 1 − 4ησ",
            source: "Appendix G, printed inequality", expected: 1,
            measured: Double(early.count { $0.ratio > multiplier }) / Double(early.count),
            refutes: true),
          // 1 − 4ηx₀ to first order.
          Claim(
            "multiplier at the first step from x₀ = 0.01, where 1 − 4ησ is 0.88",
            source: "Appendix G, printed rate", .atLeast, expected: 0.99,
            measured: fromBelow[0].ratio, refutes: true),
          // Rounding of 300 steps.
          Claim(
            "largest violation of the two-sided bounds of descent, as a quotient",
            source: "Theorem 3 of Gidel et al. 2019, corrected", .atMost, expected: 1,
            measured: excess, tolerance: 1e-12),
          // The rate is −ln(1 − 4ησ), up to 4η times the first gap of 1e-5 over the 7 that the gap falls by in ln.
          Claim(
            "rate of descent per step over 4ησ, the flow's, at η = 0.002",
            source: "Appendix G",
            expected: -Double.log(onePlus: -4 * 0.002 * target) / (4 * 0.002 * target),
            measured: sizes.last!.1 / (4 * 0.002 * target), tolerance: 1e-5),
          // The next term of the series over the first is c e^{−4σt} = 150 e^{−12} ≈ 9e-4.
          Claim(
            "(63) with +σc e^{−4σt}: relative error of the gap at t = 2",
            source: "Equation 63, corrected", .atMost, expected: 1e-3,
            measured: approximations.corrected),
          Claim(
            "(63) with −c e^{−4σt}: relative error of the gap at t = 2",
            source: "Equation 63, printed", .atLeast, expected: 1, measured: approximations.printed,
            refutes: true),
          // |1 − 4ησ| < 1; by bisection to 1e-3.
          Claim(
            "largest step with which descent returns to the target, two layers",
            source: "derived here", expected: 1 / (2 * target), measured: stabilityLimit(),
            tolerance: 2e-3),
        ],
        notices: [
          Notice(
            .caution,
            """
            The appendix concludes from X̃ₖ₊₁ ≤ (1 − 4ησ) X̃ₖ that descent has the rate 4ησ. From below, X̃ < 0, the \
            inequality says that the gap shrinks by at most this factor, so it bounds nothing. The local multiplier is \
            exactly 1 − 4ησ, and the corrected bounds of Gidel et al. hold from the first step.
            """),
          Notice(
            .caution,
            """
            That the rates match does not make two layers faster in steps: they allow steps up to 1/(2σ) only \
            and one layer up to 2, and at its best step one layer needs a single one.
            """),
          Notice(
            .information,
            "(63) is printed as σ − c e^{−4σt}; it is σ + σc e^{−4σt}. “Consider (61)” before it means (62)."
          ),
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([descentFigure(below, bounds), multiplierFigure(fromBelow, fromAbove)]),
              .table(
                Table(
                  title: "Rates per step, near the target",
                  columns: [
                    Column("η"), Column("descent", significantDigits: 6),
                    Column("−ln(1 − 4ησ)", significantDigits: 6),
                    Column("flow, 4ησ", significantDigits: 6),
                    Column("one layer, −ln(1 − η)", significantDigits: 6),
                  ],
                  rows: sizes.map { size, rate in
                    [
                      .number(size), .number(rate),
                      .number(-Double.log(onePlus: -4 * size * target)),
                      .number(4 * size * target), .number(-Double.log(onePlus: -size)),
                    ]
                  })),
            ])
        ])
    }

    /// x = U² at every step, by the library's descent of the symmetric network.
    private func descend(from start: Double, stepSize: Double, steps: Int) -> [Double] {
      Descent(
        stepSize: stepSize, stepLimit: steps, recording: Recording(.every(1), of: [.endToEnd])
      ).run(
        SymmetricFlow(
          FactorizationObjective(.diagonal([target])),
          from: SymmetricNetwork(factor: .diagonal([start.squareRoot()])))
      ).snapshots.map { $0.endToEnd![0, 0] }
    }

    /// Quotients of successive gaps, as long as the gap is above 1e-8: below it they are rounding.
    private func multipliers(_ values: [Double]) -> [(gap: Double, ratio: Double)] {
      zip(values, values.dropFirst()).map { (abs($0 - target), ($1 - target) / ($0 - target)) }
        .filter { $0.gap > 1e-8 }
    }

    /// The rate per step between gaps of 1e-5 and 1e-8.
    private func rate(stepSize: Double) -> Double {
      let steps = Int(30 / (4 * stepSize * target))
      let values = descend(from: target / 2, stepSize: stepSize, steps: steps)
      return DecayRate.measure(
        times: Self.steps(steps), gaps: values.map { abs($0 - target) }, from: 1e-5, to: 1e-8)
    }

    /// Relative errors of both forms of (63) for the gap at t = 2, x₀ = 0.01.
    private func gapsOfApproximations() -> (corrected: Double, printed: Double) {
      let (time, start) = (2.0, 0.01)
      let gap =
        BalancedMode(depth: 2, target: 2 * target, curvature: 2, initial: start.squareRoot())
        .endToEnd(at: time) - target
      let c = (start - target) / start
      let e = Double.exp(-4 * target * time)
      return (abs((target * c * e - gap) / gap), abs((-c * e - gap) / gap))
    }

    /// The largest step with which descent from a gap of 1e-6 gets closer in 2000 steps.
    private func stabilityLimit() -> Double {
      var (low, high) = (0.1 / target, 2 / target)
      while high - low > 1e-3 {
        let middle = (low + high) / 2
        let end = descend(from: target + 1e-6, stepSize: middle, steps: 2000).last!
        if abs(end - target) < 1e-6 { low = middle } else { high = middle }
      }
      return (low + high) / 2
    }

    private static func steps(_ count: Int) -> [Double] { (0...count).map(Double.init) }

    private func descentFigure(_ below: [Double], _ bounds: TwoLayerDescentBounds) -> Figure {
      let count = 150
      let multiplier = 1 - 4 * stepSize * target
      return Figure(
        title: "Descent from below",
        caption:
          "The gap σ − x, with the two-sided bounds and the rate that the appendix concludes.",
        .lines(
          LinePlot(
            horizontal: Axis("step k", .whole),
            vertical: Axis("σ − x", .logarithmic, lower: 1e-7, upper: 3),
            series: [
              Series(
                "descent", x: Self.steps(count), y: below.prefix(count + 1).map { target - $0 }),
              Series(
                "σ (1 − 4ησ)^k", x: Self.steps(count),
                y: (0...count).map { target * .pow(multiplier, $0) }, style: .dashed),
              Series(
                "bounds", x: Self.steps(count),
                y: (0...count).map { target - bounds.lower(after: $0) }, style: .dotted,
                color: .muted),
              Series(
                "bounds, lower", x: Self.steps(count),
                y: (0...count).map { target - bounds.upper(after: $0) }, style: .dotted,
                color: .muted),
            ])))
    }

    private func multiplierFigure(
      _ below: [(gap: Double, ratio: Double)], _ above: [(gap: Double, ratio: Double)]
    ) -> Figure {
      Figure(
        title: "Multiplier of the gap",
        caption: "Quotient of successive gaps: above 1 − 4ησ from below, under it from above.",
        .lines(
          LinePlot(
            horizontal: Axis("step k", .whole),
            vertical: Axis("multiplier", lower: 0.6, upper: 1.02),
            series: [
              Series("from x₀ = 0.01", x: Self.steps(below.count - 1), y: below.map(\.ratio)),
              Series("from x₀ = 4", x: Self.steps(above.count - 1), y: above.map(\.ratio)),
            ],
            markers: [
              Marker(.horizontal, at: 1 - 4 * stepSize * target, label: "1 − 4ησ")
            ])))
    }
  }
}
