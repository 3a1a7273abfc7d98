import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Later {
  /// Weight decay on the layers is a Schatten 2/N penalty on their product.
  struct WeightDecay: Experiment {
    let item = Item(
      id: "later-weight-decay", paper: .later,
      title: "Weight decay on N layers is a Schatten 2/N penalty",
      shows: """
        Layers trained on ½‖Y − W‖² + (μ/2)Σ‖W_j‖² end where (μN/2)‖W‖_{2/N}^{2/N} is the penalty: each singular value \
        solves a scalar problem, for two layers it is y − μ.
        """,
      seconds: 0.3,
      snippet: """
        // Two scalar layers, y = 2, μ = 0.5: the end is 1.5.
        let flow = MatrixFlow(from: Matrix(rows: [[0.3, 0.8]])) { s in
          let r = 2 - s[0, 0] * s[0, 1]
          return Matrix(rows: [[r * s[0, 1] - 0.5 * s[0, 0], r * s[0, 0] - 0.5 * s[0, 1]]])
        }
        let end = GradientFlow(until: 40).run(flow).finalNetwork.endToEnd()
        print(end[0, 0] * end[0, 1])
        """,
      citation: """
        Fanhua Shang and others. Unified Scalable Equivalent Formulations for Schatten Quasi-Norms. 2016. \
        https://arxiv.org/abs/1606.00668. Zhen Dai, Mina Karzand, Nathan Srebro. Representation Costs of Linear Neural \
        Networks. NeurIPS 2021
        """)

    private let depths = [2, 3, 4]
    private let targets = [2.5, 1.6, 1.0]
    var penalty = 0.15

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("penalty", .number(\.penalty, 0.01...0.2), "μ")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 3 : 10
      let runs = try conditions.repetitions(count) { _, generator in
        try depths.map { try Run($0, targets, penalty, using: &generator) }
      }
      let all = runs.flatMap(\.self)
      var claims = depths.indices.map { index in
        Claim(
          "depth \(depths[index]): largest distance of a singular value from its scalar problem's minimum (y − s)²/2 + (μN/2)s^{2/N}",
          source: "penalty (μN/2)‖W‖_{2/N}^{2/N}", .atMost, expected: 1e-7,
          measured: runs.map { $0[index].error }.max()!)
      }
      claims += [
        Claim(
          "Σ‖W_j‖² at the end over N Σ s^{2/N}, less 1: largest",
          source: "the least sum for the product", .atMost, expected: 1e-7,
          measured: all.map(\.excess).max()!),
        // Weight decay alone moves the imbalance by e^{−2μt}.
        Claim(
          "imbalance at the end over that at the start, largest", source: "decays like e^{−2μt}",
          .atMost, expected: 1e-6, measured: all.map(\.imbalance).max()!),
      ]
      return Findings(
        summary: zip(depths, runs[0]).map { depth, run in
          let words = run.values.map { value -> String in "\((1e4 * value).rounded() / 1e4)" }
          return Fact("singular values, depth \(depth)", .text(words.joined(separator: ", ")))
        },
        settings: [
          Fact("Y", "4 × 3, singular values 2.5, 1.6, 1"), Fact("μ", .number(penalty)),
          Fact("start", "Gaussian layers, unbalanced"), Fact("starts", .number(Double(count))),
          Fact("end", "relative speeds below 1e-11"),
        ],
        claims: claims,
        sections: [Section(heading: "Shrinkage", blocks: [.figure(figure())])])
    }

    /// The positive minimum of (y − s)²/2 + (μN/2)s^{2/N}, by bisection from the right: s − y + μ s^{2/N−1} = 0.
    private static func shrunk(_ y: Double, depth: Int, penalty: Double) -> Double {
      let power = 2 / Double(depth) - 1
      func slope(_ s: Double) -> Double { s - y + penalty * .pow(s, power) }
      // The slope is least where 1 = −μ power s^{power − 1}; the minimum is right of that.
      let least =
        depth == 2 ? 1e-12 : Double.pow(-power * penalty, 1 / (2 - 2 / Double(depth)))
      if slope(least) >= 0 { return 0 }
      var (low, high) = (least, y)
      for _ in 0..<200 {
        let middle = (low + high) / 2
        if slope(middle) < 0 { low = middle } else { high = middle }
      }
      return (low + high) / 2
    }

    private struct Run {
      var values: [Double]
      var error: Double
      var excess: Double
      var imbalance: Double

      init(
        _ depth: Int, _ targets: [Double], _ penalty: Double,
        using generator: inout SeededGenerator
      ) throws {
        let target = Matrix.random(
          singularValues: targets, rowCount: 4, columnCount: 3, using: &generator)
        // Near a balanced factorisation of a third to all of the target, out of balance at random.
        var start = try LinearNetwork.balanced(
          endToEnd: 0.8 * target, hiddenWidths: [Int](repeating: 3, count: depth - 1))
        for j in start.layers.indices {
          let layer = start.layers[j]
          start.layers[j] +=
            0.2
            * .gaussian(rowCount: layer.rowCount, columnCount: layer.columnCount, using: &generator)
        }
        // All layers' elements in one column.
        let shapes = start.layers.map { ($0.rowCount, $0.columnCount) }
        let split: @Sendable (Matrix) -> [Matrix] = { state in
          var place = 0
          return shapes.map { rows, columns in
            defer { place += rows * columns }
            return Matrix(
              rowCount: rows, columnCount: columns,
              elements: Array(state.elements[place..<place + rows * columns]))
          }
        }
        let elements = start.layers.flatMap(\.elements)
        let equation = MatrixFlow(
          from: Matrix(rowCount: elements.count, columnCount: 1, elements: elements)
        ) { state in
          let layers = split(state)
          let product = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
          let gradient = product - target
          let velocity = layers.indices.flatMap { j -> [Double] in
            var change = gradient
            for above in layers[(j + 1)...].reversed() { change = above.transposedTimes(change) }
            for below in layers[..<j] { change = change.timesTransposed(below) }
            return (-1 * change - penalty * layers[j]).elements
          }
          return Matrix(rowCount: velocity.count, columnCount: 1, elements: velocity)
        }
        let end = GradientFlow(
          until: 200, steps: .adaptive(relativeTolerance: 1e-11), restSpeed: 1e-11
        ).run(equation).finalNetwork.endToEnd()
        let layers = split(end)
        let product = layers.dropFirst().reduce(layers[0]) { $1 * $0 }
        let found = try product.singularValues()
        values = found
        error = zip(found, targets).map {
          abs($0 - WeightDecay.shrunk($1, depth: depth, penalty: penalty))
        }.max()!
        let power = 2 / Double(depth)
        excess = abs(
          layers.reduce(0) { $0 + $1.inner($1) }
            / (Double(depth) * found.reduce(0) { $0 + .pow($1, power) }) - 1)
        func imbalance(_ layers: [Matrix]) -> Double {
          zip(layers, layers.dropFirst()).map { below, above in
            (above.transposedTimes(above) - below.timesTransposed(below)).frobeniusNorm
          }.max()!
        }
        self.imbalance = imbalance(layers) / imbalance(start.layers)
      }
    }

    private func figure() -> Figure {
      let grid = (0...200).map { 3 * Double($0) / 200 }
      return Figure(
        title: "What becomes of a singular value",
        caption:
          "The minimum that training from the right finds, μ = \(penalty): depth shrinks large values less and drops small ones.",
        .lines(
          LinePlot(
            horizontal: Axis("singular value y of Y"),
            vertical: Axis("singular value of W", lower: 0),
            series: depths.map { depth in
              Series(
                "\(depth) layers", x: grid,
                y: grid.map { Self.shrunk($0, depth: depth, penalty: penalty) })
            } + [Series("y", x: grid, y: grid, style: .dotted, color: .muted)])))
    }
  }
}
