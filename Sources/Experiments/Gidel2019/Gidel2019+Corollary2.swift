import Analysis
import Dynamics
import LinearAlgebra
import LinearNetworks
import RealModule
import Records

extension Gidel2019 {
  /// When training passes the reduced-rank optima, and when it does not.
  struct Corollary2: Experiment {
    let item = Item(
      id: "gidel-corollary-2", paper: .gidel2019,
      title: "Corollary 2: whether training passes the reduced-rank optima",
      shows: """
        Components are learned by their correlation σ, and the best matrix of rank k keeps those with \
        the largest σ²/λ. Training passes the optima if both orders agree, and misses them if not.
        """,
      seconds: 0.2, corrections: ["Corollary 2, (32)"],
      snippet: """
        // The second component lowers the loss more, and the first is learned first.
        let problem = QuadraticProblem.regression(
          inputCovariance: .diagonal([8, 1]), crossCovariance: .diagonal([2, 1]))
        let optima = try ReducedRankOptima(of: problem)
        let start = LinearNetwork.identity(widths: [2, 2, 2], scale: 1e-8)
        let path = try ExactSolutions.solve(problem, from: .layered(start), at: [0, 14, 40])
        for point in path.trajectory.snapshots { print(optima.nearest(to: point.endToEnd!)) }
        """)

    var delta = 100.0

    /// One problem in random bases, on its path from e^{−δ}.
    private struct Path {
      var problem: CommutingProblem
      var times: [Double]
      /// The distance from the optimum of each rank at each time, relative to the largest optimum.
      var distances: [[Double]]
      /// The same distance in the middle of the step at which so many components are learned.
      var atSteps: [Double]
      /// What the distance at the middle of the step is at most when the orders agree.
      var bounds: [Double]
      /// The loss there over the best loss of that rank.
      var excesses: [Double]
      /// The excess that the two orders predict.
      var predictedExcesses: [Double]
    }

    static var adjustables: [Adjustable<Self>] {
      [
        Adjustable("delta", .number(\.delta, 20...300), "δ of the start e^{−δ}")
      ]
    }

    func findings(under conditions: Conditions) throws -> Findings {
      let count = conditions.isQuick ? 5 : 20
      let agreeing = try conditions.repetitions(count, to: 0.4) { _, generator in
        try path(of: randomProblem(agreeing: true, using: &generator))
      }
      let differing = try conditions.repetitions(count, from: 0.4, to: 0.8) { _, generator in
        try path(of: randomProblem(agreeing: false, using: &generator))
      }
      let counterexample = try CommutingProblem(diagonal: [2, 1], curvatures: [8, 1])
      let example = try path(of: counterexample)
      let optima = try ReducedRankOptima(of: QuadraticProblem(counterexample.objective))
      let best = optima.optimum(rank: 1)
      let nearest = try closest(to: best, in: counterexample)
      let flow = try conditions.repetitions(5, from: 0.8) { _, generator in
        try distanceOfFlow(using: &generator)
      }
      let passes = agreeing.flatMap { path in
        zip(path.atSteps, path.bounds).map { $0 - $1 }
      }
      let errors = differing.flatMap { path in
        zip(path.excesses, path.predictedExcesses).map { abs($0 - $1) }
      }
      return Findings(
        summary: [
          Fact(
            "orders agree: largest distance from the optima",
            .number(agreeing.flatMap(\.atSteps).max()!)),
          Fact(
            "orders differ: smallest distance from the optimum missed",
            .number(differing.map { $0.atSteps.max()! }.min()!)),
        ],
        settings: [
          Fact("δ", .number(delta)),
          Fact("random problems of each kind", .number(Double(count))),
          Fact("modes", "5, each σ 0.6 to 0.7 of the one before"),
          Fact("λ", "0.5 to 1.5 where the orders differ; so that they agree otherwise"),
          Fact("middle of a step", "the geometric mean of 1/σ_k and 1/σ_{k+1}, times δ"),
        ],
        claims: [
          Claim(
            "orders agree: relative distance from the optimum of rank k in the middle of step k, over what δ leaves, largest of all",
            // Theorem 2's rates: a learned mode misses σ/λ by (σ/λ)² e^{−2δ(σt−1)} at most, one to come is at most
            // e^{2δ(σt−1)}. Rounding of the optima adds 1e-13.
            source: "Corollary 2", .atMost, expected: 0, measured: passes.max()!,
            tolerance: 1e-13),
          Claim(
            "orders agree, integrated flow from e^{−12}: the same with what δ = 12 leaves",
            source: "Corollary 2", .atMost, expected: 0, measured: flow.max()!, tolerance: 1e-6),
          Claim(
            "σ = (2, 1), λ = (8, 1): loss in the middle of step 1 above the best of rank 1",
            source: "Corollary 2 is false in general", expected: 0.25,
            measured: example.excesses[1], tolerance: 1e-9, refutes: true),
          Claim(
            "the same problem: smallest distance of the whole path from the optimum of rank 1",
            // The path tends to the edges (0, 0), (¼, 0), (¼, 1); the optimum is (0, 1).
            source: "Corollary 2 is false in general", expected: 0.25, measured: nearest,
            tolerance: 1e-6, refutes: true),
          Claim(
            "orders differ: loss in the middle of each step, largest error of ½(Σ of the k largest σ²/λ − Σ of the first k)",
            source: "gains σ²/(2λ)", .atMost, expected: 0, measured: errors.max()!,
            tolerance: 1e-9),
          Claim(
            "orders differ: problems in which training passes every optimum within 1 %",
            source: "Corollary 2 is false in general", .atMost, expected: 0,
            measured: Double(differing.count { $0.atSteps.max()! < 0.01 }), refutes: true),
        ],
        notices: [
          Notice(
            .caution,
            """
            The corollary is stated for all commuting covariances. It holds if the σ_i and the σ_i²/λ_i are in \
            the same order, as for white inputs and autoencoders, and not otherwise.
            """)
        ],
        sections: [
          Section(
            heading: "Two modes",
            prose: """
              Training from e^{−δ} moves along the edges of a rectangle: first the component with the larger \
              σ, then the other. The best matrix of rank 1 is the corner with the larger σ²/λ.
              """,
            blocks: [
              .row([
                try planeFigure("Orders differ: σ = (2, 1), λ = (8, 1)", [2, 1], [8, 1]),
                try planeFigure("Orders agree: σ = (2, 1), λ = (2, 2)", [2, 1], [2, 2]),
              ])
            ]),
          Section(
            heading: "Five modes in random bases",
            blocks: [
              .row([
                distanceFigure("Orders agree", agreeing[0]),
                distanceFigure("Orders differ", differing[0]),
              ]), .table(table(differing[0])),
            ]),
        ])
    }

