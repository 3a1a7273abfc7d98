import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The speeds of singular values along a run.
  struct Theorem3: Experiment {
    let item = Item(
      id: "cohen-razin-theorem-3", paper: .cohenRazin,
      title: "Theorem 3: how singular values move",
      shows: """
        Along runs of balanced layers each singular value moves at the speed of the equation: large \
        ones fast, small ones hardly, the more so the deeper the network.
        """,
      seconds: 0.8,
      snippet: """
        let objective = FactorizationObjective(Matrix(rows: [[2, 0.3], [0, 1]]))
        let network = try LinearNetwork.balanced(
          endToEnd: Matrix(rows: [[0.3, 0.1], [-0.1, 0.2]]), hiddenWidths: [2, 2])
        let gradient = objective.gradient(at: network.endToEnd())
        print(try SingularValueEquation.residual(layers: network.layers, gradient: gradient))
        """)

    private let depths = [2, 3, 4]
    var tolerance = 1e-13
    private let centers = [Double].spaced(from: 0.1, to: 4, count: 40)
    private let steps = [0.004, 0.002, 0.001]

    private struct Measurement {
      var residual = 0.0
      var differences = [0.0, 0, 0]
      var unbalanced = 0.0
      /// Per center: the values, their speeds as the equation has them and as a difference quotient.
      var course: [(values: [Double], equation: [Double], quotient: [Double])] = []
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-14...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try depths.map { depth in
          try conditions.report(0)
          return try measure(depth, using: &generator)
        }
      }
      let all = measured.flatMap { $0 }
      let orders = all.map { CohenRazin.growthOrder(of: $0.differences, in: steps) }
      return Findings(
        summary: [
          Fact("largest residual of the equation", .number(all.map(\.residual).max()!)),
          Fact("order of the difference quotients", .number(orders.median)),
        ],
        settings: [
          Fact("shape of W", "3×4"), Fact("depths", "2, 3, 4"),
          Fact("start", "balanced, singular values 0.4, 0.3, 0.2, random vectors"),
          Fact("target", "singular values 2, 1.2, 0.5"),
          Fact("times", "40 from 0.1 to 4"),
          Fact("steps of the difference quotients", "0.004, 0.002, 0.001"),
          Fact("relative tolerance of the flow", .number(tolerance)),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          // Rounding of singular vectors, divided by the gaps between the values.
          Claim(
            "largest difference of ⟨dW/dt, uᵣvᵣᵀ⟩ and the equation, relative to the largest speed",
            source: "Theorem 3", .atMost, expected: 1e-8, measured: all.map(\.residual).max()!),
          // A central difference errs by O(h²); where two values come close their vectors turn fast, so that
          // some runs have not reached the order yet.
          Claim(
            "order in h of the error of a central difference of σ_r, median over the runs",
            source: "Theorem 3", expected: 2, measured: orders.median, tolerance: 0.1),
          Claim(
            "error of the central difference at the smallest h, median, relative", .atMost,
            expected: 1e-3, measured: all.map { $0.differences.last! }.median),
          Claim(
            "layers changed by a random tenth: least error of the equation",
            source: "Assumption 1", .atLeast, expected: 1e-4,
            measured: all.map(\.unbalanced).min()!),
        ],
        sections: [
          Section(
            heading: "Speeds along a run",
            blocks: [
              .figure(speeds(3, measured[0][1])),
              .row([speeds(2, measured[0][0]), speeds(4, measured[0][2])]),
              .figure(
                Figure(
                  title: "Error of difference quotients",
                  caption:
                    "Central differences of the singular values with step h against the equation, median over the problems.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("h", .logarithmic),
                      vertical: Axis("error relative to the largest speed", .logarithmic),
                      series: depths.enumerated().map { place, depth in
                        Series(
                          "\(depth) layers", x: steps,
                          y: steps.indices.map { k in
                            measured.map { $0[place].differences[k] }.median
                          }, style: .connectedPoints, color: .palette(place))
                      })))),
            ])
        ])
    }

    private func measure(
      _ depth: Int, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let objective = try CohenRazin.regression(
        outputs: 3, inputs: 4, teacher: [2, 1.2, 0.5], using: &generator)
      let network = try LinearNetwork.balanced(
        endToEnd: .random(
          singularValues: [0.4, 0.3, 0.2], rowCount: 3, columnCount: 4, using: &generator),
        hiddenWidths: [Int](repeating: 3, count: depth - 1))
      // Around each center, from −h to h for all steps.
      let offsets = steps.map { -$0 } + [0] + steps.reversed()
      let points = GradientFlow(
        until: centers.last! + 0.01, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(
          centers.flatMap { center in offsets.map { center + $0 } }, of: [.endToEnd, .layers])
      ).run(objective, from: network).trajectory.snapshots
      var result = Measurement()
      var errors = [0.0, 0, 0]
      var scale = 0.0
      for (number, _) in centers.enumerated() {
        let around = points[number * offsets.count..<(number + 1) * offsets.count]
        let course = try AnalyticDecomposition.along(around.map { $0.endToEnd! })
        let layers = around[around.startIndex + steps.count].layers!
        let gradient = objective.gradient(at: course[steps.count].reconstructed)
        let equation = SingularValueEquation.speeds(
          of: course[steps.count], gradient: gradient, depth: depth)
        result.residual = max(
          result.residual, try SingularValueEquation.residual(layers: layers, gradient: gradient))
        scale = max(scale, equation.map(abs).max()!)
        for k in steps.indices {
          let quotient = zip(course[offsets.count - 1 - k].values, course[k].values).map {
            ($0 - $1) / (2 * steps[k])
          }
          errors[k] = max(errors[k], zip(quotient, equation).map { abs($0 - $1) }.max()!)
          if k == steps.count - 1 {
            result.course.append((course[steps.count].values, equation, quotient))
          }
        }
      }
      result.differences = errors.map { $0 / scale }
      let middle = points[centers.count / 4 * offsets.count + steps.count]
      let changed = middle.layers!.map { layer in
        let part = Matrix.gaussian(
          rowCount: layer.rowCount, columnCount: layer.columnCount, using: &generator)
        return layer + (0.1 * layer.frobeniusNorm / part.frobeniusNorm) * part
      }
      result.unbalanced = try SingularValueEquation.residual(
        layers: changed,
        gradient: objective.gradient(at: try LinearNetwork(layers: changed).endToEnd()))
      return result
    }

    private func speeds(_ depth: Int, _ one: Measurement) -> Figure {
      Figure(
        title: "Speeds of the singular values, \(depth) layers",
        caption: "Lines: the equation. Points: difference quotients of the run.",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("speed dσ/dt"),
            series: (0..<3).flatMap { r in
              [
                Series(
                  ["σ₁", "σ₂", "σ₃"][r], x: centers, y: one.course.map { $0.equation[r] },
                  color: .palette(r)),
                Series(
                  ["σ₁", "σ₂", "σ₃"][r] + ", quotient", x: centers,
                  y: one.course.map { $0.quotient[r] },
                  style: .points, color: .palette(r)),
              ]
            })))
    }
  }
}

extension AnalyticDecomposition {
  /// The matrix it decomposes.
  fileprivate var reconstructed: Matrix {
    leftVectors.scalingColumns(by: values).timesTransposed(rightVectors)
  }
}
