import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// Whether more imbalance means faster learning: in time, and in steps of descent.
  struct Imbalance: Experiment {
    let item = Item(
      id: "tarmoun-imbalance", paper: .tarmoun2021,
      title: "Section 3: does imbalance accelerate?",
      shows: """
        In the time of the flow always: the time to learn falls as λ₀ grows. In steps of descent only by \
        evening out the components, because the largest stable step shrinks as the rate grows.
        """,
      seconds: 0.3,
      snippet: """
        for imbalance in [0.0, 1, 2, 4] {
          // u and v with u² − v² = λ₀ and uv = 0.01.
          let size = (imbalance * imbalance + 4e-4).squareRoot()
          let u = ((size + imbalance) / 2).squareRoot()
          let mode = TwoLayerMode(target: 0.5, curvature: 1, first: u, second: 0.01 / u)
          print(imbalance, mode.endToEnd(at: 1))
        }
        """)

    var targets: [Double] = [1e-3, 0.1, 0.5, 2]
    private let imbalances = (0...40).map { 0.1 * Double($0) }
    var pair: [Double] = [2, 0.1]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("targets", .numbers(\.targets, 1e-4...5), "σ of the times to learn"),
        Adjustable("pair", .numbers(\.pair, 0.01...5), "σ of two components"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let times = targets.map { target in imbalances.map { time(target, $0) } }
      // One layer from σ/10 to 0.99 σ.
      let oneLayer = Double.log(0.9 / 0.01)
      let monotone = times.flatMap { zip($0, $0.dropFirst()).map { $1 / $0 } }.max()!
      let accelerated = imbalances.indices.filter { imbalances[$0] >= 1 }.flatMap { place in
        times.map { $0[place] / oneLayer }
      }.max()!

      var limits: [(imbalance: Double, rate: Double, limit: Double, convergent: Double)] = []
      for (place, imbalance) in [0.0, 0.5, 1, 2, 4].enumerated() {
        try conditions.report(0.2 + 0.1 * Double(place))
        let rate = FactorizationRates(target: 0.5, imbalance: imbalance).rate
        let limit = stepLimits(target: 0.5, imbalance: imbalance)
        limits.append((imbalance, rate, limit.stable, limit.convergent))
      }
      let sharpness = try limits.map { limit in
        abs(try largestCurvature(target: 0.5, imbalance: limit.imbalance) / limit.rate - 1)
      }.max()!
      let contractions = [0.0, 0.5, 1, 2, 4, 8].map { ($0, contraction(imbalance: $0)) }
      return Findings(
        summary: [
          Fact(
            "σ = 0.1: times faster at λ₀ = 4 than balanced",
            .number(times[1].first! / times[1].last!), note: "in the time of the flow"),
          Fact(
            "largest stable step at λ₀ = 4 over that of balanced layers",
            .number(limits.last!.limit / limits[0].limit), note: "σ = 0.5"),
          Fact(
            "steps for a digit, balanced", .number(Self.steps(contractions[0].1.measured)),
            note: "σ = 2 and 0.1"),
          Fact(
            "at λ₀ = 4", .number(Self.steps(contractions[4].1.measured)), note: "σ = 2 and 0.1"),
        ],
        settings: [
          Fact("time to learn", "x from σ/10 to 0.99 σ, closed form"),
          Fact(
            "stable step", "descent from a gap of 1e-4 stays below 1.5e-4 for 4000 steps; bisection"
          ),
          Fact("two components", "σ = 2 and 0.1 with one imbalance and the best common step"),
        ],
        claims: [
          // x′ = 2(σ − x)√(x² + λ₀²/4) grows with |λ₀| at every x.
          Claim(
            "largest quotient of times to learn at neighbouring λ₀, σ from 0.001 to 2",
            source: "Section 3: more imbalance is faster", .atMost, expected: 1, measured: monotone),
          // For |λ₀| ≥ 1 that is at least σ − x, the speed of one layer.
          Claim(
            "λ₀ ≥ 1: largest quotient of the time to learn and that of one layer, all σ",
            source: "Section 3: regardless of the data", .atMost, expected: 1,
            measured: accelerated),
          Claim(
            "balanced, σ = 0.1: time to learn over that of one layer (slower)",
            source: "Table 2", .atLeast, expected: 1, measured: times[1][0] / oneLayer),
          // The Hessian at the minimum has the eigenvalues u² + v² = √(4σ² + λ₀²) and 0; rounding.
          Claim(
            "largest curvature at the minimum against the rate √(4σ² + λ₀²), relatively",
            source: "derived here", .atMost, expected: 1e-12, measured: sharpness),
          // Bisection to 1e-3; beyond the limit by δ a gap grows by e^{2δ·4000}, and at gaps of 1e-4 the curvature is
          // that of the minimum to 1e-4.
          Claim(
            "largest stable step times the rate, the imbalance farthest off 2",
            source: "derived here", expected: 2,
            measured: limits.map { $0.limit * $0.rate }.max { abs($0 - 2) < abs($1 - 2) }!,
            tolerance: 5e-3),
          // At the step 2/(r₁ + r₂) both gaps are multiplied by ∓(κ − 1)/(κ + 1), κ = r₁/r₂. At gaps of 1e-4 the rates
          // differ from those at the minimum by 2·1e-4/0.2 at most, relatively.
          Claim(
            "two components: multiplier at the best step against (κ − 1)/(κ + 1), largest distance",
            source: "derived here", .atMost, expected: 1e-3,
            measured: contractions.map { abs($0.1.measured - $0.1.predicted) }.max()!),
        ],
        notices: [
          Notice(
            .caution,
            """
            The acceleration is one of time. The rate √(4σ² + λ₀²) is also the largest curvature of the loss at the \
            minimum, so the largest stable step of descent is 2/√(4σ² + λ₀²): for a single component \
            nothing is gained in steps. With steps up to about twice as large imbalanced layers still converge, \
            but to another minimum that is less imbalanced: descent does not conserve λ₀ there.
            """),
          Notice(
            .information,
            """
            With several components steps are gained in another way: a common imbalance brings the rates together, \
            κ = √((4σ₁² + λ₀²)/(4σₘ² + λ₀²)) → 1. It undoes the bad conditioning that two layers bring; \
            one layer on ½‖Y − X‖² has κ = 1 from the beginning and is done after one step of length 1.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            blocks: [
              .row([timeFigure(times, oneLayer), stepFigure(contractions)]),
              .table(
                Table(
                  title: "Largest stable step, σ = 0.5",
                  columns: [
                    Column("λ₀"), Column("rate"), Column("largest stable step"),
                    Column("their product"),
                    Column("largest step that converges anywhere"),
                  ],
                  rows: limits.map {
                    [
                      .number($0.imbalance), .number($0.rate), .number($0.limit),
                      .number($0.limit * $0.rate), .number($0.convergent),
                    ]
                  })),
            ])
        ])
    }

    /// Steps that divide a gap by ten, from its multiplier.
    private static func steps(_ multiplier: Double) -> Double { -.log(10) / .log(multiplier) }

    /// The time in which x goes from σ/10 to 0.99 σ.
    private func time(_ target: Double, _ imbalance: Double) -> Double {
      let mode = ScalarFactorization(
        target: target, imbalance: imbalance, initial: target / 10
      ).mode
      var (low, high) = (0.0, 1.0)
      while mode.endToEnd(at: high) < 0.99 * target { (low, high) = (high, 2 * high) }
      for _ in 0..<60 {
        let middle = (low + high) / 2
        if mode.endToEnd(at: middle) < 0.99 * target { low = middle } else { high = middle }
      }
      return high
    }

    /// The largest step with which descent near the minimum stays there, and with which it converges at all.
    private func stepLimits(target: Double, imbalance: Double) -> (
      stable: Double, convergent: Double
    ) {
      let problem = ScalarFactorization(
        target: target, imbalance: imbalance, initial: target - 1e-4)
      let rate = Double.hypot(2 * target, imbalance)
      func limit(_ isGood: ([Double]) -> Bool) -> Double {
        var (low, high) = (1 / rate, 6 / rate)
        while high - low > 1e-3 * low {
          let middle = (low + high) / 2
          let gaps = Descent(
            stepSize: middle, stepLimit: 4000, recording: Recording(.every(1))
          ).run(problem.objective, from: problem.network).losses.map { (2 * $0).squareRoot() }
          if isGood(gaps) { low = middle } else { high = middle }
        }
        return low
      }
      return (limit { $0.allSatisfy { $0 <= 1.5e-4 } }, limit { $0.last! <= 1e-5 })
    }

    /// The largest eigenvalue of the Hessian of ½(σ − uv)² at the minimum, by the library's curvature.
    private func largestCurvature(target: Double, imbalance: Double) throws -> Double {
      let problem = ScalarFactorization(target: target, imbalance: imbalance, initial: target)
      let network = problem.network
      var loss = EndToEndLoss(problem.objective, widths: network.widths)
      _ = loss.value(at: network)
      var hessian = Matrix.zeros(2, 2)
      for column in 0..<2 {
        let direction = (0..<2).map { Matrix.diagonal([$0 == column ? 1 : 0]) }
        var result = direction
        loss.curvature(at: network, along: direction, into: &result)
        for row in 0..<2 { hessian[row, column] = result[row][0, 0] }
      }
      return try hessian.symmetricEigenvalues()[0]
    }

    private func predictedContraction(_ imbalance: Double) -> Double {
      let rates = pair.map { FactorizationRates(target: $0, imbalance: imbalance).rate }
      return (rates[0] - rates[1]) / (rates[0] + rates[1])
    }

    /// By what the gap of two components is multiplied at each step, at the best common step.
    private func contraction(imbalance: Double) -> (measured: Double, predicted: Double) {
      let rates = pair.map { FactorizationRates(target: $0, imbalance: imbalance).rate }
      let starts = pair.map {
        ScalarFactorization(target: $0, imbalance: imbalance, initial: $0 - 1e-4).layers
      }
      var network = LinearNetwork(zerosOfWidths: [2, 2, 2])
      network.layers = [Matrix.diagonal(starts.map(\.v)), Matrix.diagonal(starts.map(\.u))]
      let target = Matrix.diagonal(pair)
      let descent = Descent(
        stepSize: 2 / (rates[0] + rates[1]), stepLimit: 60,
        recording: Recording(.every(1), of: [.endToEnd])
      ).run(FactorizationObjective(target), from: network)
      let gaps = descent.snapshots.map { ($0.endToEnd! - target).frobeniusNorm }
      // Down to 1e-10: a few multiplications at a large imbalance, all sixty at a small one.
      let last = max(1, gaps.lastIndex { $0 > 1e-10 } ?? 1)
      let measured = Double.pow(gaps[last] / gaps[0], 1 / Double(last))
      return (measured, predictedContraction(imbalance))
    }

    private func timeFigure(_ times: [[Double]], _ oneLayer: Double) -> Figure {
      Figure(
        title: "Time to learn",
        caption: "From σ/10 to 99 % of σ, over the imbalance; the line across is one layer.",
        .lines(
          LinePlot(
            horizontal: Axis("imbalance λ₀"), vertical: Axis("time", .logarithmic),
            series: zip(targets, times).enumerated().map { place, curve in
              Series(
                "σ = \(curve.0.formatted)", x: imbalances, y: curve.1,
                color: .gradient(Double(place) / 3))
            },
            markers: [Marker(.horizontal, at: oneLayer, label: "one layer")])))
    }

    private func stepFigure(
      _ contractions: [(Double, (measured: Double, predicted: Double))]
    ) -> Figure {
      let fine = (0...80).map { 0.1 * Double($0) }
      return Figure(
        title: "In steps of descent",
        caption: """
          Steps that divide the gap by ten at the best step, σ = 2 and 0.1: fewer as the two rates come together. \
          One layer needs a single step for everything.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("imbalance λ₀"), vertical: Axis("steps for a digit", .logarithmic),
            series: [
              Series(
                "measured", x: contractions.map(\.0),
                y: contractions.map { Self.steps($0.1.measured) }, style: .points),
              Series("from κ", x: fine, y: fine.map { Self.steps(predictedContraction($0)) }),
            ])))
    }
  }
}
