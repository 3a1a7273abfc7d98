import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// Depth can need fewer steps than any given share of those of a convex problem.
  struct Claim1: Experiment {
    let item = Item(
      id: "cohen-razin-claim-1", paper: .cohenRazin,
      title: "Claim 1: steps to the minimum, convex against overparameterised",
      shows: """
        For the ℓ₄ loss there are problems on which the discretised end-to-end dynamics need fewer steps than \
        gradient descent by any factor asked for, each at its best step size.
        """,
      seconds: 11,
      snippet: """
        let problem = try PowerObjective(
          inputs: .identity(2), targets: Matrix(rows: [[16], [1]]), power: 4)
        let start = Matrix(rows: [[1e-6, 1e-6]])
        for (depth, step) in [(1, 1.0 / 256), (2, 1e-4)] {
          let run = Descent(stepSize: step, stepLimit: 100_000, targetLoss: 1e-4)
            .run(EndToEndFlow(problem, depth: depth, from: start))
          print(depth, run.outcome, run.stepCount)
        }
        """)

    /// Two samples, e₁ with a far target and e₂ with target 1.
    private let farTargets: [Double] = [4, 8, 16, 32, 64]
    private let depths = [2, 3]
    /// Within this of the minimum, which is 0.
    var accuracy = 1e-4
    /// The steps that one step size took, nil where it never arrives.
    private struct Trial {
      var stepSize: Double
      var steps: Int?
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable(
          "accuracy", .number(\.accuracy, 1e-8...1e-2),
          "of the loss, within which its minimum is reached")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let targets = conditions.isQuick ? [4, 16, 64] : farTargets
      let density = conditions.isQuick ? 1500 : 6000
      var slowest: [Int] = []
      var linear: [[Trial]] = []
      var deep: [[[Trial]]] = []
      for (place, target) in targets.enumerated() {
        slowest.append(try lowerBound(target))
        linear.append(try linearTrials(target))
        deep.append(
          try depths.enumerated().map { index, depth in
            let share = Double(place) / Double(targets.count)
            try conditions.report(share + Double(index) / Double(2 * targets.count))
            return try deepTrials(target, depth: depth, count: density) {
              try conditions.report(share)
            }
          })
      }
      let best = deep.map { $0.map { fewest($0) } }
      let ratios = targets.indices.map { place in
        best[place].map { Double(slowest[place]) / Double($0 ?? .max) }.max()!
      }
      func ratio(at target: Double) -> Double { ratios[targets.firstIndex(of: target)!] }
      let shown = targets.firstIndex(of: 16)!
      let careful = try depths.map { try carefulTrials(16, depth: $0) }
      let gains = careful.map { Double(fewest(linear[shown])!) / Double(fewest($0) ?? .max) }
      return Findings(
        summary: [
          Fact("largest factor found", .number(ratios.max()!)),
          Fact("far target for it", .number(targets[ratios.firstIndex(of: ratios.max()!)!])),
        ],
        settings: [
          Fact("loss", "½[(w₁ − y₁)⁴ + (w₂ − 1)⁴]"), Fact("accuracy ε", .number(accuracy)),
          Fact("each element of W(0)", "y₁⁻⁵"),
          Fact("step sizes tried for each depth", .number(Double(density))),
        ],
        claims: [10, 100, 500].map { factor in
          let target = [10: 4.0, 100: 16, 500: 64][factor]!
          return Claim(
            "y₁ = \(Int(target)): a lower bound of t_ℓ over every η, divided by the t_φ found",
            source: "Claim 1 with c = \(factor)", .atLeast, expected: Double(factor),
            measured: ratio(at: target))
        } + [
          // |1 − 2ηr²| > 1 from r = y₁ on: r grows for ever. Nearer than that the bound for w₂ is below t_ℓ.
          Claim(
            "smallest t_ℓ found by search, divided by its lower bound",
            source: "the sample of target 1 alone, at the largest step that does not diverge",
            .atLeast, expected: 1,
            measured: targets.indices.map {
              Double(fewest(linear[$0]) ?? .max) / Double(slowest[$0])
            }.min()!)
        ],
        notices: [
          Notice(
            .information,
            """
            The factor depends on a step size that happens to carry w₁ across its steep stretch and close to y₁; \
            the claim allows that, as it asks for the best ζ. Among step sizes up to the first that fails, the factor is \
            \(round(gains[0])) for two layers and \(round(gains[1])) for three at y₁ = 16.
            """)
        ],
        sections: [
          Section(
            heading: "Steps by step size",
            blocks: [
              .figure(
                byStepSize(
                  linear[shown], zip(careful, deep[shown]).map { $0 + $1 },
                  lowerBound: slowest[shown]))
            ]),
          Section(
            heading: "Growing with the far target",
            blocks: [
              .figure(byTarget(targets, slowest, best)),
              .table(table(targets, slowest, linear, best)),
            ]),
        ])
    }

    private func objective(_ target: Double) throws -> PowerObjective {
      try PowerObjective(inputs: .identity(2), targets: Matrix(rows: [[target], [1]]), power: 4)
    }

    private func steps(
      _ objective: PowerObjective, depth: Int, from w: Matrix, stepSize: Double, limit: Int
    ) -> Int? {
      let run = Descent(stepSize: stepSize, stepLimit: limit, targetLoss: accuracy)
        .run(EndToEndFlow(objective, depth: depth, from: w)) { $0.loss > 1e30 ? .interrupt : .goOn }
      return run.outcome == .converged ? run.stepCount : nil
    }

    /// Near zero, and so that three steps of the order of the fastest stable one lead from there to the target.
    private func firstMatrix(_ target: Double) -> Matrix {
      let element = 1 / Double.pow(target, 5)
      return Matrix(rows: [[element, element]])
    }

    /// What w₂ alone takes at η = 1/(y₁ − w₁)²; larger steps diverge, and with smaller ones r ← r(1 − 2ηr²)
    /// is slower for every r ≤ 1 as 6η ≤ 1.
    private func lowerBound(_ target: Double) throws -> Int {
      let second = try PowerObjective(
        inputs: Matrix(rows: [[0], [1]]), targets: Matrix(rows: [[0], [1]]), power: 4)
      let first = firstMatrix(target)[0, 0]
      return steps(
        second, depth: 1, from: Matrix(rows: [[first]]),
        stepSize: 1 / ((target - first) * (target - first)), limit: .max)!
    }

    private func linearTrials(_ target: Double) throws -> [Trial] {
      let objective = try objective(target)
      return (0...16).map { place in
        // From a 30th of the largest that does not diverge to one and a half times it.
        let η = 1.5 / (target * target) * .exp(.log(1.0 / 45) * Double(16 - place) / 16)
        return Trial(
          stepSize: η,
          steps: steps(
            objective, depth: 1, from: firstMatrix(target), stepSize: η,
            limit: Int(40 * target * target) + 1000))
      }
    }

    /// Near the minimum w₂ moves by ζ‖W‖^{2−2/N} times the slope: step sizes for which this is neither slow nor
    /// unstable.
    private func deepTrials(
      _ target: Double, depth: Int, count: Int, _ report: () throws -> Void
    ) throws -> [Trial] {
      let objective = try objective(target)
      let unit = 1 / Double.pow(target, 2 - 2 / Double(depth))
      return try (0..<count).map { place in
        if place % 100 == 0 { try report() }
        let ζ = 0.05 * unit * .pow(24, Double(place) / Double(count - 1))
        return Trial(
          stepSize: ζ,
          steps: steps(
            objective, depth: depth, from: firstMatrix(target), stepSize: ζ, limit: 500))
      }
    }

    /// From a small step size up to the first that does not arrive.
    private func carefulTrials(_ target: Double, depth: Int) throws -> [Trial] {
      let objective = try objective(target)
      var result: [Trial] = []
      var ζ = 0.3 / (target * target) / .pow(target, 2 - 2 / Double(depth))
      while let steps = steps(
        objective, depth: depth, from: firstMatrix(target), stepSize: ζ, limit: 100_000)
      {
        result.append(Trial(stepSize: ζ, steps: steps))
        ζ *= 1.1
      }
      return result
    }

    private func fewest(_ trials: [Trial]) -> Int? { trials.compactMap(\.steps).min() }

    private func round(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private func byStepSize(_ linear: [Trial], _ deep: [[Trial]], lowerBound: Int) -> Figure {
      func series(_ name: String, _ trials: [Trial], _ color: Int) -> Series {
        let arrived = trials.filter { $0.steps != nil }
        return Series(
          name, x: arrived.map(\.stepSize), y: arrived.map { Double($0.steps!) }, style: .points,
          color: .palette(color))
      }
      return Figure(
        title: "Steps until the loss is within ε, y₁ = 16",
        caption: """
          Each point is a step size that arrives. The line is below every step size of the linear model; the \
          scattered points on the right carry w₁ close to its target by a leap.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("step size", .logarithmic), vertical: Axis("steps", .logarithmic),
            series: [series("linear", linear, 0)]
              + zip(depths, deep).enumerated().map { series("depth \($1.0)", $1.1, $0 + 1) },
            markers: [Marker(.horizontal, at: Double(lowerBound), label: "bound of t_ℓ")])))
    }

    private func byTarget(_ targets: [Double], _ slowest: [Int], _ best: [[Int?]]) -> Figure {
      Figure(
        title: "Fewest steps against the far target",
        caption:
          "The linear model needs about 17 y₁² steps; the best step size with depth needs no more of them.",
        .lines(
          LinePlot(
            horizontal: Axis("far target y₁", .logarithmic),
            vertical: Axis("fewest steps", .logarithmic),
            series: [
              Series(
                "linear, at least", x: targets, y: slowest.map(Double.init), style: .connectedPoints
              )
            ]
              + depths.enumerated().map { index, depth in
                Series(
                  "depth \(depth)", x: targets,
                  y: best.map { $0[index].map(Double.init) ?? .nan }, style: .connectedPoints)
              })))
    }

    private func table(
      _ targets: [Double], _ slowest: [Int], _ linear: [[Trial]], _ best: [[Int?]]
    ) -> Table {
      Table(
        title: "Fewest steps",
        columns: [Column("y₁"), Column("t_ℓ at least"), Column("t_ℓ found")]
          + depths.map { Column("t_φ, depth \($0)") },
        rows: targets.indices.map { place in
          [.number(targets[place]), .number(Double(slowest[place])), cell(fewest(linear[place]))]
            + best[place].map(cell)
        })
    }

    private func cell(_ steps: Int?) -> Cell { steps.map { .number(Double($0)) } ?? .missing }
  }
}
