import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Cohen2019 {
  /// What becomes of descent where an assumption of the convergence theorem is violated.
  struct Divergence: Experiment {
    let item = Item(
      id: "cohen-violated-assumptions", paper: .cohen2019,
      title: "Violated assumptions: no convergence, or divergence",
      shows: """
        The theorem on linear convergence asks for a deficiency margin and for balanced layers. Without the margin the \
        flow ends at a saddle; without balance the step that the theorem allows makes descent diverge.
        """,
      seconds: 0.7,
      snippet: """
        // One end-to-end matrix 0.5, target 1, step 0.1: balanced layers converge, unbalanced ones do not.
        let objective = FactorizationObjective(.diagonal([1]))
        for first in [(0.5).squareRoot(), 12] {
          let network = try LinearNetwork(layers: [.diagonal([first]), .diagonal([0.5 / first])])
          let run = Descent(stepSize: 0.1, stepLimit: 100).run(objective, from: network)
          print(run.outcome, run.losses.last!)
        }
        """)

    var stepSize = 0.05
    private let depths = [2, 3, 4]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("step-size", .number(\.stepSize, 0.01...0.2), "of descent")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let saddles = try conditions.repetitions(count) { _, generator in
        try depths.map { try saddle(depth: $0, using: &generator) }
      }
      let margins = try conditions.repetitions(count) { _, generator in
        try depths.map { try withMargin(depth: $0, using: &generator) }
      }
      let sizes = (0...40).map { 0.75 * .pow(12, Double($0) / 40) }
      let ends = try sizes.map { try end(first: $0) }
      let threshold = try divergenceThreshold()
      return Findings(
        summary: [
          Fact("η(u² + v²) from which descent diverges", .number(threshold)),
          Fact(
            "loss at the saddle, least", .number(saddles.joined().map(\.loss).min()!),
            note: "½ σ_min² of the target is 0.125"),
        ],
        settings: [
          Fact(
            "without the margin",
            "3×3, target with singular values 1.5, 1, 0.5, balanced start with the other sign of the determinant, t = 400"
          ),
          Fact("without balance", "two scalar layers, W(0) = 0.5, target 1"),
          Fact("step size", .number(stepSize)), Fact("starts", .number(Double(count))),
        ],
        claims: [
          // The value that has the wrong sign tends to zero and not beyond: what it should have been is missing.
          Claim(
            "balanced, sign of the determinant wrong: least loss at t = 400, depths 2, 3, 4",
            source: "Claim: assumption 1 is necessary", .atLeast, expected: 0.125,
            measured: saddles.joined().map(\.loss).min()!,
            // The integration's, once the other values are settled.
            tolerance: 1e-9),
          Claim(
            "the same, two layers: loss at the end, the one farthest from ½ σ_min²",
            source: "the saddle W = Σ of the larger components", expected: 0.125,
            measured: saddles.map { $0[0].loss }.max { abs($0 - 0.125) < abs($1 - 0.125) }!,
            // What is left of the smallest value is e^{−2·0.5·400}; the others are settled.
            tolerance: 1e-9),
          Claim(
            "balanced with a margin: largest loss at t = 400",
            source: "Theorem", .atMost, expected: 1e-9,
            measured: margins.joined().max()!),
          Claim(
            "balanced scalar layers at the same step: loss after 2000 steps", source: "Theorem",
            .atMost, expected: 1e-20, measured: ends[0].loss),
          // Near the minimum of largest curvature λ = u² + v² a gap is multiplied by 1 − ηλ.
          Claim(
            "η(u² + v²) at the start from which descent diverges",
            source: "Claim: assumption 2 is necessary",
            .atLeast, expected: 2, measured: threshold),
          Claim(
            "the most unbalanced start, η(u² + v²) = \(rounded(stepSize * sizes.last! * sizes.last!)): 1 if descent diverges",
            source: "Claim: assumption 2 is necessary", expected: 1,
            measured: ends.last!.isDivergent ? 1 : 0),
          Claim(
            "the flow from that start, which has no step: its loss at t = 100",
            source: "assumption 2 is one of descent", .atMost, expected: 1e-18,
            measured: try flowEnd(first: sizes.last!)),
        ],
        sections: [
          Section(
            heading: "Two ways to fail",
            blocks: [.row([saddleFigure(saddles[0], margins), balanceFigure(sizes, ends)])])
        ])
    }

    private func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

    private struct Saddle {
      var loss: Double
      var times: [Double]
      var losses: [Double]
    }

    private func target(using generator: inout SeededGenerator) -> Matrix {
      .random(singularValues: [1.5, 1, 0.5], rowCount: 3, columnCount: 3, using: &generator)
    }

    private func follow(
      _ target: Matrix, depth: Int, from start: Matrix
    ) throws -> (times: [Double], losses: [Double]) {
      let times = (0...80).map { 400 * .pow(Double($0) / 80, 3) }
      let run = GradientFlow(
        until: 400, steps: .adaptive(relativeTolerance: 1e-10), recording: .at(times)
      ).run(
        FactorizationObjective(target),
        from: try .balanced(
          endToEnd: start, hiddenWidths: [Int](repeating: 3, count: depth - 1)))
      return (run.times, run.losses)
    }

    /// A start in the target's own bases with the smallest value negative.
    private func saddle(depth: Int, using generator: inout SeededGenerator) throws -> Saddle {
      let target = target(using: &generator)
      let decomposition = try SingularValueDecomposition(of: target)
      let start =
        decomposition.leftVectors.scalingColumns(by: [0.8, 0.6, -0.3])
        * decomposition.rightVectorsTransposed
      let run = try follow(target, depth: depth, from: start)
      return Saddle(loss: run.losses.last!, times: run.times, losses: run.losses)
    }

    /// The loss at the end from a start nearer to the target than any singular matrix is.
    private func withMargin(depth: Int, using generator: inout SeededGenerator) throws -> Double {
      let target = target(using: &generator)
      let change = Matrix.gaussian(rowCount: 3, columnCount: 3, using: &generator)
      let start = target + (0.4 / change.frobeniusNorm) * change
      return try follow(target, depth: depth, from: start).losses.last!
    }

    private func network(first: Double) throws -> LinearNetwork {
      try LinearNetwork(layers: [.diagonal([first]), .diagonal([0.5 / first])])
    }

    private func end(first: Double) throws -> (loss: Double, isDivergent: Bool) {
      let run = Descent(stepSize: stepSize, stepLimit: 2000).run(
        FactorizationObjective(.diagonal([1])), from: try network(first: first)
      ) { $0.loss > 1e12 ? .interrupt : .goOn }
      let loss = run.losses.last!
      return (loss, !(loss < 1e12))
    }

    private func flowEnd(first: Double) throws -> Double {
      GradientFlow(until: 100, steps: .adaptive(relativeTolerance: 1e-12)).run(
        FactorizationObjective(.diagonal([1])), from: try network(first: first)
      ).losses.last!
    }

    /// By bisection over the size of the first layer.
    private func divergenceThreshold() throws -> Double {
      var (low, high) = (0.7, 9.0)
      for _ in 0..<30 {
        let middle = (low + high) / 2
        if try end(first: middle).isDivergent { high = middle } else { low = middle }
      }
      return stepSize * (high * high + 0.25 / (high * high))
    }

    private func saddleFigure(_ saddles: [Saddle], _ margins: [[Double]]) -> Figure {
      Figure(
        title: "Without the margin",
        caption:
          "The loss stays above ½ σ_min² of the target at every depth: the determinant cannot change its sign.",
        .lines(
          LinePlot(
            horizontal: Axis("time", .logarithmic), vertical: Axis("loss", .logarithmic),
            series: zip(depths, saddles).map { depth, run in
              Series("\(depth) layers", x: run.times, y: run.losses)
            }, markers: [Marker(.horizontal, at: 0.125, label: "½ σ_min²")])))
    }

    private func balanceFigure(
      _ sizes: [Double], _ ends: [(loss: Double, isDivergent: Bool)]
    ) -> Figure {
      let x = sizes.map { stepSize * ($0 * $0 + 0.25 / ($0 * $0)) }
      return Figure(
        title: "Without balance",
        caption:
          "Loss after 2000 steps from one W(0), against η(u² + v²); beyond the last point descent diverges.",
        .lines(
          LinePlot(
            horizontal: Axis("η(u² + v²)", .logarithmic),
            vertical: Axis("loss after 2000 steps", .logarithmic),
            series: [
              Series(
                "descent", x: x, y: ends.map { $0.isDivergent ? .nan : max($0.loss, 1e-33) },
                style: .connectedPoints)
            ], markers: [Marker(.vertical, at: 2, label: "2")])))
    }
  }
}