    /// Five modes whose order by σ²/λ is that by σ, or is not.
    private func randomProblem(
      agreeing: Bool, using generator: inout SeededGenerator
    ) throws -> CommutingProblem {
      var targets = [1.0]
      while targets.count < 5 {
        targets.append(targets.last! * (0.6 + 0.1 * generator.nextUniform()))
      }
      while true {
        let curvatures: [Double]
        if agreeing {
          // σ²/λ falls faster than σ² as long as λ does not fall by more than (0.7)².
          var values = [0.5 + generator.nextUniform()]
          while values.count < 5 {
            values.append(values.last! * (0.8 + 0.4 * generator.nextUniform()))
          }
          curvatures = values
        } else {
          curvatures = targets.map { _ in 0.5 + generator.nextUniform() }
        }
        let orders = ReducedRankOptima.orders(targets: targets, curvatures: curvatures)
        // A near tie would make the two optima nearly equally good, and the case unclear.
        let gains = zip(targets, curvatures).map { $0 * $0 / $1 }.sorted(by: >)
        let isClear = zip(gains, gains.dropFirst()).allSatisfy { $0 > 1.05 * $1 }
        if isClear, (orders.learned == orders.optimal) == agreeing {
          return try CommutingProblem(
            targets: targets, curvatures: curvatures, using: &generator)
        }
      }
    }

    private func path(of problem: CommutingProblem) throws -> Path {
      let quadratic = QuadraticProblem(problem.objective)
      let optima = try ReducedRankOptima(of: quadratic)
      let count = problem.targets.count
      let matrices = (0...count).map { optima.optimum(rank: $0) }
      let scale = matrices[count].frobeniusNorm
      let middles = middles(of: problem).map { delta * $0 }
      let first = 0.4 * delta / problem.targets[0]
      let last = 2.5 * delta / problem.targets.last!
      let times = (0...300).map { first * .pow(last / first, Double($0) / 300) }
      func snapshots(_ times: [Double]) throws -> [Snapshot] {
        try ExactSolutions.solve(
          quadratic, from: .layered(try problem.start(delta: delta)), at: times
        ).trajectory.snapshots
      }
      let curve = try snapshots(times)
      let steps = try snapshots(middles)
      let gains = zip(problem.targets, problem.curvatures).map { $0 * $0 / $1 }
      return Path(
        problem: problem, times: times.map { $0 / delta },
        distances: matrices.map { matrix in
          curve.map { ($0.endToEnd! - matrix).frobeniusNorm / scale }
        },
        atSteps: zip(steps, matrices).map { ($0.endToEnd! - $1).frobeniusNorm / scale },
        bounds: (0...count).map { bound(problem, learned: $0, delta: delta) / scale },
        excesses: zip(steps, matrices).map { $0.loss - quadratic.loss(at: $1) },
        predictedExcesses: (0...count).map { learned in
          0.5
            * (optima.gains.prefix(learned).reduce(0, +) - gains.prefix(learned).reduce(0, +))
        })
    }

    /// The rescaled time in the middle of each step, from none learned to all.
    private func middles(of problem: CommutingProblem) -> [Double] {
      let jumps = problem.targets.map { 1 / $0 }
      let ends = [jumps[0] / 2] + jumps + [2 * jumps.last!]
      return zip(ends, ends.dropFirst()).map { ($0 * $1).squareRoot() }
    }

