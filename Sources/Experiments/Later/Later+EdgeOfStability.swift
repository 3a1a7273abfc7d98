import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// The curvature at balanced minima, and the step at which descent leaves them.
  struct EdgeOfStability: Experiment {
    let item = Item(
      id: "later-edge-of-stability", paper: .later,
      title: "Edge of stability: the sharpness N s₁^{2−2/N} of balanced minima",
      shows: """
        At a balanced minimum of ½‖Y − W_N ⋯ W_1‖² the largest curvature is N s₁^{2−2/N}; descent stays there up to a \
        step of two over it, and not beyond.
        """,
      seconds: 0.4,
      snippet: """
        let target = Matrix.diagonal([2, 1])
        let network = try LinearNetwork.balanced(endToEnd: target, hiddenWidths: [2, 2])
        for step in [0.26, 0.27] {  // 2/(3·2^(4/3)) = 0.2646
          var start = network
          start.layers[0] *= 1 + 1e-6
          let run = Descent(stepSize: step, stepLimit: 300).run(FactorizationObjective(target), from: start)
          print(step, run.losses.last!)
        }
        """,
      citation: """
        Avrajit Ghosh and others. Learning Dynamics of Deep Matrix Factorization Beyond the Edge of Stability. ICLR 2025. \
        https://arxiv.org/abs/2502.20531
        """)

    private let depths = [2, 3, 4]

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 3 : 10
      let runs = try conditions.repetitions(count) { _, generator in
        try depths.map { try Run($0, using: &generator) }
      }
      let all = runs.flatMap(\.self)
      return Findings(
        summary: [
          Fact("largest relative error of N s₁^{2−2/N}", .number(all.map(\.error).max()!)),
          Fact("step times sharpness at the edge", .number(all.map(\.edge).median)),
        ],
        settings: [
          Fact("Y", "4 × 3, largest singular value 1.5 to 2.5"), Fact("depths", "2, 3, 4"),
          Fact("hidden widths", "4"), Fact("targets", .number(Double(count))),
          Fact(
            "sharpness",
            "largest eigenvalue of the Hessian, column by column from the library's products"),
          Fact("edge", "bisection: a gap of 1e-7 grows or shrinks within 400 steps"),
        ],
        claims: [
          // The Hessian at a minimum is JᵀJ; an eigenvalue of a matrix of order 40 to 64 to rounding.
          Claim(
            "sharpness at the balanced minimum over N s₁^{2−2/N}, less 1: largest, all depths",
            source: "Ghosh and others", .atMost, expected: 1e-10, measured: all.map(\.error).max()!),
          Claim(
            "the same for minima out of balance by a factor of two: least sharpness over N s₁^{2−2/N}",
            source: "balanced minima are the flattest", .atLeast, expected: 1,
            measured: all.map(\.unbalanced).min()!, tolerance: 1e-10),
          // 400 steps tell a multiplier of 1 + 1e-2 from one; the gap stays so small that curvature does not change.
          Claim(
            "step at which descent leaves the minimum, times the sharpness: the one farthest from 2",
            source: "the edge of stability", expected: 2,
            measured: all.map(\.edge).max { abs($0 - 2) < abs($1 - 2) }!, tolerance: 0.02),
        ],
        sections: [Section(heading: "Across the edge", blocks: [.figure(figure(runs[0]))])])
    }

    private struct Run {
      var depth: Int
      var error: Double
      var unbalanced: Double
      var edge: Double
      var steps: [Double] = []
      var growth: [Double] = []

      init(_ depth: Int, using generator: inout SeededGenerator) throws {
        self.depth = depth
        let first = 1.5 + generator.nextUniform()
        let target = Matrix.random(
          singularValues: [first, 0.6 * first, 0.3 * first], rowCount: 4, columnCount: 3,
          using: &generator)
        let network = try LinearNetwork.balanced(
          endToEnd: target, hiddenWidths: [Int](repeating: 4, count: depth - 1))
        let objective = FactorizationObjective(target)
        let n = Double(depth)
        let predicted = n * .pow(first, 2 - 2 / n)
        let sharpness = try Self.sharpness(objective, network)
        error = abs(sharpness.value / predicted - 1)
        var uneven = network
        uneven.layers[0] *= 2
        uneven.layers[1] /= 2
        unbalanced = try Self.sharpness(objective, uneven).value / predicted
        // A small push along the sharpest direction.
        var start = network
        for j in start.layers.indices { start.layers[j] += 1e-7 * sharpness.direction[j] }
        func grows(_ product: Double) -> Double {
          let run = Descent(stepSize: product / predicted, stepLimit: 400).run(
            objective, from: start)
          return (run.losses.last! / objective.value(at: start.endToEnd())).squareRoot()
        }
        var (low, high) = (1.5, 2.5)
        for _ in 0..<16 {
          let middle = (low + high) / 2
          if grows(middle) > 1 { high = middle } else { low = middle }
        }
        edge = (low + high) / 2
        steps = (0...16).map { 1.8 + 0.025 * Double($0) }
        growth = steps.map { min(max(grows($0), 1e-12), 1e8) }
      }

      /// The largest eigenvalue of the Hessian over all layers and its direction.
      private static func sharpness(
        _ objective: FactorizationObjective, _ network: LinearNetwork
      ) throws -> (value: Double, direction: [Matrix]) {
        var loss = EndToEndLoss(objective, widths: network.widths)
        _ = loss.value(at: network)
        let counts = network.layers.map(\.count)
        let total = counts.reduce(0, +)
        func layers(_ elements: [Double]) -> [Matrix] {
          var place = 0
          return network.layers.map { layer in
            defer { place += layer.count }
            return Matrix(
              rowCount: layer.rowCount, columnCount: layer.columnCount,
              elements: Array(elements[place..<place + layer.count]))
          }
        }
        var hessian = Matrix.zeros(total, total)
        for column in 0..<total {
          var unit = [Double](repeating: 0, count: total)
          unit[column] = 1
          let direction = layers(unit)
          var result = direction
          loss.curvature(at: network, along: direction, into: &result)
          for (row, value) in result.flatMap(\.elements).enumerated() {
            hessian[row, column] = value
          }
        }
        let eigen = try SymmetricEigendecomposition(of: hessian.symmetrized())
        return (eigen.eigenvalues[0], layers(eigen.eigenvectors.column(0)))
      }
    }

    private func figure(_ runs: [Run]) -> Figure {
      Figure(
        title: "Growth of a small gap in 400 steps",
        caption:
          "Against the step times the predicted sharpness: at 2 shrinking turns into growth, at every depth.",
        .lines(
          LinePlot(
            horizontal: Axis("η · N s₁^{2−2/N}"),
            vertical: Axis("gap after 400 steps over the first", .logarithmic),
            series: runs.map { run in
              Series("\(run.depth) layers", x: run.steps, y: run.growth, style: .connectedPoints)
            }, markers: [Marker(.vertical, at: 2, label: "2")])))
    }
  }
}
