import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension CohenRazin {
  /// The end-to-end equation along runs of the layers, balanced and not.
  struct Theorem1: Experiment {
    let item = Item(
      id: "cohen-razin-theorem-1", paper: .cohenRazin,
      title: "Theorem 1: the end-to-end dynamics",
      shows: """
        Balanced layers move their product as an equation in the product alone says, at every moment \
        and for every depth; layers that are not balanced miss it in proportion to their imbalance.
        """,
      seconds: 1,
      snippet: """
        let objective = FactorizationObjective(Matrix(rows: [[2, 0.3], [0, 1]]))
        let start = Matrix(rows: [[0.3, 0.1], [-0.1, 0.2]])
        let network = try LinearNetwork.balanced(endToEnd: start, hiddenWidths: [2, 2])
        let flow = GradientFlow(until: 3, steps: .adaptive(relativeTolerance: 1e-11))
        let layers = flow.run(objective, from: network)
        let product = flow.run(EndToEndFlow(objective, depth: 3, from: start))
        print(
          layers.trajectory.finalNetwork.endToEnd() - product.trajectory.finalNetwork.endToEnd())
        """)

    private let depths = [2, 3, 4]
    var tolerance = 1e-12
    private let times = [Double].spaced(from: 0, to: 5, count: 51)
    /// Sizes of the imbalance put into the layers, relative to them.
    private let imbalances = (0...10).map { Double.exp10(-6 + 0.5 * Double($0)) }

    private struct Measurement {
      var velocity: Double
      var distance: Double
      var ofImbalance: [Double]
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("tolerance", .number(\.tolerance, 1e-14...1e-6), "relative, of the flow")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let repetitions = conditions.isQuick ? 5 : 20
      let measured = try conditions.repetitions(repetitions) { _, generator in
        try depths.map { try measure($0, using: &generator) }
      }
      let all = measured.flatMap { $0 }
      // The order is 1 up to a relative correction of the imbalance over the smallest singular value of a layer,
      // which is tiny in some problems: hence the median.
      let small = imbalances.indices.filter { imbalances[$0] <= 1.1e-4 }
      let orders = all.map { one in
        CohenRazin.growthOrder(
          of: small.map { one.ofImbalance[$0] }, in: small.map { imbalances[$0] })
      }
      let medians = depths.indices.map { depth in
        imbalances.indices.map { k in measured.map { $0[depth].ofImbalance[k] }.median }
      }
      return Findings(
        summary: [
          Fact("largest error of the equation, balanced", .number(all.map(\.velocity).max()!)),
          Fact("largest distance of the two flows", .number(all.map(\.distance).max()!)),
          Fact("order of the error in the imbalance", .number(orders.median)),
        ],
        settings: [
          Fact("widths", "4, 5, …, 5, 3"), Fact("depths", "2, 3, 4"),
          Fact("start", "balanced layers of a Gaussian product of standard deviation 0.2"),
          Fact("end time", .number(times.last!)),
          Fact("relative tolerance of both flows", .number(tolerance)),
          Fact("problems", .number(Double(repetitions))),
        ],
        claims: [
          // Layers stay balanced up to the accumulated local errors of some hundred steps, and the
          // velocity depends on them with a factor of the condition of the fractional powers.
          Claim(
            "balanced: largest error of dW/dt from the layers against the equation, relative",
            source: "Theorem 1", .atMost, expected: 1e4 * tolerance,
            measured: all.map(\.velocity).max()!),
          Claim(
            "balanced: largest distance of the layers' product from the end-to-end flow, relative",
            source: "Theorem 1", .atMost, expected: 1e5 * tolerance,
            measured: all.map(\.distance).max()!),
          Claim(
            "not balanced: order of the error in the imbalance, median over the problems",
            source: "Assumption 1", expected: 1,
            measured: orders.median, tolerance: 0.05),
          Claim(
            "not balanced by a tenth: least error of the equation", .atLeast, expected: 1e-3,
            measured: all.map { $0.ofImbalance.last! }.min()!),
        ],
        notices: [
          Notice(
            .information,
            "The equation is exact for balanced layers only (Assumption 1). It is stable: an imbalance of relative size ε costs an error of order ε, and by Lemma 1 the imbalance never grows."
          )
        ],
        sections: [
          Section(
            heading: "Balanced or not",
            blocks: [
              .figure(
                Figure(
                  title: "Error of the equation against imbalance",
                  caption:
                    "Relative error of dW/dt at one point whose layers were changed by a random part of the given relative size; median over the problems. The dashed line has slope 1.",
                  .lines(
                    LinePlot(
                      horizontal: Axis("relative change of the balanced layers", .logarithmic),
                      vertical: Axis("relative error of the equation", .logarithmic),
                      series: depths.enumerated().map { place, depth in
                        Series(
                          "\(depth) layers", x: imbalances, y: medians[place],
                          style: .connectedPoints, color: .palette(place))
                      } + [
                        Series(
                          "slope 1", x: imbalances, y: imbalances, style: .dashed, color: .muted)
                      ])))),
              .figure(try distances(conditions)),
            ])
        ])
    }

    private func measure(
      _ depth: Int, using generator: inout SeededGenerator
    ) throws -> Measurement {
      let (objective, network) = try problem(depth, using: &generator)
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.endToEnd, .layers]))
      let layers = flow.run(objective, from: network).trajectory.snapshots
      let product = flow.run(
        EndToEndFlow(objective, depth: depth, from: network.endToEnd())
      ).trajectory.snapshots
      let velocity = try layers.map { try error(objective, $0.layers!) }.max()!
      let distance = zip(layers, product).map {
        ($0.endToEnd! - $1.endToEnd!).frobeniusNorm / $0.endToEnd!.frobeniusNorm
      }.max()!
      // The same random direction for every size.
      let direction = layers[25].layers!.map { layer in
        let part = Matrix.gaussian(
          rowCount: layer.rowCount, columnCount: layer.columnCount, using: &generator)
        return (layer.frobeniusNorm / part.frobeniusNorm) * part
      }
      let ofImbalance = try imbalances.map { size in
        try error(objective, zip(layers[25].layers!, direction).map { $0 + size * $1 })
      }
      return Measurement(velocity: velocity, distance: distance, ofImbalance: ofImbalance)
    }

    private func problem(
      _ depth: Int, using generator: inout SeededGenerator
    ) throws -> (RegressionObjective, LinearNetwork) {
      let objective = try CohenRazin.regression(
        outputs: 3, inputs: 4, teacher: [2, 1, 0.5], using: &generator)
      let start = Matrix.gaussian(
        rowCount: 3, columnCount: 4, standardDeviation: 0.2, using: &generator)
      return (
        objective,
        try .balanced(endToEnd: start, hiddenWidths: [Int](repeating: 5, count: depth - 1))
      )
    }

    /// How far the velocity of the product of some layers is from the equation, relatively.
    private func error(_ objective: RegressionObjective, _ layers: [Matrix]) throws -> Double {
      let endToEnd = try LinearNetwork(layers: layers).endToEnd()
      let gradient = objective.gradient(at: endToEnd)
      let actual = SingularValueEquation.endToEndVelocity(layers: layers, gradient: gradient)
      let equation = try EndToEndVelocity(depth: layers.count).velocity(
        at: endToEnd, gradient: gradient)
      return (actual - equation).frobeniusNorm / actual.frobeniusNorm
    }

    /// How the two flows part for several imbalances of the start.
    private func distances(_ conditions: Conditions) throws -> Figure {
      var generator = conditions.generator(0)
      let (objective, network) = try problem(3, using: &generator)
      let direction = network.layers.map { layer in
        let part = Matrix.gaussian(
          rowCount: layer.rowCount, columnCount: layer.columnCount, using: &generator)
        return (layer.frobeniusNorm / part.frobeniusNorm) * part
      }
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: tolerance),
        recording: .at(times, of: [.endToEnd]))
      let series = try [0, 1e-4, 1e-2, 1e-1].enumerated().map { place, size in
        var start = network
        for k in start.layers.indices { start.layers[k] += size * direction[k] }
        let layers = flow.run(objective, from: start).trajectory
        let product = flow.run(
          EndToEndFlow(objective, depth: 3, from: start.endToEnd())
        ).trajectory
        try conditions.report(1)
        return Series(
          size == 0 ? "balanced" : "changed by \(size)", x: Array(times.dropFirst()),
          y: zip(layers.snapshots, product.snapshots).dropFirst().map {
            max(($0.endToEnd! - $1.endToEnd!).frobeniusNorm / $0.endToEnd!.frobeniusNorm, 1e-17)
          }, color: .palette(place))
      }
      return Figure(
        title: "Distance of the layers' product from the end-to-end flow, three layers",
        caption:
          "Both flows start at the same product. The layers were balanced, then changed by a random part of the given relative size.",
        .lines(
          LinePlot(
            horizontal: Axis("time"), vertical: Axis("relative distance of W", .logarithmic),
            series: series)))
    }
  }
}