    /// How far the modes still are from the step function in the middle of a step.
    private func bound(_ problem: CommutingProblem, learned: Int, delta: Double) -> Double {
      let time = middles(of: problem)[learned]
      let squares = problem.targets.indices.map { i in
        let power = Double.exp(2 * delta * (problem.targets[i] * time - 1))
        let end = problem.targets[i] / problem.curvatures[i]
        let distance = i < learned ? end * end / power : power
        return distance * distance
      }
      return squares.reduce(0, +).squareRoot()
    }

    private func distanceOfFlow(using generator: inout SeededGenerator) throws -> Double {
      let delta = 12.0
      let problem = try randomProblem(agreeing: true, using: &generator)
      let optima = try ReducedRankOptima(of: QuadraticProblem(problem.objective))
      let scale = optima.optimum(rank: 5).frobeniusNorm
      let times = middles(of: problem).map { delta * $0 }
      let flow = GradientFlow(
        until: times.last!, steps: .adaptive(relativeTolerance: 1e-10),
        recording: .at(times, of: [.endToEnd])
      ).run(problem.objective, from: try problem.start(delta: delta))
      return flow.trajectory.snapshots.enumerated().map { rank, snapshot in
        let distance = (snapshot.endToEnd! - optima.optimum(rank: rank)).frobeniusNorm
        return (distance - bound(problem, learned: rank, delta: delta)) / scale
      }.max()!
    }

    /// The smallest distance of a path of two modes from a matrix.
    private func closest(to matrix: Matrix, in problem: CommutingProblem) throws -> Double {
      let times = (0...4000).map { delta * 2 * Double($0) / 4000 }
      return try ExactSolutions.solve(
        objective: problem.objective, from: .layered(try problem.start(delta: delta)), at: times
      )!.trajectory.snapshots.map { ($0.endToEnd! - matrix).frobeniusNorm }.min()!
    }

    private func planeFigure(
      _ title: String, _ targets: [Double], _ curvatures: [Double]
    ) throws -> Figure {
      let problem = try CommutingProblem(diagonal: targets, curvatures: curvatures)
      let optima = try ReducedRankOptima(of: QuadraticProblem(problem.objective))
      let points = (0...2).map { problem.modes(of: optima.optimum(rank: $0)) }
      let ends = points[2]
      let shown: [Double] = [1, 2, 4, 20]
      let curves = try shown.map { delta in
        let times = (0...400).map { (2 * delta + 6) * Double($0) / 400 }
        return try ExactSolutions.solve(
          objective: problem.objective, from: .layered(try problem.start(delta: delta)), at: times
        )!.trajectory.snapshots.map { problem.modes(of: $0.endToEnd!) }
      }
      return Figure(
        title: title,
        caption: """
          Paths of training for starts e^{−δ} of each layer, and the optima of rank 0, 1 and 2.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("component 1", lower: -0.05 * ends[0], upper: 1.1 * ends[0]),
            vertical: Axis("component 2", lower: -0.05 * ends[1], upper: 1.1 * ends[1]),
            series: zip(shown, curves).enumerated().map { place, curve in
              Series(
                "δ = \(Int(curve.0))", x: curve.1.map { $0[0] }, y: curve.1.map { $0[1] },
                color: .gradient(Double(place) / 3))
            } + [
              Series(
                "optima", x: points.map { $0[0] }, y: points.map { $0[1] },
                style: .points, color: .palette(1))
            ])))
    }

    private func distanceFigure(_ title: String, _ path: Path) -> Figure {
      Figure(
        title: title,
        caption: """
          Distance of W from the optimum of each rank, relative to the largest optimum; dashed line k is at 1/σ_k.
          """,
        .lines(
          LinePlot(
            horizontal: Axis("rescaled time t", .logarithmic),
            vertical: Axis("distance, relative", lower: 0),
            series: path.distances.enumerated().map { rank, values in
              Series(
                "rank \(rank)", x: path.times, y: values,
                color: .gradient(Double(rank) / Double(path.distances.count - 1)))
            },
            markers: path.problem.targets.enumerated().map {
              Marker(.vertical, at: 1 / $1, label: "\($0 + 1)")
            })))
    }

    private func table(_ path: Path) -> Table {
      let orders = ReducedRankOptima.orders(
        targets: path.problem.targets, curvatures: path.problem.curvatures)
      return Table(
        title: "The problem on the right",
        caption: """
          Places in the order of learning and in that of the optima, and what the step after this component \
          leaves above the best loss of its rank.
          """,
        columns: [
          Column("component"), Column("σ"), Column("λ"), Column("σ²/λ"), Column("learned as"),
          Column("place among the optima"), Column("loss above the best of this rank"),
        ],
        rows: path.problem.targets.indices.map { i in
          let (σ, λ) = (path.problem.targets[i], path.problem.curvatures[i])
          return [
            .number(Double(i + 1)), .number(σ), .number(λ), .number(σ * σ / λ),
            .number(Double(orders.learned.firstIndex(of: i)! + 1)),
            .number(Double(orders.optimal.firstIndex(of: i)! + 1)),
            .number(max(path.excesses[i + 1], 0)),
          ]
        })
    }
  }
}
