import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// ℓ₄ regression with one, two and three layers, each at its best step size.
  struct Figure1Left: Experiment {
    let item = Item(
      id: "cohen-razin-figure-1-left", paper: .cohenRazin,
      title: "Figure 1, left: ℓ₄ regression by networks of depth 1, 2 and 3",
      shows: """
        On a convex ℓ₄ regression, gradient descent on two or three layers is ahead of descent on the linear \
        model itself, each at the best step size found by search.
        """,
      seconds: 3,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let x = Matrix.gaussian(rowCount: 200, columnCount: 20, using: &generator)
        let y = x * Matrix.gaussian(rowCount: 20, columnCount: 1, using: &generator)
        let objective = try PowerObjective(inputs: x, targets: y, power: 4)
        for (depth, step) in [(1, 1e-4), (2, 1e-4)] {
          let widths = [20] + [Int](repeating: 1, count: depth)
          let start = LinearNetwork.balanced(widths: widths, scale: 1e-3, using: &generator)
          let run = Descent(stepSize: step, stepLimit: 1000).run(objective, from: start)
          print(depth, run.losses.last!)
        }
        """)

    private let depths = [1, 2, 3]
    var initialSize = 1e-3

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("start", .number(\.initialSize, 1e-5...0.1), "‖W(0)‖")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let given = try conditions.data.gasDrift?()
      let stepCount = conditions.isQuick ? (given == nil ? 1000 : 400) : given == nil ? 3000 : 1500
      // The linear model's start hardly matters; the direction of the start is what repetitions draw.
      let results = try conditions.repetitions(5) { repetition, generator in
        let problem =
          try given.map { try RegressionSamples(standardising: $0.inputs, $0.targets) }
          ?? RegressionSamples.illConditioned(
            sampleCount: 200, inputCount: 20, condition: 1000, using: &generator)
        let objective = try PowerObjective(
          inputs: problem.inputs, targets: problem.targets, power: 4)
        let direction = Matrix.orthogonal(
          rowCount: 1, columnCount: problem.inputs.columnCount, using: &generator)
        return try depths.enumerated().map { index, depth in
          try search(
            objective, depth: depth, from: initialSize * direction, stepCount: stepCount
          ) {
            try conditions.report(
              (Double(repetition) + Double(index) / Double(depths.count)) / 5)
          }
        }
      }
      let first = results[0]
      let best = results.map { $0.map(\.loss) }
      // Each data set beside its own smallest loss; the user's data are one.
      let least = try results.indices.map { try minimum($0, conditions, given) }
      func excess(_ place: Int, _ index: Int) -> Double { best[place][index] / least[place] - 1 }
      var settings = [
        Fact(
          "data",
          given == nil
            ? "synthetic: 200 samples, 20 inputs, covariance of condition 1000"
            : "gas sensor array, standardised"), Fact("steps", .number(Double(stepCount))),
        Fact("‖W(0)‖", .number(initialSize)),
        Fact("step sizes", "powers of √2 up to the first that diverges, then between by ⁴√2"),
        Fact(
          "repetitions",
          given == nil ? "5 data sets and directions of the start" : "5 directions of the start"),
      ]
      settings.append(Fact("hidden width", "1, which a single output leaves room for"))
      var result = Findings(
        summary: depths.indices.map { index in
          Fact(
            "loss above the smallest, depth \(depths[index])",
            .number(100 * best.indices.map { excess($0, index) }.median), unit: "%",
            note: "median of 5 data sets, each beside its own smallest")
        },
        settings: settings,
        claims: [1, 2].map { index in
          Claim(
            "depth \(depths[index]): largest loss after \(stepCount) steps relative to depth 1's, of 5 starts",
            source: "Figure 1, left", .atMost, expected: 1,
            measured: best.map { $0[index] / $0[0] }.max()!)
        }
          + [1, 2].map { index in
            Claim(
              "depth \(depths[index]): most steps to the loss that depth 1 ends with, as a share of depth 1's",
              source: "Section 3.2", .atMost, expected: 1,
              measured: results.map { runs in
                let target = runs[0].loss
                let steps = runs[index].losses.firstIndex { $0 <= target }
                return steps.map { Double($0) / Double(stepCount) } ?? .infinity
              }.max()!)
          } + [
            // The minimum is that of Newton's method; a loss below it could only be rounding.
            Claim(
              "smallest loss of any run over the minimum of its own convex problem, less 1, of 5",
              source: "ℓ is convex; Newton's method", .atLeast, expected: 0,
              measured: best.indices.map { place in
                depths.indices.map { excess(place, $0) }.min()!
              }.min()!, tolerance: 1e-10)
          ],
        notices: given == nil
          ? [
            Notice(
              .information,
              """
              The paper's data are of a gas sensor array; these are synthetic and as ill-conditioned. \
              `--gas-drift FILE` takes the sensors' table.
              """)
          ] : [],
        sections: [
          Section(
            heading: "Loss by step",
            blocks: [
              .figure(losses(first, least: least[0])), .figure(stepSizes(first)),
              .table(table(best, least)),
            ])
        ])
      result.isSynthetic = given == nil
      return result
    }

    /// What a depth reaches, at its best step size.
    private struct Best {
      var stepSize: Double
      /// After each step.
      var losses: [Double]
      /// Every step size tried, and the loss at the end.
      var tried: [(stepSize: Double, loss: Double)]
      var loss: Double { losses.last ?? .infinity }
    }

    private func search(
      _ objective: PowerObjective, depth: Int, from endToEnd: Matrix, stepCount: Int,
      _ report: () throws -> Void
    ) throws -> Best {
      let start = try LinearNetwork.balanced(
        endToEnd: endToEnd, hiddenWidths: [Int](repeating: 1, count: depth - 1))
      var best = Best(stepSize: 0, losses: [], tried: [])
      func attempt(_ η: Double) throws -> Bool {
        try report()
        var losses = [objective.value(at: start.endToEnd())]
        let run = Descent(stepSize: η, stepLimit: stepCount).run(objective, from: start) {
          losses.append($0.loss)
          // Four powers of ten above the start there is no way back in a convex bowl of degree four.
          return $0.loss > 1e4 * losses[0] ? .interrupt : .goOn
        }
        guard case .stepLimit = run.outcome else { return false }
        best.tried.append((η, losses.last!))
        if losses.last! < best.loss {
          best.losses = losses
          best.stepSize = η
        }
        return true
      }
      // A third of the least stable step of the linear model: no depth is at its best below it.
      var η = 0.3 / stiffness(objective)
      while try attempt(η) { η *= 2.0.squareRoot() }
      let coarse = best.stepSize
      for factor in [-1.0, 1] { _ = try attempt(coarse * .pow(2, factor / 4)) }
      best.tried.sort { $0.stepSize < $1.stepSize }
      return best
    }

    /// The largest curvature at the origin, by power iterations.
    private func stiffness(_ objective: PowerObjective) -> Double {
      let origin = Matrix(rowCount: 1, columnCount: objective.inputCount)
      var direction = Matrix(rowCount: 1, columnCount: objective.inputCount, repeating: 1)
      var size = 1.0
      for _ in 0..<30 {
        direction = objective.curvature(at: origin, along: direction / direction.frobeniusNorm)
        size = direction.frobeniusNorm
      }
      return size
    }

    /// The minimum of the convex problem of a repetition.
    private func minimum(
      _ repetition: Int, _ conditions: Conditions, _ given: (inputs: Matrix, targets: Matrix)?
    ) throws -> Double {
      var generator = conditions.generator(repetition)
      let problem =
        try given.map { try RegressionSamples(standardising: $0.inputs, $0.targets) }
        ?? RegressionSamples.illConditioned(
          sampleCount: 200, inputCount: 20, condition: 1000, using: &generator)
      return try problem.leastMeanFourthPower()
    }

    private func table(_ best: [[Double]], _ least: [Double]) -> Table {
      Table(
        title: "Every data set beside its own smallest loss",
        columns: [Column("data set"), Column("smallest loss")]
          + depths.map { Column($0 == 1 ? "linear" : "\($0) layers") },
        rows: best.indices.map { place in
          [.number(Double(place + 1)), .number(least[place])] + best[place].map(Cell.number)
        })
    }

    private func losses(_ runs: [Best], least: Double) -> Figure {
      let count = runs[0].losses.count
      let shown = Array(
        Set((0...300).map { Int(Double.pow(Double(count), Double($0) / 300)) - 1 }).sorted())
      return Figure(
        title: "Training loss, each depth at its best step size",
        caption:
          "The deeper networks begin later and end lower. The line is the smallest loss any matrix has.",
        .lines(
          LinePlot(
            horizontal: Axis("step", .logarithmic), vertical: Axis("ℓ₄ loss", .logarithmic),
            series: zip(depths, runs).map { depth, run in
              Series(
                depth == 1 ? "linear" : "\(depth) layers", x: shown.map { Double($0 + 1) },
                y: shown.map { run.losses[$0] })
            }, markers: [Marker(.horizontal, at: least, label: "minimum")])))
    }

    private func stepSizes(_ runs: [Best]) -> Figure {
      Figure(
        title: "Loss at the end, by step size",
        caption: "Each point is a run; beyond the last of a depth, descent diverges.",
        .lines(
          LinePlot(
            horizontal: Axis("step size", .logarithmic),
            vertical: Axis("loss after all steps", .logarithmic),
            series: zip(depths, runs).map { depth, run in
              Series(
                depth == 1 ? "linear" : "\(depth) layers", x: run.tried.map(\.stepSize),
                y: run.tried.map(\.loss), style: .connectedPoints)
            })))
    }
  }
}
