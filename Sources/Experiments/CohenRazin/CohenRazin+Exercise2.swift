import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The dynamics of W Wᵀ for a symmetric network.
  struct Exercise2: Experiment {
    let item = Item(
      id: "cohen-razin-exercise-2", paper: .cohenRazin,
      title: "Exercise 2: the dynamics of a symmetric network",
      shows: """
        The product of a symmetric network obeys an equation of its own, \
        Wₛ′ = −(G + Gᵀ)Wₛ − Wₛ(G + Gᵀ), whether or not the gradient G is symmetric.
        """,
      seconds: 0.1,
      snippet: """
        let objective = FactorizationObjective(Matrix(rows: [[1, 0.5], [0, 2]]))
        let factor = Matrix(rows: [[0.1, 0.2], [-0.1, 0.3]])
        let flow = GradientFlow(until: 2, steps: .adaptive(relativeTolerance: 1e-11))
        let factored = flow.run(SymmetricFlow(objective, from: SymmetricNetwork(factor: factor)))
        let product = flow.run(
          MatrixFlow(from: factor.timesTransposed(factor)) { w in
            let g = objective.gradient(at: w)
            let s = g + g.transposed()
            return -1 * (s * w + w * s)
          })
        print(
          factored.trajectory.finalNetwork.endToEnd() - product.trajectory.finalNetwork.endToEnd())
        """)

    private let times = [Double].spaced(from: 0, to: 2, count: 41)
    private let steps = [0.004, 0.002, 0.001]

    private struct Measurement {
      var distance = 0.0
      var order = 0.0
      var error = 0.0
      var withoutTranspose = Double.infinity
      var riccati = 0.0
      var course: [(factored: Matrix, product: Matrix)] = []
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 50
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try measure(using: &generator)
      }
      return Findings(
        summary: [
          Fact("largest distance of the two flows", .number(measured.map(\.distance).max()!))
        ],
        settings: [
          Fact("shape of the factor", "4×4, Gaussian of standard deviation 0.3"),
          Fact("loss", "½‖W − Y‖² with a Gaussian Y that is not symmetric"),
          Fact("end time", .number(times.last!)), Fact("relative tolerance", 1e-12),
          Fact("steps of the difference quotients", "0.004, 0.002, 0.001"),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "largest distance of U Uᵀ along its flow from the flow of the equation, relative",
            source: "Exercise 2", .atMost, expected: 1e-8, measured: measured.map(\.distance).max()!
          ),
          // A central difference errs by O(h²).
          Claim(
            "order in h of a central difference of U Uᵀ, the one farthest from 2",
            source: "Exercise 2", expected: 2,
            measured: measured.map(\.order).max { abs($0 - 2) < abs($1 - 2) }!, tolerance: 0.1),
          Claim(
            "symmetrised target: largest distance from the exact solution of the Riccati flow",
            .atMost, expected: 1e-8, measured: measured.map(\.riccati).max()!),
          Claim(
            "with 2G in place of G + Gᵀ: least error of the derivative, relative", .atLeast,
            expected: 1e-2, measured: measured.map(\.withoutTranspose).min()!),
        ],
        sections: [
          Section(
            heading: "The product along a run", blocks: [.figure(figure(measured[0]))])
        ])
    }

    /// −(G + Gᵀ)W − W(G + Gᵀ).
    private static func velocity(_ w: Matrix, _ gradient: Matrix) -> Matrix {
      let sum = gradient + gradient.transposed()
      return -1 * (sum * w + w * sum)
    }

    private func measure(using generator: inout SeededGenerator) throws -> Measurement {
      let target = Matrix.gaussian(rowCount: 4, columnCount: 4, using: &generator)
      let factor = Matrix.gaussian(
        rowCount: 4, columnCount: 4, standardDeviation: 0.3, using: &generator)
      var result = Measurement()
      let objective = FactorizationObjective(target)
      let factored = run(objective, factor, at: times)
      let product = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(times, of: [.endToEnd])
      ).run(
        MatrixFlow(from: factor.timesTransposed(factor)) {
          Self.velocity($0, objective.gradient(at: $0))
        }
      ).trajectory.snapshots.map { $0.endToEnd! }
      result.distance = zip(factored, product).map(Self.distance).max()!
      result.course = zip(factored, product).map { ($0, $1) }

      let center = 0.5
      let around = run(
        objective, factor,
        at: steps.map { center - $0 } + [center] + steps.reversed().map { center + $0 })
      let w = around[steps.count]
      let gradient = objective.gradient(at: w)
      let equation = Self.velocity(w, gradient)
      let errors = steps.indices.map { k in
        Self.distance((around[around.count - 1 - k] - around[k]) / (2 * steps[k]), equation)
      }
      result.order = CohenRazin.growthOrder(of: errors, in: steps)
      result.error = errors.last!
      result.withoutTranspose = Self.distance(-2 * (gradient * w + w * gradient), equation)

      let symmetric = target.symmetrized()
      let riccati = try SymmetricRiccati(target: symmetric, factor: factor)
      let ofSymmetric = run(FactorizationObjective(symmetric), factor, at: times)
      result.riccati = try zip(times, ofSymmetric).map {
        Self.distance($1, try riccati.endToEnd(at: $0))
      }.max()!
      return result
    }

    private func run(
      _ objective: FactorizationObjective, _ factor: Matrix, at times: [Double]
    ) -> [Matrix] {
      GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(times, of: [.endToEnd])
      ).run(SymmetricFlow(objective, from: SymmetricNetwork(factor: factor)))
        .trajectory.snapshots.map { $0.endToEnd! }
    }

    private static func distance(_ one: Matrix, _ other: Matrix) -> Double {
      (one - other).frobeniusNorm / other.frobeniusNorm
    }

    private func figure(_ one: Measurement) -> Figure {
      Figure(
        title: "Diagonal of the product",
        caption: "Lines: U Uᵀ along the flow of U. Points: the flow of the equation for Wₛ.",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("element of Wₛ"),
            series: (0..<4).flatMap { k in
              [
                Series(
                  "w_{\(k + 1)\(k + 1)}", x: times, y: one.course.map { $0.factored[k, k] },
                  color: .palette(k)),
                Series(
                  "w_{\(k + 1)\(k + 1)}, equation", x: times,
                  y: one.course.map { $0.product[k, k] }, style: .points, color: .palette(k)),
              ]
            })))
    }
  }
}
