import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Tarmoun2021 {
  /// A model with a sigmoid after the product: one layer, two balanced ones, two imbalanced ones.
  struct Figure3: Experiment {
    let item = Item(
      id: "tarmoun-figure-3", paper: .tarmoun2021,
      title: "Figure 3: a sigmoid after the last layer",
      shows: """
        Imbalance accelerates also when a sigmoid follows the product, and the same matrix as in the \
        linear case is conserved.
        """,
      seconds: 3,
      snippet: """
        var generator = SeededGenerator(seed: 0)
        let inputs = Matrix.gaussian(rowCount: 1000, columnCount: 10, using: &generator)
        let teacher = Matrix.gaussian(rowCount: 10, columnCount: 10, using: &generator)
        let targets = inputs.timesTransposed(teacher).map { 1 / (1 + Double.exp(-$0)) }
        let objective = try SigmoidObjective(inputs: inputs, targets: targets)
        let network = LinearNetwork.gaussian(
          widths: [10, 100, 10], standardDeviation: 0.17, using: &generator)
        let flow = GradientFlow(until: 1).run(objective, from: network)
        print(flow.trajectory.losses, flow.invariantDrift ?? 0)
        """)

    var spectralNorm = 4.6

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("imbalance", .number(\.spectralNorm, 1...20), "‖Q₀‖₂ of the imbalanced start")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let sampleCount = conditions.isQuick ? 150 : 1000
      // The loss is a sum over samples: time runs the faster the more there are.
      let end = 1000 / Double(sampleCount) * 1.5
      let runs = try conditions.repetitions(5) { _, generator in
        try Run(
          samples: sampleCount, spectralNorm: spectralNorm, until: end, using: &generator)
      }
      return Findings(
        summary: [
          Fact(
            "imbalanced: times faster than one layer",
            .number(runs.map { $0.oneLayer.time / $0.imbalanced.time }.median)),
          Fact(
            "balanced: times faster than one layer",
            .number(runs.map { $0.oneLayer.time / $0.balanced.time }.median)),
          Fact("guaranteed by Q₀", .number(runs.map(\.guarantee).median)),
        ],
        settings: [
          Fact("samples", .number(Double(sampleCount))), Fact("inputs and outputs", "10 and 10"),
          Fact("width k", 100), Fact("noise", "0.001"), Fact("‖Q₀‖₂", "0 and 4.6"),
          Fact("starts", 5), Fact("flow", "relative tolerance 1e-9"),
          Fact("time compared", "to a hundredth of the first loss"),
        ],
        claims: [
          Claim(
            "‖Q₀‖₂ = 4.6: time to a hundredth of the loss, one layer over two, worst of 5 starts",
            source: "Figure 3, bottom row", .atLeast, expected: 1,
            measured: runs.map { $0.oneLayer.time / $0.imbalanced.time }.min()!),
          Claim(
            "from the same end-to-end matrix, time of the balanced start over the imbalanced one, worst of 5",
            source: "Figure 3", .atLeast, expected: 1,
            measured: runs.map { $0.balanced.time / $0.imbalanced.time }.min()!),
          // A central difference over ±0.001 t misses by that squared.
          Claim(
            "least quotient of −dℓ/dt, by differences of the losses, and c ‖∇ℓ‖² along the imbalanced runs, c from Q₀ alone",
            source: "conservation law (11)", .atLeast, expected: 1,
            // A run whose loss falls too little between the two times tells nothing; where none tells, nothing was measured.
            measured: runs.compactMap(\.leastShareOfGuarantee).min() ?? .nan, tolerance: 1e-4),
          Claim(
            "least c; one layer has −dℓ/dt = ‖∇ℓ‖²", source: "conservation law (11)", .atLeast,
            expected: 1, measured: runs.map(\.guarantee).min()!),
          // Relative to the largest Gram matrix; the flow is integrated to 1e-9 a step.
          Claim(
            "largest change of UᵀU − VᵀV, relatively, all runs with two layers",
            source: "conservation law (11)", .atMost, expected: 1e-6,
            measured: runs.map(\.drift).max()!),
          // With balance (det X)′ = det X · tr(X⁻¹X′), whose factor stays finite as X becomes singular: σ′ is
          // proportional to σ.
          Claim(
            "balanced runs whose end-to-end determinant changes its sign, where it has one",
            source: "derived here", expected: 0, measured: Double(runs.count { !$0.keepsSign })),
        ],
        notices: [
          Notice(
            .caution,
            """
            Balanced starts can fail altogether: singular values of balanced layers never pass zero, so a 10 × 10 \
            end-to-end matrix whose determinant begins with the wrong sign, here \
            \(runs.count { !$0.startsWithRightSign }) of 5, cannot reach the solution and stops at a saddle. \
            Imbalance removes this obstacle.
            """),
          Notice(
            .information,
            """
            The paper expects the conservation law to change with a nonlinearity. With the sigmoid after the product \
            UVᵀ it does not: the loss is still a function of UVᵀ alone, and for every such function \
            UᵀU − VᵀV is conserved and −dℓ/dt ≥ c ‖∇ℓ‖² with the same c.
            """),
          Notice(
            .information,
            """
            Changed: the paper draws each start anew. Here the three start at one end-to-end matrix, that of \
            Gaussian layers scaled to ‖Q₀‖₂ = 4.6; the balanced start is its balanced factorisation. U and V are \
            10 × 100, where the paper prints n × k. The flow replaces descent.
            """),
        ],
        sections: [
          Section(
            heading: "The figure",
            prose:
              "One of the starts. The line across is the loss of the matrix that made the data.",
            blocks: [.figure(figure(runs.first { !$0.startsWithRightSign } ?? runs[0]))]),
          Section(
            heading: "Over all starts",
            blocks: [
              .table(
                Table(
                  title: "Time to a hundredth of the first loss",
                  columns: [
                    Column("start", alignment: .leading), Column("one layer"),
                    Column("two, balanced"), Column("two, imbalanced"), Column("guaranteed c"),
                    Column("loss at the end, balanced"), Column("imbalanced"),
                    Column("sign of the determinant", alignment: .leading),
                  ],
                  rows: runs.enumerated().map { place, run in
                    [
                      .text("\(place + 1)"), .number(run.oneLayer.time),
                      .number(run.balanced.time), .number(run.imbalanced.time),
                      .number(run.guarantee), .number(run.balanced.losses.last!),
                      .number(run.imbalanced.losses.last!),
                      .text(run.startsWithRightSign ? "right" : "wrong"),
                    ]
                  }))
            ]),
        ])
    }

    /// The loss over time, and when it passes a hundredth of its start.
    private struct Curve {
      let times: [Double]
      let losses: [Double]
      var time: Double {
        guard let after = losses.firstIndex(where: { $0 <= losses[0] / 100 }) else {
          return .infinity
        }
        let goal = Double.log(losses[0] / 100)
        let (a, b) = (Double.log(losses[after - 1]), Double.log(losses[after]))
        return times[after - 1] + (a - goal) / (a - b) * (times[after] - times[after - 1])
      }
    }

    private struct Run {
      let oneLayer: Curve
      let balanced: Curve
      let imbalanced: Curve
      /// The loss of the matrix that made the data.
      let floor: Double
      let guarantee: Double
      /// Nil where no time could be read.
      let leastShareOfGuarantee: Double?
      let drift: Double
      /// Whether the balanced start's determinant has the sign of the teacher's, and keeps its own.
      let startsWithRightSign: Bool
      let keepsSign: Bool

      init(
        samples: Int, spectralNorm: Double, until end: Double,
        using generator: inout SeededGenerator
      ) throws {
        let inputs = Matrix.gaussian(rowCount: samples, columnCount: 10, using: &generator)
        let teacher = Matrix.gaussian(rowCount: 10, columnCount: 10, using: &generator)
        let clean = inputs.timesTransposed(teacher).map { 1 / (1 + Double.exp(-$0)) }
        let noise = Matrix.gaussian(
          rowCount: samples, columnCount: 10, standardDeviation: 1e-3, using: &generator)
        let objective = try SigmoidObjective(inputs: inputs, targets: clean + noise)
        var network = LinearNetwork.gaussian(
          widths: [10, 100, 10], standardDeviation: 1, using: &generator)
        let size = try network.balanceInvariants()[0].spectralNorm()
        let scale = (spectralNorm / size).squareRoot()
        network.layers = network.layers.map { scale * $0 }
        let start = network.endToEnd()
        let counterpart = try LinearNetwork.balanced(endToEnd: start, hiddenWidths: [100])

        // Denser early.
        let plain = (0...240).map { end * Double.pow(Double($0) / 240, 3) }
        let middles = stride(from: 60, to: 240, by: 20).map { plain[$0] }
        let times = (plain + middles.flatMap { [0.999 * $0, 1.001 * $0] }).sorted()
        func follow(_ network: LinearNetwork) -> (curve: Curve, result: FlowResult) {
          let result = GradientFlow(
            until: end, steps: .adaptive(relativeTolerance: 1e-9),
            recording: .at(times, of: network.depth == 2 ? [.layers] : [])
          ).run(objective, from: network)
          return (Curve(times: times, losses: result.trajectory.losses), result)
        }
        let uneven = follow(network)
        let even = follow(counterpart)
        oneLayer = follow(try LinearNetwork(layers: [start])).curve
        balanced = even.curve
        imbalanced = uneven.curve
        floor = objective.value(at: teacher)
        drift = max(uneven.result.invariantDrift ?? .nan, even.result.invariantDrift ?? .nan)
        // A singular value that has decayed to the integration's error has no sign.
        let signs = try even.result.trajectory.snapshots.compactMap(\.layers).map { layers in
          layers[1] * layers[0]
        }.filter { try $0.singularValues().last! > 1e-6 }.map {
          try LUDecomposition(of: $0).determinant > 0
        }
        keepsSign = signs.allSatisfy { $0 == signs[0] }
        startsWithRightSign = try (LUDecomposition(of: teacher).determinant > 0) == signs[0]
        let guarantee = try ImbalanceGuarantee.rate(of: network)
        self.guarantee = guarantee
        let points = uneven.result.snapshots
        // The integration is off by 1e-9 of each layer, and a loss by ‖∇ℓ‖ times what that makes of the product. Near the end
        // the fall of the loss between the two times is no larger: only times are read at which it can be told to 1e-4.
        let shares = middles.compactMap { middle -> Double? in
          func point(_ time: Double) -> Snapshot { points.first { $0.time == time }! }
          let slope =
            (point(0.999 * middle).loss - point(1.001 * middle).loss) / (0.002 * middle)
          let layers = point(middle).layers!
          let size = objective.gradient(at: layers[1] * layers[0]).frobeniusNorm
          let error = 2e-9 * layers[0].frobeniusNorm * layers[1].frobeniusNorm
          return error <= 0.5e-4 * guarantee * size * 0.002 * middle
            ? slope / (guarantee * size * size) : nil
        }
        leastShareOfGuarantee = shares.min()
      }
    }

    private func figure(_ run: Run) -> Figure {
      Figure(
        title: "Training loss from one end-to-end matrix",
        caption: """
          Two imbalanced layers, ‖Q₀‖₂ = 4.6, two balanced ones, ‖Q₀‖₂ = 0, and one layer. The balanced ones stop \
          above the noise where the determinant of their start has the wrong sign.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("time t", .logarithmic, lower: run.balanced.times[8]),
            vertical: Axis("loss", .logarithmic),
            series: [
              Series("two layers, imbalanced", x: run.imbalanced.times, y: run.imbalanced.losses),
              Series("two layers, balanced", x: run.balanced.times, y: run.balanced.losses),
              Series(
                "one layer", x: run.oneLayer.times, y: run.oneLayer.losses, style: .dashed),
            ],
            markers: [Marker(.horizontal, at: run.floor, label: "noise")])))
    }
  }
}
