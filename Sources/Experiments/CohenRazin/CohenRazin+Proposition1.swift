import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import Records

extension CohenRazin {
  /// The loss of two or more layers is not convex.
  struct Proposition1: Experiment {
    let item = Item(
      id: "cohen-razin-proposition-1", paper: .cohenRazin,
      title: "Proposition 1: the loss of a linear network is not convex",
      shows: """
        Between two networks with the same product lies one whose product is zero; its loss is \
        larger than at both ends, for every depth from two on.
        """,
      seconds: 1,
      snippet: """
        let target = Matrix(rows: [[1, 0.5], [0, 1]])
        let (first, second) = try Witnesses.nonConvexity(endToEnd: target, hiddenWidths: [2])
        let middle = try LinearNetwork(
          layers: zip(first.layers, second.layers).map { 0.5 * ($0 + $1) })
        let problem = QuadraticProblem.factorization(target: target)
        print(problem.loss(at: first.endToEnd()), problem.loss(at: middle.endToEnd()))
        """)

    private let depths = [2, 3, 4]
    private let positions = [Double].spaced(from: 0, to: 1, count: 101)

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 50
      // Per repetition and depth: how much the middle is above the ends, and the gradient at the origin.
      let measured = try conditions.repetitions(repetitions) { _, generator in
        let objective = try CohenRazin.regression(
          outputs: 3, inputs: 4, teacher: [2, 1, 0.5], using: &generator)
        return try depths.map { depth in
          let ends = try ends(depth, objective)
          let losses = [0, 0.5, 1].map { loss(objective, between: ends, at: $0) }
          let origin = LinearNetwork(zerosOfWidths: ends.first.widths)
          let gradients = LossLandscape(objective).gradients(at: origin.layers)
          let excess = losses[0] - objective.minimum!.value
          let rise = losses[1] - max(losses[0], losses[2])
          return (
            rise: rise / (objective.value(at: origin.endToEnd()) - objective.minimum!.value),
            end: excess, gradient: gradients.map(\.maxAbsolute).max()!
          )
        }
      }.flatMap { $0 }
      var generator = conditions.generator(0)
      let shown = try CohenRazin.regression(
        outputs: 3, inputs: 4, teacher: [2, 1, 0.5], using: &generator)
      let degenerate = try LossLandscape(.factorization(target: Matrix(rows: [[0]])))
        .hessian(at: [Matrix(rows: [[1]]), Matrix(rows: [[1]])]).symmetricEigenvalues()
      return Findings(
        summary: [
          Fact("problems", .number(Double(repetitions))),
          Fact(
            "least rise at the middle", .number(measured.map(\.rise).min()!),
            note: "as a share of the loss at zero"),
        ],
        settings: [
          Fact("shape of W", "3×4"), Fact("depths", "2, 3, 4"),
          Fact("singular values of the teacher", "2, 1, 0.5"),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          // Both ends are global minima, the middle has the loss of the zero map.
          Claim(
            "least rise of the loss at the middle over both ends, as a share of the loss at zero",
            source: "Proposition 1", expected: 1, measured: measured.map(\.rise).min()!,
            tolerance: 1e-12),
          Claim(
            "largest entry of the gradient at the origin, which is no minimum",
            source: "proof of Proposition 1", .atMost, expected: 0,
            measured: measured.map(\.gradient).max()!),
          // φ = ½ (w₂w₁)² has the Hessian [[1, 2], [2, 1]] at (1, 1).
          Claim(
            "smallest curvature of ½(w₂w₁)² at (1, 1), where zero is the minimum of ℓ",
            expected: -1, measured: degenerate.last!, tolerance: 1e-12),
        ],
        notices: [
          Notice(
            .information,
            "The condition that zero is no minimum of ℓ is sufficient and not necessary: ½(w₂w₁)² is not convex either, although ℓ(w) = ½w² is least at zero."
          )
        ],
        sections: [
          Section(
            heading: "On the way between two minima",
            blocks: [.figure(try figure(shown))])
        ])
    }

    private func ends(
      _ depth: Int, _ objective: RegressionObjective
    ) throws -> (first: LinearNetwork, second: LinearNetwork) {
      try Witnesses.nonConvexity(
        endToEnd: objective.minimum!.endToEnd, hiddenWidths: [Int](repeating: 4, count: depth - 1))
    }

    private func loss(
      _ objective: RegressionObjective, between ends: (first: LinearNetwork, second: LinearNetwork),
      at position: Double
    ) -> Double {
      var network = ends.first
      for layer in network.layers.indices {
        network.layers[layer] =
          (1 - position) * ends.first.layers[layer] + position * ends.second.layers[layer]
      }
      return objective.value(at: network.endToEnd())
    }

    private func figure(_ objective: RegressionObjective) throws -> Figure {
      Figure(
        title: "The loss on the segment between two global minima",
        caption: """
          Loss above its minimum for the layers (1 − s) times those of one network plus s times those of \
          another with the same product. A convex function would stay at zero. Depth does not matter here: \
          the product is (1 − 2s)² W at every depth, so the curves lie on one another.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("position s on the segment", lower: 0, upper: 1),
            vertical: Axis("loss above its minimum", lower: 0),
            series: try depths.enumerated().map { place, depth in
              let ends = try ends(depth, objective)
              return Series(
                "\(depth) layers", x: positions,
                y: positions.map {
                  max(0, loss(objective, between: ends, at: $0) - objective.minimum!.value)
                }, style: [.solid, .dashed, .dotted][place], color: .palette(place))
            })))
    }
  }
}
