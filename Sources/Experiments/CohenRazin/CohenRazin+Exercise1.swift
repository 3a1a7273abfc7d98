import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The end-to-end dynamics of one output.
  struct Exercise1: Experiment {
    let item = Item(
      id: "cohen-razin-exercise-1", paper: .cohenRazin,
      title: "Exercise 1: one output, and movement along what has been learned",
      shows: """
        For one output the equation becomes w′ = −‖w‖^{2−2/n} (g + (n−1) Proj_{w} g): along w the \
        gradient counts n times, across it once.
        """,
      seconds: 1,
      snippet: """
        let (w, g) = (Matrix(rows: [[3, 4]]), Matrix(rows: [[1, 0]]))
        let parallel = (g.inner(w) / w.inner(w)) * w
        // Two layers: −‖w‖ (g + Proj_w g).
        print(try EndToEndVelocity(depth: 2).velocity(at: w, gradient: g))
        print(-w.frobeniusNorm * (g + parallel))
        """)

    private let depths = [2, 3, 4]

    private struct Measurement {
      var formula = 0.0
      var layers = 0.0
      var factor = 0.0
      var run = 0.0
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 100
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try depths.map { try measure($0, using: &generator) }
      }.flatMap { $0 }
      return Findings(
        summary: [
          Fact("largest error of the formula", .number(measured.map(\.formula).max()!)),
          Fact("distance of the two flows", .number(measured.map(\.run).max()!), note: "largest"),
        ],
        settings: [
          Fact("shape of W", "1×5"), Fact("depths", "2, 3, 4"),
          Fact("points", "random w and g; and along runs from a start of norm 0.3"),
          Fact("relative tolerance of the flows", 1e-12),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          Claim(
            "largest distance of the formula from the end-to-end equation, relative",
            source: "Exercise 1", .atMost, expected: 1e-12,
            measured: measured.map(\.formula).max()!),
          Claim(
            "largest distance of the formula from dW/dt of balanced layers, relative",
            source: "Exercise 1", .atMost, expected: 1e-12,
            measured: measured.map(\.layers).max()!),
          Claim(
            "gain along w over gain across w, divided by n: farthest from 1", expected: 1,
            measured: 1 + measured.map(\.factor).max()!, tolerance: 1e-11),
          // Both flows have local errors of 1e-12 over some hundred steps.
          Claim(
            "largest distance of the flow of the formula from that of the layers, relative",
            .atMost, expected: 1e-8, measured: measured.map(\.run).max()!),
        ],
        sections: [
          Section(
            heading: "Paths to the same target", blocks: [.figure(try paths())])
        ])
    }

    /// −‖w‖^{2−2/n} (g + (n−1) Proj_w g).
    private static func velocity(_ w: Matrix, _ g: Matrix, depth: Int) -> Matrix {
      let square = w.inner(w)
      let n = Double(depth)
      return -.pow(square, 1 - 1 / n) * (g + ((n - 1) * g.inner(w) / square) * w)
    }

    private func measure(
      _ depth: Int, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let w = Matrix.gaussian(rowCount: 1, columnCount: 5, using: &generator)
      let g = Matrix.gaussian(rowCount: 1, columnCount: 5, using: &generator)
      let hidden = [Int](repeating: 3, count: depth - 1)
      var result = Measurement()
      let formula = Self.velocity(w, g, depth: depth)
      let equation = try EndToEndVelocity(depth: depth).velocity(at: w, gradient: g)
      let network = try LinearNetwork.balanced(endToEnd: w, hiddenWidths: hidden)
      let layers = SingularValueEquation.endToEndVelocity(layers: network.layers, gradient: g)
      result.formula = (formula - equation).frobeniusNorm / equation.frobeniusNorm
      result.layers = (formula - layers).frobeniusNorm / layers.frobeniusNorm
      func along(_ matrix: Matrix) -> Matrix { (matrix.inner(w) / w.inner(w)) * w }
      let gain = along(layers).frobeniusNorm / along(g).frobeniusNorm
      let across = (layers - along(layers)).frobeniusNorm / (g - along(g)).frobeniusNorm
      result.factor = abs(gain / across / Double(depth) - 1)

      let objective = try CohenRazin.regression(
        outputs: 1, inputs: 5, teacher: [2], using: &generator)
      let start = (0.3 / w.frobeniusNorm) * w
      let flow = GradientFlow(
        until: 3, steps: .adaptive(relativeTolerance: 1e-12),
        recording: .at(.spaced(from: 0, to: 3, count: 31), of: [.endToEnd]))
      let ofFormula = flow.run(
        MatrixFlow(from: start) {
          Self.velocity($0, objective.gradient(at: $0), depth: depth)
        }
      ).trajectory
      let ofLayers = flow.run(
        objective, from: try .balanced(endToEnd: start, hiddenWidths: hidden)
      ).trajectory
      result.run = zip(ofFormula.snapshots, ofLayers.snapshots).map {
        ($0.endToEnd! - $1.endToEnd!).frobeniusNorm / $1.endToEnd!.frobeniusNorm
      }.max()!
      return result
    }

    /// From the same small start, in the plane.
    private func paths() throws -> Figure {
      let objective = FactorizationObjective(Matrix(rows: [[1, 1]]))
      let start = Matrix(rows: [[0.15, 0]])
      let series = try (1...4).map { depth in
        let run = GradientFlow(
          until: 60, steps: .adaptive(relativeTolerance: 1e-9), targetLoss: 1e-6,
          recording: .at((0...200).map { 60 * Double.pow(Double($0) / 200, 3) }, of: [.endToEnd])
        ).run(
          objective,
          from: try .balanced(endToEnd: start, hiddenWidths: [Int](repeating: 1, count: depth - 1))
        ).trajectory
        return Series(
          depth == 1 ? "1 layer" : "\(depth) layers", x: run.snapshots.map { $0.endToEnd![0, 0] },
          y: run.snapshots.map { $0.endToEnd![0, 1] }, color: .palette(depth - 1))
      }
      return Figure(
        title: "Paths of w = (w₁, w₂) from (0.15, 0) to (1, 1)",
        caption:
          "One layer goes straight. Deeper networks first move on in the direction of the start, where they are faster.",
        .lines(
          LinePlot(
            horizontal: Axis("w₁", lower: 0, upper: 1.2), vertical: Axis("w₂", lower: 0),
            series: series
              + [
                Series(
                  "start and target", x: [0.15, 1], y: [0, 1], style: .points, color: .muted)
              ])))
    }
  }
}
