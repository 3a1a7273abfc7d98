import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Cohen2019 {
  /// The speeds of the singular values against the flow itself.
  struct SingularValues: Experiment {
    let item = Item(
      id: "cohen-singular-values", paper: .cohen2019,
      title: "Dynamics of singular values",
      shows: """
        Each singular value moves by N(σ²)^{1−1/N} times the slope of the loss along its component; with depth it \
        never changes its sign, and without depth it does.
        """,
      seconds: 0.3, corrections: ["singular value dynamics"],
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let target = Matrix.gaussian(rowCount: 4, columnCount: 4, using: &generator)
        let start = try LinearNetwork.balanced(
          endToEnd: 0.5 * Matrix.gaussian(rowCount: 4, columnCount: 4, using: &generator),
          hiddenWidths: [4, 4])
        let gradient = FactorizationObjective(target).gradient(at: start.endToEnd())
        print(try SingularValueEquation.residual(layers: start.layers, gradient: gradient))
        """)

    private let depths = [1, 2, 3, 4]
    var tolerance = 1e-12
    var width = 4

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("width", .count(\.width, 4...20), "of every layer"),
        Adjustable("tolerance", .number(\.tolerance, 1e-13...1e-6), "relative, of the flow"),
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let pointCount = conditions.isQuick ? 10 : 40
      let measured = try conditions.repetitions(5) { _, generator in
        let start = Matrix.random(
          singularValues: [0.9, 0.6, 0.4, 0.2], rowCount: width, columnCount: width,
          using: &generator)
        let target = Matrix.random(
          singularValues: [3, 2, 1.2, 0.5], rowCount: width, columnCount: width,
          using: &generator)
        return try depths.map {
          try compare(FactorizationObjective(target), start, depth: $0, pointCount: pointCount)
        }
      }
      let crossing = try depths.map { try crossingRun(depth: $0) }
      // A central difference over ±h misses by h²/6 of a third derivative of order 10³ and by the integration's
      // 1e-12 over h; both are below 1e-6 of the largest speed for h = 1e-5.
      let byDepth: [Claim] = depths.indices.map { index in
        Claim(
          "depth \(depths[index]): largest error of dσ/dt, relative to the largest speed, 5 runs",
          source: "theorem on singular values, with (σ²)^{1−1/N}", .atMost, expected: 1e-6,
          measured: measured.map { $0[index].error }.max()!)
      }
      return Findings(
        summary: depths.indices.map { index in
          Fact(
            "relative error, depth \(depths[index])",
            .number(measured.map { $0[index].error }.max()!))
        },
        settings: [
          Fact("problem", "½‖Y − W‖², 4×4, σ(Y) = 3, 2, 1.2, 0.5, σ(W(0)) = 0.9, 0.6, 0.4, 0.2"),
          Fact("relative tolerance of the flow", .number(tolerance)), Fact("h", 1e-5),
          Fact("repetitions", "5 pairs of singular bases"),
        ],
        claims: byDepth + [
          Claim(
            "depth 2, one value taken as negative: error of the corrected form",
            source: "singular value dynamics, corrected", .atMost, expected: 1e-6,
            measured: measured.map { $0[1].negativeError }.max()!),
          Claim(
            "depth 2, the same: relative error of that value's speed with σ^{2−2/N}",
            source: "singular value dynamics, as printed: the sign is wrong", expected: 2,
            measured: measured.map { $0[1].printedError }.min()!, tolerance: 1e-5, refutes: true),
          Claim(
            "depth 1: signed value after passing zero", source: "the factor is one at σ = 0",
            expected: -1, measured: crossing[0].last!.value, tolerance: 1e-6),
          Claim(
            "depths 2 to 4 towards the same target: smallest signed value",
            source: "the factor vanishes at σ = 0", .atLeast, expected: 0,
            measured: crossing.dropFirst().joined().map(\.value).min()!),
        ],
        notices: [
          Notice(
            .caution,
            """
            The slides print the factor σ^{2−2/N}. Analytic singular values may be negative; then it has the wrong sign \
            for two layers and is no real number for four. (σ²)^{1−1/N} is right throughout.
            """)
        ],
        sections: [
          Section(
            heading: "Along the flow",
            blocks: [.figure(speeds(measured[0])), .figure(crossings(crossing))])
        ])
    }

    private struct Comparison {
      /// The largest difference of derivatives, relative to the largest speed.
      var error: Double
      /// The same with one value taken as negative.
      var negativeError: Double
      /// |printed − measured|/|measured| of the speed of that value.
      var printedError: Double
      /// By the equation and by differences, of every value at every time.
      var pairs: [(equation: Double, difference: Double)]
    }

    private func compare(
      _ objective: FactorizationObjective, _ start: Matrix, depth: Int, pointCount: Int
    ) throws -> Comparison {
      let h = 1e-5
      let end = 1.0
      let middles = (1...pointCount).map { end * Double($0) / Double(pointCount) }
      let flow = GradientFlow(
        until: end + 2 * h, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(middles.flatMap { [$0 - h, $0, $0 + h] }, of: [.endToEnd])
      ).run(objective, from: try network(start, depth))
      let matrices = flow.trajectory.snapshots.compactMap(\.endToEnd)
      var result = Comparison(error: 0, negativeError: 0, printedError: .infinity, pairs: [])
      var largest = 0.0
      var differences: [Double] = []
      for place in middles.indices {
        let triple = try AnalyticDecomposition.along(Array(matrices[3 * place..<3 * place + 3]))
        let gradient = objective.gradient(at: matrices[3 * place + 1])
        let speeds = SingularValueEquation.speeds(
          of: triple[1], gradient: gradient, depth: depth)
        for r in speeds.indices {
          let difference = (triple[2].values[r] - triple[0].values[r]) / (2 * h)
          result.pairs.append((speeds[r], difference))
          differences.append(abs(speeds[r] - difference))
          largest = max(largest, abs(difference))
        }
      }
      result.error = differences.max()! / largest
      // The curve begun at a matrix with the first value's sign changed continues with that value negative.
      let decomposition = try SingularValueDecomposition(of: matrices[1])
      var signed = decomposition.singularValues
      signed[0] = -signed[0]
      let flipped =
        decomposition.leftVectors.scalingColumns(by: signed) * decomposition.rightVectorsTransposed
      let path = try AnalyticDecomposition.along([flipped] + matrices[0..<3])
      let gradient = objective.gradient(at: matrices[1])
      let speeds = SingularValueEquation.speeds(of: path[2], gradient: gradient, depth: depth)
      let negative = path[2].values.indices.first { path[2].values[$0] < 0 }!
      let difference = (path[3].values[negative] - path[1].values[negative]) / (2 * h)
      result.negativeError = abs(speeds[negative] - difference) / largest
      if depth == 2 {
        // σ^{2−2/2} = σ in place of |σ|.
        let printed = speeds[negative] * path[2].values[negative] / abs(path[2].values[negative])
        result.printedError = abs(printed / difference - 1)
      }
      return result
    }

    private func network(_ start: Matrix, _ depth: Int) throws -> LinearNetwork {
      try .balanced(
        endToEnd: start, hiddenWidths: [Int](repeating: start.rowCount, count: depth - 1))
    }

    /// The signed second value of diag(1, ½) on its way to diag(2, −1).
    private func crossingRun(depth: Int) throws -> [(time: Double, value: Double)] {
      let objective = FactorizationObjective(.diagonal([2, -1]))
      let times = (0...200).map { Double($0) / 10 }
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at(times, of: [.endToEnd])
      ).run(objective, from: try network(.diagonal([1, 0.5]), depth))
      let path = try AnalyticDecomposition.along(flow.trajectory)
      return zip(times, path).map { ($0, $1.values[1]) }
    }

    private func speeds(_ runs: [Comparison]) -> Figure {
      let all = runs.flatMap(\.pairs).map(\.difference)
      return Figure(
        title: "Speeds by the equation and by differences of the flow",
        caption:
          "Every singular value at every time of the first runs: all points lie on the diagonal.",
        .lines(
          LinePlot(
            horizontal: Axis("difference quotient of σ"), vertical: Axis("N(σ²)^{1−1/N}⟨−∇ℓ, uvᵀ⟩"),
            series: [
              Series(
                "equal", x: [all.min()!, all.max()!], y: [all.min()!, all.max()!], style: .dotted,
                color: .muted)
            ]
              + zip(depths, runs).map { depth, run in
                Series(
                  "depth \(depth)", x: run.pairs.map(\.difference), y: run.pairs.map(\.equation),
                  style: .points)
              })))
    }

    private func crossings(_ runs: [[(time: Double, value: Double)]]) -> Figure {
      Figure(
        title: "A target of the other sign",
        caption:
          "The signed value starts at ½ and is drawn to −1. One layer passes zero; with depth it is held up there.",
        .lines(
          LinePlot(
            horizontal: Axis("time", lower: 0, upper: 10), vertical: Axis("signed singular value"),
            series: zip(depths, runs).map { depth, run in
              Series("depth \(depth)", x: run.map(\.time), y: run.map(\.value))
            }, markers: [Marker(.horizontal, at: 0, label: "zero")])))
    }
  }
}
