import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The preconditioner of the end-to-end dynamics: eigenvalues and eigenvectors along a run.
  struct Corollary1: Experiment {
    let item = Item(
      id: "cohen-razin-corollary-1", paper: .cohenRazin,
      title: "Corollary 1: the preconditioner of a linear network",
      shows: """
        Depth multiplies the gradient by a positive semidefinite matrix whose eigenvectors are outer \
        products of singular vectors: what has been learned makes it easier to move along it.
        """,
      seconds: 0.6, corrections: ["Corollary 1, (6)"],
      snippet: """
        let preconditioner = try EndToEndPreconditioner(
          at: Matrix(rows: [[2, 0, 0], [0, 0.1, 0]]), depth: 3)
        print(preconditioner.eigenvalues)
        """)

    private let depths = [2, 3, 4]
    var tolerance = 1e-12
    private let times = [Double].spaced(from: 0, to: 6, count: 61)

    private struct Measurement {
      var eigenvalues = 0.0
      var eigenvectors = 0.0
      var smallest = 0.0
      var asymmetry = 0.0
      var printed = Double.infinity
      var derivative: [Double] = []
    }

    /// Steps of the central difference for d/dt vec W.
    private let differences = [4e-2, 2e-2, 1e-2]

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-14...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try depths.map { try measure($0, using: &generator) }
      }.flatMap { $0 }
      let orders = measured.map { CohenRazin.growthOrder(of: $0.derivative, in: differences) }
      return Findings(
        summary: [
          Fact("largest error of an eigenvalue", .number(measured.map(\.eigenvalues).max()!)),
          Fact(
            "the printed (6) misses by at least", .number(measured.map(\.printed).min()!),
            note: "relative to vec W"),
        ],
        settings: [
          Fact("shape of W", "2×3"), Fact("depths", "2, 3, 4"), Fact("hidden widths", "3"),
          Fact("start", "balanced, Gaussian product of standard deviation 0.1"),
          Fact("relative tolerance of the flow", .number(tolerance)),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          // The map is made from the layers by the product rule, which knows nothing of singular vectors.
          Claim(
            "largest error of the eigenvalues, relative to the largest", source: "Corollary 1",
            .atMost, expected: 1e4 * tolerance, measured: measured.map(\.eigenvalues).max()!),
          Claim(
            "largest residual of vec(uᵣvₛᵀ) as an eigenvector, relative", source: "Corollary 1",
            .atMost, expected: 1e4 * tolerance, measured: measured.map(\.eigenvectors).max()!),
          Claim(
            "largest asymmetry of the map, relative", source: "Corollary 1", .atMost,
            expected: 1e4 * tolerance, measured: measured.map(\.asymmetry).max()!),
          Claim(
            "largest error of λ_min = σ_min^{2−2/n} for W that is not square",
            source: "proof of Theorem 2", .atMost, expected: 1e4 * tolerance,
            measured: measured.map(\.smallest).max()!),
          // A central difference of step h errs by O(h²).
          Claim(
            "(6) with d/dt: order in h of a central difference's error, the one farthest from 2",
            source: "(6), corrected", expected: 2,
            measured: orders.max { abs($0 - 2) < abs($1 - 2) }!, tolerance: 0.1),
          Claim(
            "(6) as printed: least distance of vec W from −P vec ∇ℓ, relative to vec W",
            source: "(6), printed", .atLeast, expected: 0.1,
            measured: measured.map(\.printed).min()!, refutes: true),
        ],
        notices: [
          Notice(
            .caution,
            "(6) is printed as vec W = −P vec ∇ℓ. The left side is the derivative of vec W: with it the equation holds, without it the two sides are unrelated."
          )
        ],
        sections: [
          Section(
            heading: "Eigenvalues along a run",
            prose:
              "The gradient is multiplied by one number in each of the directions uᵣvₛᵀ. Near zero all of them are small, and deeper networks hardly move; as a singular value grows, the directions along its vectors open up.",
            blocks: [.row(try [2, 4].map { try figure($0, conditions) })])
        ])
    }

    private func problem(
      _ depth: Int, using generator: inout SeededGenerator
    ) throws -> (RegressionObjective, LinearNetwork) {
      let objective = try CohenRazin.regression(
        outputs: 2, inputs: 3, teacher: [2, 1], using: &generator)
      let start = Matrix.random(
        singularValues: [0.3, 0.15], rowCount: 2, columnCount: 3, using: &generator)
      return (
        objective,
        try .balanced(endToEnd: start, hiddenWidths: [Int](repeating: 3, count: depth - 1))
      )
    }

    private func flow(_ times: [Double]) -> GradientFlow {
      GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.endToEnd, .layers]))
    }

    private func measure(
      _ depth: Int, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let (objective, network) = try problem(depth, using: &generator)
      var result = Measurement()
      for point in flow(times).run(objective, from: network).trajectory.snapshots {
        let (endToEnd, layers) = (point.endToEnd!, point.layers!)
        let preconditioner = try EndToEndPreconditioner(at: endToEnd, depth: depth)
        let map = mapOfLayers(layers, of: endToEnd)
        let scale = preconditioner.eigenvalues[0]
        result.asymmetry = max(result.asymmetry, (map - map.transposed()).maxAbsolute / scale)
        let eigenvalues = try map.symmetrized().symmetricEigenvalues()
        for (found, expected) in zip(eigenvalues, preconditioner.eigenvalues) {
          result.eigenvalues = max(result.eigenvalues, abs(found - expected) / scale)
        }
        let least = Double.pow(try endToEnd.singularValues().last!, 2 - 2 / Double(depth))
        result.smallest = max(result.smallest, abs(eigenvalues.last! - least) / scale)
        for r in 0..<2 {
          for s in 0..<3 {
            let vector = columns(preconditioner.eigenvector(left: r, right: s))
            let image = map * vector
            let value = preconditioner.eigenvalue(left: r, right: s)
            let error = zip(image, vector).map { abs($0 - value * $1) }.max()! / scale
            result.eigenvectors = max(result.eigenvectors, error)
          }
        }
        let right = -preconditioner.apply(to: objective.gradient(at: endToEnd))
        result.printed = min(
          result.printed, (endToEnd - right).frobeniusNorm / endToEnd.frobeniusNorm)
      }
      result.derivative = try derivativeErrors(objective, network)
      return result
    }

    /// How far a central difference of W at one time is from −P ∇ℓ, for each step.
    private func derivativeErrors(
      _ objective: RegressionObjective, _ network: LinearNetwork
    ) throws -> [Double] {
      let time = 1.0
      let around = differences.map { time - $0 } + [time] + differences.reversed().map { time + $0 }
      let points = flow(around).run(objective, from: network).trajectory.snapshots
        .map { $0.endToEnd! }
      let middle = points[differences.count]
      let equation =
        -(try EndToEndPreconditioner(at: middle, depth: network.depth)
        .apply(to: objective.gradient(at: middle)))
      return differences.indices.map { k in
        let difference = points[points.count - 1 - k] - points[k]
        return (difference / (2 * differences[k]) - equation).frobeniusNorm
          / equation.frobeniusNorm
      }
    }

    /// G ↦ −dW/dt as a matrix that acts on the columns of G under one another, from the layers alone.
    private func mapOfLayers(_ layers: [Matrix], of endToEnd: Matrix) -> Matrix {
      let (rows, columnCount) = (endToEnd.rowCount, endToEnd.columnCount)
      return Matrix(
        rows: (0..<columnCount).flatMap { column in
          (0..<rows).map { row in
            var unit = Matrix(rowCount: rows, columnCount: columnCount)
            unit[row, column] = 1
            let velocity = SingularValueEquation.endToEndVelocity(layers: layers, gradient: unit)
            return columns(velocity).map { -$0 }
          }
        }
      ).transposed()
    }

    private func columns(_ matrix: Matrix) -> [Double] { matrix.transposed().elements }

    private func figure(_ depth: Int, _ conditions: Conditions) throws -> Figure {
      var generator = conditions.generator(0)
      let (objective, network) = try problem(depth, using: &generator)
      let preconditioners = try flow(times).run(objective, from: network).trajectory.snapshots
        .map { try EndToEndPreconditioner(at: $0.endToEnd!, depth: depth) }
      return Figure(
        title: "\(depth) layers",
        caption:
          "Eigenvalues of the preconditioner; v₃ spans the kernel of W. Training learns the first singular value, then the second.",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("eigenvalue", .logarithmic),
            series: [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2)].enumerated().map { place, pair in
              let (r, s) = pair
              // Exchanging the two values leaves the eigenvalue as it is.
              let name = r == s || s == 2 ? "" : " and u_{\(s + 1)} v_{\(r + 1)}ᵀ"
              return Series(
                "u_{\(r + 1)} v_{\(s + 1)}ᵀ" + name, x: times,
                y: preconditioners.map { $0.eigenvalue(left: r, right: s) },
                style: s == 2 ? .dashed : .solid, color: .palette(s == 2 ? 2 * r : place))
            })))
    }
  }
}
